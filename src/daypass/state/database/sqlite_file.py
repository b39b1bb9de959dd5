"""Connections to a SQLite file, through SQLAlchemy.

SQLite between 3.7.0 and 3.51.2 can corrupt a WAL file under several connections, so a rollback
journal is used, with `synchronous=FULL`: a commit that returned is on disk.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

LOCKED_SECONDS_MAX = 0.4
"""How long a statement waits for another process that has the database locked."""
SQLITE_BYTES_MIN = 512
"""The smallest page of SQLite: a database that is not empty has at least one."""
CHECK_CACHE_KIB = 16_000
"""How much of the file is cached while its indices are checked; 2,000 by default.

The check looks up every row in every index, in no order. With the default it reads most pages from
the operating system many times, which is a third of its time with 200,000 rows.
"""


def writing_engine(path: Path) -> Engine:
    """Return an engine for a process that writes; a missing file is created, with mode 0600."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return _engine(str(path), {}, writes=True)


def reading_engine(path: Path) -> Engine:
    """Return an engine that only reads, but rolls back what a killed writer left unfinished.

    Where the file or its directory cannot be written, that rollback fails and the database
    cannot be read.
    """
    can_recover = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    mode = "rw" if can_recover else "ro"
    return _engine(f"file:{path}", {"mode": mode, "uri": "true"}, writes=False)


def data_version(engine: Engine) -> int:
    """Return SQLite's `data_version`, which changes when another connection has written.

    It is comparable only for the same connection of the engine.
    """
    with contextlib.closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA data_version")
        (found,) = cursor.fetchone() or (0,)
        return int(found)


@contextlib.contextmanager
def strict_text(connection: Connection) -> Iterator[None]:
    """Let a connection read text in half the time, but refuse text that is not UTF-8.

    Such text raises the `OperationalError` of SQLAlchemy. On another database: no difference.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    usual, driver.text_factory = driver.text_factory, str
    try:
        yield
    finally:
        driver.text_factory = usual


def quick_verdict(connection: Connection) -> str:
    """Return `ok` if the file has no damage outside of indices, else the first damage in words."""
    return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())


def full_verdict(connection: Connection) -> str:
    """Return `ok` if the file has no damage and its indices match its rows, else the first damage.

    All that `quick_verdict` finds is found too, but an index may be what is named first.
    """
    usual = connection.exec_driver_sql("PRAGMA cache_size").scalar()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{CHECK_CACHE_KIB}")
    try:
        return str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size={usual}")
        connection.exec_driver_sql("PRAGMA shrink_memory")


def is_interrupted(path: Path) -> bool:
    """Return whether a commit is unfinished: its writer was killed, or is still writing."""
    return path.with_name(f"{path.name}-journal").exists()


def is_locked(error: BaseException) -> bool:
    """Return whether a database error means that another process has the database locked."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", None)
    # The lowest byte is the primary error, the others are details.
    return code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _engine(database: str, query: dict[str, str], *, writes: bool) -> Engine:
    """Return an engine whose connections are durable, or read-only, and begin explicitly."""
    engine = sa.create_engine(
        URL.create("sqlite", database=database, query=query),
        # The committer's thread and the loading thread use the connection in turn.
        connect_args={"check_same_thread": False, "timeout": LOCKED_SECONDS_MAX},
        poolclass=sa.pool.StaticPool if writes else sa.pool.NullPool,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy begins transactions itself: with the driver's implicit ones savepoints break.
        connection.isolation_level = None
        # A flipped bit makes text that is not UTF-8; it is read so that it can be reported.
        connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        if writes:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=FULL")
        else:
            connection.execute("PRAGMA query_only=ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_read = connection.get_execution_options().get("reads", not writes)
        connection.exec_driver_sql("BEGIN" if is_read else "BEGIN IMMEDIATE")

    return engine
