"""How much work one turn of the event loop begins, and what is put off or turned away beyond that.

A request is carried out in one piece once it begins, so that a turn is as long as the requests that begin in it. They
begin a few at a time; the others wait, and while those who wait would take too long, whoever comes is turned away: what is
answered is answered soon, and new connections are accepted between turns however many requests come.
"""

from collections import deque
from collections.abc import Callable

from daypass.core.sources import Clock
from daypass.server import limits

Begin = Callable[[], object]


class Turns:
    """Requests that wait for their turn; `soon` calls a function in the next turn of the loop."""

    def __init__(self, soon: Callable[[Begin], object], clock: Clock) -> None:
        self._soon = soon
        self._clock = clock
        self._waiting: deque[tuple[float, Begin]] = deque()
        self._begun = 0
        """How many have begun in this turn."""
        self._turn_began: float | None = None
        self._seconds_each = limits.REQUEST_SECONDS_GUESSED
        """How long a request takes of late, with all that happens beside it."""
        self.turned_away = 0

    @property
    def is_behind(self) -> bool:
        """Say whether requests wait for so long, or would, that another one had better come again later."""
        waiting = self._waiting
        return bool(waiting) and (
            len(waiting) * self._seconds_each > limits.REQUEST_WAIT_SECONDS_MAX
            or self._clock() - waiting[0][0] > limits.REQUEST_WAIT_SECONDS_MAX
        )

    def offer(self, begin: Begin) -> bool:
        """Begin a request now or in one of the next turns, and say so; no for one that is turned away."""
        if not self._waiting and self._begun < limits.REQUESTS_PER_TURN:
            self._count()
            begin()
            return True
        if self.is_behind:
            self.turned_away += 1
            return False
        self._waiting.append((self._clock(), begin))
        return True

    def _count(self) -> None:
        self._begun += 1
        if self._begun == 1:
            self._soon(self._turn)

    def _turn(self) -> None:
        self._measure()
        self._begun = 0
        while self._waiting and self._begun < limits.REQUESTS_PER_TURN:
            self._count()
            self._waiting.popleft()[1]()

    def _measure(self) -> None:
        """Learn how long a request takes from a turn that began as many as it may, and was followed by another."""
        if not self._waiting:
            self._turn_began = None
            return
        now = self._clock()
        if self._turn_began is not None:
            taken = (now - self._turn_began) / limits.REQUESTS_PER_TURN
            self._seconds_each += (taken - self._seconds_each) / limits.TURNS_REMEMBERED
        self._turn_began = now
