"""The rules of handshakes: states, transitions, targets, the daily quota, how long they are listed.

Source: Organizations API reference, "Handshake"; Organizations user guide, "Managing account
invitations" and "Quotas and service limits for AWS Organizations".
"""

import zlib
from collections.abc import Iterable

from daypass.core import quotas
from daypass.core.account_ids import is_account_id
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.organization import Organization
from daypass.core.organizations import names
from daypass.core.organizations.refusals import (
    ErrorCode,
    HandshakeReason,
    InputReason,
    organizations_fault,
)

INVITE = "INVITE"
ENABLE_ALL_FEATURES = "ENABLE_ALL_FEATURES"
APPROVE_ALL_FEATURES = "APPROVE_ALL_FEATURES"
TRANSFER_RESPONSIBILITY = "TRANSFER_RESPONSIBILITY"
REQUESTED, OPEN = "REQUESTED", "OPEN"
ACCEPTED, DECLINED, CANCELED, EXPIRED = "ACCEPTED", "DECLINED", "CANCELED", "EXPIRED"
PENDING = frozenset({REQUESTED, OPEN})
ACCOUNT, EMAIL = "ACCOUNT", "EMAIL"
_SENT = frozenset({INVITE, TRANSFER_RESPONSIBILITY})
_DAY = 24 * 60 * 60


def handshake_state(handshake: Handshake, now: int) -> str:
    """Return a handshake's state now: `EXPIRED` if its time ended unanswered, else as stored."""
    if handshake.state in PENDING and now >= handshake.expires:
        return EXPIRED
    return handshake.state


def is_pending(handshake: Handshake, now: int) -> bool:
    """Return True if the handshake may still be answered."""
    return handshake_state(handshake, now) in PENDING


def is_readable(handshake: Handshake, now: int) -> bool:
    """Return True if a handshake may still be described: until thirty days after its end."""
    if is_pending(handshake, now):
        return True
    return now < (handshake.ended or handshake.expires) + quotas.FINISHED_HANDSHAKE_SECONDS


def check_transition(handshake: Handshake, wanted: str, now: int) -> None:
    """Raise a refusal unless a handshake's state may be changed to `wanted` now.

    The organization's own handshake about all features cannot be accepted before the accounts have
    answered.
    """
    current = handshake_state(handshake, now)
    if current == wanted:
        raise organizations_fault(
            ErrorCode.HANDSHAKE_IN_STATE, "The handshake is already in the requested state."
        )
    is_waiting = current == REQUESTED and wanted == ACCEPTED and not handshake.target
    if current not in PENDING or is_waiting:
        raise organizations_fault(
            ErrorCode.HANDSHAKE_TRANSITION,
            f"A handshake in the state {current} cannot become {wanted}.",
        )


def check_target(kind: str, target: str) -> None:
    """Raise a refusal unless a target is an account id (`ACCOUNT`) or e-mail address (`EMAIL`)."""
    if kind not in {ACCOUNT, EMAIL}:
        raise organizations_fault(
            InputReason.INVALID_PARTY_TYPE_TARGET, "You can invite an ACCOUNT or an EMAIL."
        )
    if kind == ACCOUNT and not is_account_id(target):
        raise organizations_fault(InputReason.INVALID_PATTERN, "An account id has twelve digits.")
    if kind == EMAIL and not names.is_email(target):
        raise organizations_fault(
            InputReason.INVALID_EMAIL_ADDRESS_TARGET, "You specified an invalid email address."
        )


def check_not_duplicate(
    sent: Iterable[Handshake], action: str, target: str, *, is_email: bool, now: int
) -> None:
    """Raise a refusal if a handshake of the same action to the same target is still open.

    Targets are compared as they were sent: that an e-mail address belongs to an invited account id
    must not be revealed.
    """
    for each in sent:
        is_same = each.action == action and each.is_email == is_email
        if (
            is_same
            and names.fold_email(each.target) == names.fold_email(target)
            and is_pending(each, now)
        ):
            raise organizations_fault(
                ErrorCode.DUPLICATE_HANDSHAKE,
                "A handshake with the same action and target already exists.",
            )


def check_rate(sent: Iterable[Handshake], *, accounts_max: int, now: int) -> None:
    """Raise a refusal if an organization has sent its daily quota of invitations.

    Accepted ones do not count.
    """
    recent = sum(
        1
        for each in sent
        if each.action in _SENT and each.state != ACCEPTED and each.requested > now - _DAY
    )
    if recent >= max(quotas.HANDSHAKES_PER_DAY_MIN, accounts_max):
        raise organizations_fault(
            HandshakeReason.HANDSHAKE_RATE_LIMIT_EXCEEDED,
            "You have sent as many handshakes as may be sent in one day.",
        )


def handshake_arn(owner: Organization, handshake: Handshake) -> str:
    """Return the ARN of a handshake; `owner` is the organization that opened it."""
    return f"{owner.prefix}:handshake/{owner.id}/{handshake.action.lower()}/{handshake.id}"


def creation_order(requested: int, identifier: str) -> int:
    """Return a number that sorts handshakes of different organizations by their time of request.

    The number never changes, so pages of a list can continue after it. Those of one second are in
    the arbitrary order of their ids' checksums.
    """
    return requested << 31 | zlib.crc32(identifier.encode()) >> 1
