"""Files and a directory that only this user can read, and that are replaced atomically.

A hit of the cache waits for this module, so it loads neither pathlib nor typing.
"""

import os
import stat

FILE_BYTES_MAX = 64 * 1024
"""The largest file that is read; ours: a session token may have 4 KB (STS), and each variable for
an endpoint some hundred bytes."""


class UnsafeDirectory(Exception):
    """The directory is a link."""


def ensure_private_directory(path: str) -> None:
    """Create the directory or restrict it to mode 0700.

    Raises `UnsafeDirectory`, and `OSError` if that cannot be done or it belongs to another user.
    """
    os.makedirs(path, mode=0o700, exist_ok=True)  # noqa: PTH103 - pathlib is not loaded here
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafeDirectory(f"{path} is a link")
    if status.st_uid != os.geteuid():
        raise PermissionError(1, "it belongs to another user", path)
    if status.st_mode & 0o077:
        os.chmod(path, 0o700)  # noqa: PTH101 - the same


def read_private_file(path: str) -> bytes:
    """Return the bytes of a private regular file; raises `OSError` for a link or another's file."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(file, "rb") as opened:  # noqa: PTH123 - a descriptor
        status = os.fstat(file)
        if (
            not stat.S_ISREG(status.st_mode)
            or status.st_uid != os.geteuid()
            or status.st_mode & 0o077
            or status.st_size > FILE_BYTES_MAX
        ):
            raise PermissionError(f"{path} is not ours alone")
        return opened.read(status.st_size)


def write_private_file(path: str, content: bytes, *, time_seconds: int | None = None) -> None:
    """Write a file of mode 0600 atomically, whatever the umask.

    `time_seconds`, if given, becomes its modification time in seconds since 1970.
    """
    folder, _, name = path.rpartition("/")
    fresh = f"{folder}/.{name}.{os.getpid()}"
    remove_file(fresh)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        if os.write(file, content) != len(content):
            raise OSError(28, "no space left on device")
        if time_seconds is not None:
            os.utime(file, (time_seconds, time_seconds))
    finally:
        os.close(file)
    os.replace(fresh, path)  # noqa: PTH105 - the same


def remove_file(path: str) -> None:
    """Remove a file if it is there."""
    try:
        os.unlink(path)  # noqa: PTH108 - the same
    except FileNotFoundError:
        return
