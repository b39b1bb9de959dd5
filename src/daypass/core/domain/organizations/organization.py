"""The record of an organization and its root: management account, features, policies, tags.

All records of an organization are in one partition, named by the organization's id, so that the
partition's revision is the version of the tree and of every policy on it.
"""

from typing import ClassVar

import msgspec

from daypass.core.domain.partition import ORGANIZATION, Partition
from daypass.core.domain.record import Record, Tag

ALL = "ALL"
CONSOLIDATED_BILLING = "CONSOLIDATED_BILLING"
PREFIX = ORGANIZATION.prefix
"""The start of an organization's partition name; an account's is digits."""


class ServiceAccess(msgspec.Struct, frozen=True, array_like=True):
    """A service with trusted access to the organization; `serial` orders lists.

    `enabled` is in epoch seconds.
    """

    principal: str
    enabled: int
    serial: int = 0


class Organization(Record, frozen=True, kw_only=True):
    """An organization and its root; `management` is the id of its management account.

    `made` counts all that was ever created in the organization; it numbers new records (`serial`),
    so that lists are in the order of creation. `attached` are the ids of the policies on the root,
    in order of attachment, `policy_types` the enabled types, `trusted` the services with trusted
    access.
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
    instance: str = ""
    """The id of its Identity Center instance, `ssoins-…`; empty without one."""
    instance_deleted: int = 0
    """When its last instance was deleted, in epoch seconds, 0 while it has one or never had one:
    a start makes none for an organization whose instance somebody deleted."""

    @property
    def key(self) -> str:
        """Return the organization's id, as each organization's partition has one such record."""
        return self.account

    @property
    def id(self) -> str:
        """Return the organization's id."""
        return self.account

    @property
    def parent(self) -> str:
        """Return the empty string, because the root has no parent."""
        return ""

    @property
    def arn(self) -> str:
        """Return the organization's ARN."""
        return f"{self.prefix}:organization/{self.account}"

    @property
    def root_arn(self) -> str:
        """Return the root's ARN."""
        return f"{self.prefix}:root/{self.account}/{self.root_id}"

    @property
    def prefix(self) -> str:
        """Return the start of the organization's ARNs, with the management account's id."""
        return f"arn:aws:organizations::{self.management}"
