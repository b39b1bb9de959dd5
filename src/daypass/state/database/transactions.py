"""Transactions of the database: some read one state of it, some are durable at the end.

Not here: what is read and written in them (`sql`, `side_table_store`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.state import database_errors
from daypass.state.database.database_lock import DatabaseLock, NoLock
from daypass.state.database.foreign_writes import DriverWriteDetector, FileWriteDetector
from daypass.state.schema.tables import head
from daypass.state.store import InconsistentStore, Unavailable


class Transactions:
    """A database that several processes may share, and whether what is known of it is in doubt."""

    def __init__(
        self,
        engine: Engine,
        *,
        lock: DatabaseLock | NoLock | None = None,
        writes: DriverWriteDetector | FileWriteDetector | None = None,
    ) -> None:
        """Take turns by `lock` with other processes; `writes` tells whether they wrote."""
        self._engine = engine
        self._lock = lock or NoLock()
        self._writes = writes or DriverWriteDetector(engine)
        self._reader = engine.execution_options(reads=True)
        self._is_in_doubt = False

    @contextmanager
    def _read_transaction(self) -> Iterator[Connection]:
        """Give a transaction that sees one state of the database; whoever writes waits until it ends."""
        with self._lock.hold(alone=False), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _write_transaction(self, *, sees_all_commits: bool = False) -> Iterator[Connection]:
        """Give a transaction that is durable at the end; raises `Unavailable` where the storage refuses it.

        `sees_all_commits` says that everything that was committed before is going to be known here.
        """
        try:
            with self._lock.hold(alone=True):
                with self._engine.begin() as connection:
                    yield connection
                if sees_all_commits:
                    self._writes.mark_seen()
        except InconsistentStore:
            # What is known here, or what is there, is wrong: it is loaded again before anybody
            # decides on it.
            self._is_in_doubt = True
            raise
        except database_errors.WRITE_ERRORS as error:
            # What it holds open may be broken: the next transaction begins on a connection of its
            # own.
            self._engine.dispose()
            self._writes.reset()
            raise Unavailable(
                "The request could not be stored.",
                operator=f"the database refuses writes: {database_errors.cause_of(error).words}",
            ) from error

    def try_write(self) -> None:
        """Write a row again as it is, durably; raises `Unavailable` where a commit would be refused now."""
        with self._write_transaction() as connection:
            connection.execute(sa.update(head).values(level=head.c.level))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        self._lock.close()
