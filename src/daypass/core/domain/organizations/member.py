"""The record of an account's membership in an organization: its place, policies, delegations."""

from typing import ClassVar

import msgspec

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag

CREATED = "CREATED"
INVITED = "INVITED"


class Delegation(msgspec.Struct, frozen=True, array_like=True):
    """A service that the account is delegated administrator of; `serial` orders lists.

    `enabled` is in epoch seconds.
    """

    service: str
    enabled: int
    serial: int = 0


class Member(Record, frozen=True, kw_only=True):
    """A member account of an organization.

    Its name, e-mail address and state are in its `Account` record.
    """

    kind: ClassVar[str] = "member"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    id: str
    """The account's twelve digits."""
    parent: str
    """The id of the root or unit that the account is in."""
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
