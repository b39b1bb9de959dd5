"""Operations on the tags of roots, units, accounts, policies, the resource policy and transfers."""

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
    caller_organization,
    organization_readers,
    policy_managers,
)
from daypass.services.organizations.policies import policy_lifecycle
from daypass.state.snapshot.organization_view import OrganizationNode, node_tags

Req = Mapping[str, Any]
Answer = dict[str, Any]
_TaggedRecord = OrganizationPolicy | ResourcePolicy | ResponsibilityTransfer
Tagged = OrganizationNode | _TaggedRecord


@operation(on=policy_managers(resources.tagged_resource))
def tag_resource(ctx: Context, req: Req) -> None:
    """Add tags to a resource."""
    found = _find_tagged(ctx, req["ResourceId"])
    _stage_tags(
        ctx,
        found,
        new_tags.with_request_tags(
            ctx, new_tags.tag_policy_resource_type(req["ResourceId"]), req, _tags_of(found)
        ),
    )


@operation(on=policy_managers(resources.tagged_resource))
def untag_resource(ctx: Context, req: Req) -> None:
    """Remove tags from a resource."""
    found = _find_tagged(ctx, req["ResourceId"])
    _stage_tags(ctx, found, remove_tags(_tags_of(found), req["TagKeys"]))


@operation(on=organization_readers(resources.tagged_resource))
def list_tags_for_resource(ctx: Context, req: Req) -> Answer:
    """Return a resource's tags."""
    identifier: str = req["ResourceId"]
    if identifier.startswith("p-"):
        found = lookup.policy(ctx, identifier, missing_code=ErrorCode.TARGET_NOT_FOUND)
        return {"Tags": tag_list(found.tags if isinstance(found, OrganizationPolicy) else ())}
    return {"Tags": tag_list(_tags_of(_find_tagged(ctx, identifier)))}


def _find_tagged(ctx: Context, identifier: str) -> Tagged:
    """Return the record of an id; raises a refusal if it is missing or managed by AWS."""
    if identifier.startswith("p-"):
        return policy_lifecycle.modifiable_policy(
            ctx,
            identifier,
            missing_code=ErrorCode.TARGET_NOT_FOUND,
            missing_message=lookup.NO_POLICY,
        )
    if identifier.startswith(("rp-", "rt-")):
        view = caller_organization(ctx)
        record = view.of(ResourcePolicy).get(identifier) or view.of(ResponsibilityTransfer).get(
            identifier
        )
        if record is None:
            raise organizations_fault(
                ErrorCode.TARGET_NOT_FOUND, "You specified a target that doesn't exist."
            )
        return record
    return lookup.node(ctx, identifier)


def _tags_of(record: Tagged) -> tuple[Tag, ...]:
    return record.tags if isinstance(record, _TaggedRecord) else node_tags(record)


def _stage_tags(ctx: Context, record: Tagged, tags: Iterable[Tag]) -> None:
    if isinstance(record, _TaggedRecord):
        ctx.put(replace(record, tags=tuple(tags)))
    else:
        ctx.put(tree_nodes.with_tags(record, tuple(tags)))
