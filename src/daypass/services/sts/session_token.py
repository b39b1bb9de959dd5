"""GetSessionToken: temporary credentials with the caller's own permissions, with or without MFA."""

from typing import Any

from daypass.core.domain.iam.role import HOUR
from daypass.core.domain.iam.user import User
from daypass.core.faults import Denied
from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.services.kit.context import Context
from daypass.services.kit.mfa import verify_caller_mfa
from daypass.services.kit.operation import SELF_AUTHORIZED, operation
from daypass.services.sts import views

DEFAULT_SECONDS = 12 * HOUR
"""Duration of a session if the request names none. Source: STS API reference, GetSessionToken."""


@operation(on=SELF_AUTHORIZED, issues=views.CREDENTIALS)
# No policy can give or take it (STS API reference, GetSessionToken).
def get_session_token(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Return temporary credentials of the user, or of root for at most an hour.

    Raises `Denied` for a session's credentials.
    """
    is_user = isinstance(ctx.caller.record, User)
    if not (is_user or ctx.caller.is_root):
        # `forbidden_calls` has refused such a call already; this keeps a role's session from
        # becoming root.
        raise Denied("Cannot call GetSessionToken with session credentials")
    with_mfa = verify_caller_mfa(ctx, serial=req.get("SerialNumber"), code=req.get("TokenCode"))
    seconds = req.get("DurationSeconds", DEFAULT_SECONDS)
    issued = mint.issue_credentials(
        mint.SessionOwner(
            kind=SessionKind.USER if is_user else SessionKind.ROOT,
            origin=Origin.GET_SESSION_TOKEN,
            account=ctx.caller.account,
            principal_id=ctx.caller.principal.unique_id,
            mfa_time=ctx.now if with_mfa else None,
        ),
        GrantedSession(seconds=seconds if is_user else min(seconds, HOUR)),
        now=ctx.now,
        lead=ctx.lead,
        token_bytes_min=req.get("MinimumSessionTokenSize", 0),
        entropy=ctx.entropy,
        ring=ctx.keyring,
    )
    return {"Credentials": views.credentials(issued, lead=ctx.lead), **views.token_size(issued)}
