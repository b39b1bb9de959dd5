"""The record of a person's membership in a group."""

from typing import ClassVar

from daypass.core.domain.partition import IDENTITY_STORE, Partition
from daypass.core.domain.record import Record


def membership_key(group: str, member: str) -> str:
    """Return the key of a membership, which sorts by group."""
    return f"{group}/{member}"


class GroupMembership(Record, frozen=True, kw_only=True):
    """A membership; the member is a person, because groups do not nest."""

    kind: ClassVar[str] = "group-membership"
    partitions: ClassVar[tuple[Partition, ...]] = (IDENTITY_STORE,)
    unique: ClassVar[str] = "id"
    grouped_by: ClassVar[tuple[str, ...]] = ("member",)
    shared: ClassVar[tuple[str, ...]] = ("group", "member", "created_by")
    id: str
    """A UUID."""
    group: str
    """The group's id."""
    member: str
    """The person's id."""
    created: int
    created_by: str

    @property
    def key(self) -> str:
        """Return group and member."""
        return membership_key(self.group, self.member)

    @property
    def arn(self) -> str:
        """Return the membership's ARN, which names neither account nor store."""
        return f"arn:aws:identitystore:::membership/{self.id}"
