"""The clocks of a server, read together: the wall clock, and the time that never goes back (`core.steady_time`).

A jump of the wall clock is kept until somebody takes it and says it.
"""

import threading

from daypass.core.sources import Clock
from daypass.core.steady_time import Jump, Moment, SteadyTime

JUMPS_KEPT_MAX = 100
"""Jumps that wait to be told; of more, the newest."""


class SteadyClock:
    """A clock for several threads; calling it returns steady time in seconds since 1970."""

    def __init__(self, wall: Clock, monotonic: Clock, *, mark: float = 0) -> None:
        """Begin no earlier than at `mark`, the newest steady time that was kept before, in seconds since 1970."""
        self._wall = wall
        self.monotonic = monotonic
        """Seconds of a clock that nobody sets: waits and rates are measured by it."""
        self._lock = threading.Lock()
        self._jumps: list[Jump] = []
        self.jumps_count = 0
        """How often the wall clock has jumped since the start."""
        self._time, jump = SteadyTime.start(mark, wall=wall(), monotonic=monotonic())
        self._note(jump)

    def __call__(self) -> float:
        """Return steady time, in seconds since 1970."""
        return self.moment().steady

    def wall(self) -> float:
        """Return what the wall clock says, in seconds since 1970."""
        return self.moment().wall

    def moment(self) -> Moment:
        """Return this moment by both clocks."""
        with self._lock:
            wall = self._wall()
            self._time, jump = self._time.advanced_to(wall=wall, monotonic=self.monotonic())
            self._note(jump)
            return Moment(wall, self._time.steady)

    def raise_to(self, mark: float) -> None:
        """Be no earlier than `mark`, in seconds since 1970, from now on: another node has come as far."""
        self.moment()
        with self._lock:
            self._time = self._time.raised_to(mark)

    def take_jumps(self) -> list[Jump]:
        """Return the jumps that nobody has taken yet."""
        with self._lock:
            taken, self._jumps = self._jumps, []
            return taken

    def _note(self, jump: Jump | None) -> None:
        if jump is not None:
            self.jumps_count += 1
            self._jumps = [*self._jumps, jump][-JUMPS_KEPT_MAX:]
