"""All open connections: bounds in total and per client, deadlines, and which are dropped first.

In most phases the client owes the server something, and each of these phases has a deadline. While
there is room no connection is dropped before its deadline. When there is none, connections without
a proved request and idle connections are dropped first.
"""

import enum
from collections.abc import Iterable
from typing import Protocol

from daypass.core.enums import with_plain_members
from daypass.core.sources import Clock
from daypass.server import limits


@with_plain_members
class Phase(enum.IntEnum):
    """What a connection is doing.

    In a phase from GREETING to IDLE it may be dropped to make room; in BODY only if no request of
    it was proved.
    """

    REFUSED = 0
    """It is one connection too many: its first request is answered with a refusal."""
    GREETING = 1
    """It was accepted; a TLS handshake, if there is one, is under way."""
    HEAD = 2
    """A request's head is awaited, or the first request of a new connection."""
    IDLE = 3
    BODY = 4
    """A request's body is awaited."""
    ANSWER = 5
    """A request is being answered."""


PHASE_SECONDS_MAX = {
    Phase.REFUSED: limits.HEADERS_SECONDS_MAX,
    Phase.GREETING: limits.GREETING_SECONDS_MAX,
    Phase.HEAD: limits.HEADERS_SECONDS_MAX,
    Phase.IDLE: limits.KEEP_ALIVE_SECONDS,
}
"""How long a phase may last; bodies and answers have deadlines where they are read and written."""


class Connection(Protocol):
    """One connection, as `Connections` counts it."""

    end_site: str
    """What counts as its client, as `addresses.end_site` returns it; empty for a trusted proxy."""
    phase: Phase
    since: float
    """When its phase began."""
    stalled_since: float | None
    """Since when the client has read no byte of a response; None while it reads."""
    is_proved: bool
    """Whether the caller of one of its requests was proved."""

    def drop(self) -> None:
        """Close it at once."""


class Connections:
    """Counts connections, and drops some of them when they are overdue or too many."""

    def __init__(
        self,
        clock: Clock,
        *,
        total_max: int = limits.CONNECTIONS_MAX,
        per_client_max: int = limits.CONNECTIONS_PER_CLIENT_MAX,
    ) -> None:
        self._clock = clock
        self._total_max = total_max
        self._per_client_max = min(per_client_max, total_max // 2)
        self._all: set[Connection] = set()
        self._by_site: dict[str, set[Connection]] = {}
        self.dropped = 0
        """How many connections were dropped since the start."""

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, connection: Connection) -> bool:
        """Count a new connection, and make room for it if necessary.

        If there is no room, its phase becomes REFUSED: it stays until its first request is refused
        in the protocol of that request. False if there are too many of these already.
        """
        same_site = self._by_site.get(connection.end_site, set()) if connection.end_site else set()
        room = self._per_client_max - len(same_site)
        if room <= 0:
            room += self._drop_some(same_site)
        if len(self._all) >= self._total_max:
            room = min(room, self._drop_some(self._all))
        excess = max(-room, len(self._all) - self._total_max)
        if room <= 0 and excess >= limits.REFUSED_AT_ONCE_MAX:
            return False
        if room <= 0:
            connection.phase = Phase.REFUSED
        self._all.add(connection)
        if connection.end_site:
            self._by_site.setdefault(connection.end_site, set()).add(connection)
        return True

    def forget(self, connection: Connection) -> None:
        """Stop counting a connection."""
        self._all.discard(connection)
        same_site = self._by_site.get(connection.end_site)
        if same_site is not None:
            same_site.discard(connection)
            if not same_site:
                del self._by_site[connection.end_site]

    def _drop_some(self, among: Iterable[Connection]) -> int:
        """Drop a few connections without a proved request or idle, and return how many.

        Several at once, because finding them means looking at all. The order is `_drop_order`.
        """
        droppable = [each for each in among if _is_droppable(each)]
        droppable.sort(key=self._drop_order)
        for each in droppable[: limits.DROPPED_AT_ONCE]:
            self.forget(each)
            each.drop()
        count = min(len(droppable), limits.DROPPED_AT_ONCE)
        self.dropped += count
        return count

    def _drop_order(self, connection: Connection) -> tuple[bool, bool, int, float]:
        """Return a sort key: no proxy, unproved, of the client with the most, oldest come first."""
        size = len(self._by_site[connection.end_site]) if connection.end_site else 0
        return (not connection.end_site, connection.is_proved, -size, connection.since)

    def drop_overdue(self) -> None:
        """Drop connections that are over the deadline of their phase, or stalled for too long."""
        now = self._clock()
        overdue = [each for each in self._all if _is_overdue(each, now)]
        for each in overdue:
            self.forget(each)
            each.drop()
        self.dropped += len(overdue)


def _is_droppable(connection: Connection) -> bool:
    if connection.phase is Phase.BODY:
        return not connection.is_proved
    return Phase.REFUSED < connection.phase < Phase.BODY


def _is_overdue(connection: Connection, now: float) -> bool:
    stalled = connection.stalled_since
    if stalled is not None and now - stalled > limits.STALLED_SECONDS_MAX:
        return True
    seconds_max = PHASE_SECONDS_MAX.get(connection.phase)
    return seconds_max is not None and now - connection.since > seconds_max
