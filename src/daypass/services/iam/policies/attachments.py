"""Operations that attach managed policies to users, groups and roles, detach and list them."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.iam import attachments as rules
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import NotFound
from daypass.services.iam import lookup, resources
from daypass.services.iam.lookup import Entity
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation

Req = Mapping[str, Any]
Answer = dict[str, Any]


def _attach_policy(ctx: Context, identity: Entity, req: Req) -> None:
    """Stage the policy in `PolicyArn` attached to a user, group or role."""
    policy = lookup.attachable_policy(ctx, req["PolicyArn"])
    ctx.put(replace(identity, attached=rules.attach_policy(identity, policy.arn)))


def _detach_policy(ctx: Context, identity: Entity, req: Req) -> None:
    """Stage the policy in `PolicyArn` detached.

    Raises `NotFound` unless it is attached, and `Violation` for a text that is no ARN.
    """
    arn = req["PolicyArn"]
    lookup.check_arn(arn)
    if arn not in identity.attached:
        raise NotFound(f"Policy {arn} was not found.")
    ctx.put(replace(identity, attached=tuple(each for each in identity.attached if each != arn)))


def _attached_policies_answer(ctx: Context, identity: User | Group | Role, req: Req) -> Answer:
    """Return the answer of ListAttached…Policies."""
    prefix = req.get("PathPrefix", "/")
    policies = (
        policy for arn in identity.attached if (policy := ctx.directory.by_arn(ManagedPolicy, arn))
    )
    return {
        "AttachedPolicies": [
            {"PolicyName": policy.name, "PolicyArn": policy.arn}
            for policy in lookup.with_path_prefix(policies, prefix)
        ]
    }


@operation(on=resources.user)
def attach_user_policy(ctx: Context, req: Req) -> None:
    """Attach a managed policy to a user."""
    _attach_policy(ctx, lookup.user(ctx, req), req)


@operation(on=resources.group)
def attach_group_policy(ctx: Context, req: Req) -> None:
    """Attach a managed policy to a group."""
    _attach_policy(ctx, lookup.group(ctx, req), req)


@operation(on=resources.role)
def attach_role_policy(ctx: Context, req: Req) -> None:
    """Attach a managed policy to a role."""
    _attach_policy(ctx, lookup.modifiable_role(ctx, req), req)


@operation(on=resources.user)
def detach_user_policy(ctx: Context, req: Req) -> None:
    """Detach a managed policy from a user; raises `NotFound` unless it is attached."""
    _detach_policy(ctx, lookup.user(ctx, req), req)


@operation(on=resources.group)
def detach_group_policy(ctx: Context, req: Req) -> None:
    """Detach a managed policy from a group; raises `NotFound` unless it is attached."""
    _detach_policy(ctx, lookup.group(ctx, req), req)


@operation(on=resources.role)
def detach_role_policy(ctx: Context, req: Req) -> None:
    """Detach a managed policy from a role; raises `NotFound` unless it is attached."""
    _detach_policy(ctx, lookup.modifiable_role(ctx, req), req)


@operation(on=resources.user)
def list_attached_user_policies(ctx: Context, req: Req) -> Answer:
    """Return the managed policies attached to a user."""
    return _attached_policies_answer(ctx, lookup.user(ctx, req), req)


@operation(on=resources.group)
def list_attached_group_policies(ctx: Context, req: Req) -> Answer:
    """Return the managed policies attached to a group."""
    return _attached_policies_answer(ctx, lookup.group(ctx, req), req)


@operation(on=resources.role)
def list_attached_role_policies(ctx: Context, req: Req) -> Answer:
    """Return the managed policies attached to a role."""
    return _attached_policies_answer(ctx, lookup.role(ctx, req), req)
