"""Handshakes: their states, and what may follow what.

Source: Organizations API reference, "Handshake"; Organizations user guide, "Managing account invitations".
"""

from daypass.core.domain.handshake import Handshake

INVITE = "INVITE"
ENABLE_ALL_FEATURES = "ENABLE_ALL_FEATURES"
APPROVE_ALL_FEATURES = "APPROVE_ALL_FEATURES"
REQUESTED, OPEN = "REQUESTED", "OPEN"
ACCEPTED, DECLINED, CANCELED, EXPIRED = "ACCEPTED", "DECLINED", "CANCELED", "EXPIRED"
PENDING = frozenset({REQUESTED, OPEN})


def state(handshake: Handshake, now: int) -> str:
    """Return the state as it is now: one that nobody finished in time has expired, whether or not anybody looked."""
    if handshake.state in PENDING and now >= handshake.expires:
        return EXPIRED
    return handshake.state
