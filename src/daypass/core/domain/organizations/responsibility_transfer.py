"""A transfer of responsibility: one organization's management account takes over another organization's bill."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag


class ResponsibilityTransfer(Record, frozen=True, kw_only=True):
    """A transfer, or the invitation to one; it lies in the partition of the organization that invited and takes over.

    `invited` is an account's id or an e-mail address, as it was invited. `source` and `source_organization` are whose bill it
    is, empty until somebody accepted. All times are epoch seconds: `start` is when it begins, `expires` until when it may be accepted,
    `ended` when the invitation was finished, and `end` when a withdrawn transfer is over.
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
