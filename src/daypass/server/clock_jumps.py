"""Reports that the wall clock was set: on the terminal, in the audit log and in the metrics.

Not here: what a jump means for sessions, codes and locks (`core.time.steady_time`).
"""

import asyncio
from collections.abc import Callable

from daypass.core.time.steady_time import Jump
from daypass.core.time.timestamps import iso8601
from daypass.server.audit.event import Event
from daypass.server.audit.recorder import Recorder
from daypass.server.health.metrics import Aggregation, Metrics
from daypass.state.steady_clock import SteadyClock

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def describe_jump(jump: Jump) -> str:
    """Return a sentence that tells an operator how the clock was set and what follows from it."""
    clock, span = iso8601(int(jump.wall)), format_duration(abs(jump.seconds))
    if jump.seconds > 0:
        return (
            f"the clock was set forward by {span} to {clock}, or this machine slept;"
            " sessions that were to end meanwhile have ended"
        )
    if jump.is_from_before:
        change = f"the clock says {clock}, {span} before the last run of this server ended"
    else:
        change = f"the clock was set back by {span} to {clock}"
    return (
        f"{change}; sessions and locks end as if it had not been set back,"
        " but signatures, links and conditions on the time go by this clock"
    )


def format_duration(seconds: float) -> str:
    """Return a duration in its two largest units, as `1 d 2 h`."""
    rest, parts = round(seconds), []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def jump_event(jump: Jump) -> Event:
    """Return the audit event of a jump."""
    return Event(
        time=jump.wall,
        request="",
        service="daypass",
        operation="clock-jump",
        message=describe_jump(jump),
        detail={"by": "daypass", "seconds": str(round(jump.seconds))},
    )


class ClockJumpReporter:
    """Reports each jump once; its audit event is tried again until it is written."""

    def __init__(
        self, clocks: SteadyClock, recorder: Recorder, print_line: Callable[[str], None]
    ) -> None:
        self._clocks = clocks
        self._recorder = recorder
        self._print_line = print_line
        self._unrecorded: list[Jump] = []

    def register_gauges(self, metrics: Metrics) -> None:
        """Add gauges: how often the clock was set, and how far steady time is ahead of it."""
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
        """Report new jumps, and say whether there were any. Call it on the event loop."""
        self._clocks.moment()
        jumps = self._clocks.take_jumps()
        for jump in jumps:
            self._print_line(f"warning: {describe_jump(jump)}")
        to_record, self._unrecorded = [*self._unrecorded, *jumps], []
        for jump in to_record:
            self._record(jump)
        return bool(jumps)

    def _record(self, jump: Jump) -> None:
        def retry_if_failed(done: "asyncio.Future[None]") -> None:
            if done.cancelled() or done.exception() is not None:
                self._unrecorded.append(jump)

        self._recorder.record(jump_event(jump)).add_done_callback(retry_if_failed)
