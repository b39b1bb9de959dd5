"""An organization: many accounts under one root, and what holds for all of them.

Every record of an organization lies in a partition of its own, named by the organization's id, so that the revision of that
partition is the version of the tree and of every policy on it.
"""

from typing import ClassVar

import msgspec

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag

ALL = "ALL"
CONSOLIDATED_BILLING = "CONSOLIDATED_BILLING"
PREFIX = ORGANIZATION.prefix
"""How the name of an organization's partition begins; an account's is digits."""


class ServiceAccess(msgspec.Struct, frozen=True, array_like=True):
    """A service that is trusted in the whole organization, and since when; `serial` is its place in lists."""

    principal: str
    enabled: int
    serial: int = 0


class Organization(Record, frozen=True, kw_only=True):
    """An organization and its root; `management` is the account that it belongs to.

    `made` counts everything that was ever made in it, so that lists have the order of creation. `attached` are the policies
    on the root, in order of attachment; `policy_types` those that are enabled.
    """

    kind: ClassVar[str] = "organization"
    partitions: ClassVar[tuple[Partition, ...]] = (ORGANIZATION,)
    management: str
    root_id: str
    created: int
    features: str = ALL
    made: int = 0
    attached: tuple[str, ...] = ()
    policy_types: tuple[str, ...] = ()
    root_tags: tuple[Tag, ...] = ()
    trusted: tuple[ServiceAccess, ...] = ()

    @property
    def key(self) -> str:
        """Return the organization's id: there is one such record in its partition."""
        return self.account

    @property
    def id(self) -> str:
        """Return the organization's id."""
        return self.account

    @property
    def parent(self) -> str:
        """Return nothing: the root hangs below nothing."""
        return ""

    @property
    def arn(self) -> str:
        """Name the organization."""
        return f"{self.prefix}:organization/{self.account}"

    @property
    def root_arn(self) -> str:
        """Name the root."""
        return f"{self.prefix}:root/{self.account}/{self.root_id}"

    @property
    def prefix(self) -> str:
        """Return how every ARN of the organization begins: with the management account, whatever it names."""
        return f"arn:aws:organizations::{self.management}"
