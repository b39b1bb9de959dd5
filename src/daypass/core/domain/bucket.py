"""The record of an S3 bucket behind the gate: owner, region, policy, tags, public access block."""

from typing import ClassVar

import msgspec

from daypass.core import arn
from daypass.core.domain import compiled_policies
from daypass.core.domain.partition import SHARED, Partition
from daypass.core.domain.record import Record, Tag


class PublicAccess(msgspec.Struct, frozen=True, array_like=True):
    """A bucket's PublicAccessBlock configuration, which overrides its policy."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict: bool = False


class Bucket(Record, frozen=True, kw_only=True):
    """A bucket; `owner` is its account, while its partition is `partition.GLOBAL`.

    Bucket names are one namespace over all accounts. `pending` marks a name that is reserved while
    the store is still creating the bucket; `abac` is whether tags of the bucket count in
    conditions.
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
    """The bucket policy, with users and roles by unique id; empty if there is none."""
    public_access: PublicAccess | None = None

    @property
    def key(self) -> str:
        """Return the bucket's name."""
        return self.name

    @property
    def arn(self) -> str:
        """Return the bucket's ARN."""
        return arn.bucket(self.name)

    def precompile(self) -> None:
        """Compile the bucket's policy."""
        if self.policy:
            compiled_policies.compile_bucket_policy(self.policy)
