"""The record of a handshake: a request to another account, such as an invitation."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag


class Handshake(Record, frozen=True, kw_only=True):
    """A handshake, stored in the partition of the organization that opened it.

    `target` is the invited account's id, or its e-mail address if `is_email`; empty for the
    handshake of the whole organization. `requested`, `expires` and `ended` are in epoch seconds,
    `ended` 0 while it is open. `parent` is the id of the handshake that this one was opened for, as
    each account's approval of all features is.
    """

    kind: ClassVar[str] = "handshake"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    action: str
    state: str
    target: str
    is_email: bool = False
    serial: int
    requested: int
    expires: int
    ended: int = 0
    notes: str = ""
    parent: str = ""
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """Return the handshake's id."""
        return self.id
