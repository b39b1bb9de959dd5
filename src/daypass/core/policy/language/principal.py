"""The caller of a request, as the policy engine compares it with policies."""

import enum
from typing import NamedTuple

from daypass.core.enums import with_plain_members


@with_plain_members
class PrincipalKind(enum.StrEnum):
    """How a caller was authenticated: as root, a user, a role session and so on."""

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
"""Kinds of callers that belong to no account."""


class Principal(NamedTuple):
    """The caller of a request; a field that does not apply to its kind is empty.

    `arn` is the caller's ARN in messages (for a role session the assumed-role ARN); `unique_id` is
    the id of the user, or of the role behind a session; `role_arn` is the ARN of the role, with its
    path; `user_arn` is the user behind a federated user.
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
        """Return whether the caller is a session of a service-linked role.

        SCPs and RCPs do not apply to such a session.
        """
        # The first `:role/` follows the account; a path that the account chose may contain another.
        _, _, name = self.role_arn.partition(":role/")
        return self.kind is PrincipalKind.ROLE_SESSION and name.startswith("aws-service-role/")
