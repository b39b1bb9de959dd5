"""Operations on organizational units."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.organizations import ids, tree
from daypass.core.organizations.refusals import ConstraintReason, ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.organizations import lookup, new_tags, resources, tree_nodes, views
from daypass.services.organizations.handshakes import membership_changes
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_readers,
    organization_record,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(
    on=management_only(resources.with_tag_permission(resources.node_in_parameter("ParentId")))
)
def create_organizational_unit(ctx: Context, req: Req) -> Answer:
    """Create a unit below the root or another unit, at most five levels deep; return it."""
    view, parent = caller_organization(ctx), lookup.parent(ctx, req["ParentId"])
    line = view.ids_from_root(parent)
    if not tree.can_contain_unit(line):
        raise organizations_fault(
            ConstraintReason.OU_DEPTH_LIMIT_EXCEEDED,
            f"Organizational units are at most {quotas.ORGANIZATIONAL_UNIT_DEPTH_MAX} levels deep.",
        )
    if len(view.of(OrganizationalUnit)) >= quotas.ORGANIZATIONAL_UNITS_MAX:
        raise organizations_fault(
            ConstraintReason.OU_NUMBER_LIMIT_EXCEEDED,
            f"An organization has at most {quotas.ORGANIZATIONAL_UNITS_MAX} organizational units.",
        )
    _check_name(ctx, req["Name"], parent)
    owner = organization_record(ctx)
    serial, counted = tree_nodes.take_serial(owner)
    created = OrganizationalUnit(
        account=owner.id,
        id=ids.unit(owner.root_id, ctx.entropy(ids.ENTROPY_BYTES)),
        name=req["Name"],
        parent=parent,
        serial=serial,
        attached=tree_nodes.full_access_policies(owner),
        tags=new_tags.with_request_tags(ctx, "ou", req),
    )
    ctx.put(counted)
    ctx.put(created)
    return {"OrganizationalUnit": views.unit(ctx, created, (*line, created.id))}


def _check_name(ctx: Context, name: str, parent: str) -> None:
    """Raise a refusal if a unit below the same parent has the name already."""
    if any(
        each.name == name and each.parent == parent
        for each in caller_organization(ctx).of(OrganizationalUnit)
    ):
        raise organizations_fault(
            ErrorCode.DUPLICATE_UNIT, "An organizational unit with the same name already exists."
        )


@operation(on=organization_readers(resources.node_in_parameter("OrganizationalUnitId")))
def describe_organizational_unit(ctx: Context, req: Req) -> Answer:
    """Return a unit."""
    found = lookup.unit(ctx, req["OrganizationalUnitId"])
    return {
        "OrganizationalUnit": views.unit(
            ctx, found, caller_organization(ctx).ids_from_root(found.id)
        )
    }


@operation(on=management_only(resources.node_in_parameter("OrganizationalUnitId")))
def update_organizational_unit(ctx: Context, req: Req) -> Answer:
    """Rename a unit; its children and attached policies stay."""
    found = lookup.unit(ctx, req["OrganizationalUnitId"])
    name = req.get("Name", found.name)
    if name != found.name:
        _check_name(ctx, name, found.parent)
        found = replace(found, name=name)
        ctx.put(found)
    return {
        "OrganizationalUnit": views.unit(
            ctx, found, caller_organization(ctx).ids_from_root(found.id)
        )
    }


@operation(on=management_only(resources.node_in_parameter("OrganizationalUnitId")))
def delete_organizational_unit(ctx: Context, req: Req) -> None:
    """Delete a unit; raises a refusal while it has accounts or units."""
    found = lookup.unit(ctx, req["OrganizationalUnitId"])
    children = list(caller_organization(ctx).children(found.id))
    if any(lookup.is_listed_node(ctx, each) for each in children):
        raise organizations_fault(
            ErrorCode.UNIT_NOT_EMPTY,
            "The specified organizational unit is not empty; move its accounts and delete its "
            "units first.",
        )
    membership_changes.drop_unlisted_members(ctx, children)
    ctx.remove(found)


@operation(on=organization_readers(resources.node_in_parameter("ParentId")))
def list_organizational_units_for_parent(ctx: Context, req: Req) -> Answer:
    """Return the units right below the root or a unit, in order of creation."""
    parent = lookup.parent(ctx, req["ParentId"])
    line = caller_organization(ctx).ids_from_root(parent)
    found = [
        (each.serial, views.unit(ctx, each, (*line, each.id)))
        for each in caller_organization(ctx).children(parent)
        if isinstance(each, OrganizationalUnit)
    ]
    return {"OrganizationalUnits": KeyedList(found)}
