"""Operations on handshakes: invite, accept, decline, cancel, describe and list."""

from collections.abc import Callable, Mapping
from typing import Any

from daypass.core import quotas
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import INVITED, Member
from daypass.core.organizations import handshakes as rules
from daypass.core.organizations.refusals import HandshakeReason, InputReason, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation
from daypass.services.organizations import handshake_parties, lookup, new_tags, resources, views
from daypass.services.organizations.handshakes import (
    all_features_handshakes,
    enable_all_features,
    handshake_records,
    membership_changes,
    transfers,
)
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_readers,
    organization_record,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=management_only(resources.with_tag_permission(resources.invited_account)))
def invite_account_to_organization(ctx: Context, req: Req) -> Answer:
    """Send an invitation to an account, by its id or an e-mail address.

    An id or address that no account has is invited like any other.
    """
    owner, view = organization_record(ctx), caller_organization(ctx)
    target, is_email = req["Target"]["Id"], req["Target"]["Type"] == rules.EMAIL
    rules.check_target(req["Target"]["Type"], target)
    if all_features_handshakes.pending_handshake(view, ctx.now) is not None:
        raise organizations_fault(
            HandshakeReason.INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES,
            "You can't invite accounts while all features are being enabled.",
        )
    if handshake_parties.recipient_account(ctx, target, is_email=is_email) in view.of(Member):
        raise _already_member_refusal()
    rules.check_not_duplicate(
        view.of(Handshake), rules.INVITE, target, is_email=is_email, now=ctx.now
    )
    rules.check_rate(view.of(Handshake), accounts_max=ctx.settings.accounts_max, now=ctx.now)
    if not lookup.has_account_quota(ctx):
        raise _too_many_accounts_refusal()
    handshake_records.remove_forgotten(ctx, view)
    _, made = handshake_records.open_handshake(
        ctx,
        owner,
        rules.INVITE,
        state=rules.OPEN,
        expires=ctx.now + quotas.INVITATION_SECONDS,
        target=target,
        is_email=is_email,
        notes=req.get("Notes", ""),
        tags=new_tags.with_request_tags(ctx, "account", req),
    )
    return {"Handshake": views.handshake(ctx, made)}


def _already_member_refusal() -> Exception:
    return organizations_fault(
        HandshakeReason.ALREADY_IN_AN_ORGANIZATION,
        "The account is already a member of the organization.",
    )


def _too_many_accounts_refusal() -> Exception:
    return organizations_fault(
        HandshakeReason.ACCOUNT_NUMBER_LIMIT_EXCEEDED,
        "The organization has as many accounts and open invitations as it may have.",
    )


@operation(on=handshake_parties.accepting_account)
def accept_handshake(ctx: Context, req: Req) -> Answer:
    """Accept a handshake; what it offers is done in the same commit."""
    found = handshake_parties.readable_handshake(ctx, req["HandshakeId"])
    rules.check_transition(found, rules.ACCEPTED, ctx.now)
    return {"Handshake": views.handshake(ctx, _ACCEPT[found.action](ctx, found))}


def _join_organization(ctx: Context, handshake: Handshake) -> Handshake:
    """Stage that the caller's account joins, and leaves its present organization."""
    account, owner = ctx.account.record, handshake_parties.sending_organization(ctx, handshake)
    assert account is not None  # noqa: S101 - a caller has an account
    if account.organization == owner.id:
        raise _already_member_refusal()
    if not lookup.has_fewer_accounts(
        ctx, ctx.directory.organization(owner.id), ctx.settings.accounts_max
    ):
        raise _too_many_accounts_refusal()
    if account.organization:
        membership_changes.remove_member(
            ctx, organization_record(ctx), lookup.member(ctx, account.account)
        )
    membership_changes.add_member(ctx, owner, account, method=INVITED, tags=handshake.tags)
    return handshake_records.end_handshake(ctx, handshake, rules.ACCEPTED)


