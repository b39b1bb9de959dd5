"""Which handshakes and transfers of an organization nobody is told of any more, and nothing waits for: they are removed."""

from collections.abc import Iterable

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations import handshakes, transfers


def removable_handshakes(made: Iterable[Handshake], now: int) -> list[Handshake]:
    """Return what is to be removed of all that an organization has made.

    An account's answer about all features is kept while the organization waits for the other answers, however long ago it was
    given: without it a refusal would be none.
    """
    known = list(made)
    pending = {each.id for each in known if handshakes.is_pending(each, now)}
    return [
        each
        for each in known
        if not handshakes.is_readable(each, now) and each.parent not in pending
    ]


def removable_transfers(
    made: Iterable[ResponsibilityTransfer], now: int
) -> list[ResponsibilityTransfer]:
    """Return the invitations to a transfer that are to be removed; a transfer that was accepted is kept for good."""
    return [each for each in made if not transfers.is_readable(each, now)]
