"""Which accounts may call an operation: checked before any policy is evaluated.

A caller outside every organization, and a member that calls an operation of the management account,
are refused in AWS's flat words, whatever their own policies say. Source: Organizations user guide,
"Managing access permissions for an organization" and "Delegated administrator for AWS
Organizations".
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.organizations import refusals
from daypass.core.organizations.refusals import ErrorCode, organizations_fault
from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import PolicySet, single_policy_set
from daypass.services.kit.context import Context
from daypass.services.kit.operation import ResourceLocator, ResourceTarget
from daypass.state.snapshot.organization_view import OrganizationView

Req = Mapping[str, Any]


def caller_organization(ctx: Context) -> OrganizationView:
    """Return the organization of the caller's account; raises a refusal without one."""
    found = ctx.directory.organization_of(ctx.caller.account)
    if found is None:
        raise organizations_fault(ErrorCode.NOT_IN_USE, refusals.NOT_IN_USE)
    return found


def organization_record(ctx: Context) -> Organization:
    """Return the record of the caller's organization; raises a refusal without one."""
    found = caller_organization(ctx).record
    assert found is not None  # noqa: S101 - an account's organization exists
    return found


def is_management_caller(ctx: Context) -> bool:
    """Return whether the caller's account is the management account."""
    return organization_record(ctx).management == ctx.caller.account


def management_only(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that admits the management account alone."""

    def locate_for_management(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
        if not is_management_caller(ctx):
            raise organizations_fault(ErrorCode.NOT_YOURS, refusals.NOT_YOURS)
        return locate(ctx, req)

    return locate_for_management


def any_member(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that admits every account of the organization."""

    def locate_for_member(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
        caller_organization(ctx)
        return locate(ctx, req)

    return locate_for_member


def organization_readers(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that admits the accounts that may read the organization.

    They are the management account, every delegated administrator, and callers to whom the
    organization's resource policy grants an action.
    """

    def is_delegated(ctx: Context) -> bool:
        member = caller_organization(ctx).of(Member).get(ctx.caller.account)
        return member is not None and bool(member.delegations)

    return _with_resource_policy(locate, also=is_delegated)


def policy_managers(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that admits the management account and grantees of the resource policy.

    Grantees are callers to whom the organization's resource policy grants an action.
    """
    return _with_resource_policy(locate, also=lambda _ctx: False)


def _with_resource_policy(
    locate: ResourceLocator, *, also: Callable[[Context], bool]
) -> ResourceLocator:
    """Return a locator that admits the management account, `also`, and grantees.

    The targets carry the organization's resource policy where it applies to the caller.
    """

    def locate_if_admitted(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
        if is_management_caller(ctx):
            return locate(ctx, req)
        if also(ctx):
            # The caller's own policies allow; the resource policy can still deny.
            return _with_owner_and_policy(
                locate(ctx, req),
                account=ctx.caller.account,
                policy=_denying_resource_policy(ctx),
                policy_owner=organization_record(ctx).management,
            )
        policy = _granting_resource_policy(ctx)
        if policy is None:
            raise organizations_fault(ErrorCode.NOT_YOURS, refusals.NOT_YOURS)
        # The resource is the management account's: both sides must allow, as across any two
        # accounts.
        return _with_owner_and_policy(
            locate(ctx, req), account=organization_record(ctx).management, policy=policy
        )

    return locate_if_admitted


def _with_owner_and_policy(
    located: ResourceTarget | Sequence[ResourceTarget],
    *,
    account: str,
    policy: PolicySet | None,
    policy_owner: str = "",
) -> Sequence[ResourceTarget]:
    """Return targets with another owner and resource policy."""
    targets = (located,) if isinstance(located, ResourceTarget) else located
    return [
        replace(each, account=account, policy=policy, policy_owner=policy_owner) for each in targets
    ]


def _denying_resource_policy(ctx: Context) -> PolicySet | None:
    """Return the deny statements of the organization's resource policy; None without it."""
    for resource_policy in caller_organization(ctx).of(ResourcePolicy):
        return _deny_statements(resource_policy.content)
    return None


@lru_cache(maxsize=256)
def _deny_statements(text: str) -> PolicySet:
    """Return the deny statements of a resource policy, compiled and cached by text."""
    return single_policy_set(text, PolicyGrammar.RESOURCE, RESOURCE_POLICY_NAME).denies_only()


RESOURCE_POLICY_NAME = "organization's resource policy"
"""The name of the policy in explanations."""


def _granting_resource_policy(ctx: Context) -> PolicySet | None:
    """Return the resource policy if a statement allows the caller an action; None otherwise."""
    for resource_policy in caller_organization(ctx).of(ResourcePolicy):
        policy = single_policy_set(
            resource_policy.content, PolicyGrammar.RESOURCE, RESOURCE_POLICY_NAME
        )
        caller = ctx.caller.principal
        if any(
            rule.statement.is_allow and rule.statement.grant_for(caller, has_boundary=False)
            for rule in policy.rules
        ):
            return policy
    return None
