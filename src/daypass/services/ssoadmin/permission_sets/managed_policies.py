"""Operations on the policies of a permission set that AWS manages."""

from collections.abc import Mapping
from typing import Any

from daypass.core import arn
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.faults import NotFound
from daypass.core.identity_center.permission_sets import edits
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup
from daypass.services.ssoadmin.permission_sets.editing import editable_set, readable_set

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=editable_set)
def attach_managed_policy_to_permission_set(ctx: Context, req: Req) -> None:
    """Attach a policy that AWS manages; raises `NotFound` if AWS has none of that ARN."""
    permission_set = lookup.permission_set(ctx, req)
    policy = aws_managed_policy(ctx, req["ManagedPolicyArn"])
    ctx.put(edits.with_managed_policy(permission_set, policy.arn))


def aws_managed_policy(ctx: Context, policy_arn: str) -> ManagedPolicy:
    """Return a policy that AWS manages and that other roles than a service's may have.

    Raises `NotFound`, and `InvalidParameterValue` for a policy of service roles.
    """
    found = ctx.directory.by_arn(ManagedPolicy, policy_arn)
    if found is None:
        raise NotFound(f"Policy does not exist with ARN: {policy_arn}")
    edits.check_attachable(found.path, found.arn)
    return found


@operation(on=editable_set)
def detach_managed_policy_from_permission_set(ctx: Context, req: Req) -> None:
    """Detach a policy that AWS manages; raises `NotFound` unless it is attached."""
    permission_set = lookup.permission_set(ctx, req)
    ctx.put(edits.without_managed_policy(permission_set, req["ManagedPolicyArn"]))


@operation(on=readable_set)
def list_managed_policies_in_permission_set(ctx: Context, req: Req) -> Answer:
    """Return the policies that AWS manages of a permission set, in order of attachment."""
    return {
        "AttachedManagedPolicies": [
            {"Name": arn.resource_name(each), "Arn": each}
            for each in lookup.permission_set(ctx, req).managed
        ]
    }
