"""Policies: written, shown, changed, forgotten."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.organizations import ids
from daypass.core.organizations.policies import policy_rules as rules
from daypass.core.organizations.policies.policy_types import (
    AWS_OWNED_POLICIES,
    POLICY_TYPES,
    AWSOwnedPolicy,
)
from daypass.core.organizations.refusals import (
    ConstraintReason,
    ErrorCode,
    InputReason,
    organizations_fault,
)
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.organizations import lookup, new_tags, resources, tree_nodes, views
from daypass.services.organizations.handshakes import membership_changes
from daypass.services.organizations.membership import (
    caller_organization,
    organization_readers,
    organization_record,
    policy_managers,
)
from daypass.services.organizations.tree import roots
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=policy_managers(resources.with_tag_permission(resources.new_policy)))
def create_policy(ctx: Context, req: Req) -> Answer:
    """Write a policy; it means nothing until it is attached."""
    owner, kind = organization_record(ctx), req["Type"]
    roots.check_policies_available(owner)
    rules.check_policy_content(kind, req["Content"])
    _check_name(ctx, req["Name"], kind)
    most = POLICY_TYPES[kind].number_max
    if (
        sum(1 for each in caller_organization(ctx).of(OrganizationPolicy) if each.type == kind)
        >= most
    ):
        raise organizations_fault(
            ConstraintReason.POLICY_NUMBER_LIMIT_EXCEEDED,
            f"An organization has at most {most} policies of type {kind}.",
        )
    serial, counted = tree_nodes.take_serial(owner)
    made = OrganizationPolicy(
        account=owner.id,
        id=ids.policy(ctx.entropy(ids.ENTROPY_BYTES)),
        type=kind,
        name=req["Name"],
        content=req["Content"],
        serial=serial,
        updated=ctx.now,
        description=req["Description"],
        tags=new_tags.with_request_tags(ctx, "policy", req),
    )
    ctx.put(counted)
    ctx.put(made)
    return {"Policy": views.policy(ctx, made)}


def _check_name(ctx: Context, name: str, kind: str) -> None:
    known = [*caller_organization(ctx).of(OrganizationPolicy), *AWS_OWNED_POLICIES.values()]
    if any(each.name == name and each.type == kind for each in known):
        raise organizations_fault(
            ErrorCode.DUPLICATE_POLICY, "A policy with the same name and type already exists."
        )


@operation(on=organization_readers(resources.policy))
def describe_policy(ctx: Context, req: Req) -> Answer:
    """Show a policy with its text."""
    return {"Policy": views.policy(ctx, lookup.policy(ctx, req["PolicyId"]))}


@operation(on=policy_managers(resources.policy))
def update_policy(ctx: Context, req: Req) -> Answer:
    """Change a policy; where it hangs, the next decision is made by its new text."""
    found = modifiable_policy(ctx, req["PolicyId"])
    name, content = req.get("Name", found.name), req.get("Content", found.content)
    if name != found.name:
        _check_name(ctx, name, found.type)
    if "Content" in req:
        rules.check_policy_content(found.type, content)
    changed = replace(
        found,
        name=name,
        content=content,
        description=req.get("Description", found.description),
        updated=ctx.now,
    )
    ctx.put(changed)
    return {"Policy": views.policy(ctx, changed)}


@operation(on=policy_managers(resources.policy))
def delete_policy(ctx: Context, req: Req) -> None:
    """Forget a policy that hangs nowhere."""
    found = modifiable_policy(ctx, req["PolicyId"])
    unseen = list(caller_organization(ctx).attached_nodes(found.id))
    if any(lookup.is_listed_node(ctx, each) for each in unseen):
        raise organizations_fault(
            ErrorCode.POLICY_IN_USE,
            "The policy is attached to one or more entities; detach it first.",
        )
    membership_changes.drop_unlisted_members(ctx, unseen)
    ctx.remove(found)


def modifiable_policy(
    ctx: Context, identifier: str, *, missing: ErrorCode = ErrorCode.POLICY_NOT_FOUND
) -> OrganizationPolicy:
    """Return a policy that may be changed: AWS's own may not."""
    found = lookup.policy(ctx, identifier, missing=missing)
    if isinstance(found, AWSOwnedPolicy):
        raise organizations_fault(
            InputReason.IMMUTABLE_POLICY, "You can't change a policy that AWS manages."
        )
    return found


@operation(on=organization_readers(resources.any_resource_with_keys))
def list_policies(ctx: Context, req: Req) -> Answer:
    """Show the policies of a type: AWS's own first, then those of the organization in order of creation."""
    kind = req["Filter"]
    found: list[tuple[int, Any]] = [
        (0, views.policy_summary(ctx, each))
        for each in AWS_OWNED_POLICIES.values()
        if each.type == kind
    ]
    made = sorted(caller_organization(ctx).of(OrganizationPolicy), key=lambda each: each.serial)
    found += [(each.serial, views.policy_summary(ctx, each)) for each in made if each.type == kind]
    return {"Policies": KeyedList(found)}
