"""Sends requests that are signed already over connections that are kept, each as soon as the
answer before it is there, and tells when each answer came.

One thread and no library, so that the load is never what is measured: 10 to 20 microseconds for an
answer.
"""

import contextlib
import gc
import itertools
import select
import socket
import time
from dataclasses import dataclass, field

CONNECTIONS = 8
SECONDS_MAX = 60.0
"""How long the last answers of a load may take."""
_END = b"\r\n\r\n"


class Wrong(Exception):
    """A server gave an answer that the bench does not want; its figure would mean nothing."""


@dataclass(slots=True)
class Answers:
    """What came back."""

    count: int = 0
    seconds: float = 0.0
    latencies: list = field(default_factory=list)
    """Nanoseconds of each answer."""


def percentile(values, share):
    """Return the smallest value that at least so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


def answer_length(data):
    """Return how many bytes the answer at the beginning of `data` has, and whether its connection
    ends after it; no bytes if its head is incomplete.

    Raises `Wrong` for an answer whose length is not said.
    """
    end = data.find(_END)
    if end < 0:
        return 0, False
    head = data[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise Wrong(f"an answer without a length: {bytes(head[:200])!r}")
    length = int(head[at + 17 :].split(b"\r\n", 1)[0])
    return end + len(_END) + length, b"\r\nconnection: close" in head


class Connection:
    """One connection; another one takes its place if the server closes it after an answer."""

    def __init__(self, port):
        self.port = port
        self.received = b""
        self.since = 0
        self._ends = False
        self.open()

    def open(self):
        self.is_new = True
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message):
        self.received = b""
        self.since = time.perf_counter_ns()
        if self._ends:
            self.socket.close()
            self.open()
        self.socket.sendall(message)

    def receive(self):
        """Read what there is, and say whether the answer is complete."""
        piece = self.socket.recv(1 << 18)
        self.received = self.received + piece if self.received else piece
        length, self._ends = answer_length(self.received)
        if not piece and len(self.received) < (length or 1):
            raise Wrong(f"a connection ended within an answer: {self.received[:200]!r}")
        return bool(length) and len(self.received) >= length


def one_answer(connection, message):
    """Return the answer to one request."""
    connection.send(message)
    while not connection.receive():
        pass
    return connection.received


class Load:
    """Connections to one server."""

    def __init__(self, port, connections=CONNECTIONS):
        self._connections = [Connection(port) for _ in range(connections)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._connections:
            each.socket.close()

    def warm(self, messages, count=2):
        """Send a few requests over each connection, one after another."""
        for connection in self._connections:
            for message in itertools.islice(messages, count):
                one_answer(connection, message)

    def run(self, messages, seconds, *, status=200):
        """Send requests for so many seconds and return the answers, which all have the status.

        `messages` is an iterator that does not end. Raises `Wrong` for another answer.
        """
        found = Answers()
        expected = b"HTTP/1.1 %d" % status
        with contextlib.closing(select.epoll()) as ready, _no_collection():
            by_number = {}

            def send(connection):
                connection.send(next(messages))
                number = connection.socket.fileno()
                # A connection that was opened again may have any number.
                if connection.is_new:
                    ready.register(number, select.EPOLLIN)
                    by_number[number] = connection
                    connection.is_new = False

            for connection in self._connections:
                connection.is_new = True
                send(connection)
            begun = time.perf_counter_ns()
            end = begun + int(seconds * 1e9)
            unanswered = len(self._connections)
            while unanswered:
                events = ready.poll(SECONDS_MAX)
                if not events:
                    raise Wrong(f"no answer for {SECONDS_MAX:.0f} seconds")
                for number, _ in events:
                    connection = by_number[number]
                    if not connection.receive():
                        continue
                    now = time.perf_counter_ns()
                    found.latencies.append(now - connection.since)
                    if not connection.received.startswith(expected):
                        raise Wrong(f"not {status}: {connection.received[:600]!r}")
                    if now < end:
                        send(connection)
                    else:
                        # A connection that the server closes would be ready for ever.
                        ready.unregister(number)
                        unanswered -= 1
            found.seconds = (time.perf_counter_ns() - begun) / 1e9
        found.count = len(found.latencies)
        return found


@contextlib.contextmanager
def _no_collection():
    """Keep the collector of this process from adding its pauses to latencies."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
