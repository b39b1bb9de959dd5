"""Operations that attach policies to the root, units and accounts, detach and list them."""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.organizations.policies import policy_rules as rules
from daypass.core.organizations.policies.policy_types import POLICY_TYPES
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.organizations import lookup, resources, tree_nodes, views
from daypass.services.organizations.membership import (
    caller_organization,
    organization_readers,
    organization_record,
    policy_managers,
)
from daypass.state.snapshot.organization_view import OrganizationNode
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
_POLICY_AND_TARGET = policy_managers(resources.policy_and_target)


@operation(on=_POLICY_AND_TARGET)
def attach_policy(ctx: Context, req: Req) -> None:
    """Attach a policy to the root, a unit or an account; it applies from this commit on."""
    policy = lookup.policy(ctx, req["PolicyId"])
    node = lookup.node(ctx, req["TargetId"])
    if policy.type not in organization_record(ctx).policy_types:
        raise lookup.type_not_enabled()
    kind = POLICY_TYPES[policy.type]
    siblings = len(tree_nodes.policies_of_type(ctx, node, kind.name))
    ctx.put(
        tree_nodes.with_attached(
            node, rules.attach_policy(node.attached, policy.id, siblings, kind)
        )
    )


@operation(on=_POLICY_AND_TARGET)
def detach_policy(ctx: Context, req: Req) -> None:
    """Detach a policy from the root, a unit or an account."""
    policy = lookup.policy(ctx, req["PolicyId"])
    node = lookup.node(ctx, req["TargetId"])
    kind = POLICY_TYPES[policy.type]
    siblings = len(tree_nodes.policies_of_type(ctx, node, kind.name))
    ctx.put(
        tree_nodes.with_attached(
            node, rules.detach_policy(node.attached, policy.id, siblings, kind)
        )
    )


@operation(on=organization_readers(resources.node_in_parameter("TargetId")))
def list_policies_for_target(ctx: Context, req: Req) -> Answer:
    """Return a target's own policies of a type, without those of the nodes above it."""
    node = lookup.node(ctx, req["TargetId"])
    found = [
        lookup.policy(ctx, each) for each in tree_nodes.policies_of_type(ctx, node, req["Filter"])
    ]
    pairs = sorted(
        (each.serial if isinstance(each, OrganizationPolicy) else 0, each) for each in found
    )
    return {"Policies": KeyedList([(at, views.policy_summary(ctx, each)) for at, each in pairs])}


@operation(on=organization_readers(resources.policy))
def list_targets_for_policy(ctx: Context, req: Req) -> Answer:
    """Return the nodes that a policy is attached to, in order of creation."""
    policy = lookup.policy(ctx, req["PolicyId"])
    found = [
        (0 if isinstance(node, Organization) else node.serial, _target_view(ctx, node))
        for node in caller_organization(ctx).attached_nodes(policy.id)
        if lookup.is_listed_node(ctx, node)
    ]
    return {"Targets": KeyedList(sorted(found, key=lambda pair: pair[0]))}


def _target_view(ctx: Context, node: OrganizationNode) -> Answer:
    """Return a `PolicyTargetSummary`."""
    arn = resources.node_arn(ctx, node)
    if isinstance(node, Organization):
        return {"TargetId": node.root_id, "Arn": arn, "Name": views.ROOT_NAME, "Type": "ROOT"}
    if isinstance(node, Member):
        name = lookup.account_record(ctx, node.id).name
        return {"TargetId": node.id, "Arn": arn, "Name": name, "Type": "ACCOUNT"}
    return {"TargetId": node.id, "Arn": arn, "Name": node.name, "Type": "ORGANIZATIONAL_UNIT"}
