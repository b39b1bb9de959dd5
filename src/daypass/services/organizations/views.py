"""Our records as Organizations shows them."""

from typing import Any

from daypass.core.domain.account import Account
from daypass.core.domain.account_creation import AccountCreation
from daypass.core.domain.member import Member
from daypass.core.domain.organization import Organization
from daypass.core.domain.organization_policy import OrganizationPolicy
from daypass.core.domain.organizational_unit import OrganizationalUnit
from daypass.core.domain.record import Tag
from daypass.core.organizations import tree
from daypass.core.organizations.policy_types import SCP, Published
from daypass.services.kit.context import Context
from daypass.services.organizations import lookup, targets
from daypass.services.organizations.membership import organization

View = dict[str, Any]
ROOT_NAME = "Root"


def shown(record: Organization, management: Account) -> View:
    """Show an organization; `AvailablePolicyTypes` names SCPs alone, as AWS's does: ListRoots is the truth."""
    return {
        "Id": record.id,
        "Arn": record.arn,
        "FeatureSet": record.features,
        "MasterAccountArn": f"{record.prefix}:account/{record.id}/{record.management}",
        "MasterAccountId": record.management,
        "MasterAccountEmail": management.email,
        "AvailablePolicyTypes": [{"Type": SCP, "Status": "ENABLED"}],
    }


def root(record: Organization) -> View:
    """Show a root; a type that is off is not among its types."""
    return {
        "Id": record.root_id,
        "Arn": record.root_arn,
        "Name": ROOT_NAME,
        "PolicyTypes": [{"Type": each, "Status": "ENABLED"} for each in record.policy_types],
    }


def unit(ctx: Context, record: OrganizationalUnit, line: tuple[str, ...]) -> View:
    """Show an organizational unit; `line` are the ids from the root down to it."""
    return {
        "Id": record.id,
        "Arn": targets.arn_of(ctx, record),
        "Name": record.name,
        "Path": tree.path(record.account, line),
    }


def state(account: Account) -> View:
    """Show whether an account works, in AWS's newer word and its older one, which some clients still read."""
    if account.is_open:
        return {"State": "ACTIVE", "Status": "ACTIVE"}
    return {"State": "CLOSED", "Status": "SUSPENDED"}


def account(ctx: Context, member: Member) -> View:
    """Show an account of the organization."""
    return {**_account(ctx, member), "Paths": [organization(ctx).path(member.id)]}


def delegated(ctx: Context, member: Member, *, enabled: int) -> View:
    """Show an account that administers a service."""
    return {**_account(ctx, member), "DelegationEnabledDate": enabled}


def _account(ctx: Context, member: Member) -> View:
    record = lookup.account(ctx, member.id)
    return {
        "Id": member.id,
        "Arn": targets.arn_of(ctx, member),
        "Email": record.email,
        "Name": record.name,
        **state(record),
        "JoinedMethod": member.method,
        "JoinedTimestamp": member.joined,
    }


def creation(record: AccountCreation) -> View:
    """Show a request to create an account, and what became of it."""
    shown: View = {
        "Id": record.id,
        "AccountName": record.name,
        "State": record.state,
        "RequestedTimestamp": record.requested,
        "CompletedTimestamp": record.completed,
    }
    return shown | (
        {"FailureReason": record.failure} if record.failure else {"AccountId": record.created}
    )


def policy_summary(ctx: Context, record: OrganizationPolicy | Published) -> View:
    """Show a policy without its text."""
    return {
        "Id": record.id,
        "Arn": targets.name_of(ctx, record),
        "Name": record.name,
        "Description": record.description,
        "Type": record.type,
        "AwsManaged": isinstance(record, Published),
    }


def policy(ctx: Context, record: OrganizationPolicy | Published) -> View:
    """Show a policy with its text as it was sent."""
    return {"PolicySummary": policy_summary(ctx, record), "Content": record.content}


def tags(labels: tuple[Tag, ...]) -> list[View]:
    """Show tags."""
    return [{"Key": tag.key, "Value": tag.value} for tag in labels]
