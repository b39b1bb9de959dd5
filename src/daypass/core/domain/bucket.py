"""A bucket behind the gate: who owns it, where, and what the gate answers for it by itself."""

from typing import ClassVar

import msgspec

from daypass.core import arn
from daypass.core.domain import compiled_policies
from daypass.core.domain.partition import SHARED, Partition
from daypass.core.domain.record import Record, Tag


class PublicAccess(msgspec.Struct, frozen=True, array_like=True):
    """What of a bucket may never be public, whatever its policy says."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False


class Bucket(Record, frozen=True, kw_only=True):
    """A bucket; its account is `partition.GLOBAL`, because bucket names are one namespace over all accounts.

    `pending` marks a name that is reserved while the store is still creating it.
    """

    kind: ClassVar[str] = "bucket"
    partitions: ClassVar[tuple[Partition, ...]] = (SHARED,)
    name: str
    owner: str
    region: str
    created: int
    abac: bool = False
    pending: bool = False
    tags: tuple[Tag, ...] = ()
    policy: str = ""
    """The bucket's policy, users and roles in it by id; empty without one."""
    public_access: PublicAccess | None = None

    @property
    def key(self) -> str:
        """Return the bucket's name."""
        return self.name

    @property
    def arn(self) -> str:
        """Name the bucket."""
        return arn.bucket(self.name)

    def learn(self) -> None:
        """Compile the bucket's policy."""
        if self.policy:
            compiled_policies.compile_bucket_policy(self.policy)
