"""The record that maps an e-mail address to the account whose root user it is.

Addresses are unique over all accounts.
"""

from typing import ClassVar

from daypass.core.domain.partition import SHARED, Partition
from daypass.core.domain.record import Record


class RootEmail(Record, frozen=True, kw_only=True):
    """An e-mail address in lower case, and the id of its account (`owner`).

    Stored in `partition.GLOBAL`.

    Because addresses are unique, no account is invited or created twice under one address.
    """

    kind: ClassVar[str] = "root_email"
    partitions: ClassVar[tuple[Partition, ...]] = (SHARED,)
    address: str
    owner: str

    @property
    def key(self) -> str:
        """Return the address in lower case."""
        return self.address
