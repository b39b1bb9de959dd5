"""Whom a handshake is between, and what each of them may do with it.

The management account that made one cancels it, the account that it is for accepts or declines it,
both see it, and to everybody else it is as if it did not exist. Source: Organizations API
reference, "AcceptHandshake", "CancelHandshake", "DeclineHandshake" and "DescribeHandshake".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.organization import Organization
from daypass.core.faults import ServiceFault
from daypass.core.organizations import handshakes, refusals
from daypass.core.organizations.refusals import ErrorCode, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.operation import ResourceTarget
from daypass.services.organizations import root_emails
from daypass.services.organizations.membership import (
    caller_organization,
    is_management_caller,
    organization_readers,
)

Req = Mapping[str, Any]
LEAVE_ACTION = "organizations:LeaveOrganization"


def readable_handshake(ctx: Context, identifier: str) -> Handshake:
    """Return the handshake of that id, whoever's it is; raises a refusal where there is none, or none any more."""
    found = ctx.directory.find_anywhere(Handshake, identifier)
    if found is None or not handshakes.is_readable(found, ctx.now):
        raise _not_found()
    return found


def _not_found() -> ServiceFault:
    return organizations_fault(
        ErrorCode.HANDSHAKE_NOT_FOUND, "We can't find a handshake with the id that you specified."
    )


def sending_organization(ctx: Context, handshake: Handshake) -> Organization:
    """Return the organization that made a handshake."""
    found = ctx.directory.organization(handshake.account).record
    assert found is not None  # noqa: S101 - a handshake goes with its organization
    return found


def recipient_account(ctx: Context, target: str, *, is_email: bool) -> str:
    """Return the account that is meant by an id or an address; empty for nobody's address."""
    return root_emails.account_of_email(ctx, target) if is_email else target


def is_recipient(ctx: Context, handshake: Handshake) -> bool:
    """Say whether a handshake is for the caller's account."""
    target = recipient_account(ctx, handshake.target, is_email=handshake.is_email)
    return target == ctx.caller.account


def _is_sender(ctx: Context, handshake: Handshake) -> bool:
    return sending_organization(ctx, handshake).management == ctx.caller.account


def accepting_account(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
    """Locate for the account that a handshake is for; what all have agreed to, the management account itself accepts."""
    found = readable_handshake(ctx, req["HandshakeId"])
    is_own = not found.target and _is_sender(ctx, found)
    if not (is_own or is_recipient(ctx, found)):
        raise _refusal_for_caller(ctx, found)
    if found.action == handshakes.TRANSFER_RESPONSIBILITY and not is_management_caller(ctx):
        raise organizations_fault(ErrorCode.NOT_YOURS, refusals.NOT_YOURS)
    located = [_handshake_target(ctx, found)]
    is_member = ctx.directory.organization_of(ctx.caller.account) is not None
    if found.action == handshakes.INVITE and is_member:
        # Else whoever may not leave an organization could be invited out of it.
        located.append(ResourceTarget("*", action=LEAVE_ACTION))
    return located


def recipient_only(ctx: Context, req: Req) -> ResourceTarget:
    """Locate for the account that a handshake is for."""
    found = readable_handshake(ctx, req["HandshakeId"])
    if not is_recipient(ctx, found):
        raise _refusal_for_caller(ctx, found)
    return _handshake_target(ctx, found)


def sender_only(ctx: Context, req: Req) -> ResourceTarget:
    """Locate for the management account of the organization that made a handshake."""
    caller_organization(ctx)
    found = readable_handshake(ctx, req["HandshakeId"])
    if not _is_sender(ctx, found):
        raise _refusal_for_caller(ctx, found)
    return _handshake_target(ctx, found)


def any_party(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
    """Locate for the account that a handshake is for, and for those who may read of the organization that made it."""
    found = readable_handshake(ctx, req["HandshakeId"])
    if is_recipient(ctx, found):
        return _handshake_target(ctx, found)
    view = ctx.directory.organization_of(ctx.caller.account)
    if view is None or view.id != found.account:
        raise _not_found()
    try:
        return organization_readers(lambda ctx, _req: _handshake_target(ctx, found))(ctx, req)
    except ServiceFault:
        raise _not_found() from None


def _handshake_target(ctx: Context, handshake: Handshake) -> ResourceTarget:
    """Locate a handshake, as if it were of the caller's account.

    It has no policy that could let another account in: that it was offered to the account is what
    lets that account in, and what of the account may answer is up to the account's own policies.
    """
    return ResourceTarget(handshakes.handshake_arn(sending_organization(ctx, handshake), handshake))


def _refusal_for_caller(ctx: Context, handshake: Handshake) -> ServiceFault:
    """Return the refusal of a party that may not do this, or of somebody who may not even know."""
    if is_recipient(ctx, handshake) or _is_sender(ctx, handshake):
        return organizations_fault(ErrorCode.NOT_YOURS, refusals.NOT_YOURS)
    return _not_found()
