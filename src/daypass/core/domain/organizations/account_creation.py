"""The record of a CreateAccount request and its outcome (DescribeCreateAccountStatus)."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record

IN_PROGRESS = "IN_PROGRESS"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"


class AccountCreation(Record, frozen=True, kw_only=True):
    """A CreateAccount request; it made an account, or `failure` says why not.

    `requested` and `completed` are in epoch seconds; `serial` orders lists by creation.
    """

    kind: ClassVar[str] = "account_creation"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    name: str
    serial: int
    requested: int
    completed: int
    created: str = ""
    """The id of the new account; empty if the request failed."""
    failure: str = ""
    """AWS's `FailureReason`; empty if the request succeeded."""

    @property
    def key(self) -> str:
        """Return the request's id."""
        return self.id

    @property
    def state(self) -> str:
        """Return the outcome: `SUCCEEDED` or `FAILED`."""
        return FAILED if self.failure else SUCCEEDED
