"""EnableAllFeatures, for an organization that was created with consolidated billing alone."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import INVITED, Member
from daypass.core.domain.organizations.organization import ALL, Organization
from daypass.core.organizations import handshakes
from daypass.core.organizations.handshakes import ACCEPTED, CANCELED, INVITE
from daypass.core.organizations.policies.policy_types import SCP
from daypass.core.organizations.refusals import HandshakeReason, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center import organization_instances
from daypass.services.kit.operation import any_resource, operation
from daypass.services.organizations import handshake_parties, lookup, tree_nodes, views
from daypass.services.organizations.handshakes import (
    all_features_handshakes,
    handshake_records,
    membership_changes,
)
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_record,
)

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=management_only(any_resource))
def enable_all_features(ctx: Context, _req: Req) -> Answer:
    """Send a handshake to every invited account; without any, enable all features at once."""
    owner, view = organization_record(ctx), caller_organization(ctx)
    if owner.features == ALL:
        raise organizations_fault(
            HandshakeReason.ORGANIZATION_ALREADY_HAS_ALL_FEATURES,
            "The organization has all features already.",
        )
    if all_features_handshakes.pending_handshake(view, ctx.now) is not None:
        raise organizations_fault(
            HandshakeReason.ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION,
            "The organization has already started the process to enable all features.",
        )
    handshake_records.remove_forgotten(ctx, view)
    for each in view.of(Handshake):
        if each.action == INVITE and handshakes.is_pending(each, ctx.now):
            handshake_records.end_handshake(ctx, each, CANCELED)
    accounts = _accounts_to_ask(ctx, owner)
    counted, first = all_features_handshakes.open_handshakes(ctx, owner, accounts)
    if not accounts:
        first = handshake_records.end_handshake(ctx, first, ACCEPTED)
        _stage_all_features(ctx, counted)
    return {"Handshake": views.handshake(ctx, first)}


def _accounts_to_ask(ctx: Context, owner: Organization) -> list[str]:
    """Return the open accounts that joined by invitation; created accounts need not agree."""
    found = sorted(caller_organization(ctx).of(Member), key=lambda member: member.serial)
    return [
        each.id
        for each in found
        if each.method == INVITED
        and each.id != owner.management
        and lookup.account_record(ctx, each.id).is_open
    ]


def accept_all_features(ctx: Context, handshake: Handshake) -> Handshake:
    """Stage that an account accepts, or the management account, which enables all features."""
    owner = handshake_parties.sending_organization(ctx, handshake)
    if handshake.parent and handshake.action == handshakes.ENABLE_ALL_FEATURES:
        return all_features_handshakes.accept_for_account(ctx, owner, handshake)
    _stage_all_features(ctx, owner)
    return all_features_handshakes.end_handshakes(ctx, handshake, ACCEPTED)


def _stage_all_features(ctx: Context, owner: Organization) -> None:
    """Stage all features: SCPs on every node, Identity Center, service roles in every account."""
    enabled = tree_nodes.with_policy_type(ctx, replace(owner, features=ALL), SCP)
    organization_instances.stage_organization_instance(ctx, enabled)
    for member in caller_organization(ctx).of(Member):
        membership_changes.put_service_role(ctx, member.id)
