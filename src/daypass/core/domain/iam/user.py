"""An IAM user: somebody in an account, with a name for people and an id that is never reused."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.iam.identity import PrincipalRecord
from daypass.core.domain.partition import ACCOUNT, Partition


class User(PrincipalRecord, frozen=True, kw_only=True):
    """A user; `groups` holds the unique ids of its groups."""

    kind: ClassVar[str] = "user"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    arn_form: ClassVar[ArnForm | None] = ArnForm("iam", "user")
    groups: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """Name the user, with its path."""
        return arn.iam(self.account, "user", self.path, self.name)
