"""A handshake: something that two accounts have to agree on."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag


class Handshake(Record, frozen=True, kw_only=True):
    """An offer of an organization to an account; it lies in the partition of the organization that made it.

    `target` is an account's id or an e-mail address, as it was invited. `expires` and `ended` are epoch seconds; `parent` is
    the handshake that this one came from.
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
