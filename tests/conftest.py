"""A live authority on loopback, with a gate in front of a real S3-compatible store, for the
tests that talk to it.
"""

import contextlib
import datetime
import ipaddress
import os
import signal
import socket
import threading
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.config
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyotp import HOTP
from tests.documents import policy, trust
from tests.state.earlier import unpacked

from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.server import clock, single_process
from daypass.server.settings.config import Config, S3Store
from daypass.services.iam.policies import aws_managed
from daypass.state.data_directory.open_directory import open_data

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run that was begun in the background ignores interruptions, and so would every command that
    # it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

STORE_KEYS = ("store", "only the gate knows this")
REGION = "us-east-1"
SELDOM_SECONDS = 3_600.0


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    """No test sees the user's own AWS set-up."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "DAYPASS_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Live:
    """A running authority."""

    url: str
    store_url: str
    data: object
    config: Config
    authority: str | None = None
    """The authorities that a client checks its certificate with."""

    @property
    def account(self):
        return self.data.default_account_id

    def caught_up(self):
        """Have the node look for commits of others; return what it knows then."""
        return self.data.committer.catch_up().result()

    def root(self, seconds=900, account=None):
        """Return the credentials that `daypass root` would mint."""
        account = account or self.account
        subject = mint.SessionOwner(kind=SessionKind.ROOT, origin=Origin.OPERATOR, account=account)
        issued = mint.issue_credentials(
            subject,
            GrantedSession(seconds=seconds),
            now=int(time.time()),
            entropy=clock.entropy,
            ring=self.data.keyring,
        )
        return {
            "AccessKeyId": issued.access_key_id,
            "SecretAccessKey": issued.session.secret,
            "SessionToken": issued.token,
        }

    def client(self, service, credentials=None, **config):
        """Return a boto3 client that reaches the authority, as root unless told otherwise."""
        found = self.root() if credentials is None else credentials
        return boto3.session.Session().client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            verify=self.authority,
            aws_access_key_id=found["AccessKeyId"],
            aws_secret_access_key=found["SecretAccessKey"],
            aws_session_token=found.get("SessionToken"),
            config=botocore.config.Config(retries={"total_max_attempts": 1}, **config),
        )

    def user(self, name, *statements):
        """Make a user with a key of its own, who may do what the statements say."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return iam.create_access_key(UserName=name)["AccessKey"]

    def role(self, name, principal, *statements, **more):
        """Make a role that trusts an AWS principal, and may do what the statements say; return
        its ARN.
        """
        iam = self.client("iam")
        actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
        document = policy(trust(principal, actions, **more))
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return arn

    def device(self, user):
        """Give a user an MFA device; return its serial number and a function that shows its next
        unused code.
        """
        iam = self.client("iam")
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"{user}-device")[
            "VirtualMFADevice"
        ]
        codes = HOTP(made["Base32StringSeed"].decode())
        step = int(time.time()) // 30
        iam.enable_mfa_device(
            UserName=user,
            SerialNumber=made["SerialNumber"],
            AuthenticationCode1=codes.at(step - 1),
            AuthenticationCode2=codes.at(step),
        )
        return made["SerialNumber"], codes.at(step + 1)


@pytest.fixture(scope="session")
def store_url():
    """A real S3-compatible store that knows nothing of IAM."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
        server.start()
        yield f"http://127.0.0.1:{server._port}"
        server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that is its own authority: the files of both halves."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "daypass test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="session")
def live(store_url, tmp_path_factory):
    """An authority with a gate, on loopback, for the whole session."""
    yield from serving(tmp_path_factory.mktemp("authority") / "data", store_url)


def serving(path: Path, store_url: str, store_certificates: Path | None = None, **more):
    # Tests of one account come in crowds; what holds a crowd up has tests of its own.
    more.setdefault("calls_per_second", 0)
    config = Config(
        data=path,
        host="127.0.0.1",
        port=free_port(),
        store=S3Store(store_url, *STORE_KEYS, certificates=store_certificates),
        base_hosts=("gate.test",),
        **more,
    )
    data = open_data(
        path, {}, clock=clock.wall, entropy=clock.entropy, base=aws_managed.bundled_policies()
    )
    with served(config, data, store_url) as live:
        yield live


@contextlib.contextmanager
def served(config, data, store_url, host=None):
    """Serve open data in a thread, and close it at the end."""
    server = single_process.make_server(config, data, host=host)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    authority = str(config.tls_certificate) if config.tls_certificate else None
    try:
        yield Live(config.url, store_url, data, config, authority)
    finally:
        server.should_exit = True
        thread.join()
        server.close()
        data.close()


@pytest.fixture(scope="session")
def two_nodes(store_url, tmp_path_factory):
    """Two servers alike over one data directory, as nodes of one authority, with a gate before
    the same store.

    A node looks for commits of the other only when it is told to: `caught_up` tells it.
    """
    path = tmp_path_factory.mktemp("nodes") / "data"
    ports = [free_port(), free_port()]
    one, other = (
        Config(data=path, host="127.0.0.1", port=port, store=S3Store(store_url, *STORE_KEYS), base_hosts=("gate.test",), calls_per_second=0)
        for port in ports
    )  # fmt: skip
    data = open_data(
        path,
        {},
        clock=clock.wall,
        entropy=clock.entropy,
        base=aws_managed.bundled_policies(),
        poll_seconds=SELDOM_SECONDS,
    )
    with (
        served(one, data, store_url) as first,
        served(other, data.start_node("2"), store_url) as second,
    ):
        yield first, second


@pytest.fixture
def earlier(tmp_path):
    """A data directory of the first schema, as it was when its server was killed: users, keys, a
    device, used codes, a log.
    """
    return unpacked("0001", tmp_path / "earlier")
