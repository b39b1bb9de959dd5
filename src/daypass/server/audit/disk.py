"""What is done to the log's bytes on disk: the line that ends at a place, and the same bytes written once more."""

import errno
import os
from pathlib import Path

from daypass.server.audit.line import LINE_BYTES_MAX

_BLOCK = 1 << 12


def line_before(file: int, end: int) -> bytes:
    """Return the line that ends at a position, with its line feed; less of one that is longer than lines are."""
    tail, start = b"", end
    while start > 0 and b"\n" not in tail[:-1] and len(tail) < LINE_BYTES_MAX:
        step = min(_BLOCK, start)
        start -= step
        tail = os.pread(file, step, start) + tail
    return tail[tail[:-1].rfind(b"\n") + 1 :]


def last_line(file: int) -> bytes:
    """Return the last whole line; empty if there is none."""
    end = os.fstat(file).st_size
    raw = line_before(file, end)
    return raw if raw.endswith(b"\n") else line_before(file, end - len(raw))


def write_again(path: Path, file: int, start: int, end: int) -> None:
    """Write bytes over themselves, so that the system takes them for changed and forces them to disk.

    After a failure to force them it calls them clean, and would report a success that was none.
    """
    # On Linux a file that was opened for appending takes no bytes anywhere else.
    over = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        if not os.path.samestat(os.fstat(over), os.fstat(file)):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        while start < end:
            piece = os.pread(file, min(_BLOCK, end - start), start)
            if not piece:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            start += os.pwrite(over, piece, start)
    finally:
        os.close(over)
