"""The record of an IAM role: its permissions, and the trust policy that says who may assume it."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain import compiled_policies
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.iam.identity import PrincipalRecord
from daypass.core.domain.partition import ACCOUNT, Partition

HOUR = 3600
SERVICE_ROLE_PATHS = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles that belong to services. Only services may make such roles, because some are
exempt from SCPs."""


class Role(PrincipalRecord, frozen=True, kw_only=True):
    """A role; `trust` is its trust policy, with principals by unique id (`stored_principals`)."""

    kind: ClassVar[str] = "role"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    arn_form: ClassVar[ArnForm | None] = ArnForm("iam", "role")
    trust: str
    description: str = ""
    session_seconds_max: int = HOUR

    @property
    def is_protected(self) -> bool:
        """Return True if the role belongs to a service: callers may read it, none may change it."""
        return self.path.startswith(SERVICE_ROLE_PATHS)

    @property
    def arn(self) -> str:
        """Return the role's ARN, with its path."""
        return arn.iam(self.account, "role", self.path, self.name)

    def precompile(self) -> None:
        """Compile the inline policies and the trust policy."""
        super().precompile()
        compiled_policies.compile_trust_policy(self.trust)
