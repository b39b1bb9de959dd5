"""What has to be agreed to before an organization has all features: one handshake to every invited account, and one in the end.

The first handshake is the organization's own; each account gets one that has it for parent. When
nobody is left who has not accepted, the first one opens and the management account gets one more:
accepting either of the two finishes all. Source: Organizations user guide, "Enabling all features
for an organization with AWS Organizations".
"""

from collections.abc import Iterable

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.organizations import handshakes
from daypass.core.organizations.handshakes import (
    ACCEPTED,
    APPROVE_ALL_FEATURES,
    CANCELED,
    DECLINED,
    ENABLE_ALL_FEATURES,
    OPEN,
    REQUESTED,
)
from daypass.services.kit.context import Context
from daypass.services.organizations.handshakes import handshake_records
from daypass.state.snapshot.organization_view import OrganizationView


def pending_handshake(view: OrganizationView, now: int) -> Handshake | None:
    """Return the organization's own handshake while it is waited for."""
    for each in view.of(Handshake):
        is_first = each.action == ENABLE_ALL_FEATURES and not each.parent
        if is_first and handshakes.is_pending(each, now):
            return each
    return None


def open_handshakes(
    ctx: Context, owner: Organization, asked: Iterable[str]
) -> tuple[Organization, Handshake]:
    """Stage the organization's own handshake and one to each account that is asked; return the first."""
    expires = ctx.now + quotas.ALL_FEATURES_SECONDS
    counted, first = handshake_records.open_handshake(
        ctx, owner, ENABLE_ALL_FEATURES, state=REQUESTED, expires=expires
    )
    for account in asked:
        counted, _ = handshake_records.open_handshake(
            ctx,
            counted,
            ENABLE_ALL_FEATURES,
            state=REQUESTED,
            expires=expires,
            target=account,
            parent=first.id,
        )
    return counted, first


def accept_for_account(ctx: Context, owner: Organization, handshake: Handshake) -> Handshake:
    """Stage that an account has agreed; if it was the last one, the management account is asked."""
    done = handshake_records.end_handshake(ctx, handshake, ACCEPTED)
    _open_if_all_accepted(ctx, owner, but=handshake.target)
    return done


def cancel_for_removed_account(ctx: Context, member: Member) -> None:
    """Stage that nobody waits for an account that has left the organization."""
    view = ctx.directory.organization(member.account)
    owner, first = view.record, pending_handshake(view, ctx.now)
    if owner is None or first is None:
        return
    for each in _account_handshakes(view, first):
        if each.target == member.id and each.action == ENABLE_ALL_FEATURES:
            if handshakes.is_pending(each, ctx.now):
                handshake_records.end_handshake(ctx, each, CANCELED)
            _open_if_all_accepted(ctx, owner, but=member.id)


def _open_if_all_accepted(ctx: Context, owner: Organization, *, but: str) -> None:
    """Stage the question to the management account if every account but this one has agreed, or is gone."""
    view = ctx.directory.organization(owner.id)
    first = pending_handshake(view, ctx.now)
    if first is None or first.state == OPEN:
        return
    for each in _account_handshakes(view, first):
        if each.target != but and each.state != ACCEPTED and each.target in view.of(Member):
            return
    ctx.put(replace(first, state=OPEN))
    handshake_records.open_handshake(
        ctx,
        owner,
        APPROVE_ALL_FEATURES,
        state=OPEN,
        expires=first.expires,
        target=owner.management,
        parent=first.id,
    )


def end_handshakes(ctx: Context, handshake: Handshake, state: str) -> Handshake:
    """Stage that a handshake is finished, and with it all that it belongs to; return it as it is then.

    An account that declines ends its own alone: the others go on waiting for it, until it has left
    or all are canceled.
    """
    if handshake.action == ENABLE_ALL_FEATURES and state == DECLINED:
        return handshake_records.end_handshake(ctx, handshake, state)
    view = ctx.directory.organization(handshake.account)
    first = view.of(Handshake).get(handshake.parent) or handshake
    others = CANCELED if state != ACCEPTED else ACCEPTED
    for each in (first, *_account_handshakes(view, first)):
        if each.id != handshake.id and handshakes.is_pending(each, ctx.now):
            handshake_records.end_handshake(ctx, each, others)
    return handshake_records.end_handshake(ctx, handshake, state)


def _account_handshakes(view: OrganizationView, first: Handshake) -> list[Handshake]:
    return [each for each in view.of(Handshake) if each.parent == first.id]
