"""Time that never goes back: what the wall clock says, and goes on where somebody sets that clock back.

Steady time follows the wall clock forwards, whatever the step. When the wall clock is set back by more than a correction,
steady time goes on as fast as the monotonic clock counts, ahead of the wall clock by a lead that stays; a smaller step is waited
out. What was over stays over, and what was begun lasts as long as it was meant to.

Not here: reading clocks, and keeping the newest time for the next start (`state.steady_clock`).
"""

from dataclasses import dataclass, replace

CORRECTION_SECONDS_MAX = 10
"""How far the wall clock may move beside the monotonic one without being said to jump: leap seconds and small corrections."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment by two clocks, in seconds since 1970: the wall clock, which may be set back, and steady time."""

    wall: float
    steady: float

    @property
    def lead(self) -> int:
        """Return by how many seconds steady time is ahead of the wall clock, both in whole seconds; never negative."""
        return int(self.steady) - int(self.wall)


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock was set: to `wall`, which is `seconds` later than it would have come to, or earlier if negative."""

    seconds: float
    wall: float
    is_from_before: bool = False
    """Whether it was found at a start: `seconds` are by how much the clock is behind the newest time that was kept."""


@dataclass(frozen=True, slots=True)
class SteadyTime:
    """How far steady time has come, and how the wall clock and the monotonic one stood to each other."""

    steady: float
    monotonic: float
    offset: float
    """The wall clock's reading less the monotonic clock's, when the wall clock was last set."""

    @classmethod
    def begun(
        cls, mark: float, *, wall: float, monotonic: float
    ) -> "tuple[SteadyTime, Jump | None]":
        """Return steady time at a start, and a jump if the wall clock is behind `mark`, the newest time known before."""
        time = cls(max(mark, wall), monotonic, wall - monotonic)
        is_behind = mark - wall > CORRECTION_SECONDS_MAX
        return time, Jump(wall - mark, wall, is_from_before=True) if is_behind else None

    def raised(self, mark: float) -> "SteadyTime":
        """Return steady time that is no earlier than `mark`, the newest time that is known of others who share the data."""
        return replace(self, steady=max(self.steady, mark))

    def advanced(self, *, wall: float, monotonic: float) -> "tuple[SteadyTime, Jump | None]":
        """Return steady time at these readings, and a jump if the wall clock was set since the readings before."""
        passed = self.steady + max(0.0, monotonic - self.monotonic)
        is_correction = passed - wall <= CORRECTION_SECONDS_MAX
        steady = max(wall, self.steady) if is_correction else passed
        latest = max(monotonic, self.monotonic)
        moved = wall - latest - self.offset
        if abs(moved) <= CORRECTION_SECONDS_MAX:
            return SteadyTime(steady, latest, self.offset), None
        return SteadyTime(steady, latest, wall - latest), Jump(moved, wall)
