"""The record of a request to create or delete an assignment, and its outcome."""

from typing import ClassVar

from daypass.core.domain.partition import INSTANCE, Partition
from daypass.core.domain.record import Record

CREATION = "creation"
DELETION = "deletion"
IN_PROGRESS = "IN_PROGRESS"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"


class AssignmentRequest(Record, frozen=True, kw_only=True):
    """A CreateAccountAssignment or DeleteAccountAssignment request.

    Its work was done, or failed, in the commit that stored it. Times are in seconds since 1970;
    `expires` is steady time.
    """

    kind: ClassVar[str] = "assignment-request"
    partitions: ClassVar[tuple[Partition, ...]] = (INSTANCE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("id",)
    expiry: ClassVar[str] = "expires"
    id: str
    """The request's UUID."""
    change: str
    """`creation` or `deletion`."""
    target: str
    """The account's twelve digits."""
    permission_set: str
    """The permission set's id."""
    principal_type: str
    principal: str
    created: int
    expires: int
    failure: str = ""
    """AWS's `FailureReason`; empty if the request succeeded."""

    @property
    def key(self) -> str:
        """Return what was asked for, the time and the id, so that lists are in order of time."""
        return f"{self.change}/{self.created:012}/{self.id}"

    @property
    def status(self) -> str:
        """Return the outcome: `SUCCEEDED` or `FAILED`."""
        return FAILED if self.failure else SUCCEEDED
