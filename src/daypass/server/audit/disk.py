"""Byte access to the audit log's file: reading lines backwards, rewriting after a failed sync."""

import errno
import os
from pathlib import Path

from daypass.server.audit.line_format import LINE_BYTES_MAX

_BLOCK = 1 << 12


def read_line_before(file: int, end: int) -> bytes:
    """Return the line that ends at byte offset `end`, with its line feed.

    A longer line than allowed is returned in part.
    """
    tail, start = b"", end
    while start > 0 and b"\n" not in tail[:-1] and len(tail) < LINE_BYTES_MAX:
        step = min(_BLOCK, start)
        start -= step
        tail = os.pread(file, step, start) + tail
    return tail[tail[:-1].rfind(b"\n") + 1 :]


def read_last_line(file: int) -> bytes:
    """Return the last line that ends in a line feed, with it; empty if there is none."""
    end = os.fstat(file).st_size
    raw = read_line_before(file, end)
    return raw if raw.endswith(b"\n") else read_line_before(file, end - len(raw))


def rewrite(path: Path, file: int, start: int, end: int) -> None:
    """Write the bytes from `start` to `end` over themselves, so that the next sync covers them.

    After a failed sync, Linux marks the pages clean, and a second sync would report a success that
    never happened. Raises `OSError` if `path` names another file than the open `file`, or if a read
    or write fails.
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
