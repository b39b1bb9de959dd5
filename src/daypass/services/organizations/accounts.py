"""Operations on an organization's accounts: describe, list, close, remove and leave."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.organizations.member import Member
from daypass.core.organizations.refusals import ConstraintReason, ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation
from daypass.services.organizations import lookup, resources, views
from daypass.services.organizations.handshakes import membership_changes
from daypass.services.organizations.membership import (
    any_member,
    caller_organization,
    management_only,
    organization_readers,
    organization_record,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=organization_readers(resources.node_in_parameter("AccountId")))
def describe_account(ctx: Context, req: Req) -> Answer:
    """Return an account of the organization."""
    return {"Account": views.account(ctx, lookup.member(ctx, req["AccountId"]))}


@operation(on=organization_readers(any_resource))
def list_accounts(ctx: Context, _req: Req) -> Answer:
    """Return all accounts, the management account and closed ones included, in order of joining."""
    found = sorted(caller_organization(ctx).of(Member), key=lambda member: member.serial)
    pairs = ((each.serial, each) for each in found if lookup.is_listed_account(ctx, each))
    return {"Accounts": KeyedList(pairs, lambda member: views.account(ctx, member))}


@operation(on=management_only(resources.node_in_parameter("AccountId")))
def close_account(ctx: Context, req: Req) -> None:
    """Close an account for good; no call of it is accepted from this commit on.

    Raises a refusal for the management account, a closed account, and if the quota is used up.
    """
    owner, member = organization_record(ctx), lookup.member(ctx, req["AccountId"])
    membership_changes.check_all_features(owner)
    if member.id == owner.management:
        raise organizations_fault(
            ConstraintReason.CANNOT_CLOSE_MANAGEMENT_ACCOUNT,
            "The management account cannot be closed.",
        )
    account = lookup.account_record(ctx, member.id)
    if not account.is_open:
        raise organizations_fault(ErrorCode.ACCOUNT_CLOSED, "The account is already closed.")
    _check_closure_quota(ctx)
    ctx.put(replace(account, closed=ctx.now))


def _check_closure_quota(ctx: Context) -> None:
    """Raise a refusal if the organization may close no more accounts within thirty days."""
    members = caller_organization(ctx).of(Member)
    since = ctx.now - quotas.CLOSURE_WINDOW_SECONDS
    closed = sum(1 for each in members if lookup.account_record(ctx, each.id).closed > since)
    share = len(members) * quotas.CLOSURES_PERCENT // 100
    if closed >= min(max(quotas.CLOSURES_MIN, share), quotas.CLOSURES_MAX):
        raise organizations_fault(
            ConstraintReason.CLOSE_ACCOUNT_QUOTA_EXCEEDED,
            "You have closed as many accounts as may be closed in thirty days.",
        )


@operation(on=management_only(resources.node_in_parameter("AccountId")))
def remove_account_from_organization(ctx: Context, req: Req) -> None:
    """Remove an account from the organization, which makes it standalone."""
    membership_changes.remove_member(
        ctx, organization_record(ctx), lookup.member(ctx, req["AccountId"])
    )


@operation(on=any_member(any_resource))
def leave_organization(ctx: Context, _req: Req) -> None:
    """Remove the caller's account from its organization."""
    membership_changes.remove_member(
        ctx, organization_record(ctx), lookup.member(ctx, ctx.caller.account)
    )
