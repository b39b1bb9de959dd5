"""Operations on groups and their members."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.user import User
from daypass.core.faults import InUse, TooMany
from daypass.core.sessions.keyids import unique_id
from daypass.services.iam import entities, lookup, resources, views
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=resources.new_group)
def create_group(ctx: Context, req: Req) -> Answer:
    """Create a group without members or policies; return it."""
    name = req["GroupName"]
    entities.check_name_is_free(ctx, Group, name)
    if len(ctx.account.of(Group)) >= quotas.GROUPS_MAX:
        raise TooMany(f"Cannot exceed quota for GroupsPerAccount: {quotas.GROUPS_MAX}")
    group = Group(
        account=ctx.account.id,
        name=name,
        path=req.get("Path", "/"),
        unique_id=unique_id("AGPA", ctx.entropy(11)),
        created=ctx.now,
    )
    ctx.put(group)
    return {"Group": views.group(group)}


@operation(on=resources.group)
def get_group(ctx: Context, req: Req) -> Answer:
    """Return a group and its users."""
    group = lookup.group(ctx, req)
    return {"Group": views.group(group), "Users": map(views.user_summary, _members(ctx, group))}


def _members(ctx: Context, group: Group) -> Iterator[User]:
    """Return the users that belong to a group."""
    return (user for user in ctx.account.of(User) if group.unique_id in user.groups)


@operation(on=resources.group)
def update_group(ctx: Context, req: Req) -> None:
    """Change a group's name or path; its users and policies stay."""
    group = lookup.group(ctx, req)
    name, path = req.get("NewGroupName", group.name), req.get("NewPath", group.path)
    entities.stage_rename(ctx, group, name=name, path=path)


@operation(on=resources.group)
def delete_group(ctx: Context, req: Req) -> None:
    """Delete a group; raises `InUse` while it has users or policies."""
    group = lookup.group(ctx, req)
    if next(_members(ctx, group), None) is not None:
        raise InUse("Cannot delete entity, must remove users from group first.")
    entities.check_has_no_policies(group)
    ctx.remove(group)


@operation(on=any_resource)
def list_groups(ctx: Context, req: Req) -> Answer:
    """Return the groups whose path has a prefix, in order of name."""
    groups = lookup.with_path_prefix(ctx.account.of(Group), req.get("PathPrefix", "/"))
    return {"Groups": map(views.group, groups)}


@operation(on=resources.group)
def add_user_to_group(ctx: Context, req: Req) -> None:
    """Add a user to a group; a second time changes nothing."""
    user, group = lookup.user(ctx, req), lookup.group(ctx, req)
    if group.unique_id in user.groups:
        return
    if len(user.groups) >= quotas.GROUPS_PER_USER_MAX:
        raise TooMany(f"Cannot exceed quota for GroupsPerUser: {quotas.GROUPS_PER_USER_MAX}")
    ctx.put(replace(user, groups=(*user.groups, group.unique_id)))


@operation(on=resources.group)
def remove_user_from_group(ctx: Context, req: Req) -> None:
    """Remove a user from a group; a user who is not in it stays as it is."""
    user, group = lookup.user(ctx, req), lookup.group(ctx, req)
    if group.unique_id not in user.groups:
        return
    ctx.put(replace(user, groups=tuple(each for each in user.groups if each != group.unique_id)))


@operation(on=resources.user)
def list_groups_for_user(ctx: Context, req: Req) -> Answer:
    """Return the groups of a user."""
    user = lookup.user(ctx, req)
    groups = (group for group in ctx.account.of(Group) if group.unique_id in user.groups)
    return {"Groups": map(views.group, groups)}
