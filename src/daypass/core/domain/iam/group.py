"""The record of an IAM group: policies that several users share. A group is never a principal."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.iam.identity import Identity
from daypass.core.domain.partition import ACCOUNT, Partition


class Group(Identity, frozen=True, kw_only=True):
    """A group; its members are in the users' records (`User.groups`)."""

    kind: ClassVar[str] = "group"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)

    @property
    def arn(self) -> str:
        """Return the group's ARN, with its path."""
        return arn.iam(self.account, "group", self.path, self.name)
