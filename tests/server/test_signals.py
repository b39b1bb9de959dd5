"""A server and its signals: certificates are reloaded, bad ones refused, and no signal ends it."""

import asyncio
import datetime
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.recorder import Recorder
from daypass.server.http import tls
from daypass.server.reload import CertificateReloader
from daypass.server.settings.config import Config, S3Store
from daypass.state.unusable import Unusable

PROGRAM = Path(sys.executable).parent / "daypass"


def issue(folder, *, days=(-1, 1), password=None):
    """Write a new certificate for `localhost` and its key; return its fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .sign(key, hashes.SHA256())
    )
    sealing = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing)
    )
    return made.fingerprint(hashes.SHA256()).hex()


def exchanged(folder):
    before = (folder / "key.pem").read_bytes()
    issue(folder)
    (folder / "key.pem").write_bytes(before)


BAD = {
    "no certificate": (
        lambda folder: (folder / "cert.pem").write_text("none"),
        "holds no certificate in PEM",
    ),
    "none there": (lambda folder: (folder / "cert.pem").unlink(), "No such file"),
    "half of one": (
        lambda folder: (folder / "cert.pem").write_bytes((folder / "cert.pem").read_bytes()[:200]),
        "holds no certificate in PEM",
    ),
    "another's key": (exchanged, "cannot be used together"),
    "a key with a password": (lambda folder: issue(folder, password=b"p"), "the key is encrypted"),
    "an old one": (lambda folder: issue(folder, days=(-3, -2)), "the certificate ended on"),
    "one for later": (lambda folder: issue(folder, days=(2, 3)), "the certificate begins on"),
}


class Server:
    """A server in a process of its own, whose words are read as they come."""

    def __init__(self, folder, *more):
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "DAYPASS_"))
        }
        self.data = folder / "data"
        self.process = subprocess.Popen(
            [PROGRAM, "up", "--data", self.data, "--listen", "127.0.0.1:0", *more],
            env=kept,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = int(re.search(r":(\d+) ", self.output_with("daypass listens on"))[1])
        self.output_with("eval")

    def output_with(self, words):
        """Return the next line that holds these words."""
        for line in self.process.stderr:
            if words in line:
                return line
        raise AssertionError(f"the server ended with {self.process.wait()} and never said {words}")

    def connection(self):
        """Return an open connection, and the fingerprint of the certificate that it met."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        made = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)
        made.connect()
        met = x509.load_der_x509_certificate(made.sock.getpeercert(binary_form=True))
        return made, met.fingerprint(hashes.SHA256()).hex()


def answers(connection):
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.fixture
def served(tmp_path):
    """A server with a certificate, whose fingerprint comes with it."""
    first = issue(tmp_path)
    server = Server(
        tmp_path, "--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem"
    )
    yield server, first
    server.process.kill()
    server.process.wait()
    server.process.stderr.close()


def test_a_new_certificate_is_for_new_connections_and_a_bad_one_for_none(served, tmp_path) -> None:
    server, first = served
    old, met = server.connection()
    assert met == first
    second = issue(tmp_path)

    server.process.send_signal(signal.SIGHUP)
    assert "new connections get the certificate" in server.output_with("SIGHUP")
    for make, words in BAD.values():
        make(tmp_path)
        server.process.send_signal(signal.SIGHUP)
        assert words in server.output_with("error: SIGHUP")
        assert "hint:" in server.output_with("hint")
        issue(tmp_path)

    assert answers(old) == 200
    new, met = server.connection()
    assert met == second
    assert answers(new) == 200
    events = [
        json.loads(line)["event"] for line in (server.data / "audit.log").read_text().splitlines()
    ]
    reloads = [each for each in events if each["operation"] == "reload"]
    assert [each.get("outcome", "ok") for each in reloads] == ["ok", *["Unusable"] * len(BAD)]
    assert reloads[0]["detail"]["certificate"] == second
    old.close()
    new.close()


def test_no_signal_and_no_lost_terminal_ends_a_server(served) -> None:
    server, _ = served
    connection, _ = server.connection()
    server.process.stderr.close()

    for each in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGHUP):
        server.process.send_signal(each)
    while '"reload"' not in (server.data / "audit.log").read_text():
        assert answers(connection) == 200
    connection.close()
    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(60) == 0


def test_a_hang_up_before_the_server_listens_is_remembered() -> None:
    script = (
        "import os, signal; from daypass.server.process import signals\n"
        "hang_up_flag = signals.install_handlers()\n"
        "for each in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2): os.kill(os.getpid(), each)\n"
        "print(hang_up_flag.take(), hang_up_flag.take())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "True False\n"


@pytest.mark.parametrize(
    "kind", [kind for kind in BAD if kind not in {"an old one", "one for later"}]
)
def test_a_server_does_not_start_without_a_valid_certificate(kind, tmp_path) -> None:
    issue(tmp_path)
    BAD[kind][0](tmp_path)

    with pytest.raises(Unusable, match=BAD[kind][1]):
        tls.read_certificate(tmp_path / "cert.pem", tmp_path / "key.pem")


def test_the_authorities_of_the_store_are_read_again_too(tmp_path) -> None:
    issue(tmp_path)
    store = S3Store("https://store.test", "k", "s", certificates=tmp_path / "cert.pem")
    config = Config(data=tmp_path, host="127.0.0.1", port=0, store=store)
    recorder = Recorder(AuditLog(tmp_path / "audit.log"), durable=False)
    trusted = []
    reload = CertificateReloader(config, recorder, trusted.append)

    async def twice() -> None:
        await reload.run()
        (tmp_path / "cert.pem").write_text("none")
        await reload.run()

    asyncio.run(twice())
    recorder.close()

    assert [context.cert_store_stats()["x509"] for context in trusted] == [1]
    assert (tmp_path / "audit.log").read_text().count('"reload"') == 2
