"""Operations that set and delete permissions boundaries of users and roles."""

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import NotFound
from daypass.services.iam import lookup, resources
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation

Req = Mapping[str, Any]
BoundedEntity = TypeVar("BoundedEntity", User, Role)


def _put_boundary(ctx: Context, principal: BoundedEntity, req: Req) -> None:
    """Stage a user or role with another permissions boundary."""
    ctx.put(replace(principal, boundary=lookup.boundary_arn(ctx, req["PermissionsBoundary"])))


def _delete_boundary(ctx: Context, principal: BoundedEntity) -> None:
    """Stage a user or role without its boundary; raises `NotFound` without one."""
    if not principal.boundary:
        raise NotFound(f"The {principal.kind} {principal.name} has no permissions boundary.")
    ctx.put(replace(principal, boundary=""))


@operation(on=resources.user)
def put_user_permissions_boundary(ctx: Context, req: Req) -> None:
    """Set a user's permissions boundary."""
    _put_boundary(ctx, lookup.user(ctx, req), req)


@operation(on=resources.role)
def put_role_permissions_boundary(ctx: Context, req: Req) -> None:
    """Set a role's permissions boundary."""
    _put_boundary(ctx, lookup.modifiable_role(ctx, req), req)


@operation(on=resources.user)
def delete_user_permissions_boundary(ctx: Context, req: Req) -> None:
    """Delete a user's permissions boundary; raises `NotFound` without one."""
    _delete_boundary(ctx, lookup.user(ctx, req))


@operation(on=resources.role)
def delete_role_permissions_boundary(ctx: Context, req: Req) -> None:
    """Delete a role's permissions boundary; raises `NotFound` without one."""
    _delete_boundary(ctx, lookup.modifiable_role(ctx, req))
