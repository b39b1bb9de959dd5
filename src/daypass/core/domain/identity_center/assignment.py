"""The record of an assignment: a person or a group has a permission set in an account."""

from typing import ClassVar

from daypass.core.domain.partition import INSTANCE, Partition
from daypass.core.domain.record import Record

USER = "USER"
GROUP = "GROUP"


def assignment_key(target: str, permission_set: str, principal: str) -> str:
    """Return the key of an assignment, which sorts by account, then by permission set."""
    return f"{target}/{permission_set}/{principal}"


class Assignment(Record, frozen=True, kw_only=True):
    """An assignment of an instance; it stays, and grants nothing, when its principal is deleted."""

    kind: ClassVar[str] = "assignment"
    partitions: ClassVar[tuple[Partition, ...]] = (INSTANCE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("principal",)
    target: str
    """The account's twelve digits."""
    permission_set: str
    """The permission set's id."""
    principal_type: str
    """`USER` or `GROUP`."""
    principal: str
    """The id of the person or group."""
    created: int

    @property
    def key(self) -> str:
        """Return account, permission set and principal."""
        return assignment_key(self.target, self.permission_set, self.principal)
