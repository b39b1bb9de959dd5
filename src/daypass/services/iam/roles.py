"""Operations on roles and their trust policies."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.iam.role import HOUR, SERVICE_ROLE_PATHS, Role
from daypass.core.faults import Invalid, TooMany
from daypass.core.identity_center import reserved_roles
from daypass.core.policy.checks.validate import DocumentKind, quota_characters, validate_document
from daypass.core.policy.language import stored_principals
from daypass.core.sessions.keyids import unique_id
from daypass.services.iam import entities, lookup, resources, tagging, views
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=resources.new_role, unread={"MaxSigninSessionDuration": None})
def create_role(ctx: Context, req: Req) -> Answer:
    """Create a role with a trust policy and without permissions; return it."""
    name, path = req["RoleName"], req.get("Path", "/")
    if path.startswith(SERVICE_ROLE_PATHS):
        raise Invalid(f"The path {path} is reserved for roles of AWS services.")
    if reserved_roles.is_reserved_name(name):
        raise Invalid(f"The name {name} is reserved for roles of IAM Identity Center.")
    entities.check_name_is_free(ctx, Role, name)
    if len(ctx.account.of(Role)) >= quotas.ROLES_MAX:
        raise TooMany(f"Cannot exceed quota for RolesPerAccount: {quotas.ROLES_MAX}")
    boundary = req.get("PermissionsBoundary", "")
    role = Role(
        account=ctx.account.id,
        name=name,
        path=path,
        unique_id=unique_id("AROA", ctx.entropy(11)),
        created=ctx.now,
        trust=stored_trust_policy(ctx, req["AssumeRolePolicyDocument"]),
        description=req.get("Description", ""),
        session_seconds_max=req.get("MaxSessionDuration", HOUR),
        boundary=lookup.boundary_arn(ctx, boundary) if boundary else "",
        tags=tagging.with_request_tags(ctx, "role", req),
    )
    ctx.put(role)
    return {"Role": views.new_role(ctx, role)}


def stored_trust_policy(ctx: Context, text: str) -> str:
    """Return a trust policy as it is stored: checked, with users and roles by unique id.

    Raises `Malformed` for a text that is not a trust policy, `TooMany` for one that is too long.
    """
    validate_document(text, DocumentKind.TRUST)
    if quota_characters(text) > quotas.TRUST_POLICY_CHARACTERS_MAX:
        raise TooMany(
            f"Cannot exceed quota for ACLSizePerRole: {quotas.TRUST_POLICY_CHARACTERS_MAX}"
        )
    return stored_principals.with_unique_ids(text, ctx.directory.id_of_principal)


@operation(on=resources.role)
def get_role(ctx: Context, req: Req) -> Answer:
    """Return a role, with its last use."""
    return {"Role": views.role(ctx, lookup.role(ctx, req))}


@operation(
    on=resources.role,
    unread={"MaxSigninSessionDuration": None, "ResetMaxSigninSessionDuration": False},
)
def update_role(ctx: Context, req: Req) -> Answer:
    """Change a role's description or its longest session; what is not passed stays."""
    role = lookup.modifiable_role(ctx, req)
    ctx.put(
        replace(
            role,
            description=req.get("Description", role.description),
            session_seconds_max=req.get("MaxSessionDuration", role.session_seconds_max),
        )
    )
    return {}


@operation(on=resources.role)
def update_role_description(ctx: Context, req: Req) -> Answer:
    """Change a role's description; return the role."""
    role = replace(lookup.modifiable_role(ctx, req), description=req["Description"])
    ctx.put(role)
    return {"Role": views.described_role(ctx, role)}


@operation(on=resources.role)
def update_assume_role_policy(ctx: Context, req: Req) -> None:
    """Replace a role's trust policy."""
    role = lookup.modifiable_role(ctx, req)
    ctx.put(replace(role, trust=stored_trust_policy(ctx, req["PolicyDocument"])))


@operation(on=resources.role)
def delete_role(ctx: Context, req: Req) -> None:
    """Delete a role, which ends its sessions; raises `InUse` while it has policies."""
    role = lookup.modifiable_role(ctx, req)
    entities.check_has_no_policies(role)
    ctx.remove(role)


@operation(on=any_resource)
def list_roles(ctx: Context, req: Req) -> Answer:
    """Return the roles whose path has a prefix, in order of name."""
    roles = lookup.with_path_prefix(ctx.account.of(Role), req.get("PathPrefix", "/"))
    return {"Roles": (views.role_summary(ctx, role) for role in roles)}


@operation(on=resources.role)
def tag_role(ctx: Context, req: Req) -> None:
    """Add tags to a role."""
    tagging.stage_tags(ctx, lookup.modifiable_role(ctx, req), req)


@operation(on=resources.role)
def untag_role(ctx: Context, req: Req) -> None:
    """Remove tags from a role."""
    tagging.stage_without_tags(ctx, lookup.modifiable_role(ctx, req), req)


@operation(on=resources.role)
def list_role_tags(ctx: Context, req: Req) -> Answer:
    """Return a role's tags."""
    return tagging.tags_answer(lookup.role(ctx, req))


@operation(on=resources.role)
def list_instance_profiles_for_role(ctx: Context, req: Req) -> Answer:
    """Return no instance profile, since there are none; raises `NotFound` without the role.

    Terraform calls this before it deletes a role.
    """
    lookup.role(ctx, req)
    return {"InstanceProfiles": []}
