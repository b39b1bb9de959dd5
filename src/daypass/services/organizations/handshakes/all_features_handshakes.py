"""The handshakes of "enable all features": the organization's, the accounts', a final one.

The accounts' handshakes have the organization's own as their parent. When every account has
accepted, the organization's own opens and the management account gets the final one: accepting
either of the two enables all features. Source: Organizations user guide, "Enabling all features for
an organization with AWS Organizations".
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
    """Return the organization's own handshake while it is pending; None otherwise."""
    for each in view.of(Handshake):
        is_first = each.action == ENABLE_ALL_FEATURES and not each.parent
        if is_first and handshakes.is_pending(each, now):
            return each
    return None


def open_handshakes(
    ctx: Context, owner: Organization, accounts: Iterable[str]
) -> tuple[Organization, Handshake]:
    """Stage the organization's own handshake, and one for each of `accounts`.

    Returns the organization that has counted them, and its own handshake.
    """
    expires = ctx.now + quotas.ALL_FEATURES_SECONDS
    counted, first = handshake_records.open_handshake(
        ctx, owner, ENABLE_ALL_FEATURES, state=REQUESTED, expires=expires
    )
    for account in accounts:
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
    """Stage that an account has accepted; after the last one the final handshake opens."""
    done = handshake_records.end_handshake(ctx, handshake, ACCEPTED)
    _open_if_all_accepted(ctx, owner, accepted_or_removed=handshake.target)
    return done


def cancel_for_removed_account(ctx: Context, member: Member) -> None:
    """Stage that the handshakes go on without an account that has left the organization."""
    view = ctx.directory.organization(member.account)
    owner, first = view.record, pending_handshake(view, ctx.now)
    if owner is None or first is None:
        return
    for each in _account_handshakes(view, first):
        if each.target == member.id and each.action == ENABLE_ALL_FEATURES:
            if handshakes.is_pending(each, ctx.now):
                handshake_records.end_handshake(ctx, each, CANCELED)
            _open_if_all_accepted(ctx, owner, accepted_or_removed=member.id)


def _open_if_all_accepted(ctx: Context, owner: Organization, *, accepted_or_removed: str) -> None:
    """Stage the final handshake if every other account has accepted or left.

    `accepted_or_removed` is the account whose acceptance or removal is only staged.
    """
    view = ctx.directory.organization(owner.id)
    first = pending_handshake(view, ctx.now)
    if first is None or first.state == OPEN:
        return
    for each in _account_handshakes(view, first):
        if (
            each.target != accepted_or_removed
            and each.state != ACCEPTED
            and each.target in view.of(Member)
        ):
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
    """Stage that a handshake ends in a state, and with it the others; return it as ended.

    An account that declines ends its own handshake alone: the others stay pending until it has
    left, or all are cancelled.
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
    """Return the handshakes that have the organization's own as their parent."""
    return [each for each in view.of(Handshake) if each.parent == first.id]
