"""Policies, tags and serial numbers of tree nodes: roots, units and accounts."""

from collections.abc import Iterable

from msgspec.structs import replace

from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.record import Tag
from daypass.core.organizations.policies.policy_types import AWS_OWNED_POLICIES, FULL_ACCESS
from daypass.services.kit.context import Context
from daypass.services.organizations.membership import caller_organization
from daypass.state.snapshot.organization_view import OrganizationNode


def with_attached(node: OrganizationNode, attached: Iterable[str]) -> OrganizationNode:
    """Return a node with other policies attached, by their ids."""
    return replace(node, attached=tuple(attached))


def with_tags(node: OrganizationNode, labels: tuple[Tag, ...]) -> OrganizationNode:
    """Return a node with other tags."""
    if isinstance(node, Organization):
        return replace(node, root_tags=labels)
    return replace(node, tags=labels)


def policy_type(ctx: Context, policy: str) -> str:
    """Return the type of an attached policy, the organization's or AWS's."""
    record = caller_organization(ctx).of(OrganizationPolicy).get(policy)
    return record.type if record is not None else AWS_OWNED_POLICIES[policy].type


def policies_of_type(ctx: Context, node: OrganizationNode, wanted_type: str) -> list[str]:
    """Return the ids of a node's policies of a type, in order of attachment."""
    return [each for each in node.attached if policy_type(ctx, each) == wanted_type]


def full_access_policies(record: Organization) -> tuple[str, ...]:
    """Return the ids of the policies that a new node gets.

    They are the full-access policies of AWS, one for each enabled type that has one.
    """
    return tuple(policy for kind, policy in FULL_ACCESS.items() if kind in record.policy_types)


def with_policy_type(ctx: Context, record: Organization, kind: str) -> Organization:
    """Return an organization with a policy type enabled.

    The type's full-access policy of AWS, if it has one, is staged on every unit and account, as
    their last policy: they have no other of the type, since disabling a type detaches all.
    """
    enabled = replace(record, policy_types=(*record.policy_types, kind))
    if kind not in FULL_ACCESS:
        return enabled
    for node in caller_organization(ctx).nodes():
        if not isinstance(node, Organization):
            ctx.put(with_attached(node, (*node.attached, FULL_ACCESS[kind])))
    return replace(enabled, attached=(*enabled.attached, FULL_ACCESS[kind]))


def take_serial(record: Organization) -> tuple[int, Organization]:
    """Return the next serial number, and the organization that has counted it."""
    return record.made + 1, replace(record, made=record.made + 1)
