"""What a request acts on: ARNs, and the condition keys that they and the parameters bring.

Source: service authorization reference, "Actions, resources, and condition keys for AWS Organizations".
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
from daypass.services.kit.operation import Locator, Target
from daypass.services.kit.tags import passed_tags
from daypass.services.organizations.membership import organization, record
from daypass.state.snapshot.organization_view import OrganizationNode, node_tags, policy_arn

Req = Mapping[str, Any]
Keys = dict[str, str | tuple[str, ...]]
_TAG = "organizations:TagResource"


def _keys(req: Req, tags: tuple[Tag, ...] = ()) -> Keys:
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


def tagging(locate: Locator) -> Callable[[Context, Req], Sequence[Target]]:
    """Locate for an operation that may pass tags: those need a permission of their own."""

    def located(ctx: Context, req: Req) -> Sequence[Target]:
        found = locate(ctx, req)
        targets = [found] if isinstance(found, Target) else list(found)
        if not req.get("Tags"):
            return targets
        return [*targets, Target(targets[0].arn, targets[0].keys, action=_TAG)]

    return located


def nothing(_ctx: Context, req: Req) -> Target:
    """Locate an operation without resource-level permissions, which may bring condition keys."""
    return Target("*", _keys(req))


def invited(ctx: Context, req: Req) -> Target:
    """Locate the account that is invited, where it is named by its id."""
    party = req["Target"]
    is_named = party["Type"] == handshakes.ACCOUNT and is_account_id(party["Id"])
    return Target(arn_of(ctx, party["Id"]) if is_named else "*", _keys(req))


def arn_of(ctx: Context, node: OrganizationNode | str) -> str:
    """Name a root, unit or account, or what its id says that it would be."""
    found = record(ctx)
    identifier = (
        node
        if isinstance(node, str)
        else node.root_id
        if isinstance(node, Organization)
        else node.id
    )
    kind = {"r-": "root", "ou": "ou"}.get(identifier[:2], "account")
    return f"{found.prefix}:{kind}/{found.id}/{identifier}"


def place(name: str) -> Callable[[Context, Req], Target]:
    """Locate the root, unit or account that a parameter names."""

    def located(ctx: Context, req: Req) -> Target:
        found = organization(ctx).node(req[name])
        return Target(
            arn_of(ctx, req[name]), _keys(req, node_tags(found) if found is not None else ())
        )

    return located


def several(*locators: Locator) -> Locator:
    """Locate several things that must all be allowed."""

    def located(ctx: Context, req: Req) -> Sequence[Target]:
        found: list[Target] = []
        for locate in locators:
            one = locate(ctx, req)
            found += [one] if isinstance(one, Target) else one
        return found

    return located


def policy(ctx: Context, req: Req) -> Target:
    """Locate the policy that is named."""
    found = organization(ctx).of(OrganizationPolicy).get(req["PolicyId"]) or AWS_OWNED_POLICIES.get(
        req["PolicyId"]
    )
    return _policy(ctx, req, found, req["PolicyId"])


def attachment(ctx: Context, req: Req) -> Sequence[Target]:
    """Locate a policy and the place that it is attached to: the policy's type is a key of both."""
    what, where = policy(ctx, req), place("TargetId")(ctx, req)
    kind = {name: what.keys[name] for name in (POLICY_TYPE_KEY,) if name in what.keys}
    return (what, Target(where.arn, {**where.keys, **kind}))


def _policy(
    ctx: Context, req: Req, found: OrganizationPolicy | AWSOwnedPolicy | None, identifier: str
) -> Target:
    if found is None:
        owner = record(ctx)
        return Target(f"{owner.prefix}:policy/{owner.id}/*/{identifier}", _keys(req))
    keys = _keys(req, () if isinstance(found, AWSOwnedPolicy) else found.tags)
    keys[POLICY_TYPE_KEY] = found.type
    return Target(name_of(ctx, found), keys)


def name_of(ctx: Context, found: OrganizationPolicy | AWSOwnedPolicy) -> str:
    """Name a policy."""
    return found.arn if isinstance(found, AWSOwnedPolicy) else policy_arn(record(ctx), found)


def new_policy(ctx: Context, req: Req) -> Target:
    """Locate the policy that is to be: any of its type."""
    owner = record(ctx)
    return Target(f"{owner.prefix}:policy/{owner.id}/{req['Type'].lower()}/*", _keys(req))


def resource_policy(ctx: Context, req: Req) -> Target:
    """Locate the organization's resource policy, the one that is to be where there is none."""
    owner = record(ctx)
    kept = next(iter(organization(ctx).of(ResourcePolicy)), None)
    identifier, tags = (kept.id, kept.tags) if kept else ("*", ())
    return Target(f"{owner.prefix}:resourcepolicy/{owner.id}/{identifier}", _keys(req, tags))


def tagged(ctx: Context, req: Req) -> Target:
    """Locate the thing whose tags are meant, by what its id begins with."""
    identifier: str = req["ResourceId"]
    if identifier.startswith("p-"):
        found = organization(ctx).of(OrganizationPolicy).get(identifier) or AWS_OWNED_POLICIES.get(
            identifier
        )
        return _policy(ctx, req, found, identifier)
    if identifier.startswith("rp-"):
        return resource_policy(ctx, req)
    if identifier.startswith("rt-"):
        return _inbound(ctx, req)
    return place("ResourceId")(ctx, req)


def _inbound(ctx: Context, req: Req) -> Target:
    """Locate a transfer of which the organization is the side that has tags: the one that invited."""
    owner, found = record(ctx), organization(ctx).of(ResponsibilityTransfer).get(req["ResourceId"])
    if found is None:
        return Target(f"{owner.prefix}:transfer/{owner.id}/*/{req['ResourceId']}", _keys(req))
    return Target(transfers.transfer_arn(owner, found, transfers.INBOUND), _keys(req, found.tags))
