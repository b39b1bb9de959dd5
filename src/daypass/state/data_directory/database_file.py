"""Where a data directory keeps its database, and that it is a whole one: made under another name, and renamed when it is on disk."""

from pathlib import Path

from daypass.core.keyring import KeyRing
from daypass.state.changes import Changes
from daypass.state.database.sqlite_file import SQLITE_BYTES_MIN
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.files import data_files
from daypass.state.files.private_files import sync_directory
from daypass.state.snapshot.directory import Directory
from daypass.state.unusable import Unusable

UNFINISHED_DATABASE = ".daypass.db.new"


def database_path(data: Path) -> Path:
    """Return where a data directory keeps its database."""
    return data / data_files.DATABASE


def has_database(path: Path) -> bool:
    """Say whether a data directory has a database that holds anything."""
    database = database_path(path)
    return database.exists() and database.stat().st_size >= SQLITE_BYTES_MIN


def check_not_truncated(path: Path) -> None:
    """Raise `Unusable` for a database that was cut to nearly nothing: SQLite would take it for a new one."""
    if database_path(path).exists() and not has_database(path):
        raise Unusable(
            f"the database {database_path(path)} is empty, but this is not a new directory",
            "put daypass.db back from a backup; for a new authority, give another directory with --data",
        )


def create_database(path: Path, changes: Changes, ring: KeyRing, *, now: int, boot: str) -> None:
    """Make the database with its first account under another name, and rename it when all of it is on disk.

    A database that is there is a whole one, then: an empty one has been cut.
    """
    fresh = path / UNFINISHED_DATABASE
    for leftover in (fresh, path / f"{UNFINISHED_DATABASE}-journal"):
        leftover.unlink(missing_ok=True)
    data_files.make_file_private(fresh, create=True)
    store = open_sqlite(fresh, ring=ring, boot=boot)
    try:
        committed = store.commit(store.load(()), [changes], now=now)
        assert isinstance(committed.outcomes[0], Directory)  # noqa: S101 - nobody else is here to be first
    finally:
        store.close()
    fresh.rename(database_path(path))
    sync_directory(path)


def check_has_accounts(path: Path, directory: Directory) -> None:
    """Raise `Unusable` for a database without any account: no start makes such a one."""
    if not directory.accounts:
        raise Unusable(
            f"the database of {path} holds no account: it is not the one that was here",
            "put the database back that belongs to the key ring and the audit log beside it",
        )
