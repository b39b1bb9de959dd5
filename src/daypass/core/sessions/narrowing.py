"""GetScopedCredentials' rules: what a narrowed session keeps of the session that it came from.

A narrowed session is the same identity with fewer permissions, a shorter life, or both. It keeps
the time of issue, the kind and the MFA of the first session, so that whatever limits or ends that
session limits and ends it too. Source: AWS STS API reference, GetScopedCredentials.
"""

import msgspec
from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.faults import Denied, Invalid, ServiceFault
from daypass.core.sessions.token import Session

POLICY_OR_DURATION = "A request must provide at least one of Policy or DurationSeconds."
TOO_MANY_SCOPE_DOWNS = (
    f"A session can have {quotas.SCOPE_DOWNS_MAX} scope-down policies; this one has all of them."
)


class Narrowing(msgspec.Struct, frozen=True):
    """What a request narrows a session to; None leaves permissions, or life, as they are."""

    policy: str | None
    seconds: int | None


def narrow_session(session: Session, narrowing: Narrowing, *, steady: int) -> Session:
    """Return the narrowed session, still with the secret of the session that it came from.

    `steady` is steady time (`core.time.steady_time`), in seconds since 1970. Raises `Invalid` for a
    narrowing that narrows neither, `Denied` for a fourth policy, and the `ServiceFault`
    InsufficientSessionLifetime for a life that is longer than what is left of the session's.
    """
    policy, seconds = narrowing.policy, narrowing.seconds
    if policy is None and seconds is None:
        raise Invalid(POLICY_OR_DURATION)
    if policy is not None and len(session.scope_downs) >= quotas.SCOPE_DOWNS_MAX:
        raise Denied(TOO_MANY_SCOPE_DOWNS)
    left = session.expires + session.lead - steady
    if seconds is not None and seconds > left:
        raise ServiceFault(
            f"The requested DurationSeconds, {seconds}, is greater than the remaining lifetime of"
            f" the calling session, {left} seconds.",
            code="InsufficientSessionLifetime",
        )
    return replace(
        session,
        # As the session counts its time: with its own lead over the wall clock.
        expires=session.expires if seconds is None else steady + seconds - session.lead,
        scope_downs=session.scope_downs if policy is None else (*session.scope_downs, policy),
        padding=b"",
    )
