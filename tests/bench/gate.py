"""The gate's figures: a small GetObject, and 64 MiB through it beside nginx's `proxy_pass`.

CPU time of the server's process; gate and nginx take turns in one run, in front of the same store
(`gate_store`), and of the rounds the median counts. `python -m tests.bench.gate` prints them alone.
"""

import contextlib
import hashlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from tests.bench import gate_requests, gate_store

BIN = Path(sys.executable).parent
SMALL_GOAL = "<= 250"
GET_GOAL, PUT_GOAL = "<= 0.5, aim 0.33", "<= 1, aim 0.5"
"""What nginx's costs may be exceeded by: GET, and PUT beyond hashing."""
PUT_SHARE_GOAL = "<= 2"
"""What a PUT may cost beyond hashing, as a multiple of what a GET of as many bytes costs."""
SMALL_REQUESTS, LARGE_REQUESTS, ROUNDS = 300, 2, 5
KINDS = ("signed payload", "unsigned payload", "aws-chunked with trailer")
_HASHED_AT_ONCE = 64 << 10
_FILL = """
import json, os, sys, time
from pathlib import Path
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.user import User
from daypass.core.sessions import keyids
from daypass.core.sessions.secrets import seal_secret
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
account, secret, now = "111122223333", "s" * 40, int(time.time())
data = open_data(Path(sys.argv[1]), {}, clock=time.time, entropy=os.urandom, account=account)
key = keyids.access_key_id("AKIA", account, os.urandom(10))
statements = [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{name}/*"} for name in ("one", "two", "three", "bench")]
policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
user = User(account=account, name="alice", unique_id="AIDAALICE", created=now, inline=(InlinePolicy("own", policy),))
sealed = seal_secret(secret, data.keyring, owner=key, nonce=os.urandom(12))
records = [Put(user), Put(AccessKey(account=account, id=key, owner="AIDAALICE", secret=sealed, created=now))]
data.committer.submit(Changes(records, read={account: data.committer.directory.account(account).revision}), b"").result()
data.close()
print(key, secret)
"""
_NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  upstream store {{ server 127.0.0.1:{store}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://store;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }}
  }}
}}
"""


def cpu_seconds(pid):
    """Return the CPU time of another process with all its threads, by the clock of that process."""
    return time.clock_gettime((~pid << 3) | 2)


class Server:
    """A process that answers at a port; `pid` is the one whose CPU time counts."""

    def __init__(self, process, port, pid=None):
        self.process, self.port, self.pid = process, port, pid or process.pid

    def cost(self, message, count, connections=gate_requests.CONNECTIONS):
        """Return the CPU seconds of one request; every connection sends the request so often."""
        kept = gate_requests.Connections(self.port, connections)
        with contextlib.closing(kept):
            kept.exchange(message)
            before = cpu_seconds(self.pid)
            for _ in range(count):
                kept.exchange(message)
            return (cpu_seconds(self.pid) - before) / (count * connections)


@contextlib.contextmanager
def store():
    """Yield the port of a store in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.gate_store"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(process.stdout.readline())
    finally:
        _stop(process)


@contextlib.contextmanager
def gate(folder, store_port, environ=None):
    """Yield a gate in front of a store, and the key of a user who may read and write there."""
    environ = {**os.environ, **(environ or {})}
    data = folder / "data"
    filled = subprocess.run(
        [sys.executable, "-c", _FILL, data],
        check=True,
        capture_output=True,
        text=True,
        env=environ,
    )
    port = _free_port()
    process = subprocess.Popen(
        [
            *(BIN / "daypass", "up", "--data", data),
            *("--listen", f"127.0.0.1:{port}", "--calls-per-second", "0"),
            *("--s3", f"http://127.0.0.1:{store_port}", "--s3-adopt", gate_store.BUCKET),
        ],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={
            **environ,
            "DAYPASS_S3_ACCESS_KEY_ID": "store",
            "DAYPASS_S3_SECRET_ACCESS_KEY": "secret of the store",
        },
    )
    try:
        _wait_for(port)
        yield Server(process, port), tuple(filled.stdout.split())
    finally:
        _stop(process)


