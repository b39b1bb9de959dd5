"""Organizations' structures made from records, as its operations answer them."""

from typing import Any

from daypass.core.domain.account import Account
from daypass.core.domain.organizations.account_creation import AccountCreation
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations import handshakes, transfers, tree
from daypass.core.organizations.policies.policy_types import SCP, AWSOwnedPolicy
from daypass.core.time.timestamps import iso8601
from daypass.services.kit.context import Context
from daypass.services.organizations import handshake_parties, lookup, resources
from daypass.services.organizations.membership import caller_organization, organization_record

View = dict[str, Any]
ROOT_NAME = "Root"


def organization(record: Organization, management: Account) -> View:
    """Return an `Organization`.

    `AvailablePolicyTypes` names SCPs alone, as AWS's does: ListRoots has the enabled types.
    """
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
    """Return a `Root` with the policy types that are enabled."""
    return {
        "Id": record.root_id,
        "Arn": record.root_arn,
        "Name": ROOT_NAME,
        "PolicyTypes": [{"Type": each, "Status": "ENABLED"} for each in record.policy_types],
    }


def unit(ctx: Context, record: OrganizationalUnit, ids_from_root: tuple[str, ...]) -> View:
    """Return an `OrganizationalUnit`; `ids_from_root` has the ids from the root down to it."""
    return {
        "Id": record.id,
        "Arn": resources.node_arn(ctx, record),
        "Name": record.name,
        "Path": tree.organization_path(record.account, ids_from_root),
    }


def account_state(account: Account) -> View:
    """Return an account's `State`, and the older `Status`, which some clients still read."""
    if account.is_open:
        return {"State": "ACTIVE", "Status": "ACTIVE"}
    return {"State": "CLOSED", "Status": "SUSPENDED"}


def account(ctx: Context, member: Member) -> View:
    """Return an `Account`."""
    return {**_account_view(ctx, member), "Paths": [caller_organization(ctx).path(member.id)]}


def delegated_administrator(ctx: Context, member: Member, *, enabled: int) -> View:
    """Return a `DelegatedAdministrator`; `enabled` is in seconds since 1970."""
    return {**_account_view(ctx, member), "DelegationEnabledDate": enabled}


def _account_view(ctx: Context, member: Member) -> View:
    """Return the members that `Account` and `DelegatedAdministrator` share."""
    record = lookup.account_record(ctx, member.id)
    return {
        "Id": member.id,
        "Arn": resources.node_arn(ctx, member),
        "Email": record.email,
        "Name": record.name,
        **account_state(record),
        "JoinedMethod": member.method,
        "JoinedTimestamp": member.joined,
    }


def creation(record: AccountCreation) -> View:
    """Return a `CreateAccountStatus`."""
    view: View = {
        "Id": record.id,
        "AccountName": record.name,
        "State": record.state,
        "RequestedTimestamp": record.requested,
        "CompletedTimestamp": record.completed,
    }
    return view | (
        {"FailureReason": record.failure} if record.failure else {"AccountId": record.created}
    )


def policy_summary(ctx: Context, record: OrganizationPolicy | AWSOwnedPolicy) -> View:
    """Return a `PolicySummary`."""
    return {
        "Id": record.id,
        "Arn": resources.arn_of_policy(ctx, record),
        "Name": record.name,
        "Description": record.description,
        "Type": record.type,
        "AwsManaged": isinstance(record, AWSOwnedPolicy),
    }


def policy(ctx: Context, record: OrganizationPolicy | AWSOwnedPolicy) -> View:
    """Return a `Policy`, with its text as it was sent."""
    return {"PolicySummary": policy_summary(ctx, record), "Content": record.content}


def handshake(
    ctx: Context, record: Handshake, *, transfer: ResponsibilityTransfer | None = None
) -> View:
    """Return a `Handshake`; `transfer` is the offered transfer if it is only staged."""
    owner = handshake_parties.sending_organization(ctx, record)
    invited = [_party(record.target, is_email=record.is_email)] if record.target else []
    return {
        "Id": record.id,
        "Arn": handshakes.handshake_arn(owner, record),
        "Parties": [{"Id": owner.id, "Type": "ORGANIZATION"}, *invited],
        "State": handshakes.handshake_state(record, ctx.now),
        "RequestedTimestamp": record.requested,
        "ExpirationTimestamp": record.expires,
        "Action": record.action,
        "Resources": _handshake_resources(ctx, owner, record, transfer),
    }


