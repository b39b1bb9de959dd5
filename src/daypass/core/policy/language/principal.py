"""Who is asking, as the engine sees it."""

import enum
from dataclasses import dataclass


class PrincipalKind(enum.StrEnum):
    """How a principal came to be one."""

    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role-session"
    FEDERATED_USER = "federated-user"
    SERVICE = "service"
    WEB_IDENTITY = "web-identity"
    SAML = "saml"
    ANONYMOUS = "anonymous"


WITHOUT_ACCOUNT = frozenset(
    {PrincipalKind.SERVICE, PrincipalKind.WEB_IDENTITY, PrincipalKind.SAML, PrincipalKind.ANONYMOUS}
)
"""Callers that are principals of no account."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. What does not apply to its kind is empty.

    `arn` names it in messages (for a role session the assumed-role ARN); `unique_id` is that of the user, or of the role
    behind a session; `role_arn` is the role's own ARN with its path; `user_arn` is the user behind a federated user.
    """

    kind: PrincipalKind
    arn: str
    account: str
    unique_id: str = ""
    role_arn: str = ""
    user_arn: str = ""
    canonical_user: str = ""

    @property
    def is_service_linked(self) -> bool:
        """Say whether it is a session of a role that belongs to a service: no organization's policy reaches it."""
        # Only what follows the account counts: a path of the account's own may hold colons too.
        _, _, name = self.role_arn.partition(":role/")
        return self.kind is PrincipalKind.ROLE_SESSION and name.startswith("aws-service-role/")
