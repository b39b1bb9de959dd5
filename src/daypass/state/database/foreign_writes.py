"""Whether a database was written since it was read: asked a hundred times a second where there are other nodes."""

import os
from pathlib import Path

from sqlalchemy.engine import Engine

from daypass.state.database import sqlite_file

CHANGE_COUNTER_OFFSET = 24
"""Where a SQLite file counts the transactions that changed it (SQLite, "Database File Format", section 1.3.8)."""


class DriverWriteDetector:
    """As SQLite's driver tells it of one connection: others' writes alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: int | None = None

    def has_new_writes(self) -> bool:
        """Say whether anybody else has written since this was asked before; to be asked before what they wrote is read."""
        before, self._known = self._known, sqlite_file.data_version(self._engine)
        return self._known != before

    def mark_seen(self) -> None:
        """Take no note: what was told was kept."""

    def reset(self) -> None:
        """Count everything as new: the connection is another one."""
        self._known = None


class FileWriteDetector:
    """As the file itself tells it, for a hundredth of the cost; own writes too. For nodes that take turns by a lock."""

    def __init__(self, path: Path) -> None:
        # It stays open for as long as the process lives: closing it would drop the locks that SQLite holds by its own descriptor.
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._known: bytes | None = None

    def has_new_writes(self) -> bool:
        """Say whether anybody has written since `mark_seen`, or is writing now."""
        return self._counter() != self._known

    def mark_seen(self) -> None:
        """Take note of how often it was written; to be called while nobody can write.

        While somebody writes the number may be one that is taken back, and given again to what is written next.
        """
        self._known = self._counter()

    def reset(self) -> None:
        """Count everything as new."""
        self._known = None

    def _counter(self) -> bytes:
        return os.pread(self._file, 4, CHANGE_COUNTER_OFFSET)
