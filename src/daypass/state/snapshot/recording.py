"""A directory that records what a run reads of it, so that its changes are committed only while all of that is still so.

An operation reads as it likes and names nothing: the permission that was not there, the address that nobody had and the key that
was good when the run began are in the read set like everything else. Not here: who checks a read set (`state.database.writing`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from daypass.core.domain.account import Account
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import ACCOUNT, ORGANIZATION, Partition
from daypass.core.domain.record import Record
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.kinds import partition_of
from daypass.state.snapshot.organization_view import OrganizationView
from daypass.state.snapshot.view_kinds import VIEWS

R = TypeVar("R", bound=Record)
EVERY_PARTITION = ""
"""What the name of every partition begins with."""


class Recording(Directory):
    """A snapshot as one run reads it.

    Every method of a directory reaches partitions through the methods below; none of them copies anything.
    """

    __slots__ = ("_accounts", "read", "read_all", "snapshot")

    def __init__(self, snapshot: Directory) -> None:
        # Not the constructor of a directory: the maps are the snapshot's own, whatever its size.
        self._views = snapshot._views  # noqa: SLF001 - the same maps under another class
        self._accounts: Mapping[str, AccountView] = self._views[ACCOUNT]
        self.position = snapshot.position
        self.snapshot = snapshot
        """What is read."""
        self.read: dict[str, int] = {}
        """The revision of each partition that was read, 0 for one that does not exist."""
        self.read_all: dict[str, int] = {}
        """The directory's revision where every partition was read whose name begins so."""

    def bound(self, changes: Changes) -> Changes:
        """Return changes that become stale once anything has moved that was read until now, or that they write to."""
        for change in changes.records:
            self.partition(change.record.account)
        # Copies: the thread that commits reads them while this run may still answer.
        return replace(changes, read=dict(self.read), read_all=dict(self.read_all))

    def _view(self, partition: Partition, name: str) -> Any:
        """Return a partition of a kind, and record that it was read, or that it was found missing."""
        view = self._views[partition].get(name)
        if view is None:
            view = VIEWS[partition](partition, name)
            if partition_of(name) is not partition:
                # No commit ever makes a partition of this kind and name: the answer stands on no revision.
                return view
        # The first revision counts: `changed` shows a partition as it would be, under a revision that it does not have.
        self.read.setdefault(name, view.revision)
        return view

    def account(self, account: str) -> AccountView:
        """Return an account, and record that it was read, or that it was found missing."""
        view = self._accounts.get(account)
        if view is None:
            return super().account(account)
        # As below, without another call: every request asks for accounts many times.
        self.read.setdefault(account, view.revision)
        return view

    @property
    def accounts(self) -> list[Account]:
        """Return every account there is: any commit makes that another answer."""
        self._record_all(EVERY_PARTITION)
        return super().accounts

    @property
    def organizations(self) -> list[OrganizationView]:
        """Return every organization there is: any commit to an organization makes that another answer."""
        self._record_all(ORGANIZATION.prefix)
        return super().organizations

    def principal(self, unique_id: str) -> User | Role | None:
        """Return the user or role of that unique id. One that is found stands on its account alone: no other has its id."""
        found = super().principal(unique_id)
        if found is None:
            self._record_all(EVERY_PARTITION)
        else:
            self.account(found.account)
        return found

    def anywhere(self, record: type[R], key: str) -> R | None:
        """Return the record of that class and key. One that is found stands on its partition alone: no other has its key."""
        found = super().anywhere(record, key)
        if found is not None:
            self.partition(found.account)
            return found
        self._record_kind(record)
        return None

    def everywhere(self, record: type[R]) -> Iterator[R]:
        """Give the records of that class in every partition: any commit to one of these makes that another answer."""
        self._record_kind(record)
        return super().everywhere(record)

    def changed(
        self, changes: Iterable[Put | Remove], revision: int, commit: str = ""
    ) -> "Recording":
        """Return the directory as it would be; what is read of that was read by this run, and of this snapshot."""
        after = Recording(super().changed(changes, revision, commit))
        after.read, after.read_all = self.read, self.read_all
        return after

    def _record_kind(self, record: type[Record]) -> None:
        for partition in record.partitions:
            self._record_all(partition.name_start)

    def _record_all(self, beginning: str) -> None:
        self.read_all.setdefault(beginning, self.revision)
