"""Which operations a kind of credential can never call, whatever its policies say.

Sources: IAM user guide, "Compare AWS STS credentials", and the STS API reference of each operation;
what IAM answers to a session without MFA was recorded of AWS.
"""

from collections.abc import Mapping

from daypass.core.faults import Denied, UnusableSession
from daypass.core.sessions.token import Origin, Session

NO_ROOT_ROLES = "Roles may not be assumed by root accounts."
NO_SESSIONS_WITHOUT_MFA = "The security token included in the request is invalid"

NO_ROOT_SCOPE = "Cannot call GetScopedCredentials with root credentials"
NO_LONG_TERM_SCOPE = "Cannot call GetScopedCredentials with IAM user credentials"

_FOR_LONG_TERM_KEYS = frozenset({"GetFederationToken", "GetSessionToken"})
_STS_ALLOWED: Mapping[Origin, frozenset[str]] = {
    Origin.GET_SESSION_TOKEN: frozenset(
        {"AssumeRole", "GetCallerIdentity", "GetScopedCredentials"}
    ),
}


def forbidden_call(
    session: Session | None, *, is_root: bool, service: str, operation: str
) -> Denied | None:
    """Return the fault if this kind of credential can never call the operation.

    None if policies decide. `session` is None for a long-term access key.
    """
    if is_root and operation == "AssumeRole" and service == "sts":
        return Denied(NO_ROOT_ROLES)
    if operation == "GetScopedCredentials" and service == "sts" and (is_root or session is None):
        return Denied(NO_ROOT_SCOPE if is_root else NO_LONG_TERM_SCOPE)
    if session is None:
        return None
    if service == "sts":
        return _forbidden_call_of_sts(session, operation)
    if service == "iam" and session.origin is Origin.GET_SESSION_TOKEN and session.mfa_time is None:
        return UnusableSession(NO_SESSIONS_WITHOUT_MFA)
    return None


def _forbidden_call_of_sts(session: Session, operation: str) -> Denied | None:
    allowed = _STS_ALLOWED.get(session.origin)
    if operation in _FOR_LONG_TERM_KEYS or (allowed is not None and operation not in allowed):
        return Denied(f"Cannot call {operation} with session credentials")
    return None
