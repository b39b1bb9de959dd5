"""AssumeRole: temporary credentials of a role, for a caller whom its trust policy allows."""

from functools import lru_cache
from typing import Any

from daypass.core.arn import Arn
from daypass.core.domain import compiled_policies
from daypass.core.domain.iam.role import Role
from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import (
    LONG_TERM_KEY,
    CallingSession,
    SessionPlan,
    SessionRequest,
    grant_session,
    plan_session,
)
from daypass.core.sessions.token import Origin, SessionKind
from daypass.services.kit.authorization_question import AuthorizationQuestion
from daypass.services.kit.caller import Caller
from daypass.services.kit.context import Context
from daypass.services.kit.context_keys import role_tag_keys
from daypass.services.kit.mfa import verify_caller_mfa
from daypass.services.kit.operation import SELF_AUTHORIZED, operation
from daypass.services.kit.tags import passed_tags
from daypass.services.sts import session_policies, views


@operation(
    on=SELF_AUTHORIZED,
    issues=views.CREDENTIALS,
    unread={"ProvidedContexts": None},
)
def assume_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Return temporary credentials of a role; raises `Denied` unless its trust policy allows it.

    The caller's own policies must allow it as well.
    """
    arn = _parse_arn(req["RoleArn"])
    role = _assumable(ctx, arn, req["RoleArn"])
    session_policies.check_session_policies(req, account=arn.account)
    with_mfa = verify_caller_mfa(ctx, serial=req.get("SerialNumber"), code=req.get("TokenCode"))
    plan = plan_session(_session_request(req, with_mfa=with_mfa), _calling_session(ctx.caller))
    _authorize(ctx, plan, role, arn=req["RoleArn"], account=arn.account)
    assert role is not None  # noqa: S101 - a missing role was refused just above

    policies = session_policies.resolve_session_policies(ctx, req, account=arn.account)
    grant = grant_session(plan, role, policies)
    issued = mint.issue_credentials(
        mint.SessionOwner(
            kind=_ROLE,
            origin=_ASSUME_ROLE,
            account=role.account,
            principal_id=role.unique_id,
            session_name=req["RoleSessionName"],
        ),
        grant,
        now=ctx.now,
        lead=ctx.lead,
        token_bytes_min=req.get("MinimumSessionTokenSize", 0),
        entropy=ctx.entropy,
        ring=ctx.keyring,
    )
    ctx.note_use(role.unique_id)
    answer: dict[str, Any] = {
        "Credentials": views.credentials(issued, lead=ctx.lead),
        "AssumedRoleUser": views.assumed_role_user(role, req["RoleSessionName"]),
        **views.token_size(issued),
    }
    if grant.packed_percent is not None:
        answer["PackedPolicySize"] = grant.packed_percent
    if grant.source_identity:
        answer["SourceIdentity"] = grant.source_identity
    return answer


_parse_arn = lru_cache(maxsize=1_024)(Arn.parse)
"""`Arn.parse` of roles that were asked for lately, by callers who were proved: ARNs of 2,048
characters at most."""
# Python 3.11 takes a quarter of a microsecond to look up a member of an enum.
_ROLE, _ASSUME_ROLE = SessionKind.ROLE, Origin.ASSUME_ROLE


def _assumable(ctx: Context, arn: Arn, text: str) -> Role | None:
    """Return the role of an ARN; None if it does not exist or its account is closed.

    A role that was found is kept in its account's view, which the account's next change replaces.
    """
    account = ctx.directory.account(arn.account)
    role: Role | None = account.cache.get(text)
    if role is None and account.is_open:
        role = ctx.directory.by_parsed_arn(Role, arn)
        if role is not None:
            account.cache[text] = role
    return role


def _calling_session(caller: Caller) -> CallingSession:
    """Return what sessions that the caller opens inherit from the caller's own session."""
    session = caller.session
    if session is None:
        return LONG_TERM_KEY
    transitive = {key.lower() for key in session.transitive}
    return CallingSession(
        is_temporary=True,
        tags=tuple(tag for tag in session.tags if tag.key.lower() in transitive),
        source_identity=session.source_identity,
        person=session.person,
    )


def _session_request(req: dict[str, Any], *, with_mfa: bool) -> SessionRequest:
    """Return the request's parameters as a `SessionRequest`."""
    return SessionRequest(
        session_name=req["RoleSessionName"],
        seconds=req.get("DurationSeconds"),
        tags=passed_tags(req),
        transitive=tuple(req.get("TransitiveTagKeys", ())),
        external_id=req.get("ExternalId", ""),
        source_identity=req.get("SourceIdentity", ""),
        with_mfa=with_mfa,
    )


def _authorize(
    ctx: Context, plan: SessionPlan, role: Role | None, *, arn: str, account: str
) -> None:
    """Raise `Denied` unless trust policy and caller's policies allow every action of the plan.

    A missing role is refused exactly as one whose trust policy allows nobody, so that names cannot
    be probed.
    """
    trust = compiled_policies.compile_trust_policy(
        role.trust if role else compiled_policies.DECOY_TRUST_POLICY
    )
    tags = role_tag_keys(role, ctx.directory.account(account))
    # Silently: a reason would distinguish a missing role from one that does not trust the caller.
    ctx.authorize_silently(
        [
            AuthorizationQuestion(
                action=action,
                resource=arn,
                account=account,
                keys=plan.condition_keys,
                resource_policy=trust,
                tags=tags,
                requires_grant=True,
            )
            for action in plan.actions
        ]
    )
