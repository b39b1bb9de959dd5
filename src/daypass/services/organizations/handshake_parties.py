"""The parties of a handshake, and the locators that admit the right party to each operation.

The management account that sent a handshake cancels it, the account that received it accepts or
declines it, and both may read it. Every other caller is refused as if the handshake did not exist.
Source: Organizations API reference, "AcceptHandshake", "CancelHandshake", "DeclineHandshake" and
"DescribeHandshake".
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
    """Return the handshake of an id, of whichever organization.

    Raises a refusal for an unknown id, and for a handshake that ended too long ago to be read.
    """
    found = ctx.directory.find_anywhere(Handshake, identifier)
    if found is None or not handshakes.is_readable(found, ctx.now):
        raise _not_found()
    return found


def _not_found() -> ServiceFault:
    """Return the refusal for a handshake that does not exist or that the caller may not see."""
    return organizations_fault(
        ErrorCode.HANDSHAKE_NOT_FOUND, "We can't find a handshake with the id that you specified."
    )


def sending_organization(ctx: Context, handshake: Handshake) -> Organization:
    """Return the organization that sent a handshake."""
    found = ctx.directory.organization(handshake.account).record
    assert found is not None  # noqa: S101 - a handshake is deleted with its organization
    return found


def recipient_account(ctx: Context, target: str, *, is_email: bool) -> str:
    """Return the account of an id or an e-mail address; empty for an address of no account."""
    return root_emails.account_of_email(ctx, target) if is_email else target


def is_recipient(ctx: Context, handshake: Handshake) -> bool:
    """Return whether a handshake was sent to the caller's account."""
    target = recipient_account(ctx, handshake.target, is_email=handshake.is_email)
    return target == ctx.caller.account


def _is_sender(ctx: Context, handshake: Handshake) -> bool:
    """Return whether the caller's account is the management account that sent a handshake."""
    return sending_organization(ctx, handshake).management == ctx.caller.account


def accepting_account(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
    """Return the handshake as the target if the caller's account may accept it.

    That is the account that received it; for an organization's own "enable all features" handshake,
    which has no recipient, the management account. An account that is in another organization must
    be allowed to leave that one as well.
    """
    found = readable_handshake(ctx, req["HandshakeId"])
    is_own = not found.target and _is_sender(ctx, found)
    if not (is_own or is_recipient(ctx, found)):
        raise _refusal_for_caller(ctx, found)
    if found.action == handshakes.TRANSFER_RESPONSIBILITY and not is_management_caller(ctx):
        raise organizations_fault(ErrorCode.NOT_YOURS, refusals.NOT_YOURS)
    located = [_handshake_target(ctx, found)]
    is_member = ctx.directory.organization_of(ctx.caller.account) is not None
    if found.action == handshakes.INVITE and is_member:
        # Otherwise a caller that may not leave its organization could be invited out of it.
        located.append(ResourceTarget("*", action=LEAVE_ACTION))
    return located


def recipient_only(ctx: Context, req: Req) -> ResourceTarget:
    """Return the handshake as the target if the caller's account received it."""
    found = readable_handshake(ctx, req["HandshakeId"])
    if not is_recipient(ctx, found):
        raise _refusal_for_caller(ctx, found)
    return _handshake_target(ctx, found)


def sender_only(ctx: Context, req: Req) -> ResourceTarget:
    """Return the handshake as the target if the caller's management account sent it."""
    caller_organization(ctx)
    found = readable_handshake(ctx, req["HandshakeId"])
    if not _is_sender(ctx, found):
        raise _refusal_for_caller(ctx, found)
    return _handshake_target(ctx, found)


def any_party(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
    """Return the handshake as the target if the caller's account received it, or may read it.

    Readers are the accounts that may read the organization that sent it.
    """
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
    """Return a handshake as the target, owned by the caller's account.

    A handshake has no policy of its own that could admit another account. That it was sent to the
    account admits the account; the account's own policies decide who in it may answer.
    """
    return ResourceTarget(handshakes.handshake_arn(sending_organization(ctx, handshake), handshake))


def _refusal_for_caller(ctx: Context, handshake: Handshake) -> ServiceFault:
    """Return the refusal of a party that may not do this, or of a caller that is no party."""
    if is_recipient(ctx, handshake) or _is_sender(ctx, handshake):
        return organizations_fault(ErrorCode.NOT_YOURS, refusals.NOT_YOURS)
    return _not_found()
