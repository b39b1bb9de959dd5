"""A recording store: it sends the answers that a test sets, and keeps each request's bytes."""

import http.server
import importlib.util
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from daypass.gate.store.findings import StoreFinding
from daypass.gate.store.probe import BOUND_UPLOADS
from daypass.gate.store.watch import ABSENT_BUCKET
from daypass.server.operator import store_check

from . import success_answers

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)


@dataclass
class Sent:
    """A request as it arrived at the store."""

    method: str
    target: str
    headers: dict
    body: bytes


class RecordingStore:
    """A store on loopback; `answer` makes (status, headers, pieces of the body) from what was sent.

    An empty success gets the least document that its operation has; what is none is said by
    `hostile_store`.
    """

    def __init__(self, tls=None):
        self.sent = []
        self.answer = lambda _sent: (200, {}, [b""])
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                sent = Sent(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    body,
                )
                if self.path.startswith(f"/{ABSENT_BUCKET}?"):
                    # The gate's own look at the store is not what a test asked for.
                    status, headers, pieces = 404, {}, [b"<Error><Code>NoSuchBucket</Code></Error>"]
                else:
                    outer.sent.append(sent)
                    status, headers, pieces = outer.answer(sent)
                if status == 200 and not any(pieces):
                    pieces = [success_answers.document(self.command, self.path, self.headers)]
                headers = {"ETag": '"1"', "Content-Length": sum(map(len, pieces)), **headers}
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                if self.command != "HEAD":
                    for piece in pieces:
                        self.wfile.write(piece)
                        self.wfile.flush()

            def log_message(self, *_):
                pass

        for method in ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"):
            setattr(Handler, f"do_{method}", Handler.any)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def recording():
    """A store that records."""
    store = RecordingStore()
    yield store
    store.close()


@pytest.fixture(scope="module")
def behind(recording, tmp_path_factory):
    """An authority whose gate stands in front of the recording store, with a bucket called
    `kept`.
    """
    path = tmp_path_factory.mktemp("recorded") / "data"
    path.mkdir(mode=0o700)
    store_check.write_findings(
        path, recording.url, [StoreFinding(BOUND_UPLOADS, "", False, True)], now=0
    )
    yield from support.serving(path, recording.url, s3_adopt=("kept",))


@pytest.fixture
def said(recording):
    """Return the recording store, with nothing recorded yet and nothing to say."""
    recording.sent.clear()
    recording.answer = lambda _sent: (200, {}, [b""])
    return recording
