"""Connections that were turned away, and are not read again for a while.

A refusal costs the server a tenth of the cheapest answer, so that a crowd that asks again at once would still take most of
its time. Each refusal says `Retry-After: 1`: until then the system keeps what such a connection sends, and it is read sooner
if requests no longer wait for too long. How many are read again in a time is bounded, and with it what refusals cost.
"""

from collections import deque
from collections.abc import Callable

from daypass.core.sources import Clock
from daypass.server import limits

Resume = Callable[[], object]


class Holds:
    """Who is held, the longest first; `later` calls a function after so many seconds."""

    def __init__(
        self,
        later: Callable[[float, Resume], object],
        clock: Clock,
        is_behind: Callable[[], bool],
    ) -> None:
        self._later = later
        self._clock = clock
        self._is_behind = is_behind
        self._held: deque[tuple[float, Resume]] = deque()
        self._is_looking = False
        """Whether a look has been asked for."""

    def __len__(self) -> int:
        return len(self._held)

    def add(self, resume: Resume) -> None:
        """Call `resume` once the connection may be read again."""
        self._held.append((self._clock() + limits.HOLD_SECONDS, resume))
        self._look_later()

    def _look_later(self) -> None:
        if self._held and not self._is_looking:
            self._is_looking = True
            self._later(limits.HOLD_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._is_looking = False
        now, is_behind = self._clock(), self._is_behind()
        for _ in range(min(len(self._held), limits.RESUMED_PER_LOOK)):
            if is_behind and self._held[0][0] > now:
                break
            self._held.popleft()[1]()
        self._look_later()
