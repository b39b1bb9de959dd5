"""An IAM role: permissions that somebody borrows, and the trust policy that says who may."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.policies import Principal

HOUR = 3600


class Role(Principal, frozen=True, kw_only=True):
    """A role; in `trust`, users and roles are named by unique id (`core.policy.trust`)."""

    kind: ClassVar[str] = "role"
    trust: str
    description: str = ""
    session_seconds_max: int = HOUR

    @property
    def arn(self) -> str:
        """Name the role, with its path."""
        return arn.iam(self.account, "role", self.path, self.name)
