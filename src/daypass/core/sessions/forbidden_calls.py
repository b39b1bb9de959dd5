"""Which operations a kind of credential can never call, whatever its policies say.

Source: IAM user guide, "Compare AWS STS credentials", and the STS API reference of each operation.
"""

from collections.abc import Mapping

from daypass.core.sessions.token import Origin, Session

NO_ROOT_ROLES = "Roles may not be assumed by root accounts."

NO_ROOT_SCOPE = "Cannot call GetScopedCredentials with root credentials"
NO_LONG_TERM_SCOPE = "Cannot call GetScopedCredentials with IAM user credentials"

_FOR_LONG_TERM_KEYS = frozenset({"GetFederationToken", "GetSessionToken"})
_STS_ALLOWED: Mapping[Origin, frozenset[str]] = {
    Origin.GET_SESSION_TOKEN: frozenset(
        {"AssumeRole", "GetCallerIdentity", "GetScopedCredentials"}
    ),
}


def reason_forbidden(
    session: Session | None, *, is_root: bool, service: str, operation: str
) -> str:
    """Return why this kind of credential can never call the operation; empty if policies decide.

    `session` is None for a long-term access key.
    """
    if is_root and operation == "AssumeRole" and service == "sts":
        return NO_ROOT_ROLES
    if operation == "GetScopedCredentials" and service == "sts" and (is_root or session is None):
        return NO_ROOT_SCOPE if is_root else NO_LONG_TERM_SCOPE
    if session is None:
        return ""
    if service == "sts":
        return _reason_forbidden_in_sts(session, operation)
    if service == "iam" and session.origin is Origin.GET_SESSION_TOKEN and session.mfa_time is None:
        return f"Cannot call {operation} with session credentials that were issued without MFA"
    return ""


def _reason_forbidden_in_sts(session: Session, operation: str) -> str:
    allowed = _STS_ALLOWED.get(session.origin)
    if operation in _FOR_LONG_TERM_KEYS or (allowed is not None and operation not in allowed):
        return f"Cannot call {operation} with session credentials"
    return ""
