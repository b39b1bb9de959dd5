"""Transactions of the database: some read one state of it, some are durable at the end.

Not here: what is read and written in them (`sql`, `side_table_store`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.state import database_errors
from daypass.state.database.database_lock import DatabaseLock, Unshared
from daypass.state.database.foreign_writes import ByDriver, ByFile
from daypass.state.schema.tables import head
from daypass.state.store import Diverged, Unavailable


class Transactions:
    """A database that several processes may share, and whether what is known of it is in doubt."""

    def __init__(
        self,
        engine: Engine,
        *,
        lock: DatabaseLock | Unshared | None = None,
        writes: ByDriver | ByFile | None = None,
    ) -> None:
        """Take turns by `lock` with other processes; `writes` tells whether they wrote."""
        self._engine = engine
        self._lock = lock or Unshared()
        self._writes = writes or ByDriver(engine)
        self._reader = engine.execution_options(reads=True)
        self._is_in_doubt = False

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give a transaction that sees one state of the database; whoever writes waits until it ends."""
        with self._lock.held(alone=False), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self, *, knows_all: bool = False) -> Iterator[Connection]:
        """Give a transaction that is durable at the end; raises `Unavailable` where the storage refuses it.

        `knows_all` says that everything that was committed before is going to be known here.
        """
        try:
            with self._lock.held(alone=True):
                with self._engine.begin() as connection:
                    yield connection
                if knows_all:
                    self._writes.note()
        except Diverged:
            # What is known here, or what is there, is wrong: it is loaded again before anybody
            # decides on it.
            self._is_in_doubt = True
            raise
        except database_errors.ERRORS as error:
            # What it holds open may be broken: the next transaction begins on a connection of its
            # own.
            self._engine.dispose()
            self._writes.forget()
            raise Unavailable(
                "The request could not be stored.",
                operator=f"the database refuses writes: {database_errors.cause(error).words}",
            ) from error

    def try_write(self) -> None:
        """Write a row again as it is, durably; raises `Unavailable` where a commit would be refused now."""
        with self._writing() as connection:
            connection.execute(sa.update(head).values(level=head.c.level))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        self._lock.close()
