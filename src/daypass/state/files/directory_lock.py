"""The lock of a data directory, taken on the directory itself: no removed file can release it."""

import fcntl
import os
from pathlib import Path

from daypass.state.unusable import Unusable

OLD_LOCK_FILE = "lock"
"""The file that earlier versions locked; a server of such a version may still be running."""


def lock_directory(path: Path) -> int:
    """Return a descriptor that holds the lock until closed; raises `Unusable` if it is taken."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock_descriptor(folder, path)
        _check_old_lock_file(path)
    except BaseException:
        os.close(folder)
        raise
    return folder


def _lock_descriptor(file: int, path: Path) -> None:
    """Lock a descriptor without waiting; raises `Unusable` if another process has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Unusable(
            f"another daypass is using {path}",
            "stop it first, or give another directory with --data",
        ) from None


def _check_old_lock_file(path: Path) -> None:
    """Raise `Unusable` if a server of an earlier version holds its lock file."""
    try:
        file = os.open(path / OLD_LOCK_FILE, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        _lock_descriptor(file, path)
    finally:
        os.close(file)
