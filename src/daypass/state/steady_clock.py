"""The clocks of a server: the wall clock, and steady time, which never goes back.

`core.time.steady_time` has the arithmetic. A jump of the wall clock is kept until a caller takes
and reports it.
"""

import threading

from daypass.core.sources import Clock
from daypass.core.time.steady_time import Jump, Moment, SteadyTime

JUMPS_KEPT_MAX = 100
"""How many jumps wait to be reported; of more, the newest."""


class SteadyClock:
    """A clock for several threads; calling it returns steady time in seconds since 1970."""

    def __init__(self, wall: Clock, monotonic: Clock, *, mark: float = 0) -> None:
        """Start at `mark` or later: the newest steady time stored before, in epoch seconds."""
        self._wall = wall
        self.monotonic = monotonic
        """Seconds of a clock that nobody sets, for waits and rates."""
        self._lock = threading.Lock()
        self._jumps: list[Jump] = []
        self.jumps_count = 0
        """How often the wall clock has jumped since the start."""
        self._time, jump = SteadyTime.start(mark, wall=wall(), monotonic=monotonic())
        self._keep_jump(jump)

    def __call__(self) -> float:
        """Return steady time, in seconds since 1970."""
        return self.moment().steady

    def wall(self) -> float:
        """Return the wall clock's time, in seconds since 1970."""
        return self.moment().wall

    def moment(self) -> Moment:
        """Return the current time by both clocks."""
        with self._lock:
            wall = self._wall()
            self._time, jump = self._time.advanced_to(wall=wall, monotonic=self.monotonic())
            if jump is not None:
                self._keep_jump(jump)
            return Moment(wall, self._time.steady)

    def raise_to(self, mark: float) -> None:
        """Raise steady time to `mark` at least, in epoch seconds: another node has reached it."""
        self.moment()
        with self._lock:
            self._time = self._time.raised_to(mark)

    def take_jumps(self) -> list[Jump]:
        """Return the jumps since the last call, and forget them."""
        with self._lock:
            taken, self._jumps = self._jumps, []
            return taken

    def _keep_jump(self, jump: Jump | None) -> None:
        """Count a jump of the wall clock, if there is one, and keep it to be reported."""
        if jump is not None:
            self.jumps_count += 1
            self._jumps = [*self._jumps, jump][-JUMPS_KEPT_MAX:]
