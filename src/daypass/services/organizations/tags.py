"""Tags on the root, units, accounts, policies, the resource policy and transfers."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import remove_tags
from daypass.core.organizations.refusals import ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.kit.tags import tag_list
from daypass.services.organizations import lookup, new_tags, resources, tree_nodes
from daypass.services.organizations.membership import (
    by_policy_managers,
    by_readers,
    organization,
)
from daypass.services.organizations.policies import policy_lifecycle
from daypass.state.snapshot.organization_view import OrganizationNode, node_tags

Req = Mapping[str, Any]
Answer = dict[str, Any]
_Own = OrganizationPolicy | ResourcePolicy | ResponsibilityTransfer
Tagged = OrganizationNode | _Own


@operation(on=by_policy_managers(resources.tagged))
def tag_resource(ctx: Context, req: Req) -> None:
    """Put tags on a thing."""
    found = _found(ctx, req["ResourceId"])
    _put(
        ctx,
        found,
        new_tags.with_passed_tags(ctx, new_tags.kind_of(req["ResourceId"]), req, _tags(found)),
    )


@operation(on=by_policy_managers(resources.tagged))
def untag_resource(ctx: Context, req: Req) -> None:
    """Take tags off a thing."""
    found = _found(ctx, req["ResourceId"])
    _put(ctx, found, remove_tags(_tags(found), req["TagKeys"]))


@operation(on=by_readers(resources.tagged))
def list_tags_for_resource(ctx: Context, req: Req) -> Answer:
    """Show a thing's tags."""
    identifier: str = req["ResourceId"]
    if identifier.startswith("p-"):
        found = lookup.policy(ctx, identifier, missing=ErrorCode.TARGET_NOT_FOUND)
        return {"Tags": tag_list(found.tags if isinstance(found, OrganizationPolicy) else ())}
    return {"Tags": tag_list(_tags(_found(ctx, identifier)))}


def _found(ctx: Context, identifier: str) -> Tagged:
    """Return what an id names; raises a refusal for what is not there, and for what AWS manages."""
    if identifier.startswith("p-"):
        return policy_lifecycle.own(ctx, identifier, missing=ErrorCode.TARGET_NOT_FOUND)
    if identifier.startswith(("rp-", "rt-")):
        view = organization(ctx)
        kept = view.of(ResourcePolicy).get(identifier) or view.of(ResponsibilityTransfer).get(
            identifier
        )
        if kept is None:
            raise organizations_fault(
                ErrorCode.TARGET_NOT_FOUND, "You specified a target that doesn't exist."
            )
        return kept
    return lookup.node(ctx, identifier)


def _tags(found: Tagged) -> tuple[Tag, ...]:
    return found.tags if isinstance(found, _Own) else node_tags(found)


def _put(ctx: Context, found: Tagged, tags: Iterable[Tag]) -> None:
    if isinstance(found, _Own):
        ctx.put(replace(found, tags=tuple(tags)))
    else:
        ctx.put(tree_nodes.with_tags(found, tuple(tags)))
