"""The queue of requests that wait to begin, and the decision to refuse further ones.

A request runs in one piece once it begins, so one turn of the event loop lasts as long as the
requests that begin in it. Only a few begin per turn; the others queue. While the queue is too long,
further requests are refused. So each request that is answered is answered soon, and new connections
are accepted between turns however many requests come.
"""

from collections import deque
from collections.abc import Callable

from daypass.core.sources import Clock
from daypass.server import limits

BeginRequest = Callable[[], object]


class RequestQueue:
    """Begins a bounded number of requests per turn of the event loop.

    `call_soon` calls a function in the loop's next turn.
    """

    def __init__(self, call_soon: Callable[[BeginRequest], object], clock: Clock) -> None:
        self._call_soon = call_soon
        self._clock = clock
        self._waiting: deque[tuple[float, BeginRequest]] = deque()
        """When each request came, and the function that begins it."""
        self._begun = 0
        """How many requests have begun in this turn."""
        self._turn_began: float | None = None
        self._seconds_each = limits.REQUEST_SECONDS_INITIAL
        """The recent average time of a request, with all that the loop does besides."""
        self.turned_away = 0
        """How many requests were refused since the start."""

    @property
    def is_behind(self) -> bool:
        """Say whether the queue is so long that a further request is refused."""
        waiting = self._waiting
        return bool(waiting) and (
            len(waiting) * self._seconds_each > limits.REQUEST_WAIT_SECONDS_MAX
            or self._clock() - waiting[0][0] > limits.REQUEST_WAIT_SECONDS_MAX
        )

    def begin_now(self) -> bool:
        """Count a request that begins now; return False if it has to queue."""
        if self._waiting or self._begun >= limits.REQUESTS_PER_TURN:
            return False
        self._count_begun()
        return True

    def begin_or_queue(self, begin: BeginRequest) -> bool:
        """Begin a request now or in one of the next turns; return False if it is refused."""
        if self.begin_now():
            begin()
            return True
        if self.is_behind:
            self.turned_away += 1
            return False
        self._waiting.append((self._clock(), begin))
        return True

    def _count_begun(self) -> None:
        self._begun += 1
        if self._begun == 1:
            self._call_soon(self._begin_waiting)

    def _begin_waiting(self) -> None:
        """Begin the next requests of the queue: the first call in each turn."""
        self._measure()
        self._begun = 0
        while self._waiting and self._begun < limits.REQUESTS_PER_TURN:
            self._count_begun()
            self._waiting.popleft()[1]()

    def _measure(self) -> None:
        """Update the average time of a request, after a turn that began as many as are allowed."""
        if not self._waiting:
            self._turn_began = None
            return
        now = self._clock()
        if self._turn_began is not None:
            seconds = (now - self._turn_began) / limits.REQUESTS_PER_TURN
            self._seconds_each += (seconds - self._seconds_each) / limits.TURNS_AVERAGED
        self._turn_began = now
