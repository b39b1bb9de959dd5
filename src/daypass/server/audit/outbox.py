"""The events of commits that have no line in the audit log yet, in order.

A commit's event is durable together with its change. Its line is written right after, before any
answer. If the file refuses the line, the event waits here; if the process ends between the two, the
next start finds the event in the store.
"""

import threading
from collections import deque
from collections.abc import Sequence

import msgspec

from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.audit.line_format import ChainPoint
from daypass.server.audit.log_lines import LogEntry
from daypass.state.side_tables.nodes import Checkpoint, CommitEvent
from daypass.state.store import Unavailable

_decoder = msgspec.json.Decoder(Event)


class Outbox:
    """A queue of events from the committer's thread to the event loop, which writes the log."""

    def __init__(self, drained: int = 0) -> None:
        """Start empty; every commit up to `drained` has its line."""
        self._entries: deque[LogEntry] = deque()
        self._lock = threading.Lock()
        self._written: deque[tuple[int, int]] = deque([(0, drained)])
        """Pairs of a line's number and the last commit that has its line up to that line."""

    def add(self, events: Sequence[CommitEvent]) -> None:
        """Add the events of commits, in order; called from any thread."""
        entries = [_log_entry(event) for event in events]
        with self._lock:
            self._entries.extend(entries)

    @property
    def entries(self) -> list[LogEntry]:
        """Return the entries to write before any others."""
        with self._lock:
            return list(self._entries)

    def mark_written(self, count: int, last_line: int) -> None:
        """Remove the first `count` entries, of which the last was written as line `last_line`."""
        if not count:
            return
        with self._lock:
            for _ in range(count):
                commit = self._entries.popleft().commit
        self._written.append((last_line, commit))

    def drained_commit(self, line: int) -> int:
        """Return the last commit whose line, and all before, are among the first `line` lines."""
        while len(self._written) > 1 and self._written[1][0] <= line:
            self._written.popleft()
        return self._written[0][1]

    def checkpoint(self, point: ChainPoint) -> Checkpoint:
        """Return the store's checkpoint for a point in the log, with the last commit drained."""
        return Checkpoint(self.drained_commit(point.seq), point.seq, point.hash, point.position)

    def check_capacity(self) -> None:
        """Raise `Unavailable` if so many events wait that no more changes are accepted."""
        if len(self._entries) >= limits.UNWRITTEN_COMMITS_MAX:
            raise Unavailable("The audit log cannot be written: no more changes are taken.")


def _log_entry(committed: CommitEvent) -> LogEntry:
    try:
        event = _decoder.decode(committed.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        event = Event(
            time=0,
            request="",
            service="daypass",
            operation="commit",
            outcome="EventUnreadable",
            message=f"the event of commit {committed.commit} cannot be read",
        )
    return LogEntry(msgspec.structs.replace(event, late=committed.is_late), committed.commit)
