"""An IAM role: permissions that somebody borrows, and the trust policy that says who may."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain import compiled_policies
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.iam.identity import PrincipalRecord
from daypass.core.domain.partition import ACCOUNT, Partition

HOUR = 3600
SERVICE_ROLE_PATHS = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles that services make and keep; no organization's policy reaches some of them, so nobody else may make one."""


class Role(PrincipalRecord, frozen=True, kw_only=True):
    """A role; in `trust`, users and roles are named by unique id (`stored_principals`)."""

    kind: ClassVar[str] = "role"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    arn_form: ClassVar[ArnForm | None] = ArnForm("iam", "role")
    trust: str
    description: str = ""
    session_seconds_max: int = HOUR

    @property
    def is_protected(self) -> bool:
        """Say whether the role is a service's: everybody may read it, nobody may change it."""
        return self.path.startswith(SERVICE_ROLE_PATHS)

    @property
    def arn(self) -> str:
        """Name the role, with its path."""
        return arn.iam(self.account, "role", self.path, self.name)

    def learn(self) -> None:
        """Compile the inline policies and the trust policy."""
        super().learn()
        compiled_policies.compile_trust_policy(self.trust)
