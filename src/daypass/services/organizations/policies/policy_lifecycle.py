"""Operations on the organization's policies: create, describe, update, delete, list."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.faults import Malformed
from daypass.core.organizations import ids
from daypass.core.organizations.policies import policy_rules as rules
from daypass.core.organizations.policies.policy_types import (
    AWS_OWNED_POLICIES,
    POLICY_TYPES,
    AWSOwnedPolicy,
)
from daypass.core.organizations.refusals import (
    NOT_OF_ITS_TYPE,
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
    """Create a policy, which applies to no account until it is attached; return it."""
    owner, kind = organization_record(ctx), req["Type"]
    roots.check_policies_available(owner)
    _check_content(kind, req["Content"])
    _check_name(ctx, req["Name"], kind)
    policies_max = POLICY_TYPES[kind].number_max
    if (
        sum(1 for each in caller_organization(ctx).of(OrganizationPolicy) if each.type == kind)
        >= policies_max
    ):
        raise organizations_fault(
            ConstraintReason.POLICY_NUMBER_LIMIT_EXCEEDED,
            f"An organization has at most {policies_max} policies of type {kind}.",
        )
    serial, counted = tree_nodes.take_serial(owner)
    created = OrganizationPolicy(
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
    ctx.put(created)
    return {"Policy": views.policy(ctx, created)}


def _check_content(kind: str, content: str) -> None:
    """Raise a refusal if a document is not valid for a policy type, in AWS's words."""
    try:
        rules.check_policy_content(kind, content)
    except Malformed as fault:
        raise Malformed(
            NOT_OF_ITS_TYPE, path=fault.path, hint=fault.hint or fault.message
        ) from fault


def _check_name(ctx: Context, name: str, kind: str) -> None:
    """Raise a refusal if a policy of the type has the name already."""
    policies = [*caller_organization(ctx).of(OrganizationPolicy), *AWS_OWNED_POLICIES.values()]
    if any(each.name == name and each.type == kind for each in policies):
        raise organizations_fault(
            ErrorCode.DUPLICATE_POLICY, "A policy with the same name and type already exists."
        )


@operation(on=organization_readers(resources.policy))
def describe_policy(ctx: Context, req: Req) -> Answer:
    """Return a policy with its text."""
    return {"Policy": views.policy(ctx, lookup.policy(ctx, req["PolicyId"]))}


@operation(on=policy_managers(resources.policy))
def update_policy(ctx: Context, req: Req) -> Answer:
    """Change a policy; its new text applies wherever it is attached; return it."""
    found = modifiable_policy(ctx, req["PolicyId"])
    name, content = req.get("Name", found.name), req.get("Content", found.content)
    if name != found.name:
        _check_name(ctx, name, found.type)
    if "Content" in req:
        _check_content(found.type, content)
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
    """Delete a policy; raises a refusal while it is attached."""
    found = modifiable_policy(ctx, req["PolicyId"])
    nodes = list(caller_organization(ctx).attached_nodes(found.id))
    if any(lookup.is_listed_node(ctx, each) for each in nodes):
        raise organizations_fault(
            ErrorCode.POLICY_IN_USE,
            "The policy is attached to one or more entities; detach it first.",
        )
    membership_changes.drop_unlisted_members(ctx, nodes)
    ctx.remove(found)


_NO_POLICY = "We can't find a policy with the PolicyId that you specified."
"""The message of UpdatePolicy and DeletePolicy; source: another implementation, moto."""


def modifiable_policy(
    ctx: Context,
    identifier: str,
    *,
    missing_code: ErrorCode = ErrorCode.POLICY_NOT_FOUND,
    missing_message: str = _NO_POLICY,
) -> OrganizationPolicy:
    """Return a policy of the organization; raises a refusal for one that AWS manages."""
    found = lookup.policy(
        ctx, identifier, missing_code=missing_code, missing_message=missing_message
    )
    if isinstance(found, AWSOwnedPolicy):
        raise organizations_fault(
            InputReason.IMMUTABLE_POLICY, "You can't change a policy that AWS manages."
        )
    return found


@operation(on=organization_readers(resources.any_resource_with_keys))
def list_policies(ctx: Context, req: Req) -> Answer:
    """Return the policies of a type: AWS's first, then the organization's in order of creation."""
    kind = req["Filter"]
    found: list[tuple[int, Any]] = [
        (0, views.policy_summary(ctx, each))
        for each in AWS_OWNED_POLICIES.values()
        if each.type == kind
    ]
    created = sorted(caller_organization(ctx).of(OrganizationPolicy), key=lambda each: each.serial)
    found += [
        (each.serial, views.policy_summary(ctx, each)) for each in created if each.type == kind
    ]
    return {"Policies": KeyedList(found)}
