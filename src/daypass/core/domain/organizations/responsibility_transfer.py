"""The record of a responsibility transfer: one organization takes over another's bill."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag


class ResponsibilityTransfer(Record, frozen=True, kw_only=True):
    """A transfer or the invitation to one, stored with the organization that takes over the bill.

    `invited` is the invited management account's id, or its e-mail address if `is_email`. `source`
    is the account and `source_organization` the organization whose bill is transferred, empty until
    the invitation is accepted. Times are epoch seconds: `start` is when the transfer begins,
    `expires` until when it may be accepted, `ended` when the invitation was answered or canceled,
    `end` when a withdrawn transfer is over.
    """

    kind: ClassVar[str] = "responsibility_transfer"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    type: str
    name: str
    serial: int
    handshake: str
    status: str
    invited: str
    is_email: bool = False
    source: str = ""
    source_organization: str = ""
    requested: int
    start: int
    expires: int
    ended: int = 0
    end: int = 0
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """Return the transfer's id."""
        return self.id
