"""The directory: everything that is known, in memory, immutable; a change makes the next one by sharing.

What a request reads is one snapshot from beginning to end. The store (`state.store`) makes the next one from committed changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, Self, TypeVar

from daypass.core.arn import Arn
from daypass.core.domain.access_key import AccessKey
from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.documents import learn
from daypass.core.domain.group import Group
from daypass.core.domain.mfa_device import MFADevice
from daypass.core.domain.policy import ManagedPolicy
from daypass.core.domain.record import AWS, GLOBAL, Named, Record, fold
from daypass.core.domain.role import Role
from daypass.core.domain.user import User
from daypass.core.faults import Invalid
from daypass.state.changes import Put, Remove

R = TypeVar("R", bound=Record)
N = TypeVar("N", bound=Named)

KINDS: Mapping[str, type[Record]] = {
    record.kind: record
    for record in (Account, User, Group, Role, ManagedPolicy, AccessKey, MFADevice, Bucket)
}


class Table(Generic[R]):
    """The records of one kind in one account, by key, iterated in order of key."""

    __slots__ = ("_ordered", "_records")

    def __init__(self, records: dict[str, R] | None = None) -> None:
        self._records: dict[str, R] = {} if records is None else records
        self._ordered: list[R] | None = None

    def get(self, key: str) -> R | None:
        """Return the record under exactly that key."""
        return self._records.get(key)

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        if self._ordered is None:
            self._ordered = [self._records[key] for key in sorted(self._records)]
        return iter(self._ordered)

    def changed(self, changes: Iterable[Put | Remove]) -> Self:
        """Return the table after changes, which are all of its kind."""
        records = dict(self._records)
        for change in changes:
            if isinstance(change, Put):
                records[change.record.key] = change.record  # type: ignore[assignment]  # grouped by kind
            else:
                records.pop(change.record.key, None)
        return type(self)(records)


class Names(Table[N]):
    """Records with friendly names: found by the exact name, taken without regard to case."""

    __slots__ = ()

    def named(self, name: str) -> N | None:
        """Return the record of exactly that name: `Alice` does not find `alice`."""
        record = self._records.get(fold(name))
        return record if record is not None and record.name == name else None

    def taken(self, name: str) -> bool:
        """Say whether a new record may not be called so."""
        return fold(name) in self._records


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
        self.by_id: dict[str, User | Group | Role] = {}
        """Users, groups and roles by unique id."""
        self.cache: dict[str, Any] = {}
        """What others derive from this revision, such as compiled policy sets; gone with the revision."""

    @property
    def record(self) -> Account | None:
        """Return the account's own record, if the account exists."""
        return self.accounts.get(self.id)

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
        for kind, group in _by_kind(changes).items():
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


class Directory:
    """Everything that is known, at one revision of the log."""

    __slots__ = ("_accounts", "revision")

    def __init__(
        self, accounts: Mapping[str, AccountView] | None = None, revision: int = 0
    ) -> None:
        self._accounts: dict[str, AccountView] = dict(accounts or {})
        self.revision = revision

    def account(self, account: str) -> AccountView:
        """Return an account, which is empty and without a record if nobody created it."""
        return self._accounts.get(account) or AccountView(account)

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

    def changed(self, changes: Iterable[Put | Remove], revision: int) -> "Directory":
        """Return the directory after a commit, sharing every account that it does not touch."""
        grouped: dict[str, list[Put | Remove]] = {}
        for change in changes:
            grouped.setdefault(change.record.account, []).append(change)
            if isinstance(change, Put):
                learn(change.record)
        accounts = dict(self._accounts)
        for account, group in grouped.items():
            accounts[account] = self.account(account).changed(group, revision)
        if AWS in grouped:
            # Every account may have attached what AWS manages: what was derived from it is stale.
            accounts = {
                name: view if name in grouped else view.refreshed()
                for name, view in accounts.items()
            }
        return Directory(accounts, revision)


_TABLES = {
    "account": "accounts",
    "user": "users",
    "group": "groups",
    "role": "roles",
    "policy": "policies",
    "access_key": "access_keys",
    "mfa_device": "mfa_devices",
    "bucket": "buckets",
}
_ARN_TABLES = {"user": "users", "role": "roles", "policy": "policies", "mfa": "mfa_devices"}
_IDENTIFIED = frozenset({"user", "group", "role"})


def _by_kind(changes: Iterable[Put | Remove]) -> dict[str, list[Put | Remove]]:
    grouped: dict[str, list[Put | Remove]] = {}
    for change in changes:
        grouped.setdefault(change.record.kind, []).append(change)
    return grouped


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
