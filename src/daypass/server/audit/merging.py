"""The audit logs of several nodes as one: ordered by commit, then by time, without reordering the lines of any of them.

The store numbers the commits of all nodes in one order, so a line is placed by a number before its time: nodes may disagree about
the time, and never about the order of commits.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from daypass.server.audit.log_lines import Line


class Merged(NamedTuple):
    """A line, and the node in whose log it stands."""

    node: str
    line: Line


class _Place(NamedTuple):
    """Where a line stands among the lines of all nodes."""

    seq: int
    """Its commit; for a line without one the commit that was the newest when it was decided."""
    is_behind: bool
    """Whether it is another line than the commit's own: whoever decided on a commit comes behind it."""
    time: float


def merged(logs: Mapping[str, Iterable[Line]]) -> Iterator[Merged]:
    """Yield the lines of each node's log in one order; of lines with the same place those of the first log come first.

    One line of each log is held at a time. Whatever reading a log raises is raised when its next line is wanted.
    """
    for _, found in heapq.merge(
        *(_placed(*each) for each in logs.items()), key=lambda each: each[0]
    ):
        yield found


def _placed(node: str, lines: Iterable[Line]) -> Iterator[tuple[_Place, Merged]]:
    """Yield each line of one log with its place, which is never before that of the line before it.

    An operator's line names no commit, and a clock may be set back: both stay where they were written.
    """
    seq, is_behind, time = 0, False, 0.0
    for line in lines:
        own = line.commit or line.event.revision
        if own > seq:
            seq, is_behind, time = own, False, line.event.time
        else:
            time = max(time, line.event.time)
        is_behind = is_behind or line.commit != seq
        yield _Place(seq, is_behind, time), Merged(node, line)
