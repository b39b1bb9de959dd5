"""What the database's own errors mean to the operator: the cause in plain words, and what to do about it.

Nothing that the words say names a path or holds a value of a record: `/readyz` shows them to everybody.
"""

import sqlite3
from dataclasses import dataclass

import sqlalchemy as sa

DATABASE_ERRORS = (sa.exc.SQLAlchemyError, sqlite3.Error)
"""What the database's library raises."""
WRITE_ERRORS = (*DATABASE_ERRORS, OSError)
"""What writing to the database raises when the storage refuses."""
_CORRUPTION_HINT = "it is not as this program left it: keep a copy of it, then put a backup back"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the database refused. `hint` says what to do; it is empty where the words say it all."""

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
"""The bits of an error code that say what kind it is."""


def is_storage_error(error: BaseException) -> bool:
    """Say whether the database itself may be whole: the disk, its room, its rights or another process refused."""
    own = getattr(error, "orig", None) or error
    code = getattr(own, "sqlite_errorcode", None)
    return isinstance(own, OSError) or (code is not None and code & _PRIMARY in _CAUSES)


def cause_of(error: BaseException) -> Cause:
    """Return why the database refused, as far as it says; its own message where the kind is not known.

    What the storage said first counts: to undo what is undone already is refused in other words.
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
