"""A directory that records what a run reads of it, so that its changes are committed only while all of that is still so.

An operation reads as it likes and names nothing: the permission that was not there, the address that nobody had and the key that
was good when the run began are in the read set like everything else. Not here: who checks a read set (`state.writing`).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from daypass.core.domain.account import Account
from daypass.core.domain.handshake import Handshake
from daypass.core.domain.organization import PREFIX
from daypass.core.domain.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.role import Role
from daypass.core.domain.user import User
from daypass.state.changes import Changes, Put, Remove
from daypass.state.directory import AccountView, Directory
from daypass.state.organization_view import OrganizationView

R = TypeVar("R", Handshake | None, ResponsibilityTransfer | None)
EVERY_PARTITION = ""
"""What the name of every partition begins with."""


class Recording(Directory):
    """A snapshot as one run reads it.

    Every method of a directory reaches accounts and organizations through the methods below; none of them copies anything.
    """

    __slots__ = ("read", "read_all", "snapshot")

    def __init__(self, snapshot: Directory) -> None:
        # Not the constructor of a directory: the maps are the snapshot's own, whatever its size.
        self._accounts = snapshot._accounts  # noqa: SLF001 - the same maps under another class
        self._organizations = snapshot._organizations  # noqa: SLF001 - the same
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

    def account(self, account: str) -> AccountView:
        """Return an account, and record that it was read, or that it was found missing."""
        view = self._accounts.get(account) or AccountView(account)
        # The first revision counts: `changed` shows a partition as it would be, under a revision that it does not have.
        self.read.setdefault(account, view.revision)
        return view

    def organization(self, organization: str) -> OrganizationView:
        """Return an organization, and record that it was read, or that it was found missing."""
        view = self._organizations.get(organization) or OrganizationView(organization)
        self.read.setdefault(organization, view.revision)
        return view

    @property
    def accounts(self) -> list[Account]:
        """Return every account there is: any commit makes that another answer."""
        self._record_all(EVERY_PARTITION)
        return super().accounts

    @property
    def organizations(self) -> list[OrganizationView]:
        """Return every organization there is: any commit to an organization makes that another answer."""
        self._record_all(PREFIX)
        return super().organizations

    def principal(self, unique_id: str) -> User | Role | None:
        """Return the user or role of that unique id. One that is found stands on its account alone: no other has its id."""
        found = super().principal(unique_id)
        if found is None:
            self._record_all(EVERY_PARTITION)
        else:
            self.account(found.account)
        return found

    def handshake(self, identifier: str) -> Handshake | None:
        """Return the handshake of that id. One that is found stands on its organization alone: no other has its id."""
        return self._of_an_organization(super().handshake(identifier))

    def transfer(self, identifier: str) -> ResponsibilityTransfer | None:
        """Return the transfer of that id. One that is found stands on its organization alone: no other has its id."""
        return self._of_an_organization(super().transfer(identifier))

    def changed(
        self, changes: Iterable[Put | Remove], revision: int, commit: str = ""
    ) -> "Recording":
        """Return the directory as it would be; what is read of that was read by this run, and of this snapshot."""
        after = Recording(super().changed(changes, revision, commit))
        after.read, after.read_all = self.read, self.read_all
        return after

    def _of_an_organization(self, found: R) -> R:
        if found is None:
            self._record_all(PREFIX)
        else:
            self.organization(found.account)
        return found

    def _record_all(self, beginning: str) -> None:
        self.read_all.setdefault(beginning, self.revision)
