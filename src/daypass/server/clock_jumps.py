"""Saying that the wall clock was set: on the terminal, in the audit log and in the metrics.

Not here: what a jump means for sessions, codes and locks (`core.steady_time`).
"""

import asyncio
from collections.abc import Callable

from daypass.core.steady_time import Jump
from daypass.core.timestamps import iso8601
from daypass.server.audit.event import Event
from daypass.server.audit.recorder import Recorder
from daypass.server.health.metrics import Aggregation, Metrics
from daypass.state.steady_clock import SteadyClock

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def sentence(jump: Jump) -> str:
    """Say what happened to the clock, and what it means, to somebody who may have to set it right."""
    clock, span = iso8601(int(jump.wall)), duration(abs(jump.seconds))
    if jump.seconds > 0:
        return f"the clock was set forward by {span} to {clock}, or this machine slept; sessions that were to end meanwhile have ended"
    if jump.is_from_before:
        what = f"the clock says {clock}, {span} before the last run of this server ended"
    else:
        what = f"the clock was set back by {span} to {clock}"
    return (
        f"{what}; sessions and locks end as if it had not been set back,"
        " but signatures, links and conditions on the time go by this clock"
    )


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, as `1 d 2 h`."""
    left, parts = round(seconds), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def event(jump: Jump) -> Event:
    """Return what the audit log is told of a jump."""
    return Event(
        time=jump.wall,
        request="",
        service="daypass",
        operation="clock-jump",
        message=sentence(jump),
        detail={"by": "daypass", "seconds": str(round(jump.seconds))},
    )


class ClockJumps:
    """Tells of each jump once; the audit log again and again, until it has taken it."""

    def __init__(self, clocks: SteadyClock, recorder: Recorder, say: Callable[[str], None]) -> None:
        self._clocks = clocks
        self._recorder = recorder
        self._say = say
        self._unrecorded: list[Jump] = []

    def show(self, metrics: Metrics) -> None:
        """Show how often the clock was set, and how far ahead of it sessions are judged."""
        metrics.add_gauge(
            "daypass_clock_jumps",
            "How often the wall clock was set since the start, or was found behind the last run.",
            Aggregation.MAX,
            lambda: self._clocks.jumps_count,
        )
        metrics.add_gauge(
            "daypass_clock_lead_seconds",
            "Seconds by which the time that sessions and locks end by is ahead of the wall clock.",
            Aggregation.MAX,
            lambda: self._clocks.moment().lead,
        )

    def tick(self) -> bool:
        """Look at the clocks and tell of what is new; say whether anything is. Called on the event loop."""
        self._clocks.moment()
        jumps = self._clocks.take_jumps()
        for jump in jumps:
            self._say(f"warning: {sentence(jump)}")
        waiting, self._unrecorded = [*self._unrecorded, *jumps], []
        for jump in waiting:
            self._record(jump)
        return bool(jumps)

    def _record(self, jump: Jump) -> None:
        def recorded(done: "asyncio.Future[None]") -> None:
            if done.cancelled() or done.exception() is not None:
                self._unrecorded.append(jump)

        self._recorder.record(event(jump)).add_done_callback(recorded)
