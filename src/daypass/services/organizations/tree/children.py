"""Operations on positions in the tree: parents, children, and moving accounts."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.organizations.refusals import ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.organizations import lookup, resources, views
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_readers,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
ORGANIZATIONAL_UNIT = "ORGANIZATIONAL_UNIT"


@operation(on=organization_readers(resources.node_in_parameter("ChildId")))
def list_parents(ctx: Context, req: Req) -> Answer:
    """Return the one parent of a unit or account."""
    child = lookup.node(ctx, req["ChildId"], missing_code=ErrorCode.CHILD_NOT_FOUND)
    kind = "ROOT" if child.parent.startswith("r-") else ORGANIZATIONAL_UNIT
    return {"Parents": KeyedList([(0, {"Id": child.parent, "Type": kind})])}


@operation(on=organization_readers(resources.node_in_parameter("ParentId")))
def list_children(ctx: Context, req: Req) -> Answer:
    """Return the ids of the units, or of the accounts, right below the root or a unit."""
    parent, kind = lookup.parent(ctx, req["ParentId"]), req["ChildType"]
    record_class = OrganizationalUnit if kind == ORGANIZATIONAL_UNIT else Member
    found = [
        (each.serial, {"Id": each.id, "Type": kind})
        for each in caller_organization(ctx).children(parent)
        if isinstance(each, record_class) and lookup.is_listed_node(ctx, each)
    ]
    return {"Children": KeyedList(found)}


@operation(on=organization_readers(resources.node_in_parameter("ParentId")))
def list_accounts_for_parent(ctx: Context, req: Req) -> Answer:
    """Return the accounts right below the root or a unit, in order of joining."""
    parent = lookup.parent(ctx, req["ParentId"])
    found = (
        (each.serial, each)
        for each in caller_organization(ctx).children(parent)
        if isinstance(each, Member) and lookup.is_listed_account(ctx, each)
    )
    return {"Accounts": KeyedList(found, lambda member: views.account(ctx, member))}


@operation(
    on=management_only(
        resources.all_of(
            resources.node_in_parameter("AccountId"),
            resources.node_in_parameter("SourceParentId"),
            resources.node_in_parameter("DestinationParentId"),
        )
    )
)
def move_account(ctx: Context, req: Req) -> None:
    """Move an account to another parent, whose policies apply to it from this commit on."""
    found = lookup.member(ctx, req["AccountId"])
    if found.parent != req["SourceParentId"]:
        raise organizations_fault(
            ErrorCode.SOURCE_NOT_FOUND, "The account isn't in the source that you specified."
        )
    destination = lookup.parent(
        ctx, req["DestinationParentId"], missing_code=ErrorCode.DESTINATION_NOT_FOUND
    )
    if destination == found.parent:
        raise organizations_fault(
            ErrorCode.DUPLICATE_ACCOUNT, "The account is already in the specified destination."
        )
    ctx.put(replace(found, parent=destination))
