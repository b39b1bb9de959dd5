"""The directory: an immutable snapshot of all records; a change makes a new one.

The new directory shares the partitions that did not change. A request reads one snapshot from
beginning to end, through a `TrackingDirectory` that notes what it reads. The store (`state.store`)
makes the next snapshot from committed changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast, overload

from daypass.core.arn import Arn
from daypass.core.domain.account import Account
from daypass.core.domain.iam.identity import PrincipalRecord
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import (
    ACCOUNT,
    AWS,
    IDENTITY_STORE,
    INSTANCE,
    ORGANIZATION,
    Partition,
)
from daypass.core.domain.record import NamedRecord, Record
from daypass.core.organizations.policies.control_policies import ControlPolicies
from daypass.core.organizations.policies.policy_types import TAG
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.identity_store_view import IdentityStoreView
from daypass.state.snapshot.instance_view import InstanceView
from daypass.state.snapshot.kinds import KINDS, PARTITIONS, partition_of
from daypass.state.snapshot.organization_view import OrganizationView
from daypass.state.snapshot.persistent_map import changed_map, new_map
from daypass.state.snapshot.table import NamedTable, Table
from daypass.state.snapshot.view import RecordsByClass, View
from daypass.state.snapshot.view_kinds import VIEW_CLASSES

R = TypeVar("R", bound=Record)
N = TypeVar("N", bound=NamedRecord)
Views = Mapping[Partition, Mapping[str, Any]]
"""The view of each existing partition, by its kind and then its name."""
_NO_VIEWS: Views = {each: {} for each in PARTITIONS}
_NO_PRINCIPALS: Mapping[str, str] = {}


class CommitPosition(NamedTuple):
    """The last commit's number, and its id, since a fork of the database has the number too."""

    seq: int = 0
    id: str = ""


BEFORE_FIRST_COMMIT = CommitPosition()
"""The position before the first commit."""


