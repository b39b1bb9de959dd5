"""Merging the audit logs of several nodes into one: ordered by commit, then by time.

The lines of each log keep their order. The store numbers the commits of all nodes in one sequence,
so commit numbers sort before times: the clocks of nodes may disagree, the order of commits cannot.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from daypass.server.audit.log_lines import LogLine


class NodeLine(NamedTuple):
    """A line, and the node whose log it is in."""

    node: str
    line: LogLine


class _SortKey(NamedTuple):
    """The sort key of a line among the lines of all nodes."""

    seq: int
    """The line's commit; for a line without one the newest commit when its event was decided."""
    is_after_commit: bool
    """Whether this is another line than the commit's own, which sorts first: the event was decided
    on that commit."""
    time: float


def merge_logs(logs: Mapping[str, Iterable[LogLine]]) -> Iterator[NodeLine]:
    """Yield the lines of all nodes' logs in one order.

    Of lines with equal keys, those of the first log come first. One line of each log is in memory
    at a time. A fault of reading a log is raised when its next line is needed.
    """
    keyed_logs = (_with_sort_keys(*each) for each in logs.items())
    for _, line in heapq.merge(*keyed_logs, key=lambda each: each[0]):
        yield line


def _with_sort_keys(node: str, lines: Iterable[LogLine]) -> Iterator[tuple[_SortKey, NodeLine]]:
    """Yield each line of one log with its key, which is never lower than that of the line before.

    An operator's line names no commit, and a clock may be set back: both keep their place in the
    log.
    """
    seq, is_after_commit, time = 0, False, 0.0
    for line in lines:
        commit = line.commit or line.event.revision
        if commit > seq:
            seq, is_after_commit, time = commit, False, line.event.time
        else:
            time = max(time, line.event.time)
        is_after_commit = is_after_commit or line.commit != seq
        yield _SortKey(seq, is_after_commit, time), NodeLine(node, line)
