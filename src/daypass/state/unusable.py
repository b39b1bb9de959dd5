"""The error of a data directory that cannot be used: the reason, and a hint for the operator."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daypass.core.faults import Fault
from daypass.state import database_errors


class Unusable(Exception):
    """The data directory cannot be used; nothing was changed. `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


_HINTS = {
    errno.ENOSPC: "free some space, or inodes (df -i)",
    errno.EDQUOT: "free some space of the user's quota",
    errno.EFBIG: "raise the limit of a file's size (ulimit -f)",
    errno.EROFS: "the file system is mounted read-only: mount it for writing",
    errno.EACCES: "run it as the user that owns the directory",
    errno.EPERM: "run it as the user that owns the directory",
    errno.EIO: "the disk reports an error: look at the system's log",
    errno.ENOENT: "is --data the right directory?",
    errno.ENOTDIR: "is --data a directory?",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ELOOP: "a link could be pointed elsewhere by others",
}


@contextmanager
def system_errors_as_unusable(path: Path) -> Iterator[None]:
    """Turn errors of the system, database and log in this block into `Unusable` with a hint.

    `path` is the data directory, or the file, that the block works with.
    """
    try:
        yield
    except BrokenPipeError:
        # The reader of our output has closed it: that is no fault of the data.
        raise
    except OSError as error:
        where = error.filename or path
        raise Unusable(f"{where}: {error.strerror}", _hint(error)) from error
    except database_errors.DATABASE_ERRORS as error:
        cause = database_errors.cause_of(error)
        raise Unusable(
            f"the database in {path} cannot be used: {cause.words}", cause.hint
        ) from error
    except Fault as error:
        raise Unusable(error.operator or error.message, _hint(error.__cause__)) from error


def _hint(error: BaseException | None) -> str:
    """Return what to do about an error of the system or database; empty if unknown."""
    if isinstance(error, OSError):
        return _HINTS.get(error.errno or 0, "")
    return database_errors.cause_of(error).hint if error is not None else ""
