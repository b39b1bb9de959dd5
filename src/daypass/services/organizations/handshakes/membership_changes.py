"""Accounts that join or leave an organization: the records that change."""

from collections.abc import Iterable

from msgspec.structs import replace

from daypass.core.domain.account import Account
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import ALL, Organization
from daypass.core.domain.record import Tag
from daypass.core.organizations import membership_roles, names
from daypass.core.organizations.refusals import ConstraintReason, ErrorCode, organizations_fault
from daypass.core.sessions.keyids import unique_id
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center import departures, organization_instances
from daypass.services.organizations import lookup, root_emails, tree_nodes
from daypass.services.organizations.handshakes import all_features_handshakes
from daypass.state.snapshot.organization_view import OrganizationNode


def put_service_role(ctx: Context, account: str) -> None:
    """Stage the role by which Organizations reaches an account, unless the account has it."""
    if not ctx.directory.account(account).of(Role).is_taken(membership_roles.SERVICE_ROLE):
        ctx.put(
            membership_roles.service_role(
                account, unique_id=unique_id("AROA", ctx.entropy(11)), now=ctx.now
            )
        )


def add_member(
    ctx: Context, record: Organization, account: Account, *, method: str, tags: tuple[Tag, ...]
) -> Organization:
    """Stage an account as a member right below the root.

    Returns the organization that has counted it, which is staged too.
    """
    serial, counted = tree_nodes.take_serial(record)
    ctx.put(counted)
    if not account.email:
        account = replace(account, email=names.placeholder_email(account.account))
        root_emails.stage_root_email(ctx, account.email, account.account)
    ctx.put(
        Member(
            account=record.id,
            id=account.account,
            parent=record.root_id,
            serial=serial,
            joined=ctx.now,
            method=method,
            attached=tree_nodes.full_access_policies(record),
            tags=tags,
        )
    )
    ctx.put(replace(account, organization=record.id))
    if record.features == ALL:
        put_service_role(ctx, account.account)
    if record.instance:
        organization_instances.stage_service_role(ctx, account.account)
    return counted


def remove_member(ctx: Context, record: Organization, member: Member) -> None:
    """Stage that an account is standalone; its position, tags and attached policies are dropped.

    So is all that it has of the organization's Identity Center instance. Raises a refusal for the
    management account, for a delegated administrator, and for an account that was created too
    recently.
    """
    if member.id == record.management:
        raise organizations_fault(
            ErrorCode.MASTER_STAYS, "The management account cannot leave its organization."
        )
    if member.delegations:
        raise organizations_fault(
            ConstraintReason.CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG,
            "The account is a delegated administrator; deregister it first.",
        )
    wait = ctx.settings.removal_wait_seconds
    if member.method == "CREATED" and ctx.now < member.joined + wait:
        raise organizations_fault(
            ConstraintReason.WAIT_PERIOD_ACTIVE,
            f"An account that was created in an organization stays in it for {wait} seconds.",
        )
    drop_member(ctx, member)


def drop_member(ctx: Context, member: Member) -> None:
    """Stage that an account is standalone, without the checks of `remove_member`."""
    left = ctx.directory.organization(member.account).record
    assert left is not None  # noqa: S101 - a member's organization exists
    departures.stage_account_departure(ctx, left, member.id)
    ctx.remove(member)
    ctx.put(replace(lookup.account_record(ctx, member.id), organization=""))
    all_features_handshakes.cancel_for_removed_account(ctx, member)


def drop_unlisted_members(ctx: Context, unlisted: Iterable[OrganizationNode]) -> None:
    """Stage that accounts that are no longer listed are standalone.

    They were closed long ago, and must not keep a unit or a policy from being deleted.
    """
    for each in unlisted:
        if isinstance(each, Member):
            drop_member(ctx, each)


ALL_FEATURES_REQUIRED = "This action requires an organization with all features."


def check_all_features(record: Organization) -> None:
    """Raise a refusal if an organization has consolidated billing alone."""
    if record.features != ALL:
        raise organizations_fault(
            ConstraintReason.ORGANIZATION_NOT_IN_ALL_FEATURES_MODE, ALL_FEATURES_REQUIRED
        )
