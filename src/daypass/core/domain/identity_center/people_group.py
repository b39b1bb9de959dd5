"""The record of a group of people in an identity store; `Group` is IAM's."""

from typing import ClassVar

from daypass.core.domain.partition import IDENTITY_STORE, Partition
from daypass.core.domain.record import Record


class PeopleGroup(Record, frozen=True, kw_only=True):
    """A group of people; its members are `GroupMembership` records."""

    kind: ClassVar[str] = "people-group"
    partitions: ClassVar[tuple[Partition, ...]] = (IDENTITY_STORE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("folded_name",)
    shared: ClassVar[tuple[str, ...]] = ("id", "name", "folded_name", "created_by", "updated_by")
    id: str
    """A UUID."""
    name: str
    """The display name, as it was sent."""
    folded_name: str
    """The display name as it is compared; unique in the store."""
    created: int
    created_by: str
    """The ARN, or the operator's name, of whoever created the group."""
    updated: int = 0
    """When the group was last changed; 0 for never."""
    updated_by: str = ""
    description: str = ""
    revision: int = 1

    @property
    def key(self) -> str:
        """Return the group's id."""
        return self.id

    @property
    def arn(self) -> str:
        """Return the group's ARN, which names neither account nor store."""
        return f"arn:aws:identitystore:::group/{self.id}"
