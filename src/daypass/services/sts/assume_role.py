"""AssumeRole: trade the caller's identity for a role's temporary credentials."""

from typing import Any

from daypass.core.arn import Arn
from daypass.core.domain import compiled_policies
from daypass.core.domain.iam.role import Role
from daypass.core.domain.record import Tag
from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import Inheritance, Plan, Wish, granted, plan
from daypass.core.sessions.token import Origin, SessionKind
from daypass.services.kit.caller import Caller
from daypass.services.kit.context import Context
from daypass.services.kit.context_keys import role_tags
from daypass.services.kit.mfa import verify_caller
from daypass.services.kit.operation import THEMSELVES, operation
from daypass.services.kit.question import Question
from daypass.services.sts import session_policies, views


@operation(
    on=THEMSELVES,
    issues=views.CREDENTIALS,
    unread={"ProvidedContexts": None, "MinimumSessionTokenSize": 0},
)
def assume_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Issue credentials if the role trusts this caller, for this session, now."""
    arn = Arn.parse(req["RoleArn"])
    role = _assumable(ctx, req["RoleArn"], account=arn.account)
    session_policies.check(req, account=arn.account)
    with_mfa = verify_caller(ctx, serial=req.get("SerialNumber"), code=req.get("TokenCode"))
    planned = plan(_wish(req, with_mfa=with_mfa), inheritance(ctx.caller))
    _authorize(ctx, planned, role, arn=req["RoleArn"], account=arn.account)
    assert role is not None  # noqa: S101 - one that is not there trusts nobody, and was refused

    policies = session_policies.named_by(ctx, req, account=arn.account)
    grant = granted(planned, role, policies)
    issued = mint.issue(
        mint.Subject(
            kind=SessionKind.ROLE,
            origin=Origin.ASSUME_ROLE,
            account=role.account,
            principal_id=role.unique_id,
            session_name=req["RoleSessionName"],
        ),
        grant,
        now=ctx.now,
        lead=ctx.lead,
        entropy=ctx.entropy,
        ring=ctx.keyring,
    )
    ctx.note_use(role.unique_id)
    answer: dict[str, Any] = {
        "Credentials": views.credentials(issued),
        "AssumedRoleUser": views.assumed(role, req["RoleSessionName"]),
    }
    if grant.packed_percent is not None:
        answer["PackedPolicySize"] = grant.packed_percent
    if grant.source_identity:
        answer["SourceIdentity"] = grant.source_identity
    return answer


def _assumable(ctx: Context, name: str, *, account: str) -> Role | None:
    """Return the role of that ARN; one of an account that was closed is not there."""
    return ctx.directory.by_arn(Role, name) if ctx.directory.account(account).is_open else None


def inheritance(caller: Caller) -> Inheritance:
    """Return what the calling session hands on to the sessions that it opens."""
    session = caller.session
    if session is None:
        return Inheritance()
    transitive = {key.lower() for key in session.transitive}
    return Inheritance(
        is_temporary=True,
        tags=tuple(tag for tag in session.tags if tag.key.lower() in transitive),
        source_identity=session.source_identity,
    )


def _wish(req: dict[str, Any], *, with_mfa: bool) -> Wish:
    return Wish(
        session_name=req["RoleSessionName"],
        seconds=req.get("DurationSeconds"),
        tags=tuple(Tag(tag["Key"], tag["Value"]) for tag in req.get("Tags", ())),
        transitive=tuple(req.get("TransitiveTagKeys", ())),
        external_id=req.get("ExternalId", ""),
        source_identity=req.get("SourceIdentity", ""),
        with_mfa=with_mfa,
    )


def _authorize(ctx: Context, planned: Plan, role: Role | None, *, arn: str, account: str) -> None:
    """Ask for each thing that the session implies; a role that is not there is asked like one that trusts nobody."""
    trust = compiled_policies.trust(role.trust if role else compiled_policies.NOBODY)
    tags = role_tags(role, ctx.directory.account(account))
    # Silently: a reason would tell a missing role from one that does not trust.
    ctx.authorize_silently(
        Question(
            action=action,
            resource=arn,
            account=account,
            keys=planned.keys,
            resource_policy=trust,
            tags=tags,
            requires_grant=True,
        )
        for action in planned.actions
    )
