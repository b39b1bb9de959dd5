"""The record of an organization's policy, such as an SCP, attached to root, units and accounts."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag


class OrganizationPolicy(Record, frozen=True, kw_only=True):
    """A policy of one type (`policy_types`); `content` is its document, as it was sent."""

    kind: ClassVar[str] = "organization_policy"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    type: str
    name: str
    content: str
    serial: int
    updated: int
    description: str = ""
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """Return the policy's id."""
        return self.id
