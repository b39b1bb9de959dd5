"""A store on a bare socket that parses heads leniently, as some servers do, and keeps each byte."""

import queue
import re
import socket
import threading

_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:")


WATCH = b"GET /daypass-is-it-there?"
"""The gate itself asks so every few seconds whether the store is there."""


class RawStore:
    """Answers 200 to whatever it takes for a request; `requests` are (head, body) as it
    understood them.
    """

    def __init__(self):
        self.requests = []
        self.torn = []
        """What came of requests whose body never ended."""
        self.ends = queue.Queue()
        """One thing for each request, whole or torn, once nothing more of it can come."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            while head := self._head(stream):
                length = re.search(rb"(?im)^content-length: *([0-9]+)", head)
                wanted = int(length[1]) if length else 0
                body = stream.read(wanted)
                if len(body) < wanted:
                    self.torn.append((head, body))
                    self.ends.put("torn")
                    return
                if not head.startswith(WATCH):
                    self.requests.append((head, body))
                self.ends.put("whole")
                connection.sendall(b'HTTP/1.1 200 OK\r\netag: "1"\r\ncontent-length: 0\r\n\r\n')

    def _head(self, stream):
        """Return a head: it ends at an empty line, or at a line that is no header, as in more
        than one server.
        """
        lines = [stream.readline()]
        while lines[-1] not in {b"", b"\r\n"}:
            line = stream.readline()
            lines.append(line if _FIELD.match(line) else b"\r\n")
        return b"".join(lines) if lines[0] else b""

    def close(self):
        self._listener.close()
