"""A store that lacks a needed capability is refused at the start, unless that is accepted."""

import asyncio
import base64
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest

from daypass.gate.s3_gate import StoreCapabilities
from daypass.gate.store import findings
from daypass.gate.store.findings import NEEDED_CAPABILITIES, StoreFinding
from daypass.gate.store.probe import StoreProbe
from daypass.gate.store.upstream import ObjectStore, StoreCredential
from daypass.server.operator import store_check
from daypass.server.settings.config import Config, S3Store
from daypass.server.settings.setting_values import Misconfigured

from .in_process import World

PROGRAM = Path(sys.executable).with_name("daypass")


class SimpleStore:
    """Objects in memory; `decodes` says whether it takes the framing off a body in chunks,
    `sums` whether it checks CRC32.
    """

    def __init__(self, *, decodes=True, sums=True):
        objects = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                payload = self.headers["x-amz-content-sha256"]
                if len(body) < length:
                    self.close_connection = True
                    return
                if payload.startswith("STREAMING-") and decodes:
                    body = _decoded(body)
                crc = self.headers.get("x-amz-checksum-crc32")
                is_wrong_sum = crc is not None and crc != _crc(body)
                is_wrong = len(payload) == 64 and hashlib.sha256(body).hexdigest() != payload
                if is_wrong or (sums and is_wrong_sum):
                    self._say(400)
                    return
                objects[self.path.partition("?")[0]] = body, crc if sums else None
                self._say(200)

            def do_GET(self):
                body, crc = objects.get(self.path, (None, None))
                more = {"x-amz-checksum-crc32": crc} if crc else {}
                self._say(404 if body is None else 200, body or b"", **more)

            def do_DELETE(self):
                objects.pop(self.path, None)
                self._say(204)

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self._say(501)

            def _say(self, status, body=b"", **headers):
                self.send_response(status)
                for name, value in {
                    "etag": '"1"',
                    "content-length": str(len(body)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        Handler.do_HEAD = Handler.do_GET
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def _crc(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def _decoded(body):
    found = b""
    while body:
        head, _, rest = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        found += rest[:size]
        body = rest[size + 2 :]
    return found


@pytest.fixture
def simple():
    """Return a function that makes a store, which is closed in the end."""
    made = []

    def make(**how):
        made.append(SimpleStore(**how))
        return made[-1]

    yield make
    for store in made:
        store.close()


def found(url):
    async def run():
        async with ObjectStore(
            url, StoreCredential("k", "s", "us-east-1"), clock=lambda: 1_800_000_000.0
        ) as store:
            return {each.name: each for each in await StoreProbe(store, "daypass-probe").run()}

    return asyncio.run(run())


def test_a_store_with_everything_that_is_needed_is_found_to_have_it(simple) -> None:
    every = found(simple().url)

    assert [name for name in NEEDED_CAPABILITIES if not every[name].holds] == []
    assert every["checksums"].holds


def test_a_store_that_keeps_the_framing_of_chunks_is_found_out(simple) -> None:
    every = found(simple(decodes=False).url)

    assert [name for name in NEEDED_CAPABILITIES if not every[name].holds] == ["chunked-bodies"]
    assert every["chunked-bodies"].is_needed
    assert "framing" in every["chunked-bodies"].hint


def test_a_store_that_checks_no_checksums_is_found_out_and_good_enough(simple) -> None:
    every = found(simple(sums=False).url)

    assert (every["checksums"].holds, every["checksums"].is_needed) == (False, False)


def test_every_needed_finding_has_a_hint_of_its_own() -> None:
    hints = [findings.CONSEQUENCES[name] for name in NEEDED_CAPABILITIES]

    assert len(set(hints)) == len(NEEDED_CAPABILITIES)


def config(data, url="http://store.example", **more):
    return Config(data=data, host="127.0.0.1", port=0, store=S3Store(url, "k", "s"), **more)


def keep(data, url="http://store.example", **holds):
    named = {name.replace("_", "-"): holds_it for name, holds_it in holds.items()}
    store_check.write_findings(
        data,
        url,
        [StoreFinding(name, "", name in NEEDED_CAPABILITIES, each) for name, each in named.items()],
        now=0,
    )


@pytest.mark.parametrize("name", NEEDED_CAPABILITIES)
def test_a_store_that_lacks_what_is_needed_is_refused_unless_that_is_accepted(
    tmp_path, name
) -> None:
    keep(tmp_path, **{**dict.fromkeys(NEEDED_CAPABILITIES, True), name: False})
    other = next(each for each in NEEDED_CAPABILITIES if each != name)

    with pytest.raises(Misconfigured, match=name) as refused:
        store_check.check_store(config(tmp_path))
    with pytest.raises(Misconfigured, match=name):
        store_check.check_store(config(tmp_path, s3_accept=(other,)))

    assert findings.CONSEQUENCES[name] in refused.value.hint
    assert f"--s3-accept {name}" in refused.value.hint
    store_check.check_store(config(tmp_path, s3_accept=(name,)))


def test_what_is_optional_or_about_another_store_refuses_nobody(tmp_path) -> None:
    keep(tmp_path, tagging=False, keys=True)
    store_check.check_store(config(tmp_path))
    keep(tmp_path, "http://another.example", keys=False)
    store_check.check_store(config(tmp_path))


def test_a_store_with_tls_is_sent_no_chunks_and_needs_to_take_none(tmp_path) -> None:
    keep(tmp_path, "https://store.example", chunked_bodies=False)

    store_check.check_store(config(tmp_path, "https://store.example"))


def test_a_word_that_is_no_needed_finding_cannot_be_accepted(tmp_path) -> None:
    with pytest.raises(Misconfigured, match="`taging`") as refused:
        store_check.check_store(config(tmp_path, s3_accept=("taging",)))

    assert "torn-body" in refused.value.hint


def test_the_next_start_says_what_is_known(tmp_path) -> None:
    before = list(store_check.store_remarks(config(tmp_path)))
    keep(tmp_path, keys=False, tagging=False, torn_body=True)
    after = list(store_check.store_remarks(config(tmp_path, s3_accept=("keys",))))

    assert "nobody has tried that store out yet" in before[0]
    assert after[0] == "  it was tried out on 1970-01-01; it lacks tagging"
    assert after[1].startswith("  ACCEPTED by --s3-accept: it lacks keys")
    assert after[2].startswith(
        "  not tried yet: wrong-hash, parameters, chunked-bodies: daypass gate check"
    )


def test_up_refuses_a_store_that_was_found_out_and_starts_when_told_to(simple, tmp_path) -> None:
    store = simple(decodes=False)
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "DAYPASS_S3_ACCESS_KEY_ID": "k",
        "DAYPASS_S3_SECRET_ACCESS_KEY": "s",
    }

    def run(*arguments):
        return subprocess.run(
            [PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    checked = run("gate", "check", "--s3", store.url, "--data", data)
    up = ("up", "--data", data, "--listen", "127.0.0.1:0", "--s3", store.url)
    refused = run(*up)
    said = []
    with subprocess.Popen(
        [PROGRAM, *up, "--s3-accept", "chunked-bodies"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        for line in server.stderr:
            said.append(line)
            if "ACCEPTED" in line:
                server.terminate()

    assert (checked.returncode, "--s3-accept chunked-bodies" in checked.stderr) == (1, True)
    assert (refused.returncode, "chunked-bodies" in refused.stderr) == (2, True)
    assert server.returncode == 0
    assert any("ACCEPTED by --s3-accept: it lacks chunked-bodies" in line for line in said)


@pytest.mark.parametrize(
    ("takes", "payload"),
    [(True, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), (False, "UNSIGNED-PAYLOAD")],
)
def test_a_store_that_takes_no_chunks_is_sent_none(said, takes, payload) -> None:
    async def put():
        world = World(said.url, capabilities=StoreCapabilities(chunked_bodies=takes))
        try:
            return await world.ask(world.put(1), b"x")
        finally:
            await world.close()

    assert asyncio.run(put())[0] == 200
    assert said.sent[-1].headers["x-amz-content-sha256"] == payload
    assert (said.sent[-1].body == b"x") is not takes
