"""Operations on an account's effective management policy, merged from all policies above it."""

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
    """Return the requested account as the target; another account's is for readers alone."""
    target = req.get("TargetId", ctx.caller.account)
    located = resources.node_in_parameter("TargetId")
    if target == ctx.caller.account:
        return located(ctx, {**req, "TargetId": target})
    return organization_readers(located)(ctx, req)


@operation(on=any_member(_own_account_or_reader))
def describe_effective_policy(ctx: Context, req: Req) -> OperationSteps:
    """Return an account's effective policy of a type; without `TargetId`, the caller's."""
    target, kind = req.get("TargetId", ctx.caller.account), req["PolicyType"]
    if not is_account_id(target):
        raise organizations_fault(
            InputReason.TARGET_NOT_SUPPORTED, "Only accounts have effective policies."
        )
    member = lookup.member(ctx, target, missing_code=ErrorCode.TARGET_NOT_FOUND)
    content, policies = yield from merged_policy(ctx, member.id, kind)
    if content is None:
        raise organizations_fault(
            ErrorCode.EFFECTIVE_POLICY_NOT_FOUND,
            "There is no effective policy of that type for the account.",
        )
    effective_policy = {
        "PolicyContent": content,
        "LastUpdatedTimestamp": max(each.updated for each in policies),
        "TargetId": member.id,
        "PolicyType": kind,
    }
    return {"EffectivePolicy": effective_policy}


def merged_policy(
    ctx: Context, account: str, policy_type: str
) -> Generator[None, None, tuple[str | None, Sequence[OrganizationPolicy]]]:
    """Return an account's merged policy as JSON, None without one, and the policies behind it.

    Merging goes in steps, between which other calls may run.
    """
    content, policies = yield from caller_organization(ctx).effective_policy_in_steps(
        account, policy_type
    )
    yield
    return (None if content is None else json.dumps(content, separators=(",", ":"))), policies


def _is_too_long(content: str | None, policy_type: str) -> bool:
    """Return whether a merged policy is longer than a policy of its type may be."""
    return content is not None and len(content) > POLICY_TYPES[policy_type].length_max


@operation(on=organization_readers(resources.any_resource_with_keys))
def list_accounts_with_invalid_effective_policy(ctx: Context, req: Req) -> OperationSteps:
    """Return the accounts whose merged policy is longer than its type allows."""
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
    """Return the errors of an account's merged policy: at most one, that it is too long."""
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
