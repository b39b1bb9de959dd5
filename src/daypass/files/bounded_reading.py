"""The bytes or the text of a file that somebody names: never more than a bound, never waiting without end.

Knows no format. Opens regular files, pipes and `/dev/null`; any other device, a directory or a socket is refused.
An SDK waits for this module before every command, so it loads neither pathlib nor json.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

PIPE_SECONDS_MAX = 30.0
"""How long a pipe may stay silent; ours: a program that makes a policy answers sooner."""
_CHUNK_BYTES = 64 * 1024
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Unreadable(Exception):
    """A file that cannot be taken: missing, not a file, too large, silent, or not UTF-8."""


def content(
    path: str | os.PathLike[str], bytes_max: int, *, seconds: float = PIPE_SECONDS_MAX
) -> bytes:
    """Return what a file or a pipe holds, at most `bytes_max` bytes. Raises `Unreadable`, which names the file."""
    name = os.fspath(path)
    file = _opened(name)
    try:
        return _all_of(file, name, bytes_max, seconds)
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {_words(error)}") from error
    finally:
        os.close(file)


def require_file(path: str | os.PathLike[str], bytes_max: int) -> None:
    """Make sure of a file that a library opens by its name. Raises `Unreadable` for a pipe too."""
    name = os.fspath(path)
    try:
        status = os.stat(name)  # noqa: PTH116 - pathlib is not loaded here
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {_words(error)}") from error
    if _is_pipe(status, name):
        raise Unreadable(f"{name} is a pipe, not a file")
    _bounded(status.st_size, name, bytes_max)


def text(path: str | os.PathLike[str], bytes_max: int) -> str:
    """Return the text of a file or a pipe; `-` is standard input. Raises `Unreadable`."""
    name = os.fspath(path)
    if name == "-":
        return decoded(standard_input(bytes_max), "standard input")
    return decoded(content(path, bytes_max), name)


@contextmanager
def stream(path: str, *, seconds: float = PIPE_SECONDS_MAX) -> Iterator[BinaryIO]:
    """Give a file or a pipe whose reader bounds what it takes of it; `-` is standard input. Raises `Unreadable`."""
    if path == "-":
        yield sys.stdin.buffer
        return
    with os.fdopen(_opened(path), "rb") as file:
        if _is_pipe(os.fstat(file.fileno()), path):
            _await(file.fileno(), path, seconds)
            # Somebody writes to it: from now on it is like standard input.
            os.set_blocking(file.fileno(), True)
        yield file


def standard_input(bytes_max: int) -> bytes:
    """Return all of standard input, at most `bytes_max` bytes. Raises `Unreadable`."""
    found = sys.stdin.buffer.read(bytes_max + 1)
    _bounded(len(found), "standard input", bytes_max)
    return found


def decoded(raw: bytes, name: str) -> str:
    """Return bytes as text; line ends become those of Python. Raises `Unreadable` for anything but UTF-8."""
    try:
        return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name} is not UTF-8 at byte {error.start}") from error


def _opened(name: str) -> int:
    try:
        return os.open(name, _OPEN)
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {_words(error)}") from error


def _all_of(file: int, name: str, bytes_max: int, seconds: float) -> bytes:
    is_pipe = _is_pipe(os.fstat(file), name)
    found = bytearray()
    while len(found) <= bytes_max:
        if is_pipe:
            _await(file, name, seconds)
        try:
            more = os.read(file, min(_CHUNK_BYTES, bytes_max + 1 - len(found)))
        except BlockingIOError:
            continue
        if not more:
            break
        found += more
    _bounded(len(found), name, bytes_max)
    return bytes(found)


def _await(file: int, name: str, seconds: float) -> None:
    """Wait until a pipe has something to read, or its end; raises `Unreadable` if that takes too long."""
    import select  # noqa: PLC0415 - a file does not need it

    if not select.select([file], [], [], seconds)[0]:
        raise Unreadable(f"{name} is a pipe, and nothing came within {seconds:g} seconds")


def _is_pipe(status: os.stat_result, name: str) -> bool:
    """Say whether reading may wait; raises `Unreadable` for what is neither a file nor a pipe."""
    if stat.S_ISDIR(status.st_mode):
        raise Unreadable(f"{name} is a directory")
    if stat.S_ISFIFO(status.st_mode):
        return True
    if stat.S_ISREG(status.st_mode):
        return False
    if stat.S_ISCHR(status.st_mode) and status.st_rdev == os.stat(os.devnull).st_rdev:  # noqa: PTH116 - pathlib is not loaded here
        return False
    raise Unreadable(f"{name} is a device, not a file")


def _bounded(size_bytes: int, name: str, bytes_max: int) -> None:
    if size_bytes > bytes_max:
        raise Unreadable(f"{name} has more than {bytes_max} bytes, the most that is read")


def _words(error: OSError) -> str:
    """Return the system's words for what went wrong, as `No such file or directory`."""
    return error.strerror or "unknown reason"
