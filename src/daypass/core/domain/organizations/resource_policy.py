"""The record of an organization's resource policy, which delegates policy management."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag


class ResourcePolicy(Record, frozen=True, kw_only=True):
    """The one resource policy that an organization may have."""

    kind: ClassVar[str] = "organization_resource_policy"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    content: str
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """Return the resource policy's id."""
        return self.id
