"""The record of a permission set: the policies and the duration of the roles made from it."""

from typing import ClassVar

import msgspec

from daypass.core.domain.partition import INSTANCE, Partition
from daypass.core.domain.record import Record, Tag


class CustomerPolicy(msgspec.Struct, frozen=True, array_like=True):
    """A customer managed policy by name and path, found in each account where a role is made."""

    name: str
    path: str = "/"


def permission_set_arn(instance: str, permission_set: str) -> str:
    """Return the ARN of a permission set, which names its instance, from both their ids."""
    return f"arn:aws:sso:::permissionSet/{instance}/{permission_set}"


class PermissionSet(Record, frozen=True, kw_only=True):
    """A permission set of an instance.

    An edit reaches no account before the set is provisioned there: `version` counts the edits, and
    a `ProvisionedSet` says which version its role has.
    """

    kind: ClassVar[str] = "permission-set"
    partitions: ClassVar[tuple[Partition, ...]] = (INSTANCE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("name",)
    id: str
    """Such as `ps-0123456789abcdef`."""
    name: str
    created: int
    description: str = ""
    session_duration: str = "PT1H"
    """The ISO 8601 duration, as it was sent."""
    relay_state: str = ""
    inline: str = ""
    """The inline policy's document; empty without one."""
    managed: tuple[str, ...] = ()
    """ARNs of attached AWS managed policies, in order of attachment."""
    customer: tuple[CustomerPolicy, ...] = ()
    """Attached customer managed policies, in order of attachment."""
    boundary: str | CustomerPolicy | None = None
    """The permissions boundary: an AWS managed policy's ARN or a customer managed policy."""
    tags: tuple[Tag, ...] = ()
    version: int = 1

    @property
    def key(self) -> str:
        """Return the set's id."""
        return self.id

    @property
    def arn(self) -> str:
        """Return the set's ARN, which names its instance."""
        return permission_set_arn(self.account, self.id)
