"""An S3 store that answers, byte for byte and segment by segment, what a test says."""

import re
import socket
import struct
import threading
import time

SEGMENT_SECONDS = 0.002
"""Between two segments, so that they arrive as two."""


def http(status, body=b"", *, headers=(), length=None, pieces=1):
    """Return an answer as the segments that it is sent in; `length` is what it claims instead of
    what it sends.
    """
    claimed = len(body) if length is None else length
    head = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {claimed}",
        "Connection: close",
        "Content-Type: application/xml",
        'ETag: "1"',
    ]
    head += [f"{name}: {value}" for name, value in headers]
    size = max(1, -(-len(body) // pieces))
    return [
        "\r\n".join([*head, "", ""]).encode(),
        *(body[at : at + size] for at in range(0, len(body), size)),
    ]


def chunked(status, body, *, pieces, is_ended=True):
    """Return an answer in chunks; the last one may be missing."""
    size = max(1, -(-len(body) // pieces))
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    head = f'HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nContent-Type: application/xml\r\nETag: "1"\r\n\r\n'
    return [
        head.encode(),
        *(b"%x\r\n%s\r\n" % (len(part), part) for part in parts),
        *([b"0\r\n\r\n"] if is_ended else []),
    ]


def usual(method, target):
    """Return what a good store says, in the least words, to what the gate asks of its own
    accord.
    """
    if method == "GET" and "location" in target:
        return http(200, b"<LocationConstraint/>")
    return http(200)


RESET = object()
"""A segment that is none: the connection is reset here."""


class Store:
    """A store on loopback; `answer(method, target)` returns the segments of an answer."""

    def __init__(self):
        self.answer = usual
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self):
        """Refuse every connection from now on."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def open(self):
        """Listen again, at the same address."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, connection.makefile("rb") as stream:
                first = stream.readline().decode("latin-1").split()
                if len(first) < 2:
                    return
                lines = iter(lambda: stream.readline().rstrip(b"\r\n"), b"")
                head = b"\n".join(lines)
                length = re.search(rb"(?im)^content-length: *([0-9]+)", head)
                stream.read(int(length[1]) if length else 0)
                for segment in self.answer(first[0], first[1]):
                    if segment is RESET:
                        connection.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                        return
                    connection.sendall(segment)
                    time.sleep(SEGMENT_SECONDS)
        except OSError:
            return
