"""The resources that Organizations' operations act on: ARNs with their condition keys.

Source: service authorization reference, "Actions, resources, and condition keys for AWS
Organizations".
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from daypass.core.account_ids import is_account_id
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.record import Tag
from daypass.core.organizations import handshakes, transfers
from daypass.core.organizations.policies.policy_types import (
    AWS_OWNED_POLICIES,
    POLICY_TYPE_KEY,
    AWSOwnedPolicy,
)
from daypass.services.kit.context import Context
from daypass.services.kit.context_keys import request_tag_keys, tag_keys
from daypass.services.kit.operation import ResourceLocator, ResourceTarget
from daypass.services.kit.tags import passed_tags
from daypass.services.organizations.membership import caller_organization, organization_record
from daypass.state.snapshot.organization_view import OrganizationNode, node_tags, policy_arn

Req = Mapping[str, Any]
Keys = dict[str, str | tuple[str, ...]]
_TAG_ACTION = "organizations:TagResource"


def _condition_keys(req: Req, tags: tuple[Tag, ...] = ()) -> Keys:
    """Return the condition keys of a resource's tags and of a request's parameters."""
    keys: Keys = tag_keys("aws:resourcetag", tags)
    keys |= request_tag_keys(passed_tags(req))
    if "TagKeys" in req:
        keys["aws:tagkeys"] = tuple(req["TagKeys"])
    if "ServicePrincipal" in req:
        keys["organizations:serviceprincipal"] = req["ServicePrincipal"]
    for name in ("PolicyType", "Type", "Filter"):
        if isinstance(req.get(name), str):
            keys[POLICY_TYPE_KEY] = req[name]
    return keys


def with_tag_permission(
    locate: ResourceLocator,
) -> Callable[[Context, Req], Sequence[ResourceTarget]]:
    """Return a locator that asks for `organizations:TagResource` too if the request has tags."""

    def locate_with_tagging(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
        found = locate(ctx, req)
        targets = [found] if isinstance(found, ResourceTarget) else list(found)
        if not req.get("Tags"):
            return targets
        return [*targets, ResourceTarget(targets[0].arn, targets[0].keys, action=_TAG_ACTION)]

    return locate_with_tagging


def any_resource_with_keys(_ctx: Context, req: Req) -> ResourceTarget:
    """Return the target `*` with the request's condition keys.

    For operations without resource-level permissions.
    """
    return ResourceTarget("*", _condition_keys(req))


def invited_account(ctx: Context, req: Req) -> ResourceTarget:
    """Return the invited account as the target, or `*` if it is invited by e-mail address."""
    party = req["Target"]
    is_named = party["Type"] == handshakes.ACCOUNT and is_account_id(party["Id"])
    return ResourceTarget(node_arn(ctx, party["Id"]) if is_named else "*", _condition_keys(req))


def node_arn(ctx: Context, node: OrganizationNode | str) -> str:
    """Return the ARN of a root, unit or account; for an unknown id, the ARN that it would have."""
    found = organization_record(ctx)
    identifier = (
        node
        if isinstance(node, str)
        else node.root_id
        if isinstance(node, Organization)
        else node.id
    )
    kind = {"r-": "root", "ou": "ou"}.get(identifier[:2], "account")
    return f"{found.prefix}:{kind}/{found.id}/{identifier}"


def node_in_parameter(parameter: str) -> Callable[[Context, Req], ResourceTarget]:
    """Return a locator of the root, unit or account whose id is in a parameter."""

    def locate_node(ctx: Context, req: Req) -> ResourceTarget:
        node = caller_organization(ctx).node(req[parameter])
        return ResourceTarget(
            node_arn(ctx, req[parameter]),
            _condition_keys(req, node_tags(node) if node is not None else ()),
        )

    return locate_node


def all_of(*locators: ResourceLocator) -> ResourceLocator:
    """Return a locator of the targets of several locators, each of which must be allowed."""

    def locate_all(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
        found: list[ResourceTarget] = []
        for locate in locators:
            one = locate(ctx, req)
            found += [one] if isinstance(one, ResourceTarget) else one
        return found

    return locate_all


def policy(ctx: Context, req: Req) -> ResourceTarget:
    """Return the policy in `PolicyId` as the target, whether or not it exists."""
    found = caller_organization(ctx).of(OrganizationPolicy).get(
        req["PolicyId"]
    ) or AWS_OWNED_POLICIES.get(req["PolicyId"])
    return _policy_target(ctx, req, found, req["PolicyId"])


def policy_and_target(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
    """Return a policy and the node that it is attached to, both with the policy type's key."""
    policy_target, node_target = policy(ctx, req), node_in_parameter("TargetId")(ctx, req)
    kind = {
        name: policy_target.keys[name] for name in (POLICY_TYPE_KEY,) if name in policy_target.keys
    }
    return (policy_target, ResourceTarget(node_target.arn, {**node_target.keys, **kind}))


