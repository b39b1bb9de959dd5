"""Operations on the tags of instances and permission sets.

A permission set's tags are its own: they reach no role, so that it need not be provisioned again.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.tagging import remove_tags
from daypass.core.faults import InvalidParameterValue, NotFound
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.kit.tags import tag_list
from daypass.services.ssoadmin import lookup, new_tags, resources
from daypass.services.ssoadmin.membership import readers, set_administrators

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=set_administrators(resources.tagged_resource))
def tag_resource(ctx: Context, req: Req) -> None:
    """Add tags to an instance or a permission set."""
    instance, found = _find_tagged(ctx, req)
    kind = new_tags.INSTANCE if isinstance(found, Instance) else new_tags.PERMISSION_SET
    tags = new_tags.with_request_tags(ctx, kind, instance.owner, req, found.tags)
    ctx.put(replace(found, tags=tags))


@operation(on=set_administrators(resources.tagged_resource))
def untag_resource(ctx: Context, req: Req) -> None:
    """Remove tags from an instance or a permission set."""
    _, found = _find_tagged(ctx, req)
    ctx.put(replace(found, tags=remove_tags(found.tags, req["TagKeys"])))


@operation(on=readers(resources.tagged_resource))
def list_tags_for_resource(ctx: Context, req: Req) -> Answer:
    """Return the tags of an instance or a permission set."""
    _, found = _find_tagged(ctx, req)
    return {"Tags": tag_list(found.tags)}


def _find_tagged(ctx: Context, req: Req) -> tuple[Instance, Instance | PermissionSet]:
    """Return the instance that `ResourceArn` names, and what is tagged: the instance or a set.

    Raises `NotFound` for a resource that does not exist, and `InvalidParameterValue` if
    `InstanceArn` names another instance, which the caller may well administer.
    """
    arn = req["ResourceArn"]
    instance_arn = lookup.instance_arn_in(arn)
    if req.get("InstanceArn", instance_arn) != instance_arn:
        raise InvalidParameterValue("The resource does not belong to the instance in InstanceArn.")
    instance = lookup.find_instance(ctx, instance_arn)
    assert instance is not None  # noqa: S101 - the locator refuses every other ARN
    if arn == instance.arn:
        return instance, instance
    found = lookup.find_permission_set(ctx.directory.instance(instance.id), arn)
    if found is None:
        raise NotFound(f"The resource {arn} does not exist.")
    return instance, found
