"""The record of an access key: a user's or root's long-term credential."""

from typing import ClassVar

from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import Record


class AccessKey(Record, frozen=True, kw_only=True):
    """An access key; `owner` is its user's unique id, or the account id for root's.

    `secret` is the secret access key, encrypted (`core.sessions.secrets`) before the record is
    made; the state layer never has it in plain text.
    """

    kind: ClassVar[str] = "access_key"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    secrets: ClassVar[frozenset[str]] = frozenset({"secret"})
    grouped_by: ClassVar[tuple[str, ...]] = ("owner",)
    id: str
    owner: str
    secret: bytes
    created: int
    active: bool = True

    @property
    def key(self) -> str:
        """Return the access key id."""
        return self.id
