"""The record of a request to provision a permission set, how far it is, and its outcome."""

from typing import ClassVar

from daypass.core.domain.identity_center.assignment_request import FAILED, IN_PROGRESS, SUCCEEDED
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.partition import INSTANCE, Partition
from daypass.core.domain.record import Record

OPEN = "open"
"""The phase of a request that has accounts left."""


class ProvisioningRequest(Record, frozen=True, kw_only=True):
    """A ProvisionPermissionSet request, for one account or for all that have the set.

    One for many accounts is done in parts, in order of account: `pending` is the set as it was
    when the request was made, so that a later edit reaches no account by it. Times are in seconds
    since 1970; `expires` is steady time.
    """

    kind: ClassVar[str] = "provisioning-request"
    partitions: ClassVar[tuple[Partition, ...]] = (INSTANCE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("id", "phase")
    expiry: ClassVar[str] = "expires"
    id: str
    """The request's UUID."""
    permission_set: str
    """The permission set's id."""
    created: int
    expires: int
    """0 while accounts are left."""
    target: str = ""
    """The account's twelve digits; empty for every account that has the set."""
    pending: PermissionSet | None = None
    """The set to provision in the accounts that are left; None once none is."""
    done: str = ""
    """The last account that a part has handled; the accounts after it are left."""
    parts: int = 0
    """How many parts a job has done."""
    failure: str = ""
    """AWS's `FailureReason`, which names the accounts that failed so far; empty without any."""
    phase: str = ""
    """`open` while accounts are left, by which such requests are found; empty after that."""

    @property
    def key(self) -> str:
        """Return the time and the id, so that lists are in order of time."""
        return f"{self.created:012}/{self.id}"

    @property
    def status(self) -> str:
        """Return `IN_PROGRESS` while accounts are left, then `SUCCEEDED` or `FAILED`."""
        if self.phase:
            return IN_PROGRESS
        return FAILED if self.failure else SUCCEEDED