@contextlib.contextmanager
def nginx(folder, store_port):
    """Yield nginx in front of a store, which buffers neither requests nor answers."""
    port = _free_port()
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(folder=folder, store=store_port, port=port))
    process = subprocess.Popen(
        ["nginx", "-p", folder, "-c", settings, "-e", folder / "error.log"],
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        [worker] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Server(process, port, int(worker)), ("nobody", "nothing")
    finally:
        _stop(process)


def hashing_seconds(kind, content):
    """Return the CPU seconds of the digests that a PUT of a kind cannot do without.

    The store is reached without TLS, so that the gate signs what the client has not.
    """
    digest, checksum, before = hashlib.sha256(), 0, time.process_time()
    for at in range(0, len(content), _HASHED_AT_ONCE):
        piece = content[at : at + _HASHED_AT_ONCE]
        digest.update(piece)
        if kind == "aws-chunked with trailer":
            checksum = zlib.crc32(piece, checksum)
    return time.process_time() - before


def rows(run=None):
    """Return the gate's figures as (name, value, unit, goal)."""
    rounds = run.rounds if run else ROUNDS
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        store_port = running.enter_context(store())
        ours = running.enter_context(gate(folder, store_port))
        theirs = None
        if shutil.which("nginx"):
            theirs = running.enter_context(nginx(folder / "nginx", store_port))
        return [*_small_rows(ours, theirs, rounds), *_large_rows(ours, theirs, rounds)]


def _small_rows(ours, theirs, rounds):
    costs = _costs(ours, theirs, _small_request, SMALL_REQUESTS, rounds)
    name = "GetObject of 1 KiB"
    return [
        (name, round(statistics.median(costs[0]) * 1e6), "µs", SMALL_GOAL),
        _nginx_row(name, costs[0], costs[1], ""),
    ]


def _large_rows(ours, theirs, rounds):
    reading = _costs(ours, theirs, _large_request, LARGE_REQUESTS, rounds)
    figures = [
        ("GET of 64 MiB", _milliseconds(reading[0]), "ms", ""),
        _nginx_row("GET of 64 MiB", reading[0], reading[1], GET_GOAL),
    ]
    content = os.urandom(gate_store.LARGE_BYTES)
    for kind in KINDS:
        name = f"PUT of 64 MiB, {kind}"
        writing = _costs(ours, theirs, _upload(kind, content), LARGE_REQUESTS, rounds)
        floor = statistics.median(hashing_seconds(kind, content) for _ in range(rounds))
        beyond = [each - floor for each in writing[0]]
        share = statistics.median(beyond) / statistics.median(reading[0])
        figures += [
            (name, _milliseconds(writing[0]), "ms", ""),
            (f"{name}: of that, hashing", _milliseconds([floor]), "ms", ""),
            (f"{name}: the rest, in GETs", round(share, 2), "x", PUT_SHARE_GOAL),
            _nginx_row(f"{name}: the rest", beyond, writing[1], PUT_GOAL),
        ]
    return figures


def _milliseconds(costs):
    return round(statistics.median(costs) * 1e3, 1)


def _nginx_row(name, ours, theirs, goal):
    """Return how many times what nginx costs the gate costs."""
    if not theirs:
        return (f"{name}, beside nginx", "not measured: nginx is not installed", "x", goal)
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return (f"{name}, beside nginx", round(ratio, 2), "x", goal)


def _costs(ours, theirs, make_request, count, rounds):
    """Return the costs of one request at the gate and at nginx by round; they take turns."""
    few = max(1, count // 10)
    costs = ([], [])
    sides = [(ours, costs[0]), *([(theirs, costs[1])] if theirs else [])]
    connections = gate_requests.CONNECTIONS if count >= SMALL_REQUESTS else 1
    messages = [make_request(server.port, key) for (server, key), _ in sides]
    for ((server, _), _), message in zip(sides, messages, strict=True):
        server.cost(message, few, connections)
    for _ in range(rounds):
        for ((server, _), seconds), message in zip(sides, messages, strict=True):
            seconds.append(server.cost(message, count, connections))
    return costs


def _small_request(port, key):
    return gate_requests.get(port, key, gate_store.SMALL)


def _large_request(port, key):
    return gate_requests.get(port, key, gate_store.LARGE)


def _upload(kind, content):
    return lambda port, key: gate_requests.put(port, key, gate_store.LARGE, content)[kind]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise SystemExit(f"nothing answers at port {port}")


def _stop(process):
    process.terminate()
    process.wait()


if __name__ == "__main__":
    for name, value, unit, goal in rows():
        print(f"{name:<60}{value!s:>8} {unit:<3}{goal}")
