"""Connections whose request was refused for overload, and which are not read again for a while.

A refusal costs a tenth of the cheapest answer, so a crowd that repeats its requests at once would
still take most of the server's time. Each refusal says `Retry-After: 1`. Until then the connection
is not read, so that the system buffers what it sends; it is read earlier if the server is no longer
overloaded. How many connections are resumed in a time is bounded, and with it the cost of refusals.
"""

from collections import deque
from collections.abc import Callable

from daypass.core.sources import Clock
from daypass.server import limits

Resume = Callable[[], object]


class HeldConnections:
    """Resumes held connections, the longest held first.

    `call_later` calls a function after so many seconds; `is_behind` says whether the server is
    overloaded.
    """

    def __init__(
        self,
        call_later: Callable[[float, Resume], object],
        clock: Clock,
        is_behind: Callable[[], bool],
    ) -> None:
        self._call_later = call_later
        self._clock = clock
        self._is_behind = is_behind
        self._held: deque[tuple[float, Resume]] = deque()
        """When each connection is due, and the function that resumes it."""
        self._is_scheduled = False
        """Whether `_resume_due` will be called."""

    def __len__(self) -> int:
        return len(self._held)

    def add(self, resume: Resume) -> None:
        """Hold a connection; `resume` is called once it may be read again."""
        self._held.append((self._clock() + limits.HOLD_SECONDS, resume))
        self._schedule()

    def _schedule(self) -> None:
        if self._held and not self._is_scheduled:
            self._is_scheduled = True
            self._call_later(limits.HOLD_CHECK_SECONDS, self._resume_due)

    def _resume_due(self) -> None:
        self._is_scheduled = False
        now, is_behind = self._clock(), self._is_behind()
        for _ in range(min(len(self._held), limits.RESUMED_PER_CHECK)):
            if is_behind and self._held[0][0] > now:
                break
            self._held.popleft()[1]()
        self._schedule()
