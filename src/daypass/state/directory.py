"""The directory: everything that is known, in memory, immutable; a change makes the next one by sharing.

What a request reads is one snapshot from beginning to end, through a `state.recording` that records what it reads. The store (`state.store`) makes the next one from committed changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from daypass.core.arn import Arn
from daypass.core.domain.access_key import AccessKey
from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.documents import learn
from daypass.core.domain.group import Group
from daypass.core.domain.handshake import Handshake
from daypass.core.domain.mfa_device import MFADevice
from daypass.core.domain.organization import PREFIX
from daypass.core.domain.policy import ManagedPolicy
from daypass.core.domain.record import AWS, GLOBAL, Named, Record
from daypass.core.domain.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.role import Role
from daypass.core.domain.root_email import RootEmail
from daypass.core.domain.user import User
from daypass.core.faults import Invalid
from daypass.core.organizations.ceilings import Ceilings
from daypass.core.organizations.policy_types import TAG
from daypass.state import organization_view
from daypass.state.changes import Changes, Put, Remove
from daypass.state.organization_view import OrganizationView
from daypass.state.table import Names, Table, by_kind

_RECORDS: tuple[type[Record], ...] = (
    Account, User, Group, Role, ManagedPolicy, AccessKey, MFADevice, Bucket, RootEmail, *organization_view.RECORDS
)  # fmt: skip
KINDS: Mapping[str, type[Record]] = {record.kind: record for record in _RECORDS}
"""Every kind of record, as the store reads it."""


class AccountView:
    """One account at one revision."""

    __slots__ = (
        "access_keys",
        "accounts",
        "buckets",
        "by_id",
        "cache",
        "groups",
        "id",
        "mfa_devices",
        "policies",
        "revision",
        "roles",
        "root_emails",
        "users",
    )

    def __init__(self, account: str, revision: int = 0) -> None:
        self.id = account
        self.revision = revision
        self.accounts: Table[Account] = Table()
        self.users: Names[User] = Names()
        self.groups: Names[Group] = Names()
        self.roles: Names[Role] = Names()
        self.policies: Names[ManagedPolicy] = Names()
        self.access_keys: Table[AccessKey] = Table()
        self.mfa_devices: Names[MFADevice] = Names()
        self.buckets: Table[Bucket] = Table()
        self.root_emails: Table[RootEmail] = Table()
        self.by_id: dict[str, User | Group | Role] = {}
        """Users, groups and roles by unique id."""
        self.cache: dict[str, Any] = {}
        """What others derive from this revision, such as compiled policy sets; gone with the revision."""

    def table(self, kind: str) -> Table[Any]:
        """Return the records of a kind."""
        table: Table[Any] = getattr(self, _TABLES[kind])
        return table

    @property
    def record(self) -> Account | None:
        """Return the account's own record, if the account exists."""
        return self.accounts.get(self.id)

    @property
    def is_open(self) -> bool:
        """Say whether the account exists and works."""
        record = self.record
        return record is not None and record.is_open

    def user(self, unique_id: str) -> User | None:
        """Return the user with that unique id."""
        found = self.by_id.get(unique_id)
        return found if isinstance(found, User) else None

    def group(self, unique_id: str) -> Group | None:
        """Return the group with that unique id."""
        found = self.by_id.get(unique_id)
        return found if isinstance(found, Group) else None

    def role(self, unique_id: str) -> Role | None:
        """Return the role with that unique id."""
        found = self.by_id.get(unique_id)
        return found if isinstance(found, Role) else None

    def changed(self, changes: Iterable[Put | Remove], revision: int) -> "AccountView":
        """Return the account after changes, sharing every table that they do not touch."""
        after = self.refreshed()
        after.revision = revision
        for kind, group in by_kind(changes).items():
            table = _TABLES[kind]
            setattr(after, table, getattr(self, table).changed(group))
            if kind in _IDENTIFIED:
                after.by_id = _reindexed(after.by_id, group)
        return after

    def refreshed(self) -> "AccountView":
        """Return the same account with nothing derived from it yet."""
        after = AccountView(self.id, self.revision)
        for table in (*_TABLES.values(), "by_id"):
            setattr(after, table, getattr(self, table))
        return after


class Position(NamedTuple):
    """The last commit that is known: its number, and its id, which tells it from another commit of that number."""

    seq: int = 0
    id: str = ""


NOWHERE = Position()
"""Before the first commit."""


