"""A request to create an account, as it is told to those who ask how far it is."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record

IN_PROGRESS = "IN_PROGRESS"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"


class AccountCreation(Record, frozen=True, kw_only=True):
    """A request and what became of it: an account, or the reason why there is none."""

    kind: ClassVar[str] = "account_creation"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    name: str
    serial: int
    requested: int
    completed: int
    created: str = ""
    """The id of the account that was made; empty where none was."""
    failure: str = ""
    """AWS's word for why there is none."""

    @property
    def key(self) -> str:
        """Return the request's id."""
        return self.id

    @property
    def state(self) -> str:
        """Return how the request ended."""
        return FAILED if self.failure else SUCCEEDED
