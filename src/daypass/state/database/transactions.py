"""Transactions of the database: read-only ones of one consistent state, and durable writing ones.

Out: what is read and written in them (`sql_store`, `side_table_store`).
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
    """A database that several processes may share, with its lock and its detector of writes."""

    def __init__(
        self,
        engine: Engine,
        *,
        lock: DatabaseLock | NoLock | None = None,
        writes: DriverWriteDetector | FileWriteDetector | None = None,
    ) -> None:
        """Take turns with other processes by `lock`; `writes` detects whether they wrote."""
        self._engine = engine
        self._lock = lock or NoLock()
        self._writes = writes or DriverWriteDetector(engine)
        self._reader = engine.execution_options(reads=True)
        self._is_in_doubt = False

    @contextmanager
    def _read_transaction(self) -> Iterator[Connection]:
        """Yield a transaction that sees one state of the database; writers wait until it ends."""
        with self._lock.hold(alone=False), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _write_transaction(self, *, sees_all_commits: bool = False) -> Iterator[Connection]:
        """Yield a transaction that is durable at the end; raises `Unavailable` if refused.

        `sees_all_commits` says that the transaction reads everything committed before it.
        """
        try:
            with self._lock.hold(alone=True):
                with self._engine.begin() as connection:
                    yield connection
                if sees_all_commits:
                    self._writes.mark_seen()
        except InconsistentStore:
            # The directory in memory or the database is wrong: load again before the next decision.
            self._is_in_doubt = True
            raise
        except database_errors.WRITE_ERRORS as error:
            # The connection may be broken: the next transaction opens a new one.
            self._engine.dispose()
            self._writes.reset()
            raise Unavailable(
                "The request could not be stored.",
                operator=f"the database refuses writes: {database_errors.cause_of(error).words}",
            ) from error

    def try_write(self) -> None:
        """Update a row to its own value, durably; raises `Unavailable` if it is refused."""
        with self._write_transaction() as connection:
            connection.execute(sa.update(head).values(level=head.c.level))

    def close(self) -> None:
        """Close the database and the lock."""
        self._engine.dispose()
        self._lock.close()
