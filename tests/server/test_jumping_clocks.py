"""A server whose wall clock is set forwards and back, also while it is stopped: what was over stays over."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from daypass.core.domain.totp import STEP_SECONDS, code
from daypass.core.sessions import mint
from daypass.core.sessions.plan import Granted
from daypass.core.sessions.token import Origin, SessionKind
from daypass.core.sigv4.sign import Signer
from daypass.core.timestamps import from_iso8601
from daypass.server import run
from daypass.server.config import Config
from daypass.server.rates import BURST_SECONDS
from daypass.state.changes import Changes, Put
from daypass.state.data_directory import open_data

from .conftest import support

START = from_iso8601("2026-01-01T12:00:00Z")
HOUR, DAY = 3_600, 86_400
VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}


class World:
    """A server of its own, and a client whose clock is right: it signs with the true time."""

    def __init__(self, path, calls_per_second=0):
        self.path = path
        self.calls_per_second = calls_per_second
        self.wrong = 0
        """By how many seconds the server's wall clock is wrong."""
        self.passed = 0
        """How many seconds have passed in truth."""
        self._open = contextlib.ExitStack()

    @property
    def now(self):
        """Return what the server's wall clock says."""
        return START + self.passed + self.wrong

    def start(self):
        config = Config(
            data=self.path,
            host="127.0.0.1",
            port=support.free_port(),
            calls_per_second=self.calls_per_second,
        )
        self.data = open_data(self.path, {}, clock=lambda: self.now, monotonic=lambda: 7.0 + self.passed, entropy=os.urandom)  # fmt: skip
        self._open.callback(self.data.close)
        server = run.server_for(config, self.data)
        self._open.callback(server.close)
        thread = threading.Thread(target=server.run, daemon=True)
        self._open.callback(thread.join)
        self._open.callback(setattr, server, "should_exit", True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        self.port = config.port

    def stop(self):
        self._open.close()

    def restart(self):
        self.stop()
        self.start()

    def later(self, seconds):
        """Let time pass, by both clocks."""
        self.passed += seconds
        self.data.clocks()

    def set_clock(self, wrong):
        """Set the wall clock so that it is wrong by so many seconds, and let the server see it."""
        self.wrong = wrong
        self.data.clocks()

    def root(self, seconds=900, issued=0):
        """Return a session of root's that some clock issued so many seconds after the server's time."""
        subject = mint.Subject(kind=SessionKind.ROOT, origin=Origin.OPERATOR, account=self.data.default_account)  # fmt: skip
        moment = self.data.clocks.moment()
        made = mint.issue(subject, Granted(seconds=seconds), now=int(moment.wall) + issued, lead=moment.lead, entropy=os.urandom, ring=self.data.keyring)  # fmt: skip
        return made.access_key_id, made.session.secret, made.token

    def call(self, action, keys=None, service="sts", **fields):
        """Return the error's code, or `ok`, and the answer's text."""
        key_id, secret, token = keys or self.root()
        body = urlencode({"Action": action, "Version": VERSIONS[service], **fields})
        given = {"host": f"127.0.0.1:{self.port}", "content-type": "application/x-www-form-urlencoded"}  # fmt: skip
        given |= {"x-amz-security-token": token} if token else {}
        signed = Signer(key_id, secret, "us-east-1", service).sign(method="POST", path="/", query="", headers=given, payload_hash=hashlib.sha256(body.encode()).hexdigest(), now=self.now)  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("POST", "/", body, signed.headers)
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        found = re.search("<Code>(.*?)</Code>", text)
        return found[1] if found else "ok", text

    def get(self, path):
        """Return the text of one of the server's own pages."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def told(self, action, keys=None, **fields):
        return self.call(action, keys, **fields)[0]

    def session(self, keys, **fields):
        """Return the credentials that GetSessionToken issues, and when they are said to end."""
        outcome, text = self.call("GetSessionToken", keys, **fields)
        assert outcome == "ok", text
        parts = [re.search(f"<{name}>(.*?)</{name}>", text)[1] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")]  # fmt: skip
        return tuple(parts[:3]), from_iso8601(parts[3])

    def user(self, name="alice"):
        """Return the key of a new user who may do everything."""
        self.iam("CreateUser", UserName=name)
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}  # fmt: skip
        self.iam("PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=json.dumps(allow))
        text = self.iam("CreateAccessKey", UserName=name)
        return *(re.search(f"<{each}>(.*?)</{each}>", text)[1] for each in ("AccessKeyId", "SecretAccessKey")), ""  # fmt: skip

    def device(self, user, wrong=0):
        """Give a user an MFA device whose clock is wrong by so many seconds; return what makes the fields of a call that gives its code."""
        text = self.iam("CreateVirtualMFADevice", VirtualMFADeviceName=f"{user}-device")
        seed = base64.b64decode(
            re.search("<Base32StringSeed>(.*?)</Base32StringSeed>", text)[1]
        ).decode()
        serial = re.search("<SerialNumber>(.*?)</SerialNumber>", text)[1]

        def shown(later=0):
            return code(seed, (START + self.passed + wrong) // STEP_SECONDS + later)

        self.iam("EnableMFADevice", UserName=user, SerialNumber=serial, AuthenticationCode1=shown(-1), AuthenticationCode2=shown())  # fmt: skip
        self.later(STEP_SECONDS)
        return lambda given=None: {
            "SerialNumber": serial,
            "TokenCode": shown() if given is None else given,
        }

    def iam(self, action, **fields):
        outcome, text = self.call(action, service="iam", **fields)
        assert outcome == "ok", text
        return text


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "data")
    made.start()
    yield made
    made.stop()


def stays(world):
    """Leave the server as it is."""


def restarts(world):
    """Stop it, and start it again."""
    world.restart()


between = pytest.mark.parametrize("between", [stays, restarts])


@between
@pytest.mark.parametrize("wrong", [-HOUR, -DAY])
def test_an_expired_session_stays_expired_when_the_clock_is_set_back(world, between, wrong) -> None:
    keys = world.root(seconds=900)
    assert world.told("GetCallerIdentity", keys) == "ok"
    world.later(901)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"

    world.set_clock(wrong)
    between(world)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@between
def test_a_session_that_ended_while_the_clock_was_a_day_ahead_stays_ended(world, between) -> None:
    keys = world.root(seconds=900)
    world.set_clock(DAY)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"

    world.set_clock(0)
    between(world)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@between
@pytest.mark.parametrize(("was", "wrong"), [(DAY, 0), (0, -HOUR), (HOUR, 0), (0, -DAY)])
def test_sessions_are_issued_and_last_as_long_as_they_say_after_the_clock_was_set_back(
    world, between, was, wrong
) -> None:
    user = world.user()
    world.set_clock(was)
    world.set_clock(wrong)
    between(world)
    keys, expires = world.session(user, DurationSeconds="900")

    assert expires == world.now + 900
    world.later(890)
    assert world.told("GetCallerIdentity", keys) == "ok"
    between(world)
    world.later(20)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@between
def test_a_session_that_was_issued_before_the_clock_was_set_back_ends_when_it_would_have(
    world, between
) -> None:
    keys, _ = world.session(world.user(), DurationSeconds="900")
    world.later(300)
    world.set_clock(-HOUR)
    between(world)
    assert world.told("GetCallerIdentity", keys) == "ok"

    world.later(610)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


@pytest.mark.parametrize(
    ("issued", "outcome"),
    [
        (-600, "ok"),
        (0, "ok"),
        (15 * 60, "ok"),
        (15 * 60 + 1, "InvalidClientTokenId"),
        (HOUR, "InvalidClientTokenId"),
        (DAY, "InvalidClientTokenId"),
    ],
)
def test_a_session_from_the_future_is_refused(world, issued, outcome) -> None:
    assert world.told("GetCallerIdentity", world.root(issued=issued)) == outcome


@between
def test_a_one_time_code_is_taken_once_though_the_clock_was_a_day_ahead_meanwhile(
    world, between
) -> None:
    user = world.user()
    bob = world.user("bob")
    device = world.device("alice")
    given = device()
    assert world.told("GetSessionToken", user, **given) == "ok"

    world.set_clock(DAY)
    between(world)
    # Whatever the clock sweeps is swept when somebody uses a code.
    given_by_bob = world.device("bob", wrong=DAY)()
    assert world.told("GetSessionToken", bob, **given_by_bob) == "ok"
    world.set_clock(0)
    between(world)
    assert world.told("GetSessionToken", user, **given) == "AccessDenied"
    world.later(STEP_SECONDS)
    assert world.told("GetSessionToken", user, **device()) == "ok"


@between
def test_a_code_of_an_earlier_step_than_the_last_one_used_is_refused(world, between) -> None:
    user = world.user()
    device = world.device("alice")
    earlier = device()
    world.later(STEP_SECONDS)
    assert world.told("GetSessionToken", user, **device()) == "ok"

    between(world)
    assert world.told("GetSessionToken", user, **earlier) == "AccessDenied"


@between
def test_wrong_codes_of_a_day_ahead_lock_for_as_long_as_wrong_codes_do(world, between) -> None:
    user = world.user()
    device = world.device("alice")
    world.set_clock(DAY)
    outcomes = [world.told("GetSessionToken", user, **device("000000")) for _ in range(6)]
    assert outcomes == ["AccessDenied"] * 5 + ["Throttling"]

    world.set_clock(0)
    between(world)
    assert world.told("GetSessionToken", user, **device()) == "Throttling"
    world.later(61)
    assert world.told("GetSessionToken", user, **device()) == "ok"


@pytest.mark.parametrize("wrong", [-HOUR, -DAY])
def test_a_clock_that_is_set_back_lengthens_no_lock(world, wrong) -> None:
    user = world.user()
    device = world.device("alice")
    for _ in range(5):
        world.told("GetSessionToken", user, **device("000000"))
    world.set_clock(wrong)
    assert world.told("GetSessionToken", user, **device("000000")) == "Throttling"

    world.later(61)
    assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"


def test_wrong_codes_count_after_a_restart_and_a_right_one_forgives_them(world) -> None:
    user = world.user()
    device = world.device("alice")
    for _ in range(4):
        assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"
        world.restart()
    assert world.told("GetSessionToken", user, **device()) == "ok"
    world.restart()
    world.later(STEP_SECONDS)
    outcomes = [world.told("GetSessionToken", user, **device("000000")) for _ in range(6)]

    assert outcomes == ["AccessDenied"] * 5 + ["Throttling"]


def test_every_wrong_code_is_on_disk_before_it_is_answered(world) -> None:
    user = world.user()
    device = world.device("alice")
    for tries in range(1, 6):
        assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"

        with contextlib.closing(sqlite3.connect(world.path / "daypass.db")) as database:
            assert database.execute("SELECT tries FROM attempts").fetchall() == [(tries,)]


def test_a_guess_is_counted_once_however_often_its_call_runs_again(world, monkeypatch) -> None:
    user = world.user()
    device = world.device("alice")
    for _ in range(4):
        world.told("GetSessionToken", user, **device("000000"))
    submit, data = world.data.committer.submit, world.data
    overtaken = []

    def submit_second(changes, event):
        """Commit after somebody else who changed the account, a few times."""
        if changes.tickets and len(overtaken) < 3:
            overtaken.append(changes)
            account = data.committer.directory.account(data.default_account)
            record = replace(account.record, name=f"overtaken {len(overtaken)}")
            submit(Changes([Put(record)], read={account.id: account.revision}), b"").result()
        return submit(changes, event)

    monkeypatch.setattr(world.data.committer, "submit", submit_second)
    # The fifth guess is the last one that is free: counted a second time, the right code would have to wait.
    assert world.told("GetSessionToken", user, **device()) == "ok"
    assert len(overtaken) == 3


def test_whether_a_code_is_right_is_not_told_where_the_guess_cannot_be_written_down(world) -> None:
    user = world.user()
    device = world.device("alice")
    with contextlib.closing(sqlite3.connect(world.path / "daypass.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert world.told("GetSessionToken", user, **device("000000")) == "ServiceUnavailable"
        assert world.told("GetSessionToken", user, **device()) == "ServiceUnavailable"

    assert world.told("GetSessionToken", user, **device("000000")) == "AccessDenied"


def test_a_jump_is_said_on_the_terminal_in_the_log_and_in_the_metrics(world, capfd) -> None:
    world.set_clock(DAY)
    world.set_clock(0)
    metrics = world.get("/metrics")
    world.restart()
    world.stop()

    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("warning: the clock ")]  # fmt: skip
    lines = [json.loads(line)["event"] for line in (world.path / "audit.log").read_text().splitlines()]  # fmt: skip
    told = [line for line in lines if line["operation"] == "clock-jump"]
    assert "daypass_clock_jumps 2\n" in metrics
    assert "daypass_clock_lead_seconds 86400\n" in metrics
    assert [line["detail"]["seconds"] for line in told] == ["86400", "-86400", "-86400"]
    assert said == [f"warning: {line['message']}" for line in told]


@pytest.mark.parametrize("wrong", [DAY, -DAY])
def test_how_often_somebody_may_call_does_not_depend_on_the_clock(tmp_path, wrong) -> None:
    world = World(tmp_path / "data", calls_per_second=1)
    world.start()
    keys = world.root()
    before = [world.told("GetCallerIdentity", keys) for _ in range(BURST_SECONDS + 1)]
    world.set_clock(wrong)
    keys = world.root()
    after = world.told("GetCallerIdentity", keys)
    world.later(1)
    later = [world.told("GetCallerIdentity", keys) for _ in range(2)]
    world.stop()

    assert before == ["ok"] * BURST_SECONDS + ["Throttling"]
    assert after == "Throttling"
    assert later == ["ok", "Throttling"]


def test_the_operators_session_is_good_while_the_clock_is_behind_the_last_run(world) -> None:
    world.set_clock(int(time.time()) - START + DAY)
    world.stop()
    world.wrong = int(time.time()) - START
    world.start()
    program = str(Path(sys.executable).parent / "daypass")
    done = subprocess.run([program, "root", "--data", world.path, "--format", "json"], capture_output=True, text=True, check=True)  # fmt: skip
    made = json.loads(done.stdout)
    keys = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]

    assert world.told("GetCallerIdentity", keys) == "ok"
    world.later(901)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"


def test_what_ended_stays_ended_though_the_server_was_killed_and_the_clock_set_back(
    world, tmp_path
) -> None:
    keys = world.root(seconds=900)
    world.set_clock(DAY)
    assert world.told("GetCallerIdentity", keys) == "ExpiredToken"
    with contextlib.closing(sqlite3.connect(world.path / "daypass.db")) as database:
        for _ in range(600):
            if database.execute("SELECT mark FROM head").fetchone()[0] >= START + DAY:
                break
            time.sleep(0.05)
        with contextlib.closing(sqlite3.connect(tmp_path / "daypass.db")) as copy:
            database.backup(copy)
    # What a kill at this moment leaves on the disk.
    left = World(tmp_path / "left")
    shutil.copytree(world.path, left.path, ignore=lambda *_: ["daypass.db", "control.sock"])
    (tmp_path / "daypass.db").rename(left.path / "daypass.db")
    left.start()
    try:
        assert left.told("GetCallerIdentity", keys) == "ExpiredToken"
        assert left.told("GetCallerIdentity") == "ok"
    finally:
        left.stop()
