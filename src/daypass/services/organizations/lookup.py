"""Records that a request names, found in the caller's organization, or the refusal in AWS's words.

Another organization's records are refused like ids that do not exist.
"""

from daypass.core import quotas
from daypass.core.domain.account import Account
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.faults import ServiceFault
from daypass.core.organizations import handshakes
from daypass.core.organizations.policies.policy_types import AWS_OWNED_POLICIES, AWSOwnedPolicy
from daypass.core.organizations.refusals import ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.organizations.membership import caller_organization, organization_record
from daypass.state.snapshot.organization_view import OrganizationNode, OrganizationView

NO_ACCOUNT = "You specified an account that doesn't exist."


def account_record(ctx: Context, identifier: str) -> Account:
    """Return the record of an existing account, of whichever organization."""
    found = ctx.directory.account(identifier).record
    assert found is not None  # noqa: S101 - every member is an existing account
    return found


def is_listed_account(ctx: Context, member: Member) -> bool:
    """Return whether an account is still listed: closed ones are for ninety days."""
    closed = account_record(ctx, member.id).closed
    return not closed or ctx.now < closed + quotas.CLOSED_ACCOUNT_SECONDS


def is_listed_node(ctx: Context, node: OrganizationNode) -> bool:
    """Return whether a root, unit or account is still listed."""
    return not isinstance(node, Member) or is_listed_account(ctx, node)


def member(
    ctx: Context, identifier: str, *, missing_code: ErrorCode = ErrorCode.ACCOUNT_NOT_FOUND
) -> Member:
    """Return the member account of an id; raises a fault of `missing_code`."""
    found = caller_organization(ctx).of(Member).get(identifier)
    if found is None or not is_listed_account(ctx, found):
        raise organizations_fault(missing_code, NO_ACCOUNT)
    return found


def unit(
    ctx: Context, identifier: str, *, missing_code: ErrorCode = ErrorCode.UNIT_NOT_FOUND
) -> OrganizationalUnit:
    """Return the organizational unit of an id; raises a fault of `missing_code`."""
    found = caller_organization(ctx).of(OrganizationalUnit).get(identifier)
    if found is None:
        raise organizations_fault(
            missing_code, "You specified an organizational unit that doesn't exist."
        )
    return found


def root(ctx: Context, identifier: str) -> Organization:
    """Return the organization whose root has an id; raises a refusal for another id."""
    found = organization_record(ctx)
    if found.root_id != identifier:
        raise organizations_fault(
            ErrorCode.ROOT_NOT_FOUND, "You specified a root that doesn't exist."
        )
    return found


def parent(
    ctx: Context, identifier: str, *, missing_code: ErrorCode = ErrorCode.PARENT_NOT_FOUND
) -> str:
    """Return the id unchanged if it is of a root or unit; raises a fault of `missing_code`."""
    if identifier != organization_record(ctx).root_id and identifier not in caller_organization(
        ctx
    ).of(OrganizationalUnit):
        raise organizations_fault(missing_code, "You specified a parent that doesn't exist.")
    return identifier


def node(
    ctx: Context, identifier: str, *, missing_code: ErrorCode = ErrorCode.TARGET_NOT_FOUND
) -> OrganizationNode:
    """Return the root, unit or account of an id; raises a fault of `missing_code`."""
    found = caller_organization(ctx).node(identifier)
    if found is None or (isinstance(found, Member) and not is_listed_account(ctx, found)):
        raise organizations_fault(missing_code, "You specified a target that doesn't exist.")
    return found


NO_POLICY = "You specified a policy that doesn't exist."


def policy(
    ctx: Context,
    identifier: str,
    *,
    missing_code: ErrorCode = ErrorCode.POLICY_NOT_FOUND,
    missing_message: str = NO_POLICY,
) -> OrganizationPolicy | AWSOwnedPolicy:
    """Return a policy of the organization, or one that AWS manages.

    Raises a fault of `missing_code` with `missing_message`.
    """
    found = caller_organization(ctx).of(OrganizationPolicy).get(
        identifier
    ) or AWS_OWNED_POLICIES.get(identifier)
    if found is None:
        raise organizations_fault(missing_code, missing_message)
    return found


def type_not_enabled() -> ServiceFault:
    """Return the fault to raise if the root does not have a policy type enabled."""
    return organizations_fault(
        ErrorCode.TYPE_NOT_ENABLED,
        "This operation can be performed only for enabled policy types.",
    )


def has_account_quota(ctx: Context) -> bool:
    """Return whether the organization may have one more account.

    Open invitations count, and closed accounts as long as they are listed.
    """
    view = caller_organization(ctx)
    invited = sum(
        1
        for each in view.of(Handshake)
        if each.action == handshakes.INVITE
        and handshakes.handshake_state(each, ctx.now) == handshakes.OPEN
    )
    return has_fewer_accounts(ctx, view, ctx.settings.accounts_max - invited)


def has_fewer_accounts(ctx: Context, view: OrganizationView, limit: int) -> bool:
    """Return whether an organization has fewer listed accounts than `limit`."""
    # If there is room even with accounts that are no longer listed, no account is read: a change of
    # an account that a run has read makes the operation run again.
    return (
        len(view.of(Member)) < limit
        or sum(is_listed_account(ctx, each) for each in view.of(Member)) < limit
    )
