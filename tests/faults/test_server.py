"""The running server on a disk that kills it, or fails, at one write after the other."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import botocore.config
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.server import clock
from daypass.state.data_directory import unlocked_reading
from daypass.state.files import key_ring_file

BIN = Path(sys.executable).parent
POINTS = 55
TAGS = [{"Key": "team", "Value": "a"}, {"Key": "half", "Value": "never"}]


class Restarting:
    """A server that is started again and again on one directory, and a client that keeps its
    session.
    """

    def __init__(self, tmp_path, shim):
        self.data = tmp_path / "data"
        self.shim = shim
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        self._iam = None

    def start(self, **instructions):
        environ = {
            "PATH": os.environ["PATH"],
            "LD_PRELOAD": str(self.shim),
            "ARMED_BY_SIGNAL": "1",
            **{name: str(value) for name, value in instructions.items()},
        }
        self.process = subprocess.Popen(
            [BIN / "daypass", "up", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"],
            env=environ,
            stderr=subprocess.DEVNULL,
        )
        while True:
            assert self.process.poll() is None, "the server did not start again"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
            except OSError:
                time.sleep(0.01)
            else:
                return

    def arm(self):
        self.process.send_signal(signal.SIGUSR2)

    @property
    def iam(self):
        if self._iam is None:
            self._iam = self.client("iam")
        return self._iam

    def client(self, service):
        """Return a client for a service with a new session of root."""
        ring = key_ring_file.open_ring(self.data, {})
        account = unlocked_reading.read_without_lock(self.data, {}).default_account_id
        subject = mint.SessionOwner(kind=SessionKind.ROOT, origin=Origin.OPERATOR, account=account)
        issued = mint.issue_credentials(
            subject,
            GrantedSession(seconds=3600),
            now=int(time.time()),
            entropy=clock.entropy,
            ring=ring,
        )
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id=issued.access_key_id,
            aws_secret_access_key=issued.session.secret,
            aws_session_token=issued.token,
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def names(self):
        pages = self.iam.get_paginator("list_users").paginate()
        return {each["UserName"] for page in pages for each in page["Users"]}

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path, shim):
    made = Restarting(tmp_path, shim)
    yield made
    made.stop()


def test_t287_t292_data_the_server_killed_at_any_of_fifty_writes_keeps_what_it_acknowledged(
    server,
) -> None:
    acknowledged = set()
    killed = made = 0
    for point in range(1, POINTS + 1):
        server.start(DIE_AT=point)
        names = server.names()
        assert acknowledged <= names
        assert len(names) <= len(acknowledged) + killed, "more than what was under way is there"
        server.arm()
        while server.process.poll() is None and made < POINTS * 20:
            made += 1
            try:
                server.iam.create_user(UserName=f"user{made:04}", Tags=TAGS)
            except BotoCoreError:
                server.process.wait(30)
            else:
                acknowledged.add(f"user{made:04}")
        killed += server.process.returncode == -signal.SIGKILL
    server.start()

    assert killed >= 50
    assert acknowledged <= server.names()
    for name in server.names():
        assert server.iam.list_user_tags(UserName=name)["Tags"] == TAGS, "half of a change"


@pytest.mark.parametrize("point", range(1, 6))
def test_t288_data_a_disk_that_fails_once_is_told_and_never_believed(server, point) -> None:
    server.start(FAIL_AT=point)
    before = server.names()
    server.arm()
    acknowledged, refused = set(), set()
    for number in range(6):
        name = f"user{number}"
        try:
            server.iam.create_user(UserName=name)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            assert status in {503, 409}  # either status is right
            refused.add(name)
        else:
            acknowledged.add(name)
    assert len(acknowledged) >= 5
    shown = server.names()
    assert acknowledged <= shown
    server.stop()
    server.start()

    assert acknowledged <= server.names()
    # What was refused may have reached the disk, but never shows up where it was not there before.
    assert server.names() - before == shown - before
