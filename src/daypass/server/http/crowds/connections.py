"""Who is connected: how many from one client, which connection is overdue, and which is dropped first when room is short.

A connection owes something in most of its phases, and each phase has its deadline. While there is room nobody is dropped
before it; when there is none, those go first that have proved nothing, and those that are idle.
"""

import enum
from collections.abc import Iterable
from typing import Protocol

from daypass.core.sources import Clock
from daypass.server import limits


class Phase(enum.IntEnum):
    """What a connection is doing; up to a body that nobody proved it is dropped when room is short."""

    REFUSED = 0
    """It is one too many: its first request is answered so."""
    GREETING = 1
    """It has been accepted; TLS, if there is any, is being agreed upon."""
    HEAD = 2
    """It owes a request's head, the first one of a new connection included."""
    IDLE = 3
    BODY = 4
    """It owes a request's body."""
    ANSWER = 5
    """It is being answered."""


SECONDS_MAX = {
    Phase.REFUSED: limits.HEADERS_SECONDS_MAX,
    Phase.GREETING: limits.GREETING_SECONDS_MAX,
    Phase.HEAD: limits.HEADERS_SECONDS_MAX,
    Phase.IDLE: limits.KEEP_ALIVE_SECONDS,
}
"""How long a phase may last; a body and an answer are timed by whoever reads and writes them."""


class Connection(Protocol):
    """One connection, as far as it is counted."""

    site: str
    """Who counts as its client; empty where that is not bounded."""
    phase: Phase
    since: float
    """When its phase began."""
    stalled_since: float | None
    """Since when nothing of an answer was taken, by the event loop's clock."""
    is_proved: bool
    """Whether a request of it was signed by somebody who is known."""

    def drop(self) -> None:
        """End it at once."""


class Connections:
    """All connections. `most` and `most_of_one` are bounds of all, and of one client's."""

    def __init__(
        self,
        clock: Clock,
        *,
        most: int = limits.CONNECTIONS_MAX,
        most_of_one: int = limits.CONNECTIONS_PER_CLIENT_MAX,
    ) -> None:
        self._clock = clock
        self._most = most
        self._most_of_one = min(most_of_one, most // 2)
        self._all: set[Connection] = set()
        self._by_site: dict[str, set[Connection]] = {}
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, connection: Connection) -> bool:
        """Count a new connection, after room was made for it; no if nobody can be dropped, and it may not stay either.

        One that comes where there is no room is told so once it says what it speaks; of these there are only so many.
        """
        own = self._by_site.get(connection.site, set()) if connection.site else set()
        room = self._most_of_one - len(own)
        if room <= 0:
            room += self._drop(own)
        if len(self._all) >= self._most:
            room = min(room, self._drop(self._all))
        beyond = max(-room, len(self._all) - self._most)
        if room <= 0 and beyond >= limits.REFUSED_AT_ONCE_MAX:
            return False
        if room <= 0:
            connection.phase = Phase.REFUSED
        self._all.add(connection)
        if connection.site:
            self._by_site.setdefault(connection.site, set()).add(connection)
        return True

    def forget(self, connection: Connection) -> None:
        """Count a connection no longer."""
        self._all.discard(connection)
        own = self._by_site.get(connection.site)
        if own is not None:
            own.discard(connection)
            if not own:
                del self._by_site[connection.site]

    def _drop(self, among: Iterable[Connection]) -> int:
        """Drop a few of those that matter least, and return how many: unproved and idle ones, the longest first.

        Several at once, because to find them costs a look at all. Those of whom nobody is bounded go last, and before
        them those of whoever has most.
        """
        idle = [each for each in among if _is_droppable(each)]
        idle.sort(key=self._worth)
        for each in idle[: limits.DROPPED_AT_ONCE]:
            self.forget(each)
            each.drop()
        count = min(len(idle), limits.DROPPED_AT_ONCE)
        self.dropped += count
        return count

    def _worth(self, connection: Connection) -> tuple[bool, bool, int, float]:
        size = len(self._by_site[connection.site]) if connection.site else 0
        return (not connection.site, connection.is_proved, -size, connection.since)

    def hang_up(self) -> None:
        """Drop every connection that has been in its phase, or has taken nothing of its answer, for too long."""
        now = self._clock()
        late = [each for each in self._all if _is_late(each, now)]
        for each in late:
            self.forget(each)
            each.drop()
        self.dropped += len(late)


def _is_droppable(connection: Connection) -> bool:
    if connection.phase is Phase.BODY:
        return not connection.is_proved
    return Phase.REFUSED < connection.phase < Phase.BODY


def _is_late(connection: Connection, now: float) -> bool:
    stalled = connection.stalled_since
    if stalled is not None and now - stalled > limits.STALLED_SECONDS_MAX:
        return True
    most = SECONDS_MAX.get(connection.phase)
    return most is not None and now - connection.since > most
