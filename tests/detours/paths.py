"""Three calls, from the moment their door has the request until the bytes of the answer are made.

One authority with a gate answers them, and every run is the same: its clocks stand still, no timer
goes off, its random bytes are made of a count, and a commit is made on the thread that asks for it,
so that its calls stand below those of the asker.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlencode

from msgspec import structs
from msgspec.structs import replace
from tests.detours.walk import Walk
from tests.services.support import ACCOUNT, ALLOW, NOW, REGION, access_key, role, user

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.partition import GLOBAL
from daypass.core.sessions.secrets import seal_secret
from daypass.core.sigv4.sign import Signer
from daypass.server import app
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.guesses import GuessCounter
from daypass.server.gateway import gate_factory
from daypass.server.settings.config import Config, S3Store
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.state.pending_commits import PendingCommit
from daypass.state.steady_clock import SteadyClock
from daypass.wire.message import HttpRequest

SECRET = "s" * 40
HOST = "127.0.0.1"
ALICE = user("alice", inline=(InlinePolicy("all", ALLOW),))
WORKER = role("worker")
BUCKET = Bucket(account=GLOBAL, name="kept", owner=ACCOUNT, region=REGION, created=NOW)
OBJECT = b"what is stored"
STORED = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 0\r\n\r\n'


class TimelessLoop(asyncio.SelectorEventLoop):
    """An event loop in which no time goes by: what is to happen later never does."""

    def call_at(self, when, callback, *args, context=None):
        return asyncio.TimerHandle(when, callback, args, self, context)


class World:
    """An authority without a socket: `alice` may do everything, a role trusts everybody.

    Behind its gate is a bucket of hers.
    """

    def __init__(self, folder, store):
        self._drawn = 0
        clocks = {"clock": lambda: NOW, "monotonic": lambda: 7.0}
        self.data = open_data(folder / "data", {}, **clocks, entropy=self._entropy, account=ACCOUNT)
        self._fill()
        self.data.committer.submit = self._commit
        config = Config(data=self.data.audit.path.parent, host=HOST, port=0)
        self.authority = app.assemble_authority(
            committer=self.data.committer,
            keyring=lambda: self.data.keyring,
            usage=self.data.usage,
            recorder=Recorder(AuditLog(self.data.audit.path), durable=False),
            guesses=GuessCounter(self.data, monotonic=lambda: 7.0),
            clocks=SteadyClock(lambda: NOW, lambda: 7.0),
            entropy=self._entropy,
            gate=gate_factory(config, S3Store(store, "store", "its secret", REGION)),
        )

    def _fill(self):
        key = access_key(ALICE)
        sealed = seal_secret(SECRET, self.data.keyring, owner=key.id, nonce=bytes(12))
        records = [ALICE, WORKER, BUCKET, structs.replace(key, secret=sealed)]
        self.data.committer.submit(Changes([Put(each) for each in records]), b"").result()
        self._signing = key.id, SECRET, REGION

    def _entropy(self, size):
        self._drawn += 1
        return hashlib.shake_256(self._drawn.to_bytes(8, "big")).digest(size)

    def _commit(self, changes, event):
        job = PendingCommit(replace(changes, event=event), 7.0, Future())
        job.future.set_running_or_notify_cancel()
        self.data.committer._commit([job])
        return job.future

    async def close(self):
        await self.authority.application.close()
        self.authority.recorder.close()
        self.data.close()

    # The calls, as their doors get them.

    def asking(self, service, **fields):
        """Return a call of the API's door: a signed request of alice's."""
        body = urlencode(fields).encode()
        headers = {"host": HOST, "content-type": "application/x-www-form-urlencoded"}
        signed = self._signed(service, "POST", "/", headers, hashlib.sha256(body).hexdigest())
        request = HttpRequest("POST", b"/", b"", tuple(signed), body, "192.0.2.1")

        async def run():
            outcome = await self.authority.api.answer(request)
            assert outcome.response.status == 200, outcome.response.body

        return run

    def storing(self):
        """Return a call of the gate's door: an object of alice's."""
        digest = hashlib.sha256(OBJECT).hexdigest()
        headers = self._signed("s3", "PUT", "/kept/key", {"host": HOST}, digest)
        headers += [(b"content-length", str(len(OBJECT)).encode())]
        scope = {
            "method": "PUT",
            "raw_path": b"/kept/key",
            "query_string": b"",
            "headers": headers,
            "client": ("192.0.2.1", 1),
            "scheme": "http",
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": OBJECT}

        async def send(message):
            sent.append(message)

        async def run():
            await self.authority.application._gate(scope, receive, send)
            assert sent[0]["status"] == 200, sent

        return run

    def _signed(self, service, method, path, headers, digest):
        signer = Signer(*self._signing, service)
        signed = signer.sign(
            method=method, path=path, query="", headers=headers, payload_hash=digest, now=NOW
        )
        return [(name.encode(), value.encode()) for name, value in signed.headers.items()]


def _assuming(world, _number):
    fields = {"Action": "AssumeRole", "RoleArn": WORKER.arn, "RoleSessionName": "me"}
    return world.asking("sts", Version="2011-06-15", **fields)


def _creating(world, number):
    fields = {"Action": "CreateUser", "UserName": f"new{number}"}
    return world.asking("iam", Version="2010-05-08", **fields)


def _storing(world, _number):
    return world.storing()


CALLS: dict[str, Callable[[World, int], Callable[[], Awaitable[None]]]] = {
    "AssumeRole": _assuming,
    "CreateUser": _creating,
    "PutObject": _storing,
}
"""What makes the n-th request of each kind."""


async def _store(reader, writer):
    """Take objects, and answer that they are stored."""
    with suppress(asyncio.IncompleteReadError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = dict(line.lower().split(b": ") for line in head.split(b"\r\n")[1:-2])
            await reader.readexactly(int(fields[b"content-length"]))
            writer.write(STORED)
    writer.close()


async def _walked(folder):
    server = await asyncio.start_server(_store, HOST, 0)
    world = World(folder, f"http://{HOST}:{server.sockets[0].getsockname()[1]}")
    found = {}
    for name, made in CALLS.items():
        # The first is warm enough that the second is as any later one.
        await made(world, 1)()
        second = made(world, 2)
        with Walk() as found[name]:
            await second()
    await world.close()
    server.close()
    return found


def walks() -> dict[str, Walk]:
    """Return the walk of each call by its name, taken by the second of two requests."""
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory())
        runner = held.enter_context(asyncio.Runner(loop_factory=TimelessLoop))
        return runner.run(_walked(Path(folder)))
