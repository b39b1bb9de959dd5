"""The record of a portal session: a person has signed in, and tokens came of it."""

from typing import ClassVar

from daypass.core.domain.partition import PERSON, Partition
from daypass.core.domain.record import Record


def person_partition(person: str) -> str:
    """Return the name of the partition of what a person's sign-ins change."""
    return f"{PERSON.prefix}{person}"


class PortalSession(Record, frozen=True, kw_only=True):
    """A sign-in session of a person, in the person's own partition; signing out removes it.

    It has ended as well when the person is disabled, deleted or of another `generation`, so a
    reader compares these itself. Times are in seconds since 1970; `expires` is steady time.
    """

    kind: ClassVar[str] = "portal-session"
    partitions: ClassVar[tuple[Partition, ...]] = (PERSON,)
    expiry: ClassVar[str] = "expires"
    id: str
    instance: str
    store: str
    person: str
    generation: int
    """The person's generation when the session was opened."""
    started: int
    expires: int
    opened_by: str = ""
    """The operator who opened it by a command; empty for a sign-in."""

    @property
    def key(self) -> str:
        """Return the session's id."""
        return self.id
