"""Which handshakes and transfers may be deleted: no longer readable, no longer needed."""

from collections.abc import Iterable

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations import handshakes, transfers


def removable_handshakes(opened: Iterable[Handshake], now: int) -> list[Handshake]:
    """Return the handshakes to delete among all that an organization has opened.

    An account's answer to "enable all features" is kept while the organization waits for other
    accounts, however old it is: without its record, an account that declined would no longer count
    as one that did not agree.
    """
    stored = list(opened)
    pending = {each.id for each in stored if handshakes.is_pending(each, now)}
    return [
        each
        for each in stored
        if not handshakes.is_readable(each, now) and each.parent not in pending
    ]


def removable_transfers(
    stored: Iterable[ResponsibilityTransfer], now: int
) -> list[ResponsibilityTransfer]:
    """Return the transfer invitations to delete; a transfer that was accepted is kept for ever."""
    return [each for each in stored if not transfers.is_readable(each, now)]
