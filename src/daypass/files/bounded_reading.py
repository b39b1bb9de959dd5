"""Read a named file or pipe as bytes or text, up to a size, without waiting endlessly for a pipe.

Regular files, pipes and `/dev/null` are opened; any other device, a directory or a socket is
refused. An SDK waits for this module before every command, so it loads neither pathlib nor json.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

PIPE_SECONDS_MAX = 30.0
"""How long a pipe may stay silent; ours: a program that writes a policy answers sooner."""
_CHUNK_BYTES = 64 * 1024
_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class UnreadableFile(Exception):
    """A file that is missing, not a regular file or pipe, too large, silent, or not UTF-8."""


def read_bytes(
    path: str | os.PathLike[str], bytes_max: int, *, seconds: float = PIPE_SECONDS_MAX
) -> bytes:
    """Return the content of a file or pipe of at most `bytes_max` bytes.

    Raises `UnreadableFile`, which names the file, also for a pipe that is silent for `seconds`.
    """
    name = os.fspath(path)
    file = _open(name)
    try:
        return _read_all(file, name, bytes_max, seconds)
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read: {_error_text(error)}") from error
    finally:
        os.close(file)


def require_file(path: str | os.PathLike[str], bytes_max: int) -> None:
    """Check the kind and size of a file that a library will open by its name.

    Raises `UnreadableFile`, for a pipe too.
    """
    name = os.fspath(path)
    try:
        status = os.stat(name)  # noqa: PTH116 - pathlib is not loaded here
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read: {_error_text(error)}") from error
    if _is_pipe(status, name):
        raise UnreadableFile(f"{name} is a pipe, not a file")
    _check_size(status.st_size, name, bytes_max)


def read_text(path: str | os.PathLike[str], bytes_max: int) -> str:
    """Return the text of a file or a pipe; `-` is standard input. Raises `UnreadableFile`."""
    name = os.fspath(path)
    if name == "-":
        return decode_text(read_standard_input(bytes_max), "standard input")
    return decode_text(read_bytes(path, bytes_max), name)


@contextmanager
def open_stream(path: str, *, seconds: float = PIPE_SECONDS_MAX) -> Iterator[BinaryIO]:
    """Yield an open file or pipe, whose reader has to bound what it reads; `-` is standard input.

    Raises `UnreadableFile`.
    """
    if path == "-":
        yield sys.stdin.buffer
        return
    with os.fdopen(_open(path), "rb") as file:
        if _is_pipe(os.fstat(file.fileno()), path):
            _wait_for_data(file.fileno(), path, seconds)
            # The writer has begun, so reads may block from now on, as on standard input.
            os.set_blocking(file.fileno(), True)
        yield file


def read_standard_input(bytes_max: int) -> bytes:
    """Return all of standard input, at most `bytes_max` bytes. Raises `UnreadableFile`."""
    found = sys.stdin.buffer.read(bytes_max + 1)
    _check_size(len(found), "standard input", bytes_max)
    return found


def decode_text(raw: bytes, name: str) -> str:
    """Return UTF-8 bytes as text with line ends normalized as Python does.

    Raises `UnreadableFile`, with `name`, for bytes that are not UTF-8.
    """
    try:
        return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{name} is not UTF-8 at byte {error.start}") from error


def _open(name: str) -> int:
    try:
        return os.open(name, _OPEN_FLAGS)
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read: {_error_text(error)}") from error


def _read_all(file: int, name: str, bytes_max: int, seconds: float) -> bytes:
    is_pipe = _is_pipe(os.fstat(file), name)
    found = bytearray()
    while len(found) <= bytes_max:
        if is_pipe:
            _wait_for_data(file, name, seconds)
        try:
            more = os.read(file, min(_CHUNK_BYTES, bytes_max + 1 - len(found)))
        except BlockingIOError:
            continue
        if not more:
            break
        found += more
    _check_size(len(found), name, bytes_max)
    return bytes(found)


def _wait_for_data(file: int, name: str, seconds: float) -> None:
    """Wait until a pipe has data or is closed; raises `UnreadableFile` after `seconds`."""
    import select  # noqa: PLC0415 - only needed for pipes

    if not select.select([file], [], [], seconds)[0]:
        raise UnreadableFile(f"{name} is a pipe, and nothing came within {seconds:g} seconds")


def _is_pipe(status: os.stat_result, name: str) -> bool:
    """Say whether a file is a pipe; raises `UnreadableFile` if it is no regular file either."""
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableFile(f"{name} is a directory")
    if stat.S_ISFIFO(status.st_mode):
        return True
    if stat.S_ISREG(status.st_mode):
        return False
    null_device = os.stat(os.devnull).st_rdev  # noqa: PTH116 - pathlib is not loaded here
    if stat.S_ISCHR(status.st_mode) and status.st_rdev == null_device:
        return False
    raise UnreadableFile(f"{name} is a device, not a file")


def _check_size(size_bytes: int, name: str, bytes_max: int) -> None:
    if size_bytes > bytes_max:
        raise UnreadableFile(f"{name} has more than {bytes_max} bytes, the most that is read")


def _error_text(error: OSError) -> str:
    """Return the operating system's text for an error, such as `No such file or directory`."""
    return error.strerror or "unknown reason"
