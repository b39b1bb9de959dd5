"""The record of an IAM user: a person or program with long-term credentials and policies."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.iam.identity import PrincipalRecord
from daypass.core.domain.partition import ACCOUNT, Partition


class User(PrincipalRecord, frozen=True, kw_only=True):
    """A user; `groups` are the unique ids of the groups that it is a member of."""

    kind: ClassVar[str] = "user"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    arn_form: ClassVar[ArnForm | None] = ArnForm("iam", "user")
    groups: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """Return the user's ARN, with its path."""
        return arn.iam(self.account, "user", self.path, self.name)
