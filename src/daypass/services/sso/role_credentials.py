"""GetRoleCredentials: a role's temporary credentials, for a person who has the role now."""

from typing import Any, NamedTuple

from msgspec.structs import replace

from daypass.core.domain.compiled_policies import compile_trust_policy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.faults import Denied
from daypass.core.identity_center.access_attributes import session_tags
from daypass.core.identity_center.portal import role_sessions
from daypass.core.sessions import mint
from daypass.core.sessions.person_session import PersonSession
from daypass.core.sessions.session_plan import (
    ASSUME_WITH_SAML,
    CallingSession,
    SessionPlan,
    SessionRequest,
    grant_session,
    plan_session,
)
from daypass.core.sessions.token import Origin, SessionKind
from daypass.services.kit.authorization_question import AuthorizationQuestion
from daypass.services.kit.context import Context
from daypass.services.kit.context_keys import role_tag_keys
from daypass.services.kit.identity_center.person_access import is_open_target, principals_of
from daypass.services.kit.identity_center.providers import provider_in
from daypass.services.kit.identity_center.signed_in_person import SignedInPerson
from daypass.services.kit.operation import BEARER, SELF_AUTHORIZED, operation
from daypass.services.sso.parameters import account_id, no_access, role_name, signed_in

MILLISECONDS = 1_000
SECRETS = ("RoleCredentials.secretAccessKey", "RoleCredentials.sessionToken")


class _AssignedRole(NamedTuple):
    """A role that a person has now, as its permission set was provisioned, and its provider."""

    role: Role
    provisioned: ProvisionedSet
    provider: SamlProvider


@operation(on=SELF_AUTHORIZED, scheme=BEARER, credential="accessToken", issues=SECRETS)
def get_role_credentials(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Return credentials of a role that is assigned to the person, or to a group of the person.

    Raises `Denied` alike for whatever role the person does not get, and `Invalid` for an attribute
    for access control that cannot be a session tag. Source: IAM Identity Center portal API
    reference, GetRoleCredentials; IAM user guide, "Using SAML-based identity federation".
    """
    caller = signed_in(ctx)
    found = _assigned_role(ctx, caller, account_id(req), role_name(req))
    plan = _plan(ctx, caller, found)
    _authorize(ctx, plan, found)
    issued = mint.issue_credentials(
        mint.SessionOwner(
            kind=SessionKind.ROLE,
            origin=Origin.GET_ROLE_CREDENTIALS,
            account=found.role.account,
            principal_id=found.role.unique_id,
            session_name=plan.request.session_name,
            saml_provider=found.provider.name,
        ),
        grant_session(plan, found.role),
        now=ctx.now,
        lead=ctx.lead,
        entropy=ctx.entropy,
        ring=ctx.keyring,
    )
    ctx.note_use(found.role.unique_id)
    return {
        "roleCredentials": {
            "accessKeyId": issued.access_key_id,
            "secretAccessKey": issued.session.secret,
            "sessionToken": issued.token,
            "expiration": issued.session.expires * MILLISECONDS,
        }
    }


def _assigned_role(
    ctx: Context, caller: SignedInPerson, target: str, set_name: str
) -> _AssignedRole:
    """Return the role of a permission set in an account; raises `Denied` if the person has it not.

    In order: the assignment, the account, the role. All refusals are alike, and what is missing is
    in the audit log alone.
    """
    instance = ctx.directory.instance(caller.instance.id)
    store = ctx.directory.identity_store(caller.instance.store)
    account = ctx.directory.account(target)
    permission_set = instance.set_named(set_name)
    if permission_set is None:
        raise no_access("there is no permission set of that name")
    principals = principals_of(store, caller.person.id)
    if not instance.is_assigned(target, permission_set.id, principals):
        raise no_access(f"{permission_set.id} is not assigned to the user in account {target}")
    if not is_open_target(caller.instance, account):
        raise no_access(f"account {target} is closed, or not one of the instance's")
    provisioned = instance.provisioned_set(target, permission_set.id)
    role = account.by_id(Role, provisioned.role_id) if provisioned is not None else None
    provider = provider_in(account, caller.instance.id)
    if provisioned is None or role is None or provider is None:
        raise no_access(f"{permission_set.id} is not provisioned in account {target}")
    return _AssignedRole(role, provisioned, provider)


def _plan(ctx: Context, caller: SignedInPerson, found: _AssignedRole) -> SessionPlan:
    """Return what the role's trust policy must allow, and what the session gets then."""
    instance, person = caller.instance, caller.person
    request = SessionRequest(
        session_name=role_sessions.session_name(person),
        seconds=found.provisioned.session_seconds,
        tags=session_tags(instance, person),
    )
    session = PersonSession(
        instance=instance.id,
        store=instance.store,
        person=person.id,
        account=found.role.account,
        permission_set=found.provisioned.permission_set,
        role_id=found.role.unique_id,
        generation=person.generation,
        started=ctx.now,
    )
    return plan_session(
        request,
        CallingSession(person=session),
        action=ASSUME_WITH_SAML,
        provider_keys=role_sessions.assertion_keys(instance, person, found.provider),
    )


def _authorize(ctx: Context, plan: SessionPlan, found: _AssignedRole) -> None:
    """Raise `Denied` unless trust policy and RCPs allow every action of the plan.

    The question is about the assertion's subject, whom the trust policy names by the provider.
    """
    role = found.role
    subject = replace(ctx.caller, principal=role_sessions.assertion_principal(found.provider))
    tags = role_tag_keys(role, ctx.directory.account(role.account))
    questions = [
        AuthorizationQuestion(
            action=action,
            resource=role.arn,
            account=role.account,
            keys=plan.condition_keys,
            resource_policy=compile_trust_policy(role.trust),
            tags=tags,
            requires_grant=True,
        )
        for action in plan.actions
    ]
    try:
        ctx.authorize_silently(questions, caller=subject)
    except Denied as denied:
        refused = no_access(denied.operator)
        refused.reasons = denied.reasons
        raise refused from denied