_ACCEPT: Mapping[str, Callable[[Context, Handshake], Handshake]] = {
    rules.INVITE: _join_organization,
    rules.ENABLE_ALL_FEATURES: enable_all_features.accept_all_features,
    rules.APPROVE_ALL_FEATURES: enable_all_features.accept_all_features,
    rules.TRANSFER_RESPONSIBILITY: transfers.accept_transfer,
}
"""What accepting a handshake stages, by its action."""


@operation(on=handshake_parties.sender_only)
def cancel_handshake(ctx: Context, req: Req) -> Answer:
    """Cancel a handshake; cancelling "enable all features" cancels every account's."""
    return _end_answer(ctx, req, rules.CANCELED)


@operation(on=handshake_parties.recipient_only)
def decline_handshake(ctx: Context, req: Req) -> Answer:
    """Decline a handshake."""
    return _end_answer(ctx, req, rules.DECLINED)


def _end_answer(ctx: Context, req: Req, state: str) -> Answer:
    """Decline or cancel the request's handshake; return the answer."""
    found = handshake_parties.readable_handshake(ctx, req["HandshakeId"])
    rules.check_transition(found, state, ctx.now)
    return {"Handshake": views.handshake(ctx, _END[found.action](ctx, found, state))}


_END: Mapping[str, Callable[[Context, Handshake, str], Handshake]] = {
    rules.INVITE: handshake_records.end_handshake,
    rules.ENABLE_ALL_FEATURES: all_features_handshakes.end_handshakes,
    rules.APPROVE_ALL_FEATURES: all_features_handshakes.end_handshakes,
    rules.TRANSFER_RESPONSIBILITY: transfers.end_invitation,
}
"""What declining or cancelling a handshake stages, by its action."""


@operation(on=handshake_parties.any_party)
def describe_handshake(ctx: Context, req: Req) -> Answer:
    """Return a handshake to one of its parties."""
    return {
        "Handshake": views.handshake(
            ctx, handshake_parties.readable_handshake(ctx, req["HandshakeId"])
        )
    }


@operation(on=any_resource)
def list_handshakes_for_account(ctx: Context, req: Req) -> Answer:
    """Return the handshakes that the caller's account received, in order of creation."""
    matches_filter = _list_filter(req)
    received = [
        each
        for view in ctx.directory.organizations
        for each in view.of(Handshake)
        if matches_filter(each)
        and rules.is_readable(each, ctx.now)
        and each.target
        and handshake_parties.is_recipient(ctx, each)
    ]
    received.sort(key=_list_position)
    return {
        "Handshakes": KeyedList(
            [(_list_position(each), views.handshake(ctx, each)) for each in received]
        )
    }


def _list_position(handshake: Handshake) -> int:
    """Return a handshake's position in lists across organizations."""
    return rules.creation_order(handshake.requested, handshake.id)


@operation(on=organization_readers(any_resource))
def list_handshakes_for_organization(ctx: Context, req: Req) -> Answer:
    """Return the handshakes that the organization sent, in order of creation."""
    matches_filter = _list_filter(req)
    sent = sorted(caller_organization(ctx).of(Handshake), key=lambda each: each.serial)
    return {
        "Handshakes": KeyedList(
            [
                (each.serial, views.handshake(ctx, each))
                for each in sent
                if matches_filter(each) and rules.is_readable(each, ctx.now)
            ]
        )
    }


def _list_filter(req: Req) -> Callable[[Handshake], bool]:
    """Return a predicate for the request's filter: an action or a parent, never both."""
    filters = req.get("Filter", {})
    action, parent = filters.get("ActionType"), filters.get("ParentHandshakeId")
    if action and parent:
        raise organizations_fault(
            InputReason.MAX_LIMIT_EXCEEDED_FILTER,
            "You can specify only one filter for the operation.",
        )
    return lambda each: action in {None, each.action} and parent in {None, each.parent}
