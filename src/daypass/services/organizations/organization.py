"""Operations on the organization itself: create, describe, delete."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import ALL
from daypass.core.organizations import founding
from daypass.core.organizations.refusals import ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center import departures
from daypass.services.kit.operation import any_resource, operation
from daypass.services.organizations import lookup, views
from daypass.services.organizations.handshakes import transfers
from daypass.services.organizations.membership import (
    any_member,
    caller_organization,
    management_only,
    organization_record,
)

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=any_resource)
def create_organization(ctx: Context, req: Req) -> Answer:
    """Create an organization whose management account is the caller's account."""
    account = ctx.account.record
    assert account is not None  # noqa: S101 - a caller has an account
    if account.organization:
        raise organizations_fault(
            ErrorCode.ALREADY_IN_ORGANIZATION,
            "The AWS account is already a member of an organization.",
        )
    created, account, records = founding.new_organization(
        account,
        features=req.get("FeatureSet", ALL),
        region=ctx.settings.identity_center_region,
        now=ctx.now,
        entropy=ctx.entropy,
    )
    for each in records:
        if not (isinstance(each, Role) and ctx.account.of(Role).is_taken(each.name)):
            # The account may have the role from an earlier organization.
            ctx.put(each)
    return {"Organization": views.organization(created, account)}


@operation(on=any_member(any_resource))
def describe_organization(ctx: Context, _req: Req) -> Answer:
    """Return the caller's organization."""
    found = organization_record(ctx)
    return {"Organization": views.organization(found, lookup.account_record(ctx, found.management))}


@operation(on=management_only(any_resource))
def delete_organization(ctx: Context, _req: Req) -> None:
    """Delete an organization without member accounts; the management account stays, standalone.

    Its Identity Center instance is deleted with it. Raises a refusal while it has other accounts,
    or a transfer of responsibility.
    """
    found, view = organization_record(ctx), caller_organization(ctx)
    others = [each for each in view.of(Member) if each.id != found.management]
    if any(lookup.is_listed_account(ctx, each) for each in others):
        raise organizations_fault(
            ErrorCode.ORGANIZATION_NOT_EMPTY,
            "To delete an organization you must first remove all member accounts.",
        )
    transfers.check_no_active_transfer(ctx)
    instance = ctx.directory.instance(found.instance).record if found.instance else None
    if instance is not None:
        departures.stage_instance_deletion(ctx, instance)
    for closed in others:
        ctx.put(replace(lookup.account_record(ctx, closed.id), organization=""))
    for table in view.tables():
        for each in table:
            ctx.remove(each)
    ctx.put(replace(lookup.account_record(ctx, found.management), organization=""))
