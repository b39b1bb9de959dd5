"""The events of commits that have no line in the audit log yet, in order.

A commit's event is durable together with its change. Its line is written right after, before anybody is answered; where the file
refuses it, or the process ends between the two, it waits here, or is found in the store by the next start.
"""

import threading
from collections import deque
from collections.abc import Sequence

import msgspec

from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.audit.line import Mark
from daypass.server.audit.log_file import Entry
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.side_tables.nodes import Event as Committed
from daypass.state.store import Unavailable

_decoder = msgspec.json.Decoder(Event)


class Outbox:
    """Events between the committer's thread, which puts them in, and whoever writes the log."""

    def __init__(self, drained: int = 0) -> None:
        """Begin where every commit up to `drained` has its line."""
        self._waiting: deque[Entry] = deque()
        self._lock = threading.Lock()
        self._written: deque[tuple[int, int]] = deque([(0, drained)])
        """The number of a line, and the last commit that has its line up to there."""

    def put(self, events: Sequence[Committed]) -> None:
        """Take the events of commits, in order; any thread may."""
        entries = [_entry(event) for event in events]
        with self._lock:
            self._waiting.extend(entries)

    @property
    def waiting(self) -> list[Entry]:
        """Return what has to be written before anything else."""
        with self._lock:
            return list(self._waiting)

    def written(self, count: int, last_line: int) -> None:
        """Note that the first `count` of what waited is written, up to the line of that number."""
        if not count:
            return
        with self._lock:
            for _ in range(count):
                commit = self._waiting.popleft().commit
        self._written.append((last_line, commit))

    def drained(self, line: int) -> int:
        """Return the last commit such that its line and all before it are among the first `line` lines."""
        while len(self._written) > 1 and self._written[1][0] <= line:
            self._written.popleft()
        return self._written[0][1]

    def checkpoint(self, mark: Mark) -> Checkpoint:
        """Return a place in the log as the store keeps it, with the commits that have their lines up to there."""
        return Checkpoint(self.drained(mark.seq), mark.seq, mark.hash, mark.position)

    def check(self) -> None:
        """Raise `Unavailable` where so many events wait that no more changes are taken."""
        if len(self._waiting) >= limits.UNWRITTEN_COMMITS_MAX:
            raise Unavailable("The audit log cannot be written: no more changes are taken.")


def _entry(event: Committed) -> Entry:
    try:
        found = _decoder.decode(event.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = Event(
            time=0,
            request="",
            service="daypass",
            operation="commit",
            outcome="EventUnreadable",
            message=f"the event of commit {event.commit} cannot be read",
        )
    return Entry(msgspec.structs.replace(found, late=event.is_late), event.commit)
