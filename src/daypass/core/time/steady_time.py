"""Steady time: seconds since 1970 that never go back when the wall clock is set back.

It follows the wall clock forwards. If the wall clock is set back by more than a small correction,
steady time goes on at the monotonic clock's speed, ahead of the wall clock by a lead that stays;
after a smaller step it stands still until the wall clock has caught up. So an expired session stays
expired, and a new one lasts as long as it should.

Reading the clocks, and storing the newest time for the next start, is `state.steady_clock`.
"""

from dataclasses import dataclass

import msgspec

CORRECTION_SECONDS_MAX = 10
"""How far the wall clock may differ from the monotonic clock before it counts as a jump: leap
seconds, small corrections."""


class Moment(msgspec.Struct, frozen=True):
    """One moment by two clocks, in seconds since 1970: the wall clock, and steady time."""

    wall: float
    steady: float

    @property
    def lead(self) -> int:
        """Return how many whole seconds steady time is ahead of the wall clock; never negative."""
        return int(self.steady) - int(self.wall)


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump of the wall clock to `wall`: `seconds` later than expected, or earlier if negative."""

    seconds: float
    wall: float
    is_from_before: bool = False
    """True if it was noticed at a start: `seconds` is then the difference to the newest stored
    time."""


class SteadyTime(msgspec.Struct, frozen=True):
    """The state of steady time: its newest value, and the readings of the other two clocks."""

    steady: float
    monotonic: float
    offset: float
    """The wall clock's reading minus the monotonic clock's, since the last jump."""

    @classmethod
    def start(
        cls, mark: float, *, wall: float, monotonic: float
    ) -> "tuple[SteadyTime, Jump | None]":
        """Return steady time at a process's start, and a jump if the wall clock is behind `mark`.

        `mark` is the newest steady time that was stored before; `wall` and `monotonic` are the
        clocks' readings.
        """
        time = cls(max(mark, wall), monotonic, wall - monotonic)
        is_behind = mark - wall > CORRECTION_SECONDS_MAX
        return time, Jump(wall - mark, wall, is_from_before=True) if is_behind else None

    def raised_to(self, mark: float) -> "SteadyTime":
        """Return steady time, raised to `mark` if that is later.

        `mark` is the newest time of other processes on the same data.
        """
        return msgspec.structs.replace(self, steady=max(self.steady, mark))

    def advanced_to(self, *, wall: float, monotonic: float) -> "tuple[SteadyTime, Jump | None]":
        """Return steady time at new readings of the clocks, and the wall clock's jump or None."""
        if (
            wall >= self.steady
            and 0 <= monotonic - self.monotonic <= 1
            and abs(wall - monotonic - self.offset) <= CORRECTION_SECONDS_MAX
        ):
            # What follows has the same result; nearly every reading is of this kind.
            return SteadyTime(wall, monotonic, self.offset), None
        passed = self.steady + max(0.0, monotonic - self.monotonic)
        is_correction = passed - wall <= CORRECTION_SECONDS_MAX
        steady = max(wall, self.steady) if is_correction else passed
        latest = max(monotonic, self.monotonic)
        moved = wall - latest - self.offset
        if abs(moved) <= CORRECTION_SECONDS_MAX:
            return SteadyTime(steady, latest, self.offset), None
        return SteadyTime(steady, latest, wall - latest), Jump(moved, wall)
