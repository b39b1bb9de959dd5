"""Operations on the root: list it, enable and disable policy types."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.organization import ALL, Organization
from daypass.core.organizations.policies.policy_types import POLICY_TYPES
from daypass.core.organizations.refusals import ConstraintReason, ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation
from daypass.services.organizations import lookup, resources, tree_nodes, views
from daypass.services.organizations.membership import (
    caller_organization,
    organization_readers,
    organization_record,
    policy_managers,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=organization_readers(any_resource))
def list_roots(ctx: Context, _req: Req) -> Answer:
    """Return the root, of which there is always exactly one."""
    return {"Roots": KeyedList([(0, views.root(organization_record(ctx)))])}


@operation(on=policy_managers(resources.node_in_parameter("RootId")))
def enable_policy_type(ctx: Context, req: Req) -> Answer:
    """Enable a policy type; its full-access policy of AWS is attached to every node."""
    found, kind = lookup.root(ctx, req["RootId"]), POLICY_TYPES[req["PolicyType"]]
    check_policies_available(found)
    if kind.name in found.policy_types:
        raise organizations_fault(
            ErrorCode.TYPE_ENABLED, "The specified policy type is already enabled."
        )
    if kind.service and kind.service not in {each.principal for each in found.trusted}:
        raise organizations_fault(
            ConstraintReason.SERVICE_ACCESS_NOT_ENABLED,
            f"Enable trusted access of {kind.service} before this policy type.",
        )
    found = tree_nodes.with_policy_type(ctx, found, kind.name)
    ctx.put(found)
    return {"Root": views.root(found)}


@operation(on=policy_managers(resources.node_in_parameter("RootId")))
def disable_policy_type(ctx: Context, req: Req) -> Answer:
    """Disable a policy type; its policies are detached from every node."""
    found, kind = lookup.root(ctx, req["RootId"]), req["PolicyType"]
    if kind not in found.policy_types:
        raise lookup.type_not_enabled()
    for node in caller_organization(ctx).nodes():
        detached = tree_nodes.policies_of_type(ctx, node, kind)
        if detached:
            ctx.put(
                tree_nodes.with_attached(
                    node, [each for each in node.attached if each not in detached]
                )
            )
    remaining = [each for each in found.attached if tree_nodes.policy_type(ctx, each) != kind]
    types = tuple(each for each in found.policy_types if each != kind)
    found = replace(found, attached=tuple(remaining), policy_types=types)
    ctx.put(found)
    return {"Root": views.root(found)}


def check_policies_available(record: Organization) -> None:
    """Raise a refusal in an organization with consolidated billing alone."""
    if record.features != ALL:
        raise organizations_fault(
            ErrorCode.TYPE_NOT_AVAILABLE,
            "Policies are available in an organization with all features.",
        )
