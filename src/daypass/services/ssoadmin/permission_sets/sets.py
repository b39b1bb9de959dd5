"""Operations on permission sets themselves."""

from collections.abc import Mapping
from typing import Any

from daypass.core import quotas
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.faults import AlreadyExists, InUse, TooMany
from daypass.core.identity_center import ids
from daypass.core.identity_center.permission_sets import edits, session_durations
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup, membership, new_tags, resources
from daypass.services.ssoadmin.permission_sets.editing import editable_set, readable_set
from daypass.wire.paginate import SortedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=membership.administrators(resources.new_permission_set))
def create_permission_set(ctx: Context, req: Req) -> Answer:
    """Create a permission set without policies; return it."""
    view, name = lookup.view_with_sets(ctx, req), req["Name"]
    duration = req.get("SessionDuration", session_durations.DEFAULT)
    session_durations.session_seconds(duration)
    if view.set_named(name) is not None:
        raise AlreadyExists(f"PermissionSet with name {name} already exists.")
    if len(view.of(PermissionSet)) >= quotas.PERMISSION_SETS_MAX:
        raise TooMany(
            f"You have exceeded AWS SSO limits. Cannot create PermissionSet more than"
            f" {quotas.PERMISSION_SETS_MAX}."
        )
    permission_set = PermissionSet(
        account=view.id,
        id=ids.permission_set(ctx.entropy(ids.HEX_BYTES)),
        name=name,
        created=ctx.now,
        description=req.get("Description", ""),
        session_duration=duration,
        relay_state=req.get("RelayState", ""),
        tags=new_tags.with_request_tags(
            ctx, new_tags.PERMISSION_SET, lookup.instance(ctx, req).owner, req
        ),
    )
    ctx.put(permission_set)
    return {"PermissionSet": _view(permission_set)}


@operation(on=readable_set)
def describe_permission_set(ctx: Context, req: Req) -> Answer:
    """Return a permission set, without its policies."""
    return {"PermissionSet": _view(lookup.permission_set(ctx, req))}


def _view(permission_set: PermissionSet) -> Answer:
    """Return a permission set as AWS's `PermissionSet`; what it has not is left out."""
    view = {
        "Name": permission_set.name,
        "PermissionSetArn": permission_set.arn,
        "CreatedDate": permission_set.created,
        "SessionDuration": permission_set.session_duration,
    }
    if permission_set.description:
        view["Description"] = permission_set.description
    if permission_set.relay_state:
        view["RelayState"] = permission_set.relay_state
    return view


@operation(on=editable_set)
def update_permission_set(ctx: Context, req: Req) -> None:
    """Change description and duration, each if it is passed; without a relay state, clear it."""
    permission_set = lookup.permission_set(ctx, req)
    duration = req.get("SessionDuration", permission_set.session_duration)
    session_durations.session_seconds(duration)
    ctx.put(
        edits.edited(
            permission_set,
            description=req.get("Description", permission_set.description),
            session_duration=duration,
            relay_state=req.get("RelayState", ""),
        )
    )


@operation(on=editable_set)
def delete_permission_set(ctx: Context, req: Req) -> None:
    """Delete a permission set; raises `InUse` while it is assigned or provisioned anywhere."""
    permission_set = lookup.permission_set(ctx, req)
    # A set is provisioned wherever it is assigned.
    if lookup.instance_view(ctx, req).provisionings_of(permission_set.id):
        raise InUse(
            f"PermissionSet with id {permission_set.id} has associated accounts. Delete its account"
            " assignments first."
        )
    ctx.remove(permission_set)


@operation(on=membership.readers(resources.instance))
def list_permission_sets(ctx: Context, req: Req) -> Answer:
    """Return the ARNs of an instance's permission sets, in order of id."""
    found = lookup.view_with_sets(ctx, req).of(PermissionSet)
    return {
        "PermissionSets": SortedList(
            after=lambda key: found.beginning_with("", key),
            key=lambda each: each.key,
            show=lambda each: each.arn,
        )
    }
