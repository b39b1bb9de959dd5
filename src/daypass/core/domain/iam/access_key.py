"""An access key: the permanent credential that Daypass exists to replace."""

from typing import ClassVar

from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import Record


class AccessKey(Record, frozen=True, kw_only=True):
    """A key of a user (`owner` is its unique id) or of root (`owner` is the account id).

    `secret` is sealed under the key ring before the record is made; nothing in the state layer ever holds it open.
    """

    kind: ClassVar[str] = "access_key"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    secrets: ClassVar[frozenset[str]] = frozenset({"secret"})
    id: str
    owner: str
    secret: bytes
    created: int
    active: bool = True

    @property
    def key(self) -> str:
        """Return the key id."""
        return self.id
