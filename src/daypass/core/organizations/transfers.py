"""Transfers of responsibility: their states, when they begin and end, and how many may hang together.

Sources: Organizations API reference, "ResponsibilityTransfer"; AWS Billing user guide, "Sending invitations", "Withdrawing
transfers" and "Quotas" of billing transfers. How long a chain may be and how far away a date may lie is ours.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from daypass.core import quotas
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations.handshakes import ACCEPTED, EXPIRED, REQUESTED
from daypass.core.organizations.refusals import (
    ConstraintReason,
    ErrorCode,
    InputReason,
    organizations_fault,
)

WITHDRAWN = "WITHDRAWN"
INBOUND, OUTBOUND = "INBOUND", "OUTBOUND"


def transfer_status(transfer: ResponsibilityTransfer, now: int) -> str:
    """Return the status as it is now: an invitation that nobody answered in time has expired."""
    if transfer.status == REQUESTED and now >= transfer.expires:
        return EXPIRED
    return transfer.status


def is_readable(transfer: ResponsibilityTransfer, now: int) -> bool:
    """Say whether a transfer is still shown: an invitation that came to nothing vanishes with its handshake."""
    if transfer.source or transfer_status(transfer, now) == REQUESTED:
        return True
    return now < (transfer.ended or transfer.expires) + quotas.FINISHED_HANDSHAKE_SECONDS


def is_effective(transfer: ResponsibilityTransfer, at: int) -> bool:
    """Say whether a transfer that was accepted still counts at an instant; one that has not begun counts too."""
    return transfer.status == ACCEPTED or (transfer.status == WITHDRAWN and at <= transfer.end)


def transfer_start(start: datetime, now: int) -> int:
    """Return when a transfer begins: the first of a month, more than a day away; raises a refusal for anything else."""
    start = start.astimezone(UTC)
    if (start.hour, start.minute, start.second, start.microsecond) != (0, 0, 0, 0):
        raise organizations_fault(
            InputReason.START_DATE_NOT_BEGINNING_OF_DAY,
            "The start date must be the beginning of the day (00:00:00.000).",
        )
    if start.day != 1:
        raise organizations_fault(
            InputReason.START_DATE_NOT_BEGINNING_OF_MONTH,
            "The start date must be the first day of the month.",
        )
    seconds = int(start.timestamp())
    if seconds - quotas.TRANSFER_NOTICE_SECONDS <= now:
        raise organizations_fault(InputReason.START_DATE_TOO_EARLY, "The start date is too early.")
    if seconds > now + quotas.TRANSFER_AHEAD_SECONDS_MAX:
        raise organizations_fault(InputReason.START_DATE_TOO_LATE, "The start date is too late.")
    return seconds


def invitation_expiry(start: int, now: int) -> int:
    """Return until when an invitation may be accepted: as long as any, and a day before its transfer begins."""
    return min(now + quotas.INVITATION_SECONDS, start - quotas.TRANSFER_NOTICE_SECONDS)


def transfer_end(end: datetime | None, now: int) -> int:
    """Return the last second of a transfer, which is a month's: of this month where none is named."""
    if end is None:
        return _last_second(datetime.fromtimestamp(now, UTC))
    seconds = int(end.timestamp())
    if seconds != _last_second(end.astimezone(UTC)):
        raise organizations_fault(
            InputReason.END_DATE_NOT_END_OF_MONTH,
            "The end date must be the end of the last day of the month (23:59:59.999).",
        )
    if seconds < now:
        raise organizations_fault(InputReason.END_DATE_TOO_EARLY, "The end date is too early.")
    if seconds > now + quotas.TRANSFER_AHEAD_SECONDS_MAX:
        raise organizations_fault(InputReason.END_DATE_TOO_LATE, "The end date is too late.")
    return seconds


def _last_second(moment: datetime) -> int:
    month = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (month + timedelta(days=31)).replace(day=1)
    return int(following.timestamp()) - 1


def check_can_withdraw(transfer: ResponsibilityTransfer, now: int) -> None:
    """Raise a refusal unless a transfer can be withdrawn: an invitation is canceled or declined instead."""
    found = transfer_status(transfer, now)
    if found == WITHDRAWN:
        raise organizations_fault(
            ErrorCode.TRANSFER_IN_STATUS, "The transfer is already withdrawn."
        )
    if found != ACCEPTED:
        raise organizations_fault(
            ErrorCode.TRANSFER_TRANSITION, f"A transfer in the status {found} cannot be withdrawn."
        )


def check_can_update(transfer: ResponsibilityTransfer, now: int) -> None:
    """Raise a refusal for a transfer that is no longer active."""
    if transfer_status(transfer, now) not in {REQUESTED, ACCEPTED}:
        raise organizations_fault(
            ConstraintReason.TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED,
            "The transfer is no longer active and cannot be changed.",
        )


def check_inbound_quota(counted: int) -> None:
    """Raise a refusal if an organization has as many transfers and open invitations as it may."""
    if counted >= quotas.TRANSFERS_INBOUND_MAX:
        raise organizations_fault(
            ConstraintReason.RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION,
            f"An organization has at most {quotas.TRANSFERS_INBOUND_MAX} inbound transfers.",
        )


def check_transfer_links(links: Iterable[tuple[str, str]], *, source: str, target: str) -> None:
    """Raise a refusal if a transfer cannot stand beside those that there are.

    `links` are the transfers that will be in force when it begins, each from the organization whose bill it is to the one that
    takes it over: a bill goes to one organization alone, and a chain of them has an end.
    """
    up = dict(links)
    if source in up:
        raise organizations_fault(
            ConstraintReason.RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION,
            "An organization has at most one outbound transfer.",
        )
    if _longest_chain(up | {source: target}, target) > quotas.TRANSFER_CHAIN_MAX:
        raise organizations_fault(
            ConstraintReason.RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION,
            f"A chain has at most {quotas.TRANSFER_CHAIN_MAX} transfers.",
        )


def _longest_chain(up: Mapping[str, str], target: str) -> int:
    """Return how many transfers the longest chain through an organization has; a circle is longer than any."""
    longest = 0
    for start in up:
        steps, at, is_through = 0, start, start == target
        while at in up and steps <= quotas.TRANSFER_CHAIN_MAX:
            steps, at = steps + 1, up[at]
            is_through = is_through or at == target
        if is_through:
            longest = max(longest, steps)
    return longest


def transfer_arn(viewer: Organization, transfer: ResponsibilityTransfer, direction: str) -> str:
    """Name a transfer as one side sees it: with its own organization, inbound or outbound."""
    kind = f"{transfer.type}/{direction}".lower()
    return f"{viewer.prefix}:transfer/{viewer.id}/{kind}/{transfer.id}"
