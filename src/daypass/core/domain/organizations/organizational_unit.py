"""The record of an organizational unit: a node in the tree, with policies for all below it."""

from typing import ClassVar

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag


class OrganizationalUnit(Record, frozen=True, kw_only=True):
    """A unit; `parent` is the id of the root or unit above it, `serial` orders lists."""

    kind: ClassVar[str] = "organizational_unit"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    name: str
    parent: str
    serial: int
    attached: tuple[str, ...] = ()
    """Ids of the policies on it, in order of attachment."""
    tags: tuple[Tag, ...] = ()

    @property
    def key(self) -> str:
        """Return the unit's id."""
        return self.id