def _policy_target(
    ctx: Context, req: Req, policy: OrganizationPolicy | AWSOwnedPolicy | None, identifier: str
) -> ResourceTarget:
    """Return a policy as the target; `policy` is None for an id that does not exist."""
    if policy is None:
        owner = organization_record(ctx)
        return ResourceTarget(
            f"{owner.prefix}:policy/{owner.id}/*/{identifier}", _condition_keys(req)
        )
    keys = _condition_keys(req, () if isinstance(policy, AWSOwnedPolicy) else policy.tags)
    keys[POLICY_TYPE_KEY] = policy.type
    return ResourceTarget(arn_of_policy(ctx, policy), keys)


def arn_of_policy(ctx: Context, policy: OrganizationPolicy | AWSOwnedPolicy) -> str:
    """Return the ARN of a policy, the organization's or AWS's."""
    return (
        policy.arn
        if isinstance(policy, AWSOwnedPolicy)
        else policy_arn(organization_record(ctx), policy)
    )


def new_policy(ctx: Context, req: Req) -> ResourceTarget:
    """Return any policy of the requested type as the target, since the policy has no id yet."""
    owner = organization_record(ctx)
    return ResourceTarget(
        f"{owner.prefix}:policy/{owner.id}/{req['Type'].lower()}/*", _condition_keys(req)
    )


def resource_policy(ctx: Context, req: Req) -> ResourceTarget:
    """Return the organization's resource policy as the target, with the id `*` before it exists."""
    owner = organization_record(ctx)
    existing = next(iter(caller_organization(ctx).of(ResourcePolicy)), None)
    identifier, tags = (existing.id, existing.tags) if existing else ("*", ())
    return ResourceTarget(
        f"{owner.prefix}:resourcepolicy/{owner.id}/{identifier}", _condition_keys(req, tags)
    )


def tagged_resource(ctx: Context, req: Req) -> ResourceTarget:
    """Return the target of `ResourceId`, whose prefix says what kind of resource it is."""
    identifier: str = req["ResourceId"]
    if identifier.startswith("p-"):
        found = caller_organization(ctx).of(OrganizationPolicy).get(
            identifier
        ) or AWS_OWNED_POLICIES.get(identifier)
        return _policy_target(ctx, req, found, identifier)
    if identifier.startswith("rp-"):
        return resource_policy(ctx, req)
    if identifier.startswith("rt-"):
        return _inbound_transfer(ctx, req)
    return node_in_parameter("ResourceId")(ctx, req)


def _inbound_transfer(ctx: Context, req: Req) -> ResourceTarget:
    """Return a transfer as the target: inbound, since only the inviting side has tags."""
    owner, found = (
        organization_record(ctx),
        caller_organization(ctx).of(ResponsibilityTransfer).get(req["ResourceId"]),
    )
    if found is None:
        return ResourceTarget(
            f"{owner.prefix}:transfer/{owner.id}/*/{req['ResourceId']}", _condition_keys(req)
        )
    return ResourceTarget(
        transfers.transfer_arn(owner, found, transfers.INBOUND), _condition_keys(req, found.tags)
    )
