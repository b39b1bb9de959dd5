"""Messages between the parent and a worker: one byte each, some with a file descriptor.

Longer content is written into memory whose descriptor is sent, so that neither side ever waits for
the other.
"""

import enum
import os
import socket


class ChannelMessage(bytes, enum.Enum):
    """The messages of parent and worker."""

    READY = b"y"
    """To the parent: this worker serves."""
    OPERATOR = b"o"
    """To a worker: answer the operator's command whose connection comes with this message."""
    RELOAD = b"r"
    """To a worker: reload the certificates."""
    FORCE = b"f"
    """To a worker: end without waiting for requests that have begun."""
    REQUEST_PAGE = b"w"
    """To the parent: this worker needs the metrics of all workers."""
    REQUEST_METRICS = b"a"
    """To a worker: send your metrics."""
    METRICS = b"m"
    """To the parent: this worker's metrics come with this message."""
    PAGE = b"p"
    """To a worker: the metrics of all workers come with this message, as a page."""


class Channel:
    """One end of the connection between parent and worker; no method ever blocks."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the socket's own word
        self._connection = connection

    def fileno(self) -> int:
        """Return the descriptor, readable once a message has arrived or the other side ended."""
        return self._connection.fileno()

    def send(self, message: ChannelMessage, file: int | None = None) -> bool:
        """Send a message, with a descriptor if there is one; return whether it could be sent.

        It cannot if the other process has ended, or reads no more messages.
        """
        try:
            socket.send_fds(self._connection, [message], [] if file is None else [file])
        except OSError:
            return False
        return True

    def receive(self) -> tuple[ChannelMessage, int | None] | None:
        """Return the next message and its descriptor, which the caller must close.

        None if no message has arrived. Raises `EOFError` if the other side has ended.
        """
        try:
            message, files, _, _ = socket.recv_fds(self._connection, 1, 1)
        except BlockingIOError:
            return None
        except OSError as error:
            raise EOFError from error
        if not message:
            raise EOFError
        return ChannelMessage(message), (files[0] if files else None)

    def close(self) -> None:
        """Close this end."""
        self._connection.close()


def channel_pair() -> tuple[Channel, Channel]:
    """Return both ends of a new channel."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return Channel(one), Channel(other)


def write_memory(content: bytes) -> int:
    """Return the descriptor of new anonymous memory with this content."""
    file = os.memfd_create("daypass")
    os.write(file, content)
    return file


def read_memory(file: int) -> bytes:
    """Return the content of anonymous memory, and close its descriptor."""
    try:
        return os.pread(file, os.fstat(file).st_size, 0)
    finally:
        os.close(file)
