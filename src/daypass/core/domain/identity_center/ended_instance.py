"""The record of what a deleted instance leaves to remove: what is too much for one commit."""

from typing import ClassVar

from daypass.core.domain.partition import INSTANCE, Partition
from daypass.core.domain.record import Record


class EndedInstance(Record, frozen=True, kw_only=True):
    """An instance that was deleted, while records of it are left in its partition or elsewhere.

    Nobody reaches these any more, because the records of the instance and of its identity store
    are removed first. A job removes the rest in parts, and this record with the last part.
    """

    kind: ClassVar[str] = "ended-instance"
    partitions: ClassVar[tuple[Partition, ...]] = (INSTANCE,)
    store: str
    """The id of its identity store, `d-…`, whose people and groups go last."""
    accounts: tuple[str, ...]
    """The accounts in which it may still have roles, a SAML provider and the service's role."""
    ended: int
    """When it was deleted, in seconds since 1970."""

    @property
    def key(self) -> str:
        """Return the instance's id, as each instance's partition has at most one such record."""
        return self.account
