"""A store on a bare socket that sends the bytes that a test sets, then closes the connection."""

import contextlib
import http.client
import socket
import threading
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials

RESET = object()
"""Among the pieces: the connection is reset here."""


def answer(content=b"", status=200, *, length=None, headers=()):
    """Return a whole answer as bytes; `length` is what it says of itself, if that is not so."""
    given = {
        "Content-Length": len(content) if length is None else length,
        "ETag": '"1"',
        **dict(headers),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value != "")
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + content


class HostileStore:
    """`says` makes the pieces of an answer from method and target; `seen` are the requests."""

    def __init__(self):
        self.says = lambda _method, _target: [answer()]
        self.seen = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # Whoever has heard enough hangs up, while this store still talks.
        with contextlib.suppress(ConnectionError), connection, connection.makefile("rb") as stream:
            request = stream.readline().split()
            if len(request) < 2:
                return
            headers = http.client.parse_headers(stream)
            stream.read(int(headers.get("content-length", 0)))
            method, target = request[0].decode(), request[1].decode()
            self.seen.append((method, target))
            for piece in self.says(method, target):
                if piece is RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return
                connection.sendall(piece)

    def close(self):
        self._listener.close()


CUT = "cut"
"""In place of a status: the answer had no end."""


def ask(live, method, target, body=b"", headers=None, keys=None):
    """Send a request of root's, signed by botocore; return status and content, `CUT` for an
    answer without an end.
    """
    found = keys or live.root()
    credentials = botocore.credentials.Credentials(
        found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken")
    )
    request = botocore.awsrequest.AWSRequest(
        method, live.url + target, data=body, headers=headers or {}
    )
    botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    parts = urlsplit(live.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, target, body, dict(request.headers.items()))
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.IncompleteRead as error:
        return CUT, error.partial
    finally:
        connection.close()
