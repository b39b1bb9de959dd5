"""Whose root an e-mail address is: one account's over all, so that nobody is invited or made twice."""

from typing import ClassVar

from daypass.core.domain.partition import SHARED, Partition
from daypass.core.domain.record import Record


class RootEmail(Record, frozen=True, kw_only=True):
    """An address, folded, and the account whose root it is; kept in `partition.GLOBAL`, because it is one namespace."""

    kind: ClassVar[str] = "root_email"
    partitions: ClassVar[tuple[Partition, ...]] = (SHARED,)
    address: str
    owner: str

    @property
    def key(self) -> str:
        """Return the address, folded."""
        return self.address
