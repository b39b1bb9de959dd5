"""A server whose clocks a test can set, and its client."""

import base64
import contextlib
import hashlib
import http.client
import os
import re
import threading
import time
from urllib.parse import urlencode

import pytest
from pyotp import TOTP
from tests.conftest import free_port
from tests.documents import allow, policy

from daypass.core.domain.iam.totp import STEP_SECONDS
from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.core.sigv4.sign import Signer
from daypass.core.time.timestamps import parse_iso8601
from daypass.server import single_process
from daypass.server.settings.config import Config
from daypass.state.data_directory.open_directory import open_data

START = parse_iso8601("2026-01-01T12:00:00Z")
HOUR, DAY = 3_600, 86_400
VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}


class World:
    """A server whose clocks can be set, and a client that signs by its wall clock.

    One-time codes come from devices that know the true time.
    """

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
            port=free_port(),
            calls_per_second=self.calls_per_second,
        )
        self.data = open_data(
            self.path,
            {},
            clock=lambda: self.now,
            monotonic=lambda: 7.0 + self.passed,
            entropy=os.urandom,
        )
        self._open.callback(self.data.close)
        server = single_process.make_server(config, self.data)
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
        """Return a session of root that was issued so many seconds after the server's time."""
        subject = mint.SessionOwner(
            kind=SessionKind.ROOT, origin=Origin.OPERATOR, account=self.data.default_account_id
        )
        moment = self.data.clocks.moment()
        made = mint.issue_credentials(
            subject,
            GrantedSession(seconds=seconds),
            now=int(moment.wall) + issued,
            lead=moment.lead,
            entropy=os.urandom,
            ring=self.data.keyring,
        )
        return made.access_key_id, made.session.secret, made.token

    def call(self, action, keys=None, service="sts", **fields):
        """Return the error's code, or `ok`, and the answer's text."""
        key_id, secret, token = keys or self.root()
        body = urlencode({"Action": action, "Version": VERSIONS[service], **fields})
        given = {
            "host": f"127.0.0.1:{self.port}",
            "content-type": "application/x-www-form-urlencoded",
        }
        given |= {"x-amz-security-token": token} if token else {}
        signed = Signer(key_id, secret, "us-east-1", service).sign(
            method="POST",
            path="/",
            query="",
            headers=given,
            payload_hash=hashlib.sha256(body.encode()).hexdigest(),
            now=self.now,
        )
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
        parts = [
            re.search(f"<{name}>(.*?)</{name}>", text)[1]
            for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
        ]
        return tuple(parts[:3]), parse_iso8601(parts[3])

    def user(self, name="alice"):
        """Return the key of a new user who may do everything."""
        self.iam("CreateUser", UserName=name)
        everything = policy(allow())
        self.iam("PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=everything)
        text = self.iam("CreateAccessKey", UserName=name)
        return *(
            re.search(f"<{each}>(.*?)</{each}>", text)[1]
            for each in ("AccessKeyId", "SecretAccessKey")
        ), ""

    def device(self, user, wrong=0):
        """Give a user an MFA device whose clock is wrong by so many seconds.

        Returns a function that returns the fields of a call with the device's current code.
        """
        text = self.iam("CreateVirtualMFADevice", VirtualMFADeviceName=f"{user}-device")
        seed = base64.b64decode(
            re.search("<Base32StringSeed>(.*?)</Base32StringSeed>", text)[1]
        ).decode()
        serial = re.search("<SerialNumber>(.*?)</SerialNumber>", text)[1]

        def shown(later=0):
            return TOTP(seed).at(START + self.passed + wrong, counter_offset=later)

        self.iam(
            "EnableMFADevice",
            UserName=user,
            SerialNumber=serial,
            AuthenticationCode1=shown(-1),
            AuthenticationCode2=shown(),
        )
        self.later(STEP_SECONDS)
        return lambda given=None: {
            "SerialNumber": serial,
            "TokenCode": shown() if given is None else given,
        }

    def iam(self, action, **fields):
        outcome, text = self.call(action, service="iam", **fields)
        assert outcome == "ok", text
        return text


def stays(world):
    """Leave the server as it is."""


def restarts(world):
    """Stop it, and start it again."""
    world.restart()


between = pytest.mark.parametrize("between", [stays, restarts])
