"""A log that is not what was written: found at the start and while a server runs, said, kept, and passed only by the operator.

Real servers and commands, each on a directory of its own.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from daypass.core.domain.bucket import Bucket
from daypass.server import clock
from daypass.server.audit import accepting, breaks, keeping
from daypass.server.audit.event import Event
from daypass.server.audit.log_lines import read_line
from daypass.server.audit.verification import verify
from daypass.state.data_directory.open_directory import open_data
from daypass.state.unusable import Unusable

PROGRAM = str(Path(sys.executable).parent / "daypass")
LOUD = "THE AUDIT LOG IS NOT WHAT WAS WRITTEN"


class Place:
    """A data directory, its server and the commands beside it."""

    def __init__(self, data):
        self.data = data
        self.log = data / "audit.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        self.errors = data.parent / "stderr"

    def up(self):
        """Start a server; return once it is ready, or has ended."""
        command = [PROGRAM, "up", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(command, stderr=errors)
        while self.process.poll() is None and self.readyz()[0] != 200:
            time.sleep(0.02)
        return self.process.poll()

    def readyz(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def until_readyz(self, status):
        while (found := self.readyz())[0] != status:
            assert self.process.poll() is None
            time.sleep(0.05)
        return found[1]

    def metrics(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def down(self, how=signal.SIGTERM):
        """End the server; return what it said."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)
        return self.errors.read_text() if self.errors.exists() else ""

    def run(self, *arguments):
        done = subprocess.run(
            [PROGRAM, *arguments, "--data", self.data],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in done.stderr
        return done

    def root(self):
        return json.loads(self.run("root", "--format", "process").stdout)

    def client(self, service, keys):
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """A directory whose server has stopped cleanly after some calls."""
    data = tmp_path_factory.mktemp("seed") / "data"
    place = Place(data)
    assert place.up() is None
    keys = place.root()
    for _ in range(5):
        place.client("sts", keys).get_caller_identity()
    place.down()
    return data


@pytest.fixture
def place(seed, tmp_path):
    shutil.copytree(seed, tmp_path / "data", ignore=shutil.ignore_patterns("control.sock"))
    made = Place(tmp_path / "data")
    yield made
    made.down(signal.SIGKILL)


def lines(place):
    return place.log.read_bytes().splitlines(keepends=True)


def cut_one_line(place):
    count = len(lines(place))
    place.log.write_bytes(b"".join(lines(place)[:-1]))
    return f"line {count} is missing: there were {count} lines"


def cut_into_a_line(place):
    count = len(lines(place))
    os.truncate(place.log, place.log.stat().st_size - 10)
    return f"line {count} is missing: there were {count} lines"


def remove(place):
    count = len(lines(place))
    place.log.unlink()
    return f"line 1 is missing: there were {count} lines"


def append_garbage(place):
    with place.log.open("ab") as file:
        file.write(b"\xff\n")
    return f"line {len(lines(place))} cannot be read"


def change_the_last_line(place):
    whole = lines(place)
    whole[-1] = whole[-1].replace(b"GetCallerIdentity", b"GetCallerIdentitY")
    place.log.write_bytes(b"".join(whole))
    return f"line {len(whole)} was changed"


TAMPERINGS = [cut_one_line, cut_into_a_line, remove, append_garbage, change_the_last_line]


@pytest.fixture
def data(place):
    opened = open_data(place.data, {}, clock=clock.wall, entropy=clock.entropy)
    yield opened
    opened.close()


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_a_break_is_refused_until_it_is_accepted_and_stays_findable(place, data, tamper) -> None:
    whole = place.log.read_bytes()
    why = f"{place.log}: {tamper(place)}"
    broken = place.log.read_bytes() if place.log.exists() else None

    with pytest.raises(Unusable) as refused:
        keeping.opened(data, now=1.0)
    assert str(refused.value) == f"{LOUD}: {why}"
    assert (place.log.read_bytes() if place.log.exists() else None) == broken
    # The true file put back is whole, and the break stays: nothing but the operator's word lets a start pass.
    place.log.write_bytes(whole)
    with pytest.raises(Unusable, match="nobody has accepted that"):
        keeping.opened(data, now=2.0)
    if broken is None:
        place.log.unlink()
    else:
        place.log.write_bytes(broken)

    proposal = accepting.proposal(data)
    assert why in proposal.what
    accepting.accept(data, proposal, by="alice", now=3.0)
    log = keeping.opened(data, now=4.0)
    log.append([Event(time=5.0, request="r", service="s", operation="o")])
    log.close()
    known = breaks.read(data.audit.breaks)
    accepted = breaks.accepted(known)
    verdict = verify(place.log, checkpoint=log.mark, accepted=accepted)
    assert (known[0].what, known[0].accepted, known[0].by) == (why, 3.0, "alice")
    assert not verdict.breaks
    assert verdict.accepted == accepted
    assert verify(place.log, checkpoint=log.mark).breaks, "only what was accepted is crossed"
    last = [line.event for line in map(read_line, lines(place)[-1 - len(proposal.what) :])]
    assert {each.operation for each in last[:-1]} == {"accept-break"}
    assert why in {each.detail["what"] for each in last[:-1]}
    with place.log.open("r+b") as file:
        file.write(b" ")
    assert verify(place.log, checkpoint=log.mark, accepted=accepted).breaks


def test_an_operator_passes_a_break_with_a_command_that_is_told_of_for_good(place) -> None:
    why = f"{place.log}: {cut_one_line(place)}"
    found = place.run("log", "verify")
    assert (found.returncode, why in found.stderr) == (1, True), found.stderr
    refused = place.run("root")
    assert refused.returncode == 1
    assert "daypass-failed" in refused.stdout
    assert "ASIA" not in refused.stdout
    assert place.up() not in {None, 0}
    assert f"{LOUD}: {why}" in place.down()

    assert place.run("log", "accept-break").returncode != 0, "nobody said yes"
    accepted = place.run("log", "accept-break", "--yes")
    assert accepted.returncode == 0, accepted.stderr
    assert why in accepted.stdout
    assert place.up() is None
    assert "daypass_audit_log_breaks 1" in place.metrics()
    place.client("sts", place.root()).get_caller_identity()
    said = place.down()
    after = place.run("log", "verify")
    assert "the audit log was found broken 1 times" in said
    assert after.returncode == 0, after.stderr
    assert f"found: {why}; accepted" in after.stderr


def test_a_spoilt_checkpoint_is_a_break(place) -> None:
    database = sqlite3.connect(place.data / "daypass.db")
    database.execute("UPDATE nodes SET audit_seq = 'x', audit_hash = 'y'")
    database.commit()
    database.close()
    found = place.run("log", "verify")
    data = open_data(place.data, {}, clock=clock.wall, entropy=clock.entropy)
    words = "the checkpoint of the audit log in the database cannot be read"

    assert found.returncode == 1
    assert words in found.stderr
    with pytest.raises(Unusable, match=words):
        keeping.opened(data, now=1.0)
    accepting.accept(data, accepting.proposal(data), by="alice", now=2.0)
    keeping.opened(data, now=3.0).close()
    data.close()


def test_a_line_that_cannot_be_read_stops_what_issues_and_the_server_ends_in_time(place) -> None:
    assert place.up() is None
    keys = place.root()
    sts = place.client("sts", keys)
    iam = place.client("iam", keys)
    iam.create_user(UserName="caller")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": iam.get_user(UserName="caller")["User"]["Arn"]}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    made = iam.create_access_key(UserName="caller")["AccessKey"]
    caller = place.client("sts", {**made, "SessionToken": None})
    whole = place.log.stat().st_size
    with place.log.open("ab") as file:
        file.write(b"{}\n")

    with pytest.raises(ClientError) as refused:
        caller.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    reason = place.until_readyz(503)
    assert "the file is not what was written" in reason
    assert str(place.data) not in reason
    os.truncate(place.log, whole)
    place.until_readyz(200)
    caller.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    sts.get_caller_identity()
    assert b"decisions before this line are not in the log" in place.log.read_bytes()
    with place.log.open("ab") as file:
        file.write(b"garbage\n")
    place.until_readyz(503)
    said = place.down()
    assert place.process.returncode == 0
    assert LOUD in said
    assert "Traceback" not in said
    assert place.up() not in {None, 0}, "what was seen while it ran is remembered"


def cut_to_half(log):
    os.truncate(log, log.stat().st_size // 2)


def unlink(log):
    log.unlink()


def put_a_copy_in_its_place(log):
    shutil.copy(log, log.with_name("copy"))
    log.with_name("copy").replace(log)


@pytest.mark.parametrize("tamper", [cut_to_half, unlink, put_a_copy_in_its_place])
def test_a_log_that_is_taken_away_while_a_server_runs_is_said_at_once_and_kept(
    place, tamper
) -> None:
    assert place.up() is None
    tamper(place.log)
    reason = place.until_readyz(503)
    size = place.log.stat().st_size if place.log.exists() else None
    said = place.down()

    assert "the file is not what was written" in reason
    assert f"{LOUD}: {place.log}: line " in said
    assert (place.log.stat().st_size if place.log.exists() else None) == size
    assert place.up() not in {None, 0}
    assert "log accept-break" in place.down()


def test_half_a_line_that_a_crash_left_is_cut_off_and_said(place) -> None:
    with place.log.open("ab") as file:
        file.write(b'{"seq":7,"comm')
    assert place.up() is None

    assert "half a line at the end of the audit log was cut off (14 bytes)" in place.down()
    assert place.run("log", "verify").returncode == 0


def test_a_command_that_holds_the_directory_refuses_a_broken_log_before_it_changes_anything(
    place,
) -> None:
    place.log.unlink()
    refused = place.run("bucket", "adopt", "--yes", "reports")

    assert refused.returncode == 1
    assert "is missing" in refused.stderr
    opened = open_data(place.data, {}, clock=clock.wall, entropy=clock.entropy)
    assert not list(opened.committer.directory.of(Bucket))
    opened.close()
