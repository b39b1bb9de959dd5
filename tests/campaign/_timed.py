"""A server in a thread of its own whose event loop says how long its longest turn took, and a
store behind its gate.
"""

import asyncio
import contextlib
import hashlib
import http.server
import socket
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.core.sigv4.sign import Signer
from daypass.server import clock, single_process
from daypass.server.settings.config import Config, S3Store
from daypass.services.iam.policies import aws_managed
from daypass.state.changes import Changes
from daypass.state.data_directory.open_directory import open_data

REGION = "us-east-1"


class TimedLoop(asyncio.SelectorEventLoop):
    """The event loop with the CPU time of its longest turn, in milliseconds of its own thread's
    clock.
    """

    longest = 0.0

    def _run_once(self):
        # Once in each turn: what the loop's thread alone has used.
        before = time.thread_time()
        super()._run_once()
        TimedLoop.longest = max(TimedLoop.longest, (time.thread_time() - before) * 1000)


class Store:
    """A store that says what it is told to say: `answer` makes (status, headers, pieces) of
    method and target.
    """

    def __init__(self):
        self.answer = lambda _method, _target: (200, {}, [b""])
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self):
                left = int(self.headers.get("content-length", 0))
                while left > 0 and (piece := self.rfile.read(min(left, 1 << 16))):
                    left -= len(piece)
                status, headers, pieces = outer.answer(self.command, self.path)
                headers = {"ETag": '"1"', "Content-Length": sum(map(len, pieces)), **headers}
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                for piece in pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()

            def log_message(self, *_):
                pass

        for method in ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"):
            setattr(Handler, f"do_{method}", Handler.any)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    """The server, and ways to reach it."""

    def __init__(self, data, config, store):
        self.data = data
        self.config = config
        self.store = store
        self.account = data.default_account_id
        self.keys = self.root()

    def root(self):
        """Return the key id, secret and token of a root session."""
        subject = mint.SessionOwner(
            kind=SessionKind.ROOT, origin=Origin.OPERATOR, account=self.data.default_account_id
        )
        issued = mint.issue_credentials(
            subject,
            GrantedSession(seconds=3600),
            now=int(time.time()),
            entropy=clock.entropy,
            ring=self.data.keyring,
        )
        return issued.access_key_id, issued.session.secret, issued.token

    def put(self, *records):
        """Commit records as they are, in pieces."""
        directory = self.data.committer.directory
        partitions = {each.record.account for each in records}
        read = {name: directory.account(name).revision for name in partitions}
        self.data.committer.submit(Changes(list(records), read=read), b"").result()

    def signed(self, method, path, body, *, service, query="", keys=None, payload=None, **headers):
        """Return the bytes of a signed request."""
        key_id, secret, token = keys or self.keys
        host = urlsplit(self.config.url).netloc
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            given["x-amz-security-token"] = token
        digest = payload or hashlib.sha256(body).hexdigest()
        made = Signer(key_id, secret, REGION, service).sign(
            method=method,
            path=path,
            query=query,
            headers={"host": host, **given},
            payload_hash=digest,
            now=int(time.time()),
        )
        made.headers.setdefault("content-length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
        target = path + (f"?{query}" if query else "")
        return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body, made

    def call(self, action, service="iam", version="2010-05-08", keys=None, **fields):
        """Return the bytes of a call of a query API; a list is spread over its members."""
        return self.form(service, {"Action": action, "Version": version, **spread(fields)}, keys)

    def form(self, service, fields, keys=None):
        """Return the bytes of a query API's form, which may be bytes already."""
        body = (
            fields
            if isinstance(fields, bytes)
            else urlencode(fields, safe='{}[]":,* /').replace(" ", "+").encode()
        )
        kind = "application/x-www-form-urlencoded"
        return self.signed("POST", "/", body, service=service, keys=keys, content_type=kind)[0]

    def json(self, operation, body):
        """Return the bytes of a call of Organizations."""
        target = f"AWSOrganizationsV20161128.{operation}"
        return self.signed(
            "POST",
            "/",
            body,
            service="organizations",
            content_type="application/x-amz-json-1.1",
            x_amz_target=target,
        )[0]

    def s3(self, method, path, body=b"", **more):
        """Return the bytes of a request of the gate."""
        return self.signed(method, path, body, service="s3", **more)[0]

    def send(self, raw, *, everything=False):
        """Send bytes as they are on a connection of their own and return what comes, up to the
        first answer's end.
        """
        with socket.create_connection(("127.0.0.1", self.config.port), timeout=60) as connection:
            writer = threading.Thread(target=_sent, args=(connection, raw), daemon=True)
            writer.start()
            found = _answer(connection, everything=everything)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            writer.join()
        return found


def spread(fields):
    found = {}
    for name, value in fields.items():
        if isinstance(value, list):
            found |= {f"{name}.member.{at}": each for at, each in enumerate(value, 1)}
        else:
            found[name] = value
    return found


def _sent(connection, raw):
    with contextlib.suppress(OSError):
        connection.sendall(raw)


def _answer(connection, *, everything):
    found = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(1 << 16):
            found += piece
            if everything:
                continue
            head, end, body = found.partition(b"\r\n\r\n")
            lengths = [
                line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
            ]
            if end and head[9:12] in {b"204", b"304"}:
                break
            if end and lengths and len(body) >= int(lengths[0].partition(b":")[2]):
                break
            if end and body.endswith(b"0\r\n\r\n"):
                break
    return found


@contextlib.contextmanager
def world():
    """Run a server whose loop is timed, with a store that obeys."""
    store = Store()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        config = Config(
            data=path,
            host="127.0.0.1",
            port=free_port(),
            store=S3Store(store.url, "store", "a secret"),
            s3_adopt=("kept",),
            calls_per_second=0,
        )
        data = open_data(
            path, {}, clock=clock.wall, entropy=clock.entropy, base=aws_managed.bundled_policies()
        )
        server = single_process.make_server(config, data)
        server.config.get_loop_factory = lambda: TimedLoop
        # The announcement is not wanted.
        with open("/dev/null", "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
            thread = threading.Thread(target=server.run, daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.01)
        try:
            yield World(data, config, store)
        finally:
            server.should_exit = True
            thread.join()
            server.close()
            data.close()
