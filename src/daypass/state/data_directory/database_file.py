"""The database's file in a data directory: its path, its creation and checks that it is complete.

It is created under another name and renamed when it is on disk, so that it is never incomplete.
"""

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
    """Return the path of a data directory's database."""
    return data / data_files.DATABASE


def has_database(path: Path) -> bool:
    """Return whether a data directory has a database that is not empty."""
    database = database_path(path)
    return database.exists() and database.stat().st_size >= SQLITE_BYTES_MIN


def check_not_truncated(path: Path) -> None:
    """Raise `Unusable` for a database of nearly no bytes, which SQLite would take for new."""
    if database_path(path).exists() and not has_database(path):
        raise Unusable(
            f"the database {database_path(path)} is empty, but this is not a new directory",
            "put daypass.db back from a backup; for a new authority, give another directory "
            "with --data",
        )


def create_database(path: Path, changes: Changes, ring: KeyRing, *, now: int, boot: str) -> None:
    """Create the database with its first account under another name; rename it once it is on disk.

    So an existing database is always complete, and an empty file means that it was truncated.
    """
    fresh = path / UNFINISHED_DATABASE
    for leftover in (fresh, path / f"{UNFINISHED_DATABASE}-journal"):
        leftover.unlink(missing_ok=True)
    data_files.make_file_private(fresh, create=True)
    store = open_sqlite(fresh, ring=ring, boot=boot)
    try:
        committed = store.commit(store.load(()), [changes], now=now)
        is_committed = isinstance(committed.outcomes[0], Directory)
        assert is_committed  # noqa: S101 - no other process uses this file
    finally:
        store.close()
    fresh.rename(database_path(path))
    sync_directory(path)


def check_has_accounts(path: Path, directory: Directory) -> None:
    """Raise `Unusable` for a database without any account, which no start creates."""
    if not directory.accounts:
        raise Unusable(
            f"the database of {path} holds no account: it is not the one that was here",
            "put the database back that belongs to the key ring and the audit log beside it",
        )
