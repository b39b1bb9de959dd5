"""A node's audit log as its data directory knows it: where the file is, how far it was, how often it was found broken."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from daypass.state import data_files
from daypass.state.nodes import NODE, Checkpoint, Event
from daypass.state.sql import SqlStore

T = TypeVar("T")


def audit_log_path(data: Path, node: str = NODE) -> Path:
    """Return where a data directory keeps the audit log of a node; the first one's has no number."""
    if node == NODE:
        return data / data_files.AUDIT_LOG
    return data / f"audit-{node}.log"


class AtOnce(Protocol):
    """Returns what a task returns, or raises what it raises, once the thread that owns the store has run it."""

    def __call__(self, task: Callable[[], T]) -> T:
        """Run it."""


class AuditFile:
    """What the database knows of one node's audit log; what is in the file is for `server.audit`."""

    def __init__(self, path: Path, store: SqlStore, at_once: AtOnce) -> None:
        """Name the file and the store of the node; `at_once` runs on the one thread that may use the store."""
        self.path = path
        self._store = store
        self._at_once = at_once

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return what was last known to be on disk of the log."""
        return self._at_once(self._store.checkpoint)

    @property
    def breaks(self) -> tuple[str, ...]:
        """Return every break of the log that was found, the oldest first."""
        return self._at_once(self._store.audit_breaks)

    def add_break(self, text: str) -> None:
        """Keep a break of the log for good."""
        self._at_once(lambda: self._store.add_audit_break(text))

    def accept_breaks(self, texts: Sequence[str], checkpoint: Checkpoint) -> None:
        """Replace what is kept of all breaks, and the checkpoint, even if it is lower: an operator accepted them."""
        self._at_once(lambda: self._store.accept_audit_breaks(texts, checkpoint))

    def undrained(self, after: int) -> list[Event]:
        """Return the events of the node's commits after that one, which the log may lack."""
        return self._at_once(lambda: self._store.undrained(after))