class Directory:
    """All records after one commit."""

    __slots__ = ("_principal_accounts", "_views", "position")

    def __init__(
        self,
        views: Views = _NO_VIEWS,
        position: CommitPosition = BEFORE_FIRST_COMMIT,
        principal_accounts: Mapping[str, str] = _NO_PRINCIPALS,
    ) -> None:
        self._views = views
        self._principal_accounts = principal_accounts
        """The account of each user and role, by its unique id."""
        self.position = position

    @classmethod
    def of_records(
        cls, records: Iterable[Record], revisions: Mapping[str, int], position: CommitPosition
    ) -> "Directory":
        """Return the directory of all records after a commit, with each partition's revision.

        The revision of a partition without one is 0. One without records has a revision
        nevertheless, which is never used again. Of two records of one key the last counts.
        """
        by_class: dict[type[Record], list[Record]] = {}
        for record in records:
            by_class.setdefault(type(record), []).append(record)
        grouped: dict[str, RecordsByClass] = {name: {} for name in revisions}
        principals: dict[str, str] = {}
        # What differs by class is looked at once per class: a start comes here with all records.
        for record_class, members in by_class.items():
            for name, table in _by_account(members).items():
                grouped.setdefault(name, {})[record_class] = table
            if record_class.precompile is not Record.precompile:
                for record in members:
                    record.precompile()
            if issubclass(record_class, PrincipalRecord):
                found = cast("list[PrincipalRecord]", members)
                principals.update((each.unique_id, each.account) for each in found)
        views: dict[Partition, dict[str, View]] = {each: {} for each in PARTITIONS}
        for name, tables in grouped.items():
            partition = partition_of(name)
            make = VIEW_CLASSES[partition].of_records
            views[partition][name] = make(partition, name, revisions.get(name, 0), tables)
        return Directory(
            {each: new_map(known) for each, known in views.items()},
            position,
            new_map(principals),
        )

    @property
    def revision(self) -> int:
        """Return the number of the last commit."""
        return self.position.seq

    def account(self, account: str) -> AccountView:
        """Return the view of an account; empty and without a record if it does not exist."""
        view: AccountView = self._view(ACCOUNT, account)
        return view

    def organization(self, organization: str) -> OrganizationView:
        """Return the view of an organization; empty and without a record if it does not exist."""
        view: OrganizationView = self._view(ORGANIZATION, organization)
        return view

    def instance(self, instance: str) -> InstanceView:
        """Return the view of an Identity Center instance; empty if it does not exist."""
        view: InstanceView = self._view(INSTANCE, instance)
        return view

    def identity_store(self, store: str) -> IdentityStoreView:
        """Return the view of an identity store; empty and without a record if it does not exist."""
        view: IdentityStoreView = self._view(IDENTITY_STORE, store)
        return view

    def partition(self, name: str) -> View:
        """Return the view of the partition of that name, of any kind; empty if there is none."""
        view: View = self._view(partition_of(name), name)
        return view

    def _view(self, partition: Partition, name: str) -> Any:
        """Return the view of a partition by kind and name; an empty one if it does not exist."""
        view = self._views[partition].get(name)
        return VIEW_CLASSES[partition](partition, name) if view is None else view

    @overload
    def of(self, record: type[N]) -> NamedTable[N]: ...

    @overload
    def of(self, record: type[R]) -> Table[R]: ...

    def of(self, record: type[Record]) -> Table[Any]:
        """Return the table of a class of records that all accounts share, such as buckets.

        Raises `LookupError` for a class whose records are kept in more than one partition.
        """
        partition, *others = record.partitions
        if others or not partition.single_name:
            raise LookupError(f"records of kind {record.kind} are kept in many partitions")
        table: Table[Any] = self._view(partition, partition.single_name).of(record)
        return table

    def by_arn(self, record: type[R], text: str) -> R | None:
        """Return the record of a class with exactly that ARN, or None.

        Raises `Invalid` if the text is not an ARN.
        """
        return self.by_parsed_arn(record, Arn.parse(text))

    def by_parsed_arn(self, record: type[R], arn: Arn) -> R | None:
        """Return the record of a class with exactly that ARN, or None."""
        place = record.arn_form.partition_and_name(arn) if record.arn_form is not None else None
        if place is None:
            return None
        name, last = place
        partition = partition_of(name)
        if partition not in record.partitions:
            return None
        found: R | None = self._view(partition, name).of(record).find(last)
        return found if found is not None and getattr(found, "arn", "") == str(arn) else None

    def find_anywhere(self, record: type[R], key: str) -> R | None:
        """Return the record of that class and key, in whichever partition it is, or None.

        For keys that are unique across partitions.
        """
        for partition in record.partitions:
            for view in self._views[partition].values():
                found: R | None = view.of(record).get(key)
                if found is not None:
                    return found
        return None

    def all_records(self, record: type[R]) -> Iterator[R]:
        """Yield the records of a class in every partition, those of one kind in order of name."""
        kinds = (self._views[each] for each in record.partitions)
        views = (known[name] for known in kinds for name in sorted(known))
        return (found for view in views for found in view.of(record))

    def grouped_records(self, record: type[R], value: str, field: str = "") -> Iterator[R]:
        """Yield the records of a class, in every partition, whose field has a value.

        `field` is one of the class's `grouped_by`; empty: the first.
        """
        for partition in record.partitions:
            known = self._views[partition]
            for name in sorted(known):
                yield from known[name].of(record).group(value, field)

    def organization_of(self, account: str) -> OrganizationView | None:
        """Return the organization that an account belongs to, or None."""
        if not account:
            # Every anonymous request comes here.
            return None
        record = self.account(account).record
        if record is None or not record.organization:
            return None
        view = self.organization(record.organization)
        return view if record.organization in self._views[ORGANIZATION] else None

    def control_policies_of(self, account: str) -> ControlPolicies | None:
        """Return the control policies that apply to an account from its organization, or None."""
        record = self.account(account).record if account else None
        if record is None or not record.organization:
            return None
        organization = self.organization_of(account)
        return organization.control_policies_of(account) if organization is not None else None

    def tag_policy(self, account: str) -> Mapping[str, Any]:
        """Return the effective tag policy of an account; empty if there is none."""
        organization = self.organization_of(account)
        return (
            (organization.effective_policy(account, TAG)[0] or {})
            if organization is not None
            else {}
        )

    def prepare_tag_policy(self, account: str) -> Iterator[None]:
        """Compute an account's effective tag policy in steps, and cache it for `tag_policy`."""
        organization = self.organization_of(account)
        if organization is not None:
            yield from organization.effective_policy_in_steps(account, TAG)

    @property
    def organizations(self) -> list[OrganizationView]:
        """Return every existing organization, in order of id."""
        found = self._views[ORGANIZATION]
        views = (found[each] for each in sorted(found))
        return [view for view in views if view.record is not None]

    @property
    def accounts(self) -> list[Account]:
        """Return the record of every existing account, in order of id."""
        found = self._views[ACCOUNT]
        records = (found[account].record for account in sorted(found))
        return [record for record in records if record is not None]

    def principal(self, unique_id: str) -> User | Role | None:
        """Return the user or role with that unique id, in whichever account it is, or None."""
        account = self._principal_accounts.get(unique_id)
        if account is None:
            return None
        view: AccountView = self._views[ACCOUNT][account]
        return view.by_id(User, unique_id) or view.by_id(Role, unique_id)

    def principal_by_arn(self, arn: str) -> User | Role | None:
        """Return the user or role with exactly that ARN, or None.

        Raises `Invalid` if the text is not an ARN.
        """
        return self.by_arn(User, arn) or self.by_arn(Role, arn)

    def id_of_principal(self, arn: str) -> str | None:
        """Return the unique id of the user or role with that ARN, or None.

        Stored policies name principals by it.
        """
        found = self.principal_by_arn(arn)
        return found.unique_id if found is not None else None

    def arn_of_principal(self, unique_id: str) -> str | None:
        """Return the ARN of the user or role with that unique id; None if it was deleted.

        Policies are displayed with it.
        """
        found = self.principal(unique_id)
        return found.arn if found is not None else None

    def changed(
        self, changes: Iterable[Put | Remove], revision: int, commit: str = ""
    ) -> "Directory":
        """Return the directory after a commit with that number and id.

        It shares every partition that the changes do not touch.
        """
        grouped: dict[str, list[Put | Remove]] = {}
        for change in changes:
            grouped.setdefault(change.record.account, []).append(change)
        return self._with_changes(
            grouped, dict.fromkeys(grouped, revision), CommitPosition(revision, commit)
        )

    def record(self, partition: str, kind: str, key: str) -> Record | None:
        """Return the record by partition, kind and key, or None."""
        return self.partition(partition).of(KINDS[kind]).get(key)

    def after_commits(
        self,
        records: Mapping[tuple[str, str, str], Record | None],
        revisions: Mapping[str, int],
        position: CommitPosition,
    ) -> "Directory":
        """Return the directory after commits of other nodes.

        `records` is by partition, kind and key, None for a deleted one. `revisions` are
        those of the partitions that were touched, `position` is that of the last commit.
        """
        grouped: dict[str, list[Put | Remove]] = {name: [] for name in revisions}
        for place, record in records.items():
            before = self.record(*place)
            if record is not None:
                grouped[place[0]].append(Put(record))
            elif before is not None:
                grouped[place[0]].append(Remove(before))
        return self._with_changes(grouped, revisions, position)

    def _with_changes(
        self,
        grouped: Mapping[str, list[Put | Remove]],
        revisions: Mapping[str, int],
        position: CommitPosition,
    ) -> "Directory":
        """Return a directory with changed partitions, grouped by name, at these revisions."""
        changed: dict[Partition, dict[str, View]] = {}
        principals: dict[str, str | None] = {}
        for name, group in grouped.items():
            for change in group:
                if isinstance(change, Put):
                    change.record.precompile()
            partition = partition_of(name)
            after = self._view(partition, name).changed(group, revisions[name])
            changed.setdefault(partition, {})[name] = after
            for change in group:
                if isinstance(change.record, PrincipalRecord):
                    unique_id = change.record.unique_id
                    # A rename removes a record whose unique id goes on.
                    is_known = after.by_id(PrincipalRecord, unique_id) is not None
                    principals[unique_id] = name if is_known else None
        views = dict(self._views)
        for partition, found in changed.items():
            views[partition] = changed_map(views[partition], found)
        if AWS in grouped:
            # Any account may have attached AWS managed policies: cached derivations are stale.
            others = views[ACCOUNT].keys() - grouped.keys()
            refreshed = {name: views[ACCOUNT][name].refreshed() for name in others}
            views[ACCOUNT] = changed_map(views[ACCOUNT], refreshed)
        accounts = changed_map(self._principal_accounts, principals)
        return Directory(views, position, accounts)

    def makes_stale(self, changes: Changes) -> bool:
        """Return whether a partition that the changes were made from has another revision here."""
        if any(self.partition(name).revision != read for name, read in changes.read.items()):
            return True
        return any(
            view.revision > read
            for beginning, read in changes.read_all.items()
            for views in self._views.values()
            for name, view in views.items()
            if name.startswith(beginning)
        )


def _by_account(records: Iterable[Record]) -> dict[str, dict[str, Record]]:
    """Return records by the partition that they are kept in, and by key."""
    found: dict[str, dict[str, Record]] = {}
    for record in records:
        account = record.account
        if account not in found:
            found[account] = {}
        found[account][record.key] = record
    return found
