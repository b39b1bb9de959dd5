"""GetScopedCredentials: what a session holds, narrowed for a job, an agent or a sub-agent."""

from typing import Any

from daypass.core.policy.checks.validate import DocumentKind, validate_document
from daypass.core.sessions import mint
from daypass.core.sessions.narrowing import Narrowing, narrow_session
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation
from daypass.services.sts import views


@operation(on=any_resource, issues=views.CREDENTIALS)
def get_scoped_credentials(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Return credentials of the calling session with fewer permissions, a shorter life, or both.

    `ScopedSessionDescription` says why; it is for the audit record alone. Raises the faults of
    `narrow_session`, `Malformed` for a policy that is none, and `TooLarge` for a session that a
    token cannot hold.
    """
    caller, session, policy = ctx.caller, ctx.caller.session, req.get("Policy")
    assert session is not None  # noqa: S101 - `forbidden_calls` has refused long-term keys
    if policy is not None:
        validate_document(policy, DocumentKind.SESSION)
    narrowing = Narrowing(policy, req.get("DurationSeconds"))
    narrowed = mint.reissue_credentials(
        narrow_session(session, narrowing, steady=ctx.now + ctx.lead),
        token_bytes_min=req.get("MinimumSessionTokenSize", 0),
        entropy=ctx.entropy,
        ring=ctx.keyring,
    )
    answer: dict[str, Any] = {
        "Credentials": views.credentials(narrowed, lead=ctx.lead),
        "SessionInfo": {"Arn": caller.principal.arn, "ScopedSessionId": caller.user_id},
        **views.token_size(narrowed),
        "ScopedPoliciesCount": len(narrowed.session.scope_downs),
    }
    if session.source_identity:
        answer["SourceIdentity"] = session.source_identity
    return answer
