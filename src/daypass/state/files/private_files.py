"""Files that only their owner can read, written atomically and durably."""

import errno
import os
import stat
from pathlib import Path

from daypass.state.unusable import Unusable


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 whatever the umask, atomically, and force it to disk."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        _write(file, content)
        os.fsync(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)
    fresh.replace(path)
    sync_directory(path.parent)


def _write(file: int, content: bytes) -> None:
    if os.write(file, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def sync_directory(path: Path) -> None:
    """Force a directory's entries to disk."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def check_private(path: Path) -> None:
    """Raise `Unusable` unless the file is a regular file that only we can access."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise Unusable(f"{path} is not a plain file", "a link could be pointed elsewhere by others")
    if status.st_uid != os.geteuid():
        raise Unusable(f"{path} belongs to another user", "chown it to the user that runs daypass")
    if status.st_mode & 0o077:
        raise Unusable(f"{path} can be read by others", f"chmod 600 {path}")
    parent = path.parent.stat()
    if parent.st_mode & 0o002 and not parent.st_mode & stat.S_ISVTX:
        raise Unusable(f"{path.parent} can be written by everybody", f"chmod 700 {path.parent}")
