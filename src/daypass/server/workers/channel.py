"""What the parent and a worker say to each other: one byte at a time, some with a descriptor.

Longer things are written into memory whose descriptor is sent, so that neither of the two ever waits for the other.
"""

import enum
import os
import socket


class Word(bytes, enum.Enum):
    """What may be said."""

    READY = b"y"
    """The worker serves."""
    OPERATOR = b"o"
    """An operator's command has connected: this is its connection."""
    RELOAD = b"r"
    """Read certificates again."""
    FORCE = b"f"
    """End without waiting for what has begun."""
    WANT_PAGE = b"w"
    """The worker was asked for the metrics of all workers."""
    ASK = b"a"
    """The parent wants the worker's metrics."""
    METRICS = b"m"
    """These are the worker's metrics."""
    PAGE = b"p"
    """These are the metrics of all workers, as a page."""


class Channel:
    """One end, for a process that reads when there is something to be read, and never waits."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the socket's own word
        self._connection = connection

    def fileno(self) -> int:
        """Return the descriptor that can be read when the other has said something, or has ended."""
        return self._connection.fileno()

    def say(self, word: Word, file: int | None = None) -> bool:
        """Say a word, with a descriptor, and say whether it was taken: not by a process that has ended, or has stopped listening."""
        try:
            socket.send_fds(self._connection, [word], [] if file is None else [file])
        except OSError:
            return False
        return True

    def heard(self) -> tuple[Word, int | None] | None:
        """Return the next word with its descriptor, which is the caller's now; None where there is none yet.

        Raises `EOFError` where the other has ended.
        """
        try:
            word, files, _, _ = socket.recv_fds(self._connection, 1, 1)
        except BlockingIOError:
            return None
        except OSError as error:
            raise EOFError from error
        if not word:
            raise EOFError
        return Word(word), (files[0] if files else None)

    def close(self) -> None:
        """Let go of this end."""
        self._connection.close()


def pair() -> tuple[Channel, Channel]:
    """Return both ends."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return Channel(one), Channel(other)


def written(content: bytes) -> int:
    """Return the descriptor of memory that holds something."""
    file = os.memfd_create("daypass")
    os.write(file, content)
    return file


def read(file: int) -> bytes:
    """Return what memory holds, and let go of it."""
    try:
        return os.pread(file, os.fstat(file).st_size, 0)
    finally:
        os.close(file)
