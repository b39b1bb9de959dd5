"""The record of a deleted group whose memberships are too many to be removed in one commit."""

from typing import ClassVar

from daypass.core.domain.partition import IDENTITY_STORE, Partition
from daypass.core.domain.record import Record


class EndedGroup(Record, frozen=True, kw_only=True):
    """A group that was deleted, while records of its memberships are left.

    They are memberships of nobody from the deletion on. A job removes them in parts, and this
    record with the last part.
    """

    kind: ClassVar[str] = "ended-group"
    partitions: ClassVar[tuple[Partition, ...]] = (IDENTITY_STORE,)
    id: str
    """The group's id, which is never given again."""
    ended: int
    """When it was deleted, in seconds since 1970."""

    @property
    def key(self) -> str:
        """Return the group's id."""
        return self.id
