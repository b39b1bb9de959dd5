"""The record of a permission set that was provisioned in an account: the role made from it."""

from typing import ClassVar

from daypass.core.domain.partition import INSTANCE, Partition
from daypass.core.domain.record import Record


def provisioned_key(target: str, permission_set: str) -> str:
    """Return the key of a provisioned set, which sorts by account."""
    return f"{target}/{permission_set}"


class ProvisionedSet(Record, frozen=True, kw_only=True):
    """A permission set in an account, as it was when it was last provisioned there.

    Duration and relay state of new sessions come from here, its permissions from the role.
    """

    kind: ClassVar[str] = "provisioned-set"
    partitions: ClassVar[tuple[Partition, ...]] = (INSTANCE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("permission_set",)
    target: str
    """The account's twelve digits."""
    permission_set: str
    """The permission set's id."""
    role_id: str
    """The unique id of the role in the account, `AROA…`."""
    version: int
    """The version of the permission set that the role was made from."""
    session_seconds: int
    provisioned: int
    """When it was last provisioned, in seconds since 1970."""
    relay_state: str = ""

    @property
    def key(self) -> str:
        """Return account and permission set."""
        return provisioned_key(self.target, self.permission_set)
