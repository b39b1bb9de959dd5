"""Sessions as STS shows them."""

from typing import Any

from daypass.core import arn
from daypass.core.domain.iam.role import Role
from daypass.core.sessions.mint import Issued

CREDENTIALS = ("Credentials.SecretAccessKey", "Credentials.SessionToken")
"""What of an answer is worth stealing: the key's id is no secret."""


def credentials(issued: Issued) -> dict[str, Any]:
    """Show temporary credentials; the one place where a secret leaves."""
    return {
        "AccessKeyId": issued.access_key_id,
        "SecretAccessKey": issued.session.secret,
        "SessionToken": issued.token,
        "Expiration": issued.session.expires,
    }


def assumed(role: Role, session_name: str) -> dict[str, str]:
    """Show who the caller becomes."""
    return {
        "AssumedRoleId": f"{role.unique_id}:{session_name}",
        "Arn": arn.assumed_role(role.account, role.name, session_name),
    }
