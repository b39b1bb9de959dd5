"""A directory that notes which partitions a request reads: the read set of its changes.

Changes are committed only while everything in the read set is unchanged. An operation reads
whatever it needs without naming it: a permission that was missing, an address that was free and a
key that was valid are in the read set like everything else. Out: checking a read set
(`state.database.apply_changes`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from daypass.core.domain.account import Account
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import (
    ACCOUNT,
    IDENTITY_STORE,
    INSTANCE,
    ORGANIZATION,
    Partition,
)
from daypass.core.domain.record import Record
from daypass.core.organizations.policies.control_policies import ControlPolicies
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.identity_store_view import IdentityStoreView
from daypass.state.snapshot.instance_view import InstanceView
from daypass.state.snapshot.kinds import partition_of
from daypass.state.snapshot.organization_view import OrganizationView
from daypass.state.snapshot.view_kinds import VIEW_CLASSES

R = TypeVar("R", bound=Record)
EVERY_PARTITION = ""
"""The prefix that every name of a partition has."""


class TrackingDirectory(Directory):
    """A snapshot as one run of an operation reads it, with a note of each partition that is read.

    Every method of a directory reaches partitions through the methods below; none of them
    copies anything.
    """

    __slots__ = ("_accounts", "_organizations", "read", "read_all", "snapshot")

    def __init__(self, snapshot: Directory) -> None:
        # Not the constructor of a directory: the maps are the snapshot's own, whatever its size.
        self._views = snapshot._views  # noqa: SLF001 - the same maps under another class
        self._accounts: Mapping[str, AccountView] = self._views[ACCOUNT]
        self._organizations: Mapping[str, OrganizationView] = self._views[ORGANIZATION]
        self._principal_accounts = snapshot._principal_accounts  # noqa: SLF001 - as above
        self.position = snapshot.position
        self.snapshot = snapshot
        """The directory that is read."""
        self.read: dict[str, int] = {}
        """The revision of each partition that was read, 0 for one that does not exist."""
        self.read_all: dict[str, int] = {}
        """The directory's revision by prefix, where every partition with that prefix was read."""

    def with_read_set(self, changes: Changes) -> Changes:
        """Return the changes with what was read until now, and the partitions they write to.

        They become stale as soon as any of it changes.
        """
        for change in changes.records:
            self.partition(change.record.account)
        # Copies: the thread that commits reads them while this run may still answer.
        return replace(changes, read=dict(self.read), read_all=dict(self.read_all))

    def _view(self, partition: Partition, name: str) -> Any:
        """Return the view of a partition, and note that it was read or found missing."""
        view = self._views[partition].get(name)
        if view is None:
            view = VIEW_CLASSES[partition](partition, name)
            if partition_of(name) is not partition:
                # No commit ever creates a partition of this kind and name.
                return view
        # The first revision counts: `changed` returns partitions with revisions of the future.
        self.read.setdefault(name, view.revision)
        return view

    def account(self, account: str) -> AccountView:
        """Return the view of an account, and note that it was read or found missing."""
        view = self._accounts.get(account)
        if view is None:
            return super().account(account)
        # As below, without another call: every request asks for accounts many times.
        self.read.setdefault(account, view.revision)
        return view

    def instance(self, instance: str) -> InstanceView:
        """Return the view of an instance, and note that it was read or found missing."""
        view: InstanceView | None = self._views[INSTANCE].get(instance)
        if view is None:
            return super().instance(instance)
        # As above: every request of a person's session asks for it.
        self.read.setdefault(instance, view.revision)
        return view

    def identity_store(self, store: str) -> IdentityStoreView:
        """Return the view of an identity store, and note that it was read or found missing."""
        view: IdentityStoreView | None = self._views[IDENTITY_STORE].get(store)
        if view is None:
            return super().identity_store(store)
        # As above.
        self.read.setdefault(store, view.revision)
        return view

    def control_policies_of(self, account: str) -> ControlPolicies | None:
        """Return the control policies that apply to an account from its organization, or None."""
        view = self._accounts.get(account)
        if view is None:
            return super().control_policies_of(account)
        # As above; most accounts are in no organization.
        self.read.setdefault(account, view.revision)
        record = view.record
        if record is None or not record.organization:
            return None
        organization = self._organizations.get(record.organization)
        if organization is None:
            return super().control_policies_of(account)
        self.read.setdefault(record.organization, organization.revision)
        return organization.control_policies_of(account)

    @property
    def accounts(self) -> list[Account]:
        """Return every account; any commit makes that answer stale."""
        self._note_prefix(EVERY_PARTITION)
        return super().accounts

    @property
    def organizations(self) -> list[OrganizationView]:
        """Return every organization; any commit to an organization makes that answer stale."""
        self._note_prefix(ORGANIZATION.prefix)
        return super().organizations

    def principal(self, unique_id: str) -> User | Role | None:
        """Return the user or role with that unique id, or None.

        A principal that is found depends on its account alone, because no other has its id.
        """
        found = super().principal(unique_id)
        if found is None:
            self._note_prefix(EVERY_PARTITION)
        else:
            self.account(found.account)
        return found

    def find_anywhere(self, record: type[R], key: str) -> R | None:
        """Return the record of that class and key, or None.

        A record that is found depends on its partition alone, because no other has its key.
        """
        found = super().find_anywhere(record, key)
        if found is not None:
            self.partition(found.account)
            return found
        self._note_partitions_of(record)
        return None

    def all_records(self, record: type[R]) -> Iterator[R]:
        """Yield the records of a class; any commit to one of its partitions makes that stale."""
        self._note_partitions_of(record)
        return super().all_records(record)

    def grouped_records(self, record: type[R], value: str, field: str = "") -> Iterator[R]:
        """Yield the records with a value; any commit to one of their partitions makes it stale."""
        self._note_partitions_of(record)
        return super().grouped_records(record, value, field)

    def changed(
        self, changes: Iterable[Put | Remove], revision: int, commit: str = ""
    ) -> "TrackingDirectory":
        """Return the directory as it would be; reads of it count as reads of this snapshot."""
        after = TrackingDirectory(super().changed(changes, revision, commit))
        after.read, after.read_all = self.read, self.read_all
        return after

    def _note_partitions_of(self, record: type[Record]) -> None:
        """Note that every partition that can hold records of this class was read."""
        for partition in record.partitions:
            self._note_prefix(partition.name_start)

    def _note_prefix(self, beginning: str) -> None:
        """Note that every partition whose name has this prefix was read."""
        self.read_all.setdefault(beginning, self.revision)
