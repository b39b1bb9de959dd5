"""Detection of writes by other nodes since the last read; cheap, since nodes poll often."""

import os
from pathlib import Path

from sqlalchemy.engine import Engine

from daypass.state.database import sqlite_file

CHANGE_COUNTER_OFFSET = 24
"""Offset of a SQLite file's change counter (SQLite, "Database File Format", section 1.3.8)."""


class DriverWriteDetector:
    """Detects writes of other connections by SQLite's `data_version`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: int | None = None

    def has_new_writes(self) -> bool:
        """Return whether another connection has written since the last call.

        Must be called before the data is read.
        """
        before, self._known = self._known, sqlite_file.data_version(self._engine)
        return self._known != before

    def mark_seen(self) -> None:
        """Do nothing: `has_new_writes` has already stored the version."""

    def reset(self) -> None:
        """Count everything as new, because the connection is another one."""
        self._known = None


class FileWriteDetector:
    """Detects writes, own ones too, by the change counter in the file, at a hundredth of the cost.

    For nodes that take turns by a lock.
    """

    def __init__(self, path: Path) -> None:
        # It stays open for the life of the process: closing it would drop SQLite's own locks.
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._known: bytes | None = None

    def has_new_writes(self) -> bool:
        """Return whether anybody has written since `mark_seen`, or is writing now."""
        return self._counter() != self._known

    def mark_seen(self) -> None:
        """Store the change counter; must be called while nobody can write.

        During a write the counter may be rolled back, and then be given to the next write.
        """
        self._known = self._counter()

    def reset(self) -> None:
        """Count everything as new."""
        self._known = None

    def _counter(self) -> bytes:
        return os.pread(self._file, 4, CHANGE_COUNTER_OFFSET)
