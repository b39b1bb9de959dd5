"""An account's place in an organization."""

from typing import ClassVar

import msgspec

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag

CREATED = "CREATED"
INVITED = "INVITED"


class Delegation(msgspec.Struct, frozen=True, array_like=True):
    """A service that an account administers for the organization, and since when; `serial` is its place in lists."""

    service: str
    enabled: int
    serial: int = 0


class Member(Record, frozen=True, kw_only=True):
    """An account of an organization; name, address and state are the account's own record's."""

    kind: ClassVar[str] = "member"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    """The account's twelve digits."""
    parent: str
    serial: int
    joined: int
    method: str = CREATED
    attached: tuple[str, ...] = ()
    """Ids of the policies on it, in order of attachment."""
    tags: tuple[Tag, ...] = ()
    delegations: tuple[Delegation, ...] = ()

    @property
    def key(self) -> str:
        """Return the account's id."""
        return self.id
