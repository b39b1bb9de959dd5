"""The cause of a database error in plain words, with a hint for the operator.

No text here contains a path or a value of a record, because `/readyz` shows it to everybody.
"""

import sqlite3
from dataclasses import dataclass

import sqlalchemy as sa

DATABASE_ERRORS = (sa.exc.SQLAlchemyError, sqlite3.Error)
"""The exceptions that the database's library raises."""
WRITE_ERRORS = (*DATABASE_ERRORS, OSError)
"""The exceptions that a write to the database raises when the storage refuses it."""
_CORRUPTION_HINT = "it is not as this program left it: keep a copy of it, then put a backup back"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the database refused: the words, and a hint that is empty where the words suffice."""

    words: str
    hint: str = ""


_CAUSES = {
    sqlite3.SQLITE_FULL: Cause("the disk is full", "free some space"),
    sqlite3.SQLITE_READONLY: Cause(
        "it cannot be written", "is the file system mounted read-only, or the file another user's?"
    ),
    sqlite3.SQLITE_CANTOPEN: Cause(
        "a file cannot be opened or made beside it",
        "is there an inode left (df -i), and does the directory belong to this user?",
    ),
    sqlite3.SQLITE_IOERR: Cause("the disk reports an error", "look at the system's log"),
    sqlite3.SQLITE_BUSY: Cause(
        "another process holds its lock", "find who has the file open, and let it finish"
    ),
}
_PRIMARY = 0xFF
"""Mask of the bits of a SQLite error code that say its primary kind."""


def is_storage_error(error: BaseException) -> bool:
    """Return whether the disk, its space, rights or another process refused, not the database."""
    own = getattr(error, "orig", None) or error
    code = getattr(own, "sqlite_errorcode", None)
    return isinstance(own, OSError) or (code is not None and code & _PRIMARY in _CAUSES)


def cause_of(error: BaseException) -> Cause:
    """Return why the database refused; its own message where the kind of error is unknown.

    The first storage error in the chain of contexts counts: a rollback after it fails in other
    words.
    """
    first = error
    while not is_storage_error(first) and first.__context__ is not None:
        first = first.__context__
    if is_storage_error(first):
        error = first
    own = getattr(error, "orig", None) or error
    code = getattr(own, "sqlite_errorcode", None)
    if code is not None and code & _PRIMARY in _CAUSES:
        return _CAUSES[code & _PRIMARY]
    if isinstance(own, OSError):
        return Cause(own.strerror or type(own).__name__)
    if isinstance(own, sqlite3.Error):
        return Cause(str(own), _CORRUPTION_HINT)
    return Cause(type(own).__name__)
