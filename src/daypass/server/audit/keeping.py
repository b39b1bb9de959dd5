"""The log of an open data directory: opened only if it is what was written, and compared while a server runs.

A break is remembered in the database before anything else happens. From then on no server starts over it, whatever becomes
of the file, until an operator accepts it.
"""

import sys

from daypass.core.faults import Fault
from daypass.core.sources import Clock
from daypass.server.audit import breaks
from daypass.server.audit.breaks import Found
from daypass.server.audit.line import START, Mark
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.unrecorded import Broken, Unrecorded
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.explaining import ACCEPT
from daypass.state.data_directory.node_data import Data
from daypass.state.files.data_files import AUDIT_LOG
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.unusable import Unusable

LOUD = "THE AUDIT LOG IS NOT WHAT WAS WRITTEN"


def mark_of(checkpoint: Checkpoint | None) -> Mark:
    """Return a checkpoint as a place in the log, the start if there is none."""
    return START if checkpoint is None else Mark(*checkpoint[1:])


def opened(data: Data, *, now: float, others_serve: bool = False) -> AuditLog:
    """Return the log of a data directory's node, verified from its checkpoint on.

    Raises `Unusable` for a log that is not what was written, having remembered the break; and for one that cannot be opened.
    A break of another node's log refuses this one too, unless `others_serve` all the same.
    """
    return opened_file(data.audit, now=now, others_serve=others_serve)


def opened_file(audit: AuditFile, *, now: float, others_serve: bool = False) -> AuditLog:
    """Return the log of any node, as `opened` does."""
    try:
        left = breaks.open_ones(breaks.read(audit.breaks))
        if others_serve:
            left = tuple(each for each in left if each.node == audit.node)
        if left:
            raise Unusable(f"{LOUD}: {left[0].what}, and nobody has accepted that", ACCEPT)
        return AuditLog(audit.path, checkpoint=mark_of(audit.checkpoint))
    except Broken as fault:
        raise found_broken(audit, fault, now=now) from fault
    except Unrecorded as fault:
        raise Unusable(fault.operator, "is the disk full, or not ours to write?") from fault
    except Fault as fault:
        raise Unusable(fault.message, ACCEPT) from fault


def found_broken(audit: AuditFile, fault: Broken, *, now: float) -> Unusable:
    """Remember a break of a node's log; return what whoever wanted to use the log is told."""
    audit.add_break(breaks.spelled(Found(now, fault.operator, node=audit.node)))
    return Unusable(f"{LOUD}: {fault.operator}", f"keep a copy of the file; {ACCEPT}")


def remarks_on(log: AuditLog, found: int) -> list[str]:
    """Return lines for the terminal about a log that was opened, and was found broken so many times."""
    lines = []
    if log.bytes_cut:
        lines.append(
            f"half a line at the end of {_name(log)} was cut off ({log.bytes_cut} bytes), as a crash leaves it"
        )
    if found:
        lines.append(
            f"{_name(log)} was found broken {found} times, and accepted: daypass log verify shows them"
        )
    return lines


def _name(log: AuditLog) -> str:
    name = log.path.name
    return "the audit log" if name == AUDIT_LOG else f"the audit log {name}"


class Keeper:
    """Compares the log with what is known of it while a server runs."""

    def __init__(self, log: AuditLog, data: Data, *, now: Clock) -> None:
        self._log = log
        self._data = data
        self._now = now
        self._said: set[str] = set()
        self._unkept: list[str] = []
        self._is_writing = False
        self.reason = ""
        """Why the file took no line when it was looked at, in plain words; empty if it could have."""
        self.breaks = breaks.count(breaks.read(data.audit.breaks), data.audit.node)
        """How many breaks of this log were found, ever."""

    def look(self) -> None:
        """Compare the file with what is known of it; say a break on the terminal, and remember it."""
        try:
            self._log.append(())
            self.reason = ""
        except Unrecorded as fault:
            self.reason = fault.reason
            if isinstance(fault, Broken):
                self._found(fault.operator)
        if self._unkept and not self._is_writing:
            self._is_writing = True
            self._data.committer.later(self._write)

    def remarks(self) -> list[str]:
        """Return lines for the terminal about what the start found."""
        return remarks_on(self._log, self.breaks)

    def _found(self, what: str) -> None:
        if what in self._said:
            return
        self._said.add(what)
        self._unkept.append(breaks.spelled(Found(self._now(), what, node=self._data.audit.node)))
        self.breaks += 1
        sys.stderr.write(f"error: {LOUD}: {what}\n")

    def _write(self) -> None:
        """Keep what was found in the database; what it refuses is tried again at the next look."""
        try:
            while self._unkept:
                self._data.audit.add_break(self._unkept[0])
                del self._unkept[0]
        finally:
            self._is_writing = False