def _party(target: str, *, is_email: bool) -> View:
    return {"Id": target, "Type": handshakes.EMAIL if is_email else handshakes.ACCOUNT}


def _handshake_resources(
    ctx: Context, owner: Organization, record: Handshake, offered: ResponsibilityTransfer | None
) -> list[View]:
    """Return the resources of a handshake: organization, account, and those of its kind."""
    if not record.target:
        return [_resource("ORGANIZATION", owner.id)]
    management = lookup.account_record(ctx, owner.management)
    sender = [
        _resource("MASTER_EMAIL", management.email),
        _resource("MASTER_NAME", management.name),
        _resource("ORGANIZATION_FEATURE_SET", owner.features),
    ]
    if record.action == handshakes.TRANSFER_RESPONSIBILITY:
        sender = [
            _resource("MANAGEMENT_ACCOUNT", owner.management),
            _resource("MANAGEMENT_EMAIL", management.email),
            _resource("MANAGEMENT_NAME", management.name),
        ]
    kind = handshakes.EMAIL if record.is_email else handshakes.ACCOUNT
    resources = [
        {**_resource("ORGANIZATION", owner.id), "Resources": sender},
        _resource(kind, record.target),
    ]
    if record.parent:
        resources.append(_resource("PARENT_HANDSHAKE", record.parent))
    resources += _offered_transfer_resources(offered or _transfer_of_handshake(ctx, record))
    if record.notes:
        resources.append(_resource("NOTES", record.notes))
    return resources


def _resource(kind: str, value: str) -> View:
    return {"Type": kind, "Value": value}


def _transfer_of_handshake(ctx: Context, record: Handshake) -> ResponsibilityTransfer | None:
    """Return the stored transfer that a handshake offers; None if it offers none."""
    transfers = ctx.directory.organization(record.account).of(ResponsibilityTransfer)
    return next((each for each in transfers if each.handshake == record.id), None)


def _offered_transfer_resources(offered: ResponsibilityTransfer | None) -> list[View]:
    """Return the resources of an offered transfer; empty without one."""
    if offered is None:
        return []
    return [
        _resource("RESPONSIBILITY_TRANSFER", offered.id),
        _resource("TRANSFER_TYPE", offered.type),
        _resource("TRANSFER_START_TIMESTAMP", iso8601(offered.start)),
    ]


def transfer(ctx: Context, record: ResponsibilityTransfer, *, direction: str) -> View:
    """Return a `ResponsibilityTransfer` as one side sees it; only an inbound one has a name."""
    target = ctx.directory.organization(record.account).record
    assert target is not None  # noqa: S101 - a transfer is deleted with its organization
    view: View = {
        "Arn": transfers.transfer_arn(organization_record(ctx), record, direction),
        "Id": record.id,
        "Type": record.type,
        "Status": transfers.transfer_status(record, ctx.now),
        "Source": _transfer_source(ctx, record),
        "Target": _transfer_participant(ctx, target.management),
        "StartTimestamp": record.start,
        "ActiveHandshakeId": record.handshake,
    }
    if direction == transfers.INBOUND:
        view["Name"] = record.name
    return view | ({"EndTimestamp": record.end} if record.end else {})


def _transfer_source(ctx: Context, record: ResponsibilityTransfer) -> View:
    """Return the side whose bill is transferred; before it accepts, only what was invited."""
    if record.source:
        return _transfer_participant(ctx, record.source)
    return {
        "ManagementAccountEmail" if record.is_email else "ManagementAccountId": record.invited,
    }


def _transfer_participant(ctx: Context, account: str) -> View:
    email = lookup.account_record(ctx, account).email
    return {"ManagementAccountId": account, "ManagementAccountEmail": email}
