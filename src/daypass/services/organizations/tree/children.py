"""Where things are in the tree: parents, children, and accounts that move."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.organizations.refusals import ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.organizations import lookup, resources, views
from daypass.services.organizations.membership import by_management, by_readers, organization
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
UNIT = "ORGANIZATIONAL_UNIT"


@operation(on=by_readers(resources.place("ChildId")))
def list_parents(ctx: Context, req: Req) -> Answer:
    """Show the one parent of a unit or account."""
    child = lookup.node(ctx, req["ChildId"], missing=ErrorCode.CHILD_NOT_FOUND)
    kind = "ROOT" if child.parent.startswith("r-") else UNIT
    return {"Parents": KeyedList([(0, {"Id": child.parent, "Type": kind})])}


@operation(on=by_readers(resources.place("ParentId")))
def list_children(ctx: Context, req: Req) -> Answer:
    """Show the ids of the units or of the accounts right below the root or a unit."""
    parent, kind = lookup.parent(ctx, req["ParentId"]), req["ChildType"]
    wanted = OrganizationalUnit if kind == UNIT else Member
    found = [
        (each.serial, {"Id": each.id, "Type": kind})
        for each in organization(ctx).children(parent)
        if isinstance(each, wanted) and lookup.is_seen(ctx, each)
    ]
    return {"Children": KeyedList(found)}


@operation(on=by_readers(resources.place("ParentId")))
def list_accounts_for_parent(ctx: Context, req: Req) -> Answer:
    """Show the accounts right below the root or a unit, in the order in which they came."""
    parent = lookup.parent(ctx, req["ParentId"])
    found = (
        (each.serial, each)
        for each in organization(ctx).children(parent)
        if isinstance(each, Member) and lookup.is_listed(ctx, each)
    )
    return {"Accounts": KeyedList(found, lambda member: views.account(ctx, member))}


@operation(
    on=by_management(
        resources.several(
            resources.place("AccountId"),
            resources.place("SourceParentId"),
            resources.place("DestinationParentId"),
        )
    )
)
def move_account(ctx: Context, req: Req) -> None:
    """Hang an account below another parent; what stands above it changes with the commit."""
    found = lookup.member(ctx, req["AccountId"])
    if found.parent != req["SourceParentId"]:
        raise organizations_fault(
            ErrorCode.SOURCE_NOT_FOUND, "The account isn't in the source that you specified."
        )
    destination = lookup.parent(
        ctx, req["DestinationParentId"], missing=ErrorCode.DESTINATION_NOT_FOUND
    )
    if destination == found.parent:
        raise organizations_fault(
            ErrorCode.DUPLICATE_ACCOUNT, "The account is already in the specified destination."
        )
    ctx.put(replace(found, parent=destination))
