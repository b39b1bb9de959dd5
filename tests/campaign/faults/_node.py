"""One server on one data directory: started, killed and started again, as a real process, and
asked over real connections.
"""

import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from click.testing import CliRunner
from tests.campaign import _processes
from tests.campaign.faults._parts import until

from daypass.cli.command_error import CommandError
from daypass.cli.main import cli
from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.core.sigv4.sign import Signer
from daypass.server import clock
from daypass.state.data_directory import unlocked_reading

BIN = Path(sys.executable).parent
REGION = "us-east-1"
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 12
"""Past every deadline that a request has; one that takes longer hangs."""
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
RAW = "an exception that nobody expected"
HANGS = 599
"""Our own number for a request that has no answer in `ANSWER_SECONDS_MAX`; 598 is one whose
connection ended."""
ENDED = 598
CONNECTIONS_MAX = 100
"""How many are opened until each worker has one."""


class NotStarted(Exception):
    """The server ended, or did not listen in time; the text is what it wrote on standard error."""


@dataclass
class Answer:
    """An answer: its status, the error's code if it is one, and its body."""

    status: int
    body: str

    @property
    def is_ok(self):
        return self.status < 300

    @property
    def code(self):
        found = re.search(r"<Code>(.*?)</Code>", self.body)
        return found[1] if found else ""

    def __getitem__(self, name):
        """Return the text of the first element with this name."""
        found = re.search(rf"<{name}>(.*?)</{name}>", self.body, re.DOTALL)
        if found is None:
            raise LookupError(f"no {name} in an answer {self.status}: {self.body[:500]}")
        return found[1]

    def every(self, name):
        """Return the texts of all elements with this name."""
        return re.findall(rf"<{name}>(.*?)</{name}>", self.body, re.DOTALL)

    def credentials(self):
        """Return key id, secret and token of a session that was issued."""
        return self["AccessKeyId"], self["SecretAccessKey"], self["SessionToken"]


