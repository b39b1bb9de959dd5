"""A node's audit log as its data directory knows it: where the file is, how far it was, how often it was found broken."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from daypass.state.database.sql_store import SqlStore
from daypass.state.files import data_files
from daypass.state.side_tables.nodes import FIRST_NODE, Checkpoint, CommitEvent

T = TypeVar("T")


def audit_log_path(data: Path, node: str = FIRST_NODE) -> Path:
    """Return where a data directory keeps the audit log of a node; the first one's has no number."""
    if node == FIRST_NODE:
        return data / data_files.AUDIT_LOG
    return data / f"audit-{node}.log"


def nodes_with_logs(data: Path, known: Iterable[str]) -> list[str]:
    """Return the nodes that have an audit log in a data directory, the first node first.

    A node is named by the database or by a file. The database alone misses a log that a backup of it does not know yet; the files
    alone miss a log that somebody removed.
    """
    found = {FIRST_NODE, *known}
    with suppress(FileNotFoundError):
        found |= {data_files.node_of_audit_log(each.name) for each in data.iterdir()} - {""}
    return sorted(found, key=lambda node: (node != FIRST_NODE, len(node), node))


class RunAndWait(Protocol):
    """Returns what a task returns, or raises what it raises, once the thread that owns the store has run it."""

    def __call__(self, task: Callable[[], T]) -> T:
        """Run it."""


class AuditFile:
    """What the database knows of one node's audit log; what is in the file is for `server.audit`."""

    def __init__(self, data: Path, node: str, store: SqlStore, run_and_wait: RunAndWait) -> None:
        """Name the node and its data directory; `run_and_wait` runs on the one thread that may use the store, this node's or another's."""
        self.node = node
        self.path = audit_log_path(data, node)
        self._data = data
        self._store = store
        self._run_and_wait = run_and_wait

    def logs_of_other_nodes(self) -> list["AuditFile"]:
        """Return the audit log of every other node that ever started in this data directory."""
        return [self._of(node) for node in sorted(self._known) if node != self.node]

    def logs_of_all_nodes(self) -> list["AuditFile"]:
        """Return the audit log of every node that ever started, and of those that a file is there of, the first node's first."""
        return [self._of(node) for node in nodes_with_logs(self._data, self._known)]

    @property
    def _known(self) -> Mapping[str, bool]:
        return self._run_and_wait(self._store.started_nodes)

    def _of(self, node: str) -> "AuditFile":
        return AuditFile(self._data, node, self._store, self._run_and_wait)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return what was last known to be on disk of the log."""
        return self._run_and_wait(lambda: self._store.checkpoint(self.node))

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Remember what is on disk of the log; a lower checkpoint than the one before is not written."""
        self._run_and_wait(lambda: self._store.write_checkpoint(checkpoint, self.node))

    @property
    def breaks(self) -> tuple[str, ...]:
        """Return every break of any node's log that was found, the oldest first."""
        return self._run_and_wait(self._store.audit_breaks)

    def add_break(self, text: str) -> None:
        """Keep a break of the log for good."""
        self._run_and_wait(lambda: self._store.add_audit_break(text))

    def accept_breaks(self, texts: Sequence[str], checkpoints: Mapping[str, Checkpoint]) -> None:
        """Replace what is kept of all breaks, and checkpoints by their nodes, even if they are lower: an operator accepted them."""
        self._run_and_wait(lambda: self._store.accept_audit_breaks(texts, checkpoints))

    def events_after(self, after: int) -> list[CommitEvent]:
        """Return the events of the node's commits after that one, which the log may lack."""
        return self._run_and_wait(lambda: self._store.events_after(after, self.node))
