"""Comparing the open audit log of a node with its last known state while a server runs."""

import sys

from daypass.core.sources import Clock
from daypass.server.audit import break_records
from daypass.server.audit.break_records import BreakRecord
from daypass.server.audit.log_file import AuditLog, BrokenLog, Unrecorded
from daypass.server.audit.open_log import BROKEN_LOG_HEADLINE, log_remarks
from daypass.state.data_directory.node_data import NodeData


class AuditLogWatch:
    """Compares a node's log with its last known state.

    Reports a new break on the terminal and records it in the database.
    """

    def __init__(self, log: AuditLog, data: NodeData, *, now: Clock) -> None:
        self._log = log
        self._data = data
        self._now = now
        self._reported: set[str] = set()
        self._unrecorded: list[str] = []
        """Breaks, as JSON, that the database has not taken yet."""
        self._is_recording = False
        self.refusal = ""
        """Why the file would have taken no line at the last comparison, in plain words; empty if it
        would."""
        records = break_records.decode_records(data.audit.breaks)
        self.break_count = break_records.count_breaks(records, data.audit.node)
        """How many breaks of this log were ever found."""

    def compare(self) -> None:
        """Compare the file with its last known state.

        Report a new break on the terminal, and have it recorded.
        """
        try:
            self._log.append(())
            self.refusal = ""
        except Unrecorded as fault:
            self.refusal = fault.reason
            if isinstance(fault, BrokenLog):
                self._report(fault.operator)
        if self._unrecorded and not self._is_recording:
            self._is_recording = True
            self._data.committer.run_later(self._record)

    def remarks(self) -> list[str]:
        """Return lines for the terminal about the log as it was opened."""
        return log_remarks(self._log, self.break_count)

    def _report(self, what: str) -> None:
        if what in self._reported:
            return
        self._reported.add(what)
        record = BreakRecord(self._now(), what, node=self._data.audit.node)
        self._unrecorded.append(break_records.encode_record(record))
        self.break_count += 1
        sys.stderr.write(f"error: {BROKEN_LOG_HEADLINE}: {what}\n")

    def _record(self) -> None:
        """Write new breaks into the database.

        One that the database refuses is tried again at the next comparison.
        """
        try:
            while self._unrecorded:
                self._data.audit.add_break(self._unrecorded[0])
                del self._unrecorded[0]
        finally:
            self._is_recording = False
