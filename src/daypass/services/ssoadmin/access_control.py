"""Operations on the attributes for access control of an instance."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.identity_center.instance import AccessAttribute, Instance
from daypass.core.faults import AlreadyExists, NotFound
from daypass.core.identity_center.access_attributes import check_access_attributes
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup, resources, views
from daypass.services.ssoadmin.membership import administrators, readers

Req = Mapping[str, Any]
Answer = dict[str, Any]
_CONFIGURATION = "InstanceAccessControlAttributeConfiguration"
_ATTRIBUTES = "AccessControlAttributes"


@operation(on=administrators(resources.instance))
def create_instance_access_control_attribute_configuration(ctx: Context, req: Req) -> None:
    """Enable attributes for access control, with a list that may be empty."""
    instance = lookup.instance(ctx, req)
    if instance.access_attributes is not None:
        raise AlreadyExists("Attributes for access control are already enabled for the instance.")
    ctx.put(replace(instance, access_attributes=_requested_attributes(req)))


@operation(on=administrators(resources.instance))
def update_instance_access_control_attribute_configuration(ctx: Context, req: Req) -> None:
    """Replace the whole list of attributes for access control."""
    instance = _enabled_instance(ctx, req)
    ctx.put(replace(instance, access_attributes=_requested_attributes(req)))


@operation(on=administrators(resources.instance))
def delete_instance_access_control_attribute_configuration(ctx: Context, req: Req) -> None:
    """Disable attributes for access control and forget the list."""
    ctx.put(replace(_enabled_instance(ctx, req), access_attributes=None))


@operation(on=readers(resources.instance))
def describe_instance_access_control_attribute_configuration(ctx: Context, req: Req) -> Answer:
    """Return the attributes for access control."""
    attributes = _enabled_instance(ctx, req).access_attributes or ()
    shown = [{"Key": each.key, "Value": {"Source": [each.source]}} for each in attributes]
    return {"Status": views.ENABLED, _CONFIGURATION: {_ATTRIBUTES: shown}}


def _enabled_instance(ctx: Context, req: Req) -> Instance:
    """Return the instance; raises `NotFound` while attributes for access control are disabled."""
    instance = lookup.instance(ctx, req)
    if instance.access_attributes is None:
        raise NotFound("Attributes for access control are not enabled for the instance.")
    return instance


def _requested_attributes(req: Req) -> tuple[AccessAttribute, ...]:
    """Return the attributes of a request; the model allows each of them exactly one source."""
    return check_access_attributes(
        AccessAttribute(each["Key"], each["Value"]["Source"][0])
        for each in req[_CONFIGURATION][_ATTRIBUTES]
    )
