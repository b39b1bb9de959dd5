"""A node's audit log as the database describes it: its file, its checkpoint and its breaks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from daypass.state.database.sql_store import SqlStore
from daypass.state.files import data_files
from daypass.state.side_tables.nodes import FIRST_NODE, Checkpoint, CommitEvent

T = TypeVar("T")


def audit_log_path(data: Path, node: str = FIRST_NODE) -> Path:
    """Return the path of a node's audit log; the first node's file has no number in its name."""
    if node == FIRST_NODE:
        return data / data_files.AUDIT_LOG
    return data / f"audit-{node}.log"


def nodes_with_logs(data: Path, known: Iterable[str]) -> list[str]:
    """Return the nodes that have an audit log in a data directory, the first node first.

    A node is named by the database (`known`) or by a file. The database alone misses a log that
    a backup of it does not know yet; the files alone miss a log that somebody removed.
    """
    found = {FIRST_NODE, *known}
    with suppress(FileNotFoundError):
        found |= {data_files.node_of_audit_log(each.name) for each in data.iterdir()} - {""}
    return sorted(found, key=lambda node: (node != FIRST_NODE, len(node), node))


class RunAndWait(Protocol):
    """Runs a task on the thread that owns the store; returns its result or raises its exception."""

    def __call__(self, task: Callable[[], T]) -> T:
        """Run the task."""


class AuditFile:
    """Path, checkpoint and breaks of one node's audit log; `server.audit` reads its lines."""

    def __init__(self, data: Path, node: str, store: SqlStore, run_and_wait: RunAndWait) -> None:
        """Describe the log of `node`; `run_and_wait` runs tasks on the thread that owns `store`."""
        self.node = node
        self.path = audit_log_path(data, node)
        self._data = data
        self._store = store
        self._run_and_wait = run_and_wait

    def logs_of_other_nodes(self) -> list["AuditFile"]:
        """Return the audit logs of all other nodes that ever started in this data directory."""
        return [self._log_of(node) for node in sorted(self._started_nodes) if node != self.node]

    def logs_of_all_nodes(self) -> list["AuditFile"]:
        """Return the audit logs of all nodes that started or have a file, the first's first."""
        return [self._log_of(node) for node in nodes_with_logs(self._data, self._started_nodes)]

    @property
    def _started_nodes(self) -> Mapping[str, bool]:
        return self._run_and_wait(self._store.started_nodes)

    def _log_of(self, node: str) -> "AuditFile":
        return AuditFile(self._data, node, self._store, self._run_and_wait)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return the log's checkpoint; None if the node never started."""
        return self._run_and_wait(lambda: self._store.checkpoint(self.node))

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write the log's checkpoint unless it is lower than the stored one."""
        self._run_and_wait(lambda: self._store.write_checkpoint(checkpoint, self.node))

    @property
    def breaks(self) -> tuple[str, ...]:
        """Return every break of any node's log that was found, as text, the oldest first."""
        return self._run_and_wait(self._store.audit_breaks)

    def add_break(self, text: str) -> None:
        """Store a break of the log forever."""
        self._run_and_wait(lambda: self._store.add_audit_break(text))

    def accept_breaks(self, texts: Sequence[str], checkpoints: Mapping[str, Checkpoint]) -> None:
        """Overwrite all breaks, and checkpoints by node, even lower ones, for an operator."""
        self._run_and_wait(lambda: self._store.accept_audit_breaks(texts, checkpoints))

    def events_after(self, after: int) -> list[CommitEvent]:
        """Return the events of the node's commits after `after`, which the log may lack."""
        return self._run_and_wait(lambda: self._store.events_after(after, self.node))