class Directory:
    """Everything that is known after one commit."""

    __slots__ = ("_accounts", "_organizations", "position")

    def __init__(
        self,
        accounts: Mapping[str, AccountView] | None = None,
        organizations: Mapping[str, OrganizationView] | None = None,
        position: Position = NOWHERE,
    ) -> None:
        self._accounts: Mapping[str, AccountView] = accounts or {}
        self._organizations: Mapping[str, OrganizationView] = organizations or {}
        self.position = position

    @property
    def revision(self) -> int:
        """Return the number of the last commit."""
        return self.position.seq

    def account(self, account: str) -> AccountView:
        """Return an account, which is empty and without a record if nobody created it."""
        return self._accounts.get(account) or AccountView(account)

    def partition(self, name: str) -> AccountView | OrganizationView:
        """Return the account or the organization of that id: what a commit names the revision of."""
        return self.organization(name) if name.startswith(PREFIX) else self.account(name)

    def organization(self, organization: str) -> OrganizationView:
        """Return an organization, which is empty and without a record if nobody created it."""
        return self._organizations.get(organization) or OrganizationView(organization)

    def organization_of(self, account: str) -> OrganizationView | None:
        """Return the organization that an account is in, or nothing."""
        if not account:
            # Somebody anonymous asks so of every request.
            return None
        record = self.account(account).record
        if record is None or not record.organization:
            return None
        view = self.organization(record.organization)
        return view if record.organization in self._organizations else None

    def above(self, account: str) -> Ceilings | None:
        """Return what stands above an account in its organization, or nothing."""
        organization = self.organization_of(account)
        return organization.above(account) if organization is not None else None

    def tag_policy(self, account: str) -> Mapping[str, Any]:
        """Return what an account's organization says of tags; empty where it says nothing."""
        organization = self.organization_of(account)
        return (organization.effective(account, TAG)[0] or {}) if organization is not None else {}

    def prepare_tag_policy(self, account: str) -> Iterator[None]:
        """Work out what an account's organization says of tags, in steps, so that `tag_policy` finds it known."""
        organization = self.organization_of(account)
        if organization is not None:
            yield from organization.effective_in_steps(account, TAG)

    @property
    def organizations(self) -> list[OrganizationView]:
        """Return every organization there is, in order of id."""
        views = (self._organizations[each] for each in sorted(self._organizations))
        return [view for view in views if view.record is not None]

    def handshake(self, identifier: str) -> Handshake | None:
        """Return the handshake of that id, whichever organization made it."""
        found = (view.handshakes.get(identifier) for view in self._organizations.values())
        return next((each for each in found if each is not None), None)

    def transfer(self, identifier: str) -> ResponsibilityTransfer | None:
        """Return the transfer of responsibility of that id, whichever organization offered it."""
        found = (view.transfers.get(identifier) for view in self._organizations.values())
        return next((each for each in found if each is not None), None)

    @property
    def root_emails(self) -> Table[RootEmail]:
        """Return whose roots the e-mail addresses of all accounts are."""
        return self.account(GLOBAL).root_emails

    @property
    def accounts(self) -> list[Account]:
        """Return every account there is, in order of id."""
        records = (self._accounts[account].record for account in sorted(self._accounts))
        return [record for record in records if record is not None]

    @property
    def buckets(self) -> Table[Bucket]:
        """Return the buckets of all accounts."""
        return self.account(GLOBAL).buckets

    def role(self, arn: str) -> Role | None:
        """Return the role of exactly that ARN, path included; raises `Invalid` if it is no ARN."""
        found = self._named(arn, "role")
        return found if isinstance(found, Role) else None

    def user(self, arn: str) -> User | None:
        """Return the user of exactly that ARN, path included; raises `Invalid` if it is no ARN."""
        found = self._named(arn, "user")
        return found if isinstance(found, User) else None

    def principal(self, unique_id: str) -> User | Role | None:
        """Return the user or role of that unique id, in whichever account it is."""
        for view in self._accounts.values():
            found = view.user(unique_id) or view.role(unique_id)
            if found is not None:
                return found
        return None

    def policy(self, arn: str) -> ManagedPolicy | None:
        """Return the managed policy of exactly that ARN, AWS's own included; raises `Invalid` if it is no ARN."""
        found = self._named(arn, "policy")
        return found if isinstance(found, ManagedPolicy) else None

    def mfa_device(self, arn: str) -> MFADevice | None:
        """Return the virtual MFA device with that serial number; a serial number that is no ARN finds none."""
        try:
            found = self._named(arn, "mfa")
        except Invalid:
            return None
        return found if isinstance(found, MFADevice) else None

    def _named(self, text: str, kind: str) -> Record | None:
        arn = Arn.parse(text)
        prefix, _, name = arn.resource.rpartition("/")
        if arn.service != "iam" or arn.region or prefix.partition("/")[0] != kind:
            return None
        table: Names[Named] = getattr(self.account(arn.account), _ARN_TABLES[kind])
        found = table.named(name)
        return found if found is not None and getattr(found, "arn", "") == text else None

    def changed(
        self, changes: Iterable[Put | Remove], revision: int, commit: str = ""
    ) -> "Directory":
        """Return the directory after a commit of that number and id, sharing every account that it does not touch."""
        grouped: dict[str, list[Put | Remove]] = {}
        for change in changes:
            grouped.setdefault(change.record.account, []).append(change)
        return self._rebuilt(grouped, dict.fromkeys(grouped, revision), Position(revision, commit))

    def record(self, partition: str, kind: str, key: str) -> Record | None:
        """Return the record of that kind and key in an account or an organization."""
        return self.partition(partition).table(kind).get(key)

    def caught_up(
        self,
        records: Mapping[tuple[str, str, str], Record | None],
        revisions: Mapping[str, int],
        position: Position,
    ) -> "Directory":
        """Return the directory after commits of others: records by partition, kind and key, None for one that is gone.

        `revisions` are those of the partitions that were touched, `position` is the last of the commits.
        """
        grouped: dict[str, list[Put | Remove]] = {name: [] for name in revisions}
        for place, record in records.items():
            before = self.record(*place)
            if record is not None:
                grouped[place[0]].append(Put(record))
            elif before is not None:
                grouped[place[0]].append(Remove(before))
        return self._rebuilt(grouped, revisions, position)

    def _rebuilt(
        self,
        grouped: Mapping[str, list[Put | Remove]],
        revisions: Mapping[str, int],
        position: Position,
    ) -> "Directory":
        accounts, organizations = dict(self._accounts), dict(self._organizations)
        for name, group in grouped.items():
            for change in group:
                if isinstance(change, Put):
                    learn(change.record)
            if name.startswith(PREFIX):
                organizations[name] = self.organization(name).changed(group, revisions[name])
            else:
                accounts[name] = self.account(name).changed(group, revisions[name])
        if AWS in grouped:
            # Every account may have attached what AWS manages: what was derived from it is stale.
            accounts = {
                name: view if name in grouped else view.refreshed()
                for name, view in accounts.items()
            }
        return Directory(accounts, organizations, position)

    def has_moved(self, changes: Changes) -> bool:
        """Say whether a partition that changes were made from has another revision in this directory."""
        if any(self.partition(name).revision != read for name, read in changes.read.items()):
            return True
        return any(
            view.revision > read
            for beginning, read in changes.read_all.items()
            for views in (self._accounts, self._organizations)
            for name, view in views.items()
            if name.startswith(beginning)
        )

    def revised(self, revisions: Mapping[str, int]) -> "Directory":
        """Return a directory that was just loaded with the revision of each partition, 0 where none is given.

        A partition that has lost its last record keeps its revision: it is never used again.
        """
        accounts, organizations = dict(self._accounts), dict(self._organizations)
        for name in {*accounts, *organizations, *revisions}:
            revision = revisions.get(name, 0)
            if name.startswith(PREFIX):
                view = organizations.setdefault(name, OrganizationView(name))
                view.revision = revision
            else:
                accounts.setdefault(name, AccountView(name)).revision = revision
        return Directory(accounts, organizations, self.position)


_TABLES = {
    "account": "accounts",
    "user": "users",
    "group": "groups",
    "role": "roles",
    "policy": "policies",
    "access_key": "access_keys",
    "mfa_device": "mfa_devices",
    "bucket": "buckets",
    "root_email": "root_emails",
}
_ARN_TABLES = {"user": "users", "role": "roles", "policy": "policies", "mfa": "mfa_devices"}
_IDENTIFIED = frozenset({"user", "group", "role"})


def _reindexed(
    index: dict[str, User | Group | Role], changes: Iterable[Put | Remove]
) -> dict[str, User | Group | Role]:
    after = dict(index)
    for change in changes:
        record = change.record
        if not isinstance(record, User | Group | Role):
            continue
        if isinstance(change, Put):
            after[record.unique_id] = record
        elif record.unique_id in after and after[record.unique_id].key == record.key:
            # Under another key it is a rename whose new record came first.
            del after[record.unique_id]
    return after
