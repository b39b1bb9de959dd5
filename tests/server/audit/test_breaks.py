"""Breaks of the audit log: found at the start and while a server runs, reported, and accepted.

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
from tests.documents import policy, trust

from daypass.core.domain.bucket import Bucket
from daypass.server import clock
from daypass.server.audit import break_acceptance, break_records, open_log
from daypass.server.audit.event import Event
from daypass.server.audit.log_lines import decode_line
from daypass.server.audit.verification import verify_log
from daypass.state.data_directory.open_directory import open_data
from daypass.state.unusable import Unusable

PROGRAM = str(Path(sys.executable).parent / "daypass")
HEADLINE = "THE AUDIT LOG IS NOT WHAT WAS WRITTEN"


class DataServer:
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
    server = DataServer(data)
    assert server.up() is None
    keys = server.root()
    for _ in range(5):
        server.client("sts", keys).get_caller_identity()
    server.down()
    return data


@pytest.fixture
def server(seed, tmp_path):
    shutil.copytree(seed, tmp_path / "data", ignore=shutil.ignore_patterns("control.sock"))
    made = DataServer(tmp_path / "data")
    yield made
    made.down(signal.SIGKILL)


def lines(server):
    return server.log.read_bytes().splitlines(keepends=True)


def cut_one_line(server):
    count = len(lines(server))
    server.log.write_bytes(b"".join(lines(server)[:-1]))
    return f"line {count} is missing: there were {count} lines"


def cut_into_a_line(server):
    count = len(lines(server))
    os.truncate(server.log, server.log.stat().st_size - 10)
    return f"line {count} is missing: there were {count} lines"


def remove(server):
    count = len(lines(server))
    server.log.unlink()
    return f"line 1 is missing: there were {count} lines"


def append_garbage(server):
    with server.log.open("ab") as file:
        file.write(b"\xff\n")
    return f"line {len(lines(server))} cannot be read"


def change_the_last_line(server):
    whole = lines(server)
    whole[-1] = whole[-1].replace(b"GetCallerIdentity", b"GetCallerIdentitY")
    server.log.write_bytes(b"".join(whole))
    return f"line {len(whole)} was changed"


TAMPERINGS = [cut_one_line, cut_into_a_line, remove, append_garbage, change_the_last_line]


@pytest.fixture
def data(server):
    opened = open_data(server.data, {}, clock=clock.wall, entropy=clock.entropy)
    yield opened
    opened.close()


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_a_break_is_refused_until_it_is_accepted_and_stays_findable(server, data, tamper) -> None:
    whole = server.log.read_bytes()
    why = f"{server.log}: {tamper(server)}"
    broken = server.log.read_bytes() if server.log.exists() else None

    with pytest.raises(Unusable) as refused:
        open_log.open_audit_log(data, now=1.0)
    assert str(refused.value) == f"{HEADLINE}: {why}"
    assert (server.log.read_bytes() if server.log.exists() else None) == broken
    # The true file put back is whole, and the break stays: nothing but the operator's word lets a
    # start pass.
    server.log.write_bytes(whole)
    with pytest.raises(Unusable, match="nobody has accepted that"):
        open_log.open_audit_log(data, now=2.0)
    if broken is None:
        server.log.unlink()
    else:
        server.log.write_bytes(broken)

    proposal = break_acceptance.breaks_to_accept(data)
    assert why in proposal.descriptions
    break_acceptance.accept_breaks(data, proposal, by="alice", now=3.0)
    log = open_log.open_audit_log(data, now=4.0)
    log.append([Event(time=5.0, request="r", service="s", operation="o")])
    log.close()
    known = break_records.decode_records(data.audit.breaks)
    accepted = break_records.accepted_breaks(known)
    verdict = verify_log(server.log, checkpoint=log.durable_point, accepted=accepted)
    assert (known[0].what, known[0].accepted, known[0].by) == (why, 3.0, "alice")
    assert not verdict.breaks
    assert verdict.accepted == accepted
    assert verify_log(server.log, checkpoint=log.durable_point).breaks, (
        "only what was accepted is skipped"
    )
    last = [
        line.event for line in map(decode_line, lines(server)[-1 - len(proposal.descriptions) :])
    ]
    assert {each.operation for each in last[:-1]} == {"accept-break"}
    assert why in {each.detail["what"] for each in last[:-1]}
    with server.log.open("r+b") as file:
        file.write(b" ")
    assert verify_log(server.log, checkpoint=log.durable_point, accepted=accepted).breaks


def test_an_operator_accepts_a_break_by_a_command_and_verify_reports_it_for_good(server) -> None:
    why = f"{server.log}: {cut_one_line(server)}"
    found = server.run("log", "verify")
    assert (found.returncode, why in found.stderr) == (1, True), found.stderr
    refused = server.run("root")
    assert refused.returncode == 1
    assert "daypass-failed" in refused.stdout
    assert "ASIA" not in refused.stdout
    assert server.up() not in {None, 0}
    assert f"{HEADLINE}: {why}" in server.down()

    assert server.run("log", "accept-break").returncode != 0, "nobody said yes"
    accepted = server.run("log", "accept-break", "--yes")
    assert accepted.returncode == 0, accepted.stderr
    assert why in accepted.stdout
    assert server.up() is None
    assert "daypass_audit_log_breaks 1" in server.metrics()
    server.client("sts", server.root()).get_caller_identity()
    said = server.down()
    after = server.run("log", "verify")
    assert "the audit log was found broken 1 times" in said
    assert after.returncode == 0, after.stderr
    assert f"found: {why}; accepted" in after.stderr


def test_a_spoilt_checkpoint_is_a_break(server) -> None:
    database = sqlite3.connect(server.data / "daypass.db")
    database.execute("UPDATE nodes SET audit_seq = 'x', audit_hash = 'y'")
    database.commit()
    database.close()
    found = server.run("log", "verify")
    data = open_data(server.data, {}, clock=clock.wall, entropy=clock.entropy)
    words = "the checkpoint of the audit log in the database cannot be read"

    assert found.returncode == 1
    assert words in found.stderr
    with pytest.raises(Unusable, match=words):
        open_log.open_audit_log(data, now=1.0)
    break_acceptance.accept_breaks(
        data, break_acceptance.breaks_to_accept(data), by="alice", now=2.0
    )
    open_log.open_audit_log(data, now=3.0).close()
    data.close()


def test_a_line_that_cannot_be_read_stops_what_issues_and_the_server_ends_in_time(server) -> None:
    assert server.up() is None
    keys = server.root()
    sts = server.client("sts", keys)
    iam = server.client("iam", keys)
    iam.create_user(UserName="caller")
    trusted = policy(trust(iam.get_user(UserName="caller")["User"]["Arn"]))
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=trusted)["Role"]
    made = iam.create_access_key(UserName="caller")["AccessKey"]
    caller = server.client("sts", {**made, "SessionToken": None})
    whole = server.log.stat().st_size
    with server.log.open("ab") as file:
        file.write(b"{}\n")

    with pytest.raises(ClientError) as refused:
        caller.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    reason = server.until_readyz(503)
    assert "the file is not what was written" in reason
    assert str(server.data) not in reason
    os.truncate(server.log, whole)
    server.until_readyz(200)
    caller.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    sts.get_caller_identity()
    assert b"decisions before this line are not in the log" in server.log.read_bytes()
    with server.log.open("ab") as file:
        file.write(b"garbage\n")
    server.until_readyz(503)
    said = server.down()
    assert server.process.returncode == 0
    assert HEADLINE in said
    assert "Traceback" not in said
    assert server.up() not in {None, 0}, "what was seen while it ran is remembered"


def cut_to_half(log):
    os.truncate(log, log.stat().st_size // 2)


def unlink(log):
    log.unlink()


def put_a_copy_in_its_place(log):
    shutil.copy(log, log.with_name("copy"))
    log.with_name("copy").replace(log)


@pytest.mark.parametrize("tamper", [cut_to_half, unlink, put_a_copy_in_its_place])
def test_a_log_removed_while_a_server_runs_is_reported_at_once_and_recorded(server, tamper) -> None:
    assert server.up() is None
    tamper(server.log)
    reason = server.until_readyz(503)
    size = server.log.stat().st_size if server.log.exists() else None
    said = server.down()

    assert "the file is not what was written" in reason
    assert f"{HEADLINE}: {server.log}: line " in said
    assert (server.log.stat().st_size if server.log.exists() else None) == size
    assert server.up() not in {None, 0}
    assert "log accept-break" in server.down()


def test_half_a_line_that_a_crash_left_is_cut_off_and_reported(server) -> None:
    with server.log.open("ab") as file:
        file.write(b'{"seq":7,"comm')
    assert server.up() is None

    assert "half a line at the end of the audit log was cut off (14 bytes)" in server.down()
    assert server.run("log", "verify").returncode == 0


def test_a_command_that_holds_the_directory_refuses_a_broken_log_before_it_changes_anything(
    server,
) -> None:
    server.log.unlink()
    refused = server.run("bucket", "adopt", "--yes", "reports")

    assert refused.returncode == 1
    assert "is missing" in refused.stderr
    opened = open_data(server.data, {}, clock=clock.wall, entropy=clock.entropy)
    assert not list(opened.committer.directory.of(Bucket))
    opened.close()
