"""Effective policies: what all management policies above an account come to."""

import json
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from daypass.core.account_ids import is_account_id
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.organizations.policies.policy_types import POLICY_TYPES
from daypass.core.organizations.refusals import ErrorCode, InputReason, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import OperationSteps, ResourceTarget, operation
from daypass.services.organizations import lookup, resources, views
from daypass.services.organizations.membership import (
    any_member,
    caller_organization,
    organization_readers,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]


def _own_account_or_reader(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
    """Locate for everybody's own account, and for readers any other."""
    target = req.get("TargetId", ctx.caller.account)
    located = resources.node_in_parameter("TargetId")
    if target == ctx.caller.account:
        return located(ctx, {**req, "TargetId": target})
    return organization_readers(located)(ctx, req)


@operation(on=any_member(_own_account_or_reader))
def describe_effective_policy(ctx: Context, req: Req) -> OperationSteps:
    """Show what the policies of a type come to for an account, the caller's where none is named."""
    target, kind = req.get("TargetId", ctx.caller.account), req["PolicyType"]
    if not is_account_id(target):
        raise organizations_fault(
            InputReason.TARGET_NOT_SUPPORTED, "Only accounts have effective policies."
        )
    member = lookup.member(ctx, target, missing=ErrorCode.TARGET_NOT_FOUND)
    content, policies = yield from merged_policy(ctx, member.id, kind)
    if content is None:
        raise organizations_fault(
            ErrorCode.EFFECTIVE_POLICY_NOT_FOUND,
            "There is no effective policy of that type for the account.",
        )
    shown = {
        "PolicyContent": content,
        "LastUpdatedTimestamp": max(each.updated for each in policies),
        "TargetId": member.id,
        "PolicyType": kind,
    }
    return {"EffectivePolicy": shown}


def merged_policy(
    ctx: Context, account: str, kind: str
) -> Generator[None, None, tuple[str | None, Sequence[OrganizationPolicy]]]:
    """Return the merged text for an account, nothing where there is none, and the policies that it comes from."""
    content, policies = yield from caller_organization(ctx).effective_policy_in_steps(account, kind)
    yield
    return (None if content is None else json.dumps(content, separators=(",", ":"))), policies


def _is_too_long(content: str | None, kind: str) -> bool:
    return content is not None and len(content) > POLICY_TYPES[kind].length_max


@operation(on=organization_readers(resources.any_resource_with_keys))
def list_accounts_with_invalid_effective_policy(ctx: Context, req: Req) -> OperationSteps:
    """Show the accounts whose merged policy is longer than a policy of its type may be."""
    kind = req["PolicyType"]
    found = []
    for each in sorted(caller_organization(ctx).of(Member), key=lambda member: member.serial):
        if lookup.is_listed_account(ctx, each):
            content, _ = yield from merged_policy(ctx, each.id, kind)
            if _is_too_long(content, kind):
                found.append((each.serial, views.account(ctx, each)))
    return {"Accounts": KeyedList(found), "PolicyType": kind}


@operation(on=organization_readers(resources.node_in_parameter("AccountId")))
def list_effective_policy_validation_errors(ctx: Context, req: Req) -> OperationSteps:
    """Show what is wrong with the merged policy of an account: that it is too long, if it is."""
    member, kind = lookup.member(ctx, req["AccountId"]), req["PolicyType"]
    content, policies = yield from merged_policy(ctx, member.id, kind)
    errors = []
    if _is_too_long(content, kind):
        longest = POLICY_TYPES[kind].length_max
        error = {
            "ErrorCode": "ELEMENTS_TOO_MANY",
            "ErrorMessage": f"The effective policy is longer than {longest} characters.",
            "PathToError": "",
            "ContributingPolicies": [each.id for each in policies],
        }
        errors.append((0, error))
    return {
        "AccountId": member.id,
        "PolicyType": kind,
        "Path": caller_organization(ctx).path(member.id),
        "EvaluationTimestamp": ctx.now,
        "EffectivePolicyValidationErrors": KeyedList(errors),
    }
