"""The rules of responsibility transfers: status, start and end dates, quotas, chains.

Sources: Organizations API reference, "ResponsibilityTransfer"; AWS Billing user guide, "Sending
invitations", "Withdrawing transfers" and "Quotas" of billing transfers. The longest chain and how
far ahead a date may lie are ours.
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
    """Return a transfer's status now: `EXPIRED` if unanswered in time, else as stored."""
    if transfer.status == REQUESTED and now >= transfer.expires:
        return EXPIRED
    return transfer.status


def is_readable(transfer: ResponsibilityTransfer, now: int) -> bool:
    """Return True if a transfer may still be described and listed.

    One that was not accepted may until thirty days after its end, like its handshake.
    """
    if transfer.source or transfer_status(transfer, now) == REQUESTED:
        return True
    return now < (transfer.ended or transfer.expires) + quotas.FINISHED_HANDSHAKE_SECONDS


def is_effective(transfer: ResponsibilityTransfer, at: int) -> bool:
    """Return True if an accepted transfer has not ended at a time (epoch seconds).

    It need not have begun.
    """
    return transfer.status == ACCEPTED or (transfer.status == WITHDRAWN and at <= transfer.end)


def transfer_start(start: datetime, now: int) -> int:
    """Return a requested start date in epoch seconds; it must be the first of a month in UTC.

    Raises a refusal for another day or time, a start within a day, or one more than a year ahead.
    """
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
    """Return until when (epoch seconds) an invitation may be accepted.

    That is as long as any handshake, but a day before the transfer's start at the latest.
    """
    return min(now + quotas.INVITATION_SECONDS, start - quotas.TRANSFER_NOTICE_SECONDS)


def transfer_end(end: datetime | None, now: int) -> int:
    """Return a transfer's last second in epoch seconds, the end of a month.

    By default (None) of this month.

    Raises a refusal for another end, one in the past, or one more than a year ahead.
    """
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
    """Raise a refusal unless a transfer is accepted.

    An invitation is canceled or declined, not withdrawn.
    """
    current = transfer_status(transfer, now)
    if current == WITHDRAWN:
        raise organizations_fault(
            ErrorCode.TRANSFER_IN_STATUS, "The transfer is already withdrawn."
        )
    if current != ACCEPTED:
        raise organizations_fault(
            ErrorCode.TRANSFER_TRANSITION,
            f"A transfer in the status {current} cannot be withdrawn.",
        )


def check_can_update(transfer: ResponsibilityTransfer, now: int) -> None:
    """Raise a refusal unless a transfer is requested or accepted, as it must be to be renamed."""
    if transfer_status(transfer, now) not in {REQUESTED, ACCEPTED}:
        raise organizations_fault(
            ConstraintReason.TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED,
            "The transfer is no longer active and cannot be changed.",
        )


def check_inbound_quota(inbound: int) -> None:
    """Raise a refusal if an organization has as many inbound transfers as it may.

    `inbound` is their number, open invitations included.
    """
    if inbound >= quotas.TRANSFERS_INBOUND_MAX:
        raise organizations_fault(
            ConstraintReason.RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION,
            f"An organization has at most {quotas.TRANSFERS_INBOUND_MAX} inbound transfers.",
        )


def check_transfer_links(links: Iterable[tuple[str, str]], *, source: str, target: str) -> None:
    """Raise a refusal if a new transfer conflicts with those that will be effective.

    `links` are those transfers, each as the organization whose bill it is and the one that takes it
    over. An organization's bill goes to one other alone, and a chain of transfers has at most
    `TRANSFER_CHAIN_MAX` links.
    """
    payers = dict(links)
    if source in payers:
        raise organizations_fault(
            ConstraintReason.RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION,
            "An organization has at most one outbound transfer.",
        )
    if _longest_chain(payers | {source: target}, target) > quotas.TRANSFER_CHAIN_MAX:
        raise organizations_fault(
            ConstraintReason.RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION,
            f"A chain has at most {quotas.TRANSFER_CHAIN_MAX} transfers.",
        )


def _longest_chain(payers: Mapping[str, str], target: str) -> int:
    """Return the number of transfers in the longest chain through an organization.

    `payers` maps an organization to the one that takes over its bill. A circle counts as longer
    than any allowed chain.
    """
    longest = 0
    for start in payers:
        steps, at, is_through = 0, start, start == target
        while at in payers and steps <= quotas.TRANSFER_CHAIN_MAX:
            steps, at = steps + 1, payers[at]
            is_through = is_through or at == target
        if is_through:
            longest = max(longest, steps)
    return longest


def transfer_arn(viewer: Organization, transfer: ResponsibilityTransfer, direction: str) -> str:
    """Return a transfer's ARN in the viewer's organization, as `INBOUND` or `OUTBOUND`."""
    kind = f"{transfer.type}/{direction}".lower()
    return f"{viewer.prefix}:transfer/{viewer.id}/{kind}/{transfer.id}"
