"""Where a credential may not go whatever its policies say.

Source: IAM user guide, "Compare AWS STS credentials", and the STS API reference of each operation.
"""

from collections.abc import Mapping

from daypass.core.sessions.token import Origin, Session

NO_ROOT_ROLES = "Roles may not be assumed by root accounts."

_FOR_LONG_TERM_KEYS = frozenset({"GetFederationToken", "GetSessionToken"})
_STS_ALLOWED: Mapping[Origin, frozenset[str]] = {
    Origin.GET_SESSION_TOKEN: frozenset({"AssumeRole", "GetCallerIdentity"}),
}


def barred(session: Session | None, *, is_root: bool, service: str, operation: str) -> str:
    """Return the reason why this kind of credential may never call the operation; empty if it may."""
    if is_root and operation == "AssumeRole" and service == "sts":
        return NO_ROOT_ROLES
    if session is None:
        return ""
    if service == "sts":
        return _barred_from_sts(session, operation)
    if service == "iam" and session.origin is Origin.GET_SESSION_TOKEN and session.mfa_time is None:
        return f"Cannot call {operation} with session credentials that were issued without MFA"
    return ""


def _barred_from_sts(session: Session, operation: str) -> str:
    allowed = _STS_ALLOWED.get(session.origin)
    if operation in _FOR_LONG_TERM_KEYS or (allowed is not None and operation not in allowed):
        return f"Cannot call {operation} with session credentials"
    return ""
