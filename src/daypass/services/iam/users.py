"""Operations on users."""

from collections.abc import Mapping
from typing import Any

from daypass.core import quotas
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.user import User
from daypass.core.faults import InUse, TooMany
from daypass.core.sessions.keyids import unique_id
from daypass.services.iam import entities, lookup, resources, tagging, views
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=resources.new_user)
def create_user(ctx: Context, req: Req) -> Answer:
    """Create a user without permissions; return it."""
    name = req["UserName"]
    entities.check_name_is_free(ctx, User, name)
    if len(ctx.account.of(User)) >= quotas.USERS_MAX:
        raise TooMany(f"Cannot exceed quota for UsersPerAccount: {quotas.USERS_MAX}")
    boundary = req.get("PermissionsBoundary", "")
    user = User(
        account=ctx.account.id,
        name=name,
        path=req.get("Path", "/"),
        unique_id=unique_id("AIDA", ctx.entropy(11)),
        created=ctx.now,
        boundary=lookup.boundary_arn(ctx, boundary) if boundary else "",
        tags=tagging.with_request_tags(ctx, "user", req),
    )
    ctx.put(user)
    return {"User": views.user(user)}


@operation(on=resources.user_or_root)
def get_user(ctx: Context, req: Req) -> Answer:
    """Return a user; without `UserName`, the calling user or root."""
    if "UserName" not in req and lookup.is_root_caller(ctx):
        return {"User": views.root_user(ctx.account)}
    return {"User": views.user(lookup.user(ctx, req))}


@operation(on=resources.user)
def update_user(ctx: Context, req: Req) -> None:
    """Change a user's name or path; its unique id, keys, devices and groups stay."""
    user = lookup.user(ctx, req)
    name, path = req.get("NewUserName", user.name), req.get("NewPath", user.path)
    entities.stage_rename(ctx, user, name=name, path=path)


@operation(on=resources.user)
def delete_user(ctx: Context, req: Req) -> None:
    """Delete a user; raises `InUse` while it has policies, groups, keys or devices."""
    user = lookup.user(ctx, req)
    entities.check_has_no_policies(user)
    conditions = {
        "must remove users from group first": bool(user.groups),
        "must delete access keys first": bool(ctx.account.of(AccessKey).group(user.unique_id)),
        "must delete MFA device first": bool(ctx.account.of(MFADevice).group(user.unique_id)),
    }
    for reason, is_in_use in conditions.items():
        if is_in_use:
            raise InUse(f"Cannot delete entity, {reason}.")
    ctx.remove(user)


@operation(on=any_resource)
def list_users(ctx: Context, req: Req) -> Answer:
    """Return the users whose path has a prefix, in order of name."""
    users = lookup.with_path_prefix(ctx.account.of(User), req.get("PathPrefix", "/"))
    return {"Users": map(views.user_summary, users)}


@operation(on=resources.user)
def tag_user(ctx: Context, req: Req) -> None:
    """Add tags to a user."""
    tagging.stage_tags(ctx, lookup.user(ctx, req), req)


@operation(on=resources.user)
def untag_user(ctx: Context, req: Req) -> None:
    """Remove tags from a user."""
    tagging.stage_without_tags(ctx, lookup.user(ctx, req), req)


@operation(on=resources.user)
def list_user_tags(ctx: Context, req: Req) -> Answer:
    """Return a user's tags."""
    return tagging.tags_answer(lookup.user(ctx, req))
