"""Operations on the permissions boundary of a permission set."""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.permission_set import CustomerPolicy
from daypass.core.faults import InvalidParameterValue, NotFound
from daypass.core.identity_center.permission_sets import edits
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup
from daypass.services.ssoadmin.permission_sets.customer_policies import (
    REFERENCE,
    read_reference,
    show_reference,
)
from daypass.services.ssoadmin.permission_sets.editing import editable_set, readable_set
from daypass.services.ssoadmin.permission_sets.managed_policies import aws_managed_policy

Req = Mapping[str, Any]
Answer = dict[str, Any]
MANAGED = "ManagedPolicyArn"


@operation(on=editable_set)
def put_permissions_boundary_to_permission_set(ctx: Context, req: Req) -> None:
    """Set or replace the permissions boundary: a policy of AWS, or one of the accounts' own."""
    permission_set, sent = lookup.permission_set(ctx, req), req["PermissionsBoundary"]
    if (MANAGED in sent) == (REFERENCE in sent):
        raise InvalidParameterValue(
            f"Exactly one of {MANAGED} and {REFERENCE} is required in PermissionsBoundary."
        )
    boundary: str | CustomerPolicy
    if MANAGED in sent:
        boundary = aws_managed_policy(ctx, sent[MANAGED]).arn
    else:
        boundary = read_reference(sent[REFERENCE])
    ctx.put(edits.edited(permission_set, boundary=boundary))


@operation(on=readable_set)
def get_permissions_boundary_for_permission_set(ctx: Context, req: Req) -> Answer:
    """Return the permissions boundary of a permission set; raises `NotFound` without one."""
    permission_set = lookup.permission_set(ctx, req)
    boundary = permission_set.boundary
    if boundary is None:
        raise NotFound(
            f"No permissions boundary is attached to PermissionSet with id {permission_set.id}"
        )
    if isinstance(boundary, str):
        return {"PermissionsBoundary": {MANAGED: boundary}}
    return {"PermissionsBoundary": {REFERENCE: show_reference(boundary)}}


@operation(on=editable_set)
def delete_permissions_boundary_from_permission_set(ctx: Context, req: Req) -> None:
    """Delete the permissions boundary of a permission set; without one nothing changes."""
    ctx.put(edits.edited(lookup.permission_set(ctx, req), boundary=None))
