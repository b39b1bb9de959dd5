"""Opening the store in a SQLite file: checked and upgraded, for one more node, or read-only."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.core.keyring import KeyRing
from daypass.state import database_errors
from daypass.state.database import sqlite_file
from daypass.state.database.database_lock import DatabaseLock
from daypass.state.database.foreign_writes import FileWriteDetector
from daypass.state.database.loading import DamagedDatabase
from daypass.state.database.sql_store import DRIVER_ERRORS, SqlStore, check_level
from daypass.state.schema import migrate
from daypass.state.schema.tables import metadata
from daypass.state.side_tables import ring_identity
from daypass.state.side_tables.nodes import FIRST_NODE
from daypass.state.unusable import Unusable


def open_sqlite(
    path: Path,
    *,
    read_only: bool = False,
    ring: KeyRing | None = None,
    boot: str = "",
    node: str = FIRST_NODE,
) -> SqlStore:
    """Return the store in a SQLite file, upgraded to the newest schema unless it is read-only.

    With a key ring, the database has to be sealed with this ring: that is checked first, and
    the ring's identity is recorded together with the newest schema. `boot` is random text of
    this start, `node` is the node that starts. Raises `DamagedDatabase` for a file that is
    damaged or that a newer version wrote, `Unusable` for one that cannot be used as it is now,
    and the database's own error where the storage refuses; none of them has changed anything.
    """
    engine = sqlite_file.reading_engine(path) if read_only else sqlite_file.writing_engine(path)

    def write_identity(connection: Connection) -> None:
        if ring is not None:
            ring_identity.write_ring_identity(connection, ring_identity.ring_identity_of(ring))

    try:
        has_intact_indices = _check_database(engine, path, ring, read_only=read_only)
        if not read_only:
            migrate.upgrade_schema(engine, then=write_identity)
            _check_tables(engine, path)
    except BaseException as error:
        engine.dispose()
        if (
            isinstance(error, DRIVER_ERRORS)
            and (found := translate_error(error, path)) is not error
        ):
            raise found from error
        raise
    return SqlStore(engine, boot=boot, node=node, has_intact_indices=has_intact_indices)


def open_sqlite_for_node(
    path: Path, *, boot: str, node: str, lock: DatabaseLock | None
) -> SqlStore:
    """Return the store of one more node over a SQLite file that `open_sqlite` checked and upgraded.

    Raises `DamagedDatabase` for a file that a newer version has written to since.
    """
    engine = sqlite_file.writing_engine(path)
    writes = None if lock is None else FileWriteDetector(path)
    store = SqlStore(engine, boot=boot, node=node, lock=lock, writes=writes)
    try:
        store.check_level(path)
    except BaseException:
        store.close()
        raise
    return store


def open_sqlite_read_only(path: Path) -> SqlStore:
    """Return a read-only store of a SQLite file that `open_sqlite` has checked and upgraded."""
    return SqlStore(sqlite_file.reading_engine(path))


def _check_database(engine: Engine, path: Path, ring: KeyRing | None, *, read_only: bool) -> bool:
    """Return whether all indices of a usable database are known to match its rows.

    That is looked at only if the database is to be written. Raises `DamagedDatabase` or `Unusable`
    for an unusable one, before any write to it.
    """
    with engine.connect() as connection:
        has_intact_indices = _check_pages(connection, path, with_indices=not read_only)
        try:
            schema = migrate.schema_age(connection)
        except migrate.NewerSchema as error:
            raise DamagedDatabase(f"the database {path}: {error}") from error
        if read_only and schema is not migrate.SchemaAge.NEWEST:
            raise Unusable(
                f"the database {path} is of an earlier version",
                "start the server once with daypass up: that brings it up to date",
            )
        check_level(connection, path)
        _check_ring(connection, path, ring, schema)
    # An upgrade, which comes next, makes new indices.
    return has_intact_indices and schema is migrate.SchemaAge.NEWEST


def _check_pages(connection: Connection, path: Path, *, with_indices: bool) -> bool:
    """Return whether the indices were looked at, and all of them match their rows.

    Raises `DamagedDatabase` for damage elsewhere.
    """
    if with_indices and sqlite_file.full_verdict(connection) == "ok":
        return True
    verdict = sqlite_file.quick_verdict(connection)
    if verdict != "ok":
        raise DamagedDatabase(f"the database {path} is damaged: {verdict}")
    return False


def _check_ring(
    connection: Connection, path: Path, ring: KeyRing | None, schema: migrate.SchemaAge
) -> None:
    """Raise `Unusable` if the database is sealed with another key ring than this."""
    if ring is None or schema is migrate.SchemaAge.NONE:
        return
    mismatch = ring_identity.database_mismatch(connection, ring)
    if mismatch:
        raise Unusable(
            f"{mismatch} ({path})",
            "put the key ring back that was used with this database, or the database that "
            "belongs to this key ring",
        )


def _check_tables(engine: Engine, path: Path) -> None:
    """Raise `DamagedDatabase` for a database that lacks a table, whose rows are lost then."""
    missing = sorted(set(metadata.tables) - set(sa.inspect(engine).get_table_names()))
    if missing:
        raise DamagedDatabase(f"the database {path} lacks the table {missing[0]}")


def translate_error(error: Exception, path: Path) -> Exception:
    """Return the fault that a database error means; the error itself where the storage refused."""
    if sqlite_file.is_locked(error):
        return Unusable(
            f"the database {path} is locked by another process",
            "try again when that process has finished; the database itself is whole",
        )
    if sqlite_file.is_interrupted(path):
        return Unusable(
            f"the last write to the database {path} was interrupted",
            "start the server with daypass up, as the user that owns the directory: it "
            "finishes or takes back that write",
        )
    if database_errors.is_storage_error(error):
        return error
    reason = getattr(error, "orig", None) or error
    return DamagedDatabase(f"the database {path} cannot be used: {reason}")
