"""STS's structures made from sessions, as its operations answer them."""

from typing import Any

from daypass.core import arn, quotas
from daypass.core.domain.iam.role import Role
from daypass.core.sessions.mint import TemporaryCredentials

CREDENTIALS = ("Credentials.SecretAccessKey", "Credentials.SessionToken")
"""The members of an answer that are secret; the access key id is not."""


def credentials(temporary: TemporaryCredentials, *, lead: int) -> dict[str, Any]:
    """Return the `Credentials` member of an answer, with the secret.

    `lead` is how many seconds steady time is ahead of the wall clock now, by which the client will
    judge the expiration. No other function puts a session's secret into an answer.
    """
    return {
        "AccessKeyId": temporary.access_key_id,
        "SecretAccessKey": temporary.session.secret,
        "SessionToken": temporary.token,
        "Expiration": temporary.session.expires + temporary.session.lead - lead,
    }


def token_size(temporary: TemporaryCredentials) -> dict[str, int]:
    """Return the members of an answer about the session token's size.

    They are its bytes, and of how many percent of the largest token that is.
    """
    size = len(temporary.token)
    return {
        "SessionTokenUtilization": -(-100 * size // quotas.TOKEN_CHARACTERS_MAX),
        "SessionTokenSize": size,
    }


def assumed_role_user(role: Role, session_name: str) -> dict[str, str]:
    """Return the `AssumedRoleUser` member of an answer."""
    return {
        "AssumedRoleId": f"{role.unique_id}:{session_name}",
        "Arn": arn.assumed_role(role.account, role.name, session_name),
    }
