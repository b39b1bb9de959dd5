"""Transfers of responsibility between two organizations, for tests: records, offers and answers."""

from datetime import UTC, datetime

from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE,
    ORGANIZATION,
    STRANGER,
    Organized,
)
from tests.services.support import NOW

from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.services.organizations.handshakes import handshake_lifecycle

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
OFFERED = "rt-offered0"
MISSING = "We can't find a transfer with the id that you specified."
NOT_YOURS = "You don't have permissions to access this resource."
END_OF_JANUARY = int(FEBRUARY.timestamp()) - 1


def two_organizations():
    """Return a snapshot with two organizations; one asks the other for its bill."""
    snapshot = Organized()
    snapshot.elsewhere()
    return snapshot


def offer(known, name="offered", *, of=ORGANIZATION, invited=STRANGER, serial=9, **more):
    """Put a transfer, in force between the two organizations unless the fields say otherwise."""
    handshake = f"h-{name:0<10}"
    more = {
        "status": "ACCEPTED",
        "requested": NOW - DAY,
        "start": NOW - 1,
        "expires": NOW - 1,
        "ended": NOW - DAY,
    } | more
    if more["status"] in {"ACCEPTED", "WITHDRAWN"}:
        more = {"source": STRANGER, "source_organization": ELSEWHERE} | more
    return known.put(
        ResponsibilityTransfer(
            account=of,
            id=f"rt-{name:0<8}",
            type="BILLING",
            name=name,
            serial=serial,
            handshake=handshake,
            invited=invited,
            **more,
        )
    )


def open_offer(
    known,
    name="offered",
    *,
    of=ORGANIZATION,
    invited=STRANGER,
    is_email=False,
    expires=NOW + DAY,
    **more,
):
    """Put an unanswered offer with its handshake."""
    known.handshake(
        name,
        of=of,
        target=invited,
        is_email=is_email,
        action="TRANSFER_RESPONSIBILITY",
        state="REQUESTED",
        expires=expires,
    )
    more = {"start": NOW + 2 * DAY} | more
    return offer(
        known,
        name,
        of=of,
        invited=invited,
        is_email=is_email,
        status="REQUESTED",
        expires=expires,
        ended=0,
        **more,
    )


def accept(known, account=STRANGER, *, name="offered", now=NOW):
    return known.call(
        handshake_lifecycle.accept_handshake,
        known.root(account),
        now=now,
        HandshakeId=f"h-{name:0<10}",
    )["Handshake"]