def free_port():
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environ():
    """Return the environment without the user's own AWS and Daypass set-up."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "DAYPASS_")) and not name.lower().endswith("_proxy")
    }


class Node:
    """A server that can be killed and started again on the same directory and port; with
    `--workers N` it is several processes.
    """

    program = (BIN / "daypass",)

    def __init__(self, folder, *options, shim=None, data=None, environ=None):
        self.folder = Path(folder)
        self.data = Path(data) if data else self.folder / "data"
        self.options = options
        self.shim = shim
        self.environ = {**clean_environ(), **(environ or {})}
        self.port = free_port()
        self.process = None
        self.errors = self.folder / "stderr"
        self._root = None

    @property
    def said(self):
        """Return all that the server has written on standard error, in all its lives."""
        return self.errors.read_text(errors="replace") if self.errors.exists() else ""

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def workers(self):
        """Return the processes of its workers that run, the oldest first; none where it is one
        process.
        """
        return _processes.children(self.process.pid)

    @property
    def processes(self):
        """Return all of its processes, the first of them first."""
        return [self.process.pid, *self.workers]

    @property
    def logs(self):
        """Return its audit logs, in the order in which its workers were started."""
        return sorted(self.data.glob("audit*.log"), key=lambda each: (len(each.name), each.name))

    def now(self):
        """Return the time by the server's clock."""
        return int(time.time()) + (self.shim.wall if self.shim else 0)

    def start(self, *options, seconds=START_SECONDS_MAX):
        """Start it and wait until it listens, whether it says that it is ready or not; raises
        `NotStarted`.
        """
        command = [*self.program, "up", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--calls-per-second", "0"]  # fmt: skip
        before = len(self.said)
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*command, *self.options, *options],
                env={**self.environ, **(self.shim.environ if self.shim else {})},
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )
        end = time.monotonic() + seconds
        while self.ready() is None:
            if not self.is_running or time.monotonic() > end:
                self.kill()
                raise NotStarted(self.said[before:])
            time.sleep(0.02)
        return self

    def ready(self, path="/readyz"):
        """Return the status of `/readyz`; None if nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return None

    def becomes_ready(self, status=200, *, seconds=15.0):
        """Say whether `/readyz` answers with `status` before so many seconds have passed."""
        return until(lambda: self.ready() == status, seconds)

    def kill(self):
        """Kill all of its processes, as a power cut would."""
        if self.process is not None:
            workers = self.workers
            self.process.kill()
            for each in workers:
                _processes.kill(each)
            self.process.wait()
            assert _processes.all_gone(workers), "a worker outlives SIGKILL"

    def stop(self):
        """Stop it as an operator does; return whether it ended by itself in time."""
        if self.process is None:
            return True
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return self.process.returncode == 0

    def command(self, *arguments, environ=None, seconds=60):
        """Run one of the operator's commands beside the server; one that takes too long ends
        with 124.
        """
        try:
            return subprocess.run(
                [BIN / "daypass", *arguments, "--data", self.data],
                env={**self.environ, **(environ or {})},
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as late:
            return subprocess.CompletedProcess(late.cmd, 124, "", f"took more than {seconds} s")

    def told(self, *arguments):
        """Run one of the operator's commands within this process, which is quicker; an error
        that it did not foresee says so.
        """
        done = CliRunner(env=self._without(self.environ)).invoke(
            cli, [*arguments, "--data", str(self.data)]
        )
        error = done.exception
        if isinstance(error, CommandError):
            return subprocess.CompletedProcess(
                arguments,
                error.code,
                done.stdout,
                f"{done.stderr}error: {error}\nhint: {error.hint}",
            )
        if error is not None and not isinstance(error, SystemExit):
            return subprocess.CompletedProcess(
                arguments, 1, done.stdout, f"{RAW}: {type(error).__name__}: {error}"
            )
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    @staticmethod
    def _without(environ):
        """Return an environment that also removes what the user's own has of AWS and Daypass."""
        return {**dict.fromkeys(set(os.environ) - set(clean_environ())), **environ}

    def log(self):
        """Return the events of the log, as `log show --json` prints them."""
        shown = self.told("log", "show", "--json")
        if shown.returncode:
            raise AssertionError(f"`log show` fails: {shown.stderr[-500:]}")
        return [json.loads(line)["event"] for line in shown.stdout.splitlines()]

    def mint(self, *, now=None, seconds=3600):
        """Return a root session as `daypass root` would mint it, issued at `now`."""
        known = unlocked_reading.read_without_lock(self.data, self.environ)
        subject = mint.SessionOwner(
            kind=SessionKind.ROOT, origin=Origin.OPERATOR, account=known.default_account_id
        )
        issued = mint.issue_credentials(
            subject,
            GrantedSession(seconds=seconds),
            now=now or self.now(),
            entropy=clock.entropy,
            ring=known.keyring,
        )
        return issued.access_key_id, issued.session.secret, issued.token

    @property
    def root(self):
        """Return key id, secret and token of a root session that is made once."""
        if self._root is None:
            self._root = self.mint()
        return self._root

    def call(self, action, service="iam", *, keys=None, now=None, **fields):
        """Make a call of a query API; a lost connection and one that hangs have statuses of
        their own.
        """
        with contextlib.closing(Kept(self)) as connection:
            return connection.ask(self.called(action, service, keys=keys, now=now, **fields))

    def called(self, action, service="iam", *, keys=None, now=None, **fields):
        """Return the signed request of a call of a query API."""
        body = urlencode({"Action": action, "Version": VERSIONS[service], **fields}).encode()
        return self.signed(
            "POST",
            "/",
            body,
            service=service,
            keys=keys,
            now=now,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )

    def request(
        self, method, path, body=b"", *, service="s3", query="", keys=None, now=None, headers=None
    ):
        """Send one signed request and return its answer."""
        # A connection for each: one that was kept may have ended, and whether its request was taken
        # nobody could say.
        with contextlib.closing(Kept(self)) as connection:
            return connection.ask(self.signed(method, path, body, service=service, query=query, keys=keys, now=now, headers=headers))  # fmt: skip

    def signed(
        self, method, path, body=b"", *, service="s3", query="", keys=None, now=None, headers=None
    ):
        """Return a signed request, to be sent once or often: its method, target, body and
        headers.
        """
        key_id, secret, *token = keys or self.root
        given = {"host": f"127.0.0.1:{self.port}", **(headers or {})}
        if token and token[0]:
            given["x-amz-security-token"] = token[0]
        made = Signer(key_id, secret, REGION, service).sign(
            method=method,
            path=path,
            query=query,
            headers=given,
            payload_hash=hashlib.sha256(body).hexdigest(),
            now=now or self.now(),
        )
        return method, path + (f"?{query}" if query else ""), body, made.headers

    def connections(self):
        """Return a connection to each of its processes that serve, the oldest one's first."""
        serving = self.workers or self.processes
        found = {}
        for _ in range(CONNECTIONS_MAX):
            connection = Kept(self)
            connection.ask(("GET", "/healthz", b"", {}))
            process = connection.server(serving)
            if process in found or process is None:
                connection.close()
            else:
                found[process] = connection
            if len(found) == len(serving):
                return [found[each] for each in serving]
        raise AssertionError("a process that serves no connection")

    def everywhere(self, action, service="iam", **how):
        """Make the same call at each of its processes that serve, and return their answers."""
        answers = []
        for each in self.connections():
            with contextlib.closing(each):
                answers.append(each.ask(self.called(action, service, **how)))
        return answers

    def users(self):
        """Return the names of all users."""
        found, marker = set(), {}
        while True:
            page = self.call("ListUsers", MaxItems="1000", **marker)
            assert page.is_ok, (page, self.said[-500:])
            found |= set(page.every("UserName"))
            if page["IsTruncated"] == "false":
                return found
            marker = {"Marker": page["Marker"]}


class Kept:
    """A connection to a server, for one request after the other."""

    def __init__(self, node):
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", node.port, timeout=ANSWER_SECONDS_MAX
        )

    def ask(self, request):
        """Send a signed request and return its answer."""
        method, target, body, headers = request
        try:
            self._connection.request(method, target, body, headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.read().decode(errors="replace"))
        except TimeoutError:
            return Answer(HANGS, "")
        except (OSError, http.client.HTTPException):
            return Answer(ENDED, "")

    def server(self, pids):
        """Return which of some processes serves this connection, on which something was asked."""
        return _processes.server_of(self._connection.sock, pids)

    def close(self):
        """End the connection."""
        self._connection.close()


@contextlib.contextmanager
def running(node):
    """Start a node, and end it whatever happens."""
    try:
        yield node.start()
    finally:
        node.kill()
