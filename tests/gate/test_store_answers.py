"""A store that misbehaves: errors, redirects, cut answers, and what a client gets of them."""

import asyncio
import http.server
import threading

import pytest

from daypass.gate.operations.table import OPERATIONS
from daypass.gate.protocol import store_answers
from daypass.gate.protocol.errors import S3Error
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store.upstream import ObjectStore, StoreCredential

SECRET_HOST = "internal-store.example"


@pytest.fixture
def misbehaving():
    """A store that answers every request as the test says; a function that sends one and returns
    the refusal.
    """
    said = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(said["status"])
            for name, value in said.get("headers", {}).items():
                self.send_header(name, value)
            body = said.get("body", b"")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    async def ask():
        url = f"http://127.0.0.1:{server.server_port}"
        async with ObjectStore(
            url, StoreCredential("k", "s", "us-east-1"), clock=lambda: 1_795_500_000.0
        ) as store:
            answer = await store.send(StoreRequest("GET", "/b/k"))
            try:
                return await store_answers.store_refusal(answer, OPERATIONS["GetObject"].result)
            finally:
                answer.release()

    def send(**what):
        said.clear()
        said.update(what)
        return asyncio.run(ask())

    yield send
    server.shutdown()
    server.server_close()


def error(code, message="no"):
    return f"<Error><Code>{code}</Code><Message>{message}</Message><Key>k</Key><Endpoint>{SECRET_HOST}</Endpoint></Error>".encode()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_t053_gate_a_redirect_is_neither_followed_nor_passed_on(misbehaving, status) -> None:
    refused = misbehaving(
        status=status,
        headers={"Location": f"http://{SECRET_HOST}/"},
        body=error("PermanentRedirect"),
    )

    assert (refused.code, refused.status) == ("InternalError", 500)
    assert SECRET_HOST not in refused.message + str(dict(refused.details))
    assert SECRET_HOST in refused.operator


@pytest.mark.parametrize(
    "code",
    [
        "AccessDenied",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "RequestTimeTooSkewed",
        "ExpiredToken",
    ],
)
def test_a_store_that_refuses_the_gate_is_the_operators_trouble(misbehaving, code) -> None:
    refused = misbehaving(status=403, body=error(code))

    assert (refused.code, refused.status) == ("InternalError", 500)
    assert code in refused.operator


@pytest.mark.parametrize(
    ("status", "body", "code", "told"),
    [
        (404, error("NoSuchKey"), "NoSuchKey", 404),
        # Whatever sends an error that is none of S3's does not know what was asked for.
        (404, b"", "InternalError", 500),
        (404, b"<html>not here</html>", "InternalError", 500),
        (403, b"", "InternalError", 500),
        (501, b"", "ServiceUnavailable", 503),
        (412, error("PreconditionFailed"), "PreconditionFailed", 412),
        (416, error("InvalidRange"), "InvalidRange", 416),
        (503, error("SlowDown"), "SlowDown", 503),
        (500, b"<html>oops</html>", "ServiceUnavailable", 503),
        (500, error("InternalError"), "InternalError", 500),
        (502, b"", "ServiceUnavailable", 503),
        (504, error("InternalError"), "ServiceUnavailable", 503),
        (501, error("NotImplemented"), "NotImplemented", 501),
        # A code is written into our XML, the audit log and the metrics: what is none is not
        # believed.
        (404, error("&lt;x/&gt;"), "InternalError", 500),
        (400, error("A\nB"), "InternalError", 500),
        (400, error("A" * 65), "InternalError", 500),
        # Another encoding than UTF-8 has another reading at somebody else.
        (400, b"<?xml version='1.0' encoding='ISO-8859-1'?>" + error("NoSuchTag"), "InternalError", 500),
        (400, b"<?xml version='1.0' encoding='utf-8'?>" + error("NoSuchTag"), "NoSuchTag", 400),
        (400, b"<!DOCTYPE x [<!ENTITY e 'x'>]><Error><Code>&e;</Code></Error>", "InternalError", 500),
    ],
)  # fmt: skip
def test_a_stores_error_is_told_again_in_our_shape(misbehaving, status, body, code, told) -> None:
    refused = misbehaving(status=status, body=body)

    assert (refused.code, refused.status) == (code, told)
    assert SECRET_HOST not in str(dict(refused.details))


OWN_WORDS = "osd.17 at node-4.internal is down"


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 507, 599])
@pytest.mark.parametrize("code", ["InternalError", "SlowDown", "NotImplemented", "OddError"])
def test_the_words_of_a_stores_server_error_are_for_the_log_alone(
    misbehaving, status, code
) -> None:
    refused = misbehaving(status=status, body=error(code, OWN_WORDS))

    assert OWN_WORDS not in refused.message + str(dict(refused.details))
    assert refused.message
    assert OWN_WORDS in refused.operator


@pytest.mark.parametrize("status", [200, 204, 206, 304])
def test_an_answer_that_is_no_error_passes(misbehaving, status) -> None:
    assert misbehaving(status=status) is None


def test_a_store_that_is_down_is_unavailable() -> None:
    async def ask():
        async with ObjectStore(
            "http://127.0.0.1:1", StoreCredential("k", "s", "r"), clock=lambda: 0.0
        ) as store:
            await store.send(StoreRequest("GET", "/b/k"))

    with pytest.raises(S3Error) as refused:
        asyncio.run(ask())
    assert refused.value.status == 503


def test_t036_pay_a_presigned_url_stops_with_the_session_behind_it(live) -> None:
    import json
    import time
    import urllib.error
    import urllib.request

    key = live.user("presigner", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    role = live.role(
        "presigner",
        f"arn:aws:iam::{live.account}:user/presigner",
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    )
    s3 = live.client("s3")
    s3.create_bucket(Bucket="presigned-and-revoked")
    s3.put_object(Bucket="presigned-and-revoked", Key="k", Body=b"hello")
    session = live.client("sts", key).assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    mine = live.client("s3", session, signature_version="s3v4")
    url = mine.generate_presigned_url("get_object", {"Bucket": "presigned-and-revoked", "Key": "k"})
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own address
        assert answer.read() == b"hello"
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    revoke = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
    }
    live.client("iam").put_role_policy(
        RoleName="presigner",
        PolicyName="revoke",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [revoke]}),
    )

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url)  # noqa: S310 - our own address
    error.value.close()
    assert error.value.code == 403


def test_a_store_that_takes_half_a_body_for_a_whole_is_not_believed(tmp_path, live) -> None:
    """It answers 200 as soon as the headers are there; the client hears of a failure, not of a
    success.
    """
    import socket
    import threading

    from daypass.core.domain.bucket import Bucket
    from daypass.core.domain.partition import GLOBAL
    from daypass.server import clock, single_process
    from daypass.server.settings.config import Config, S3Store
    from daypass.services.iam.policies import aws_managed
    from daypass.state.changes import Changes, Put
    from daypass.state.data_directory.open_directory import open_data

    hasty = socket.create_server(("127.0.0.1", 0))

    def answer_at_once():
        while True:
            try:
                connection, _ = hasty.accept()
            except OSError:
                return
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.close()

    threading.Thread(target=answer_at_once, daemon=True).start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{hasty.getsockname()[1]}"
    config = Config(data=tmp_path / "d", host="127.0.0.1", port=port, store=S3Store(url, "k", "s"))
    data = open_data(
        config.data,
        {},
        clock=clock.wall,
        entropy=clock.entropy,
        base=aws_managed.bundled_policies(),
    )
    bucket = Bucket(
        account=GLOBAL, name="bucket", owner=data.default_account_id, region="us-east-1", created=0
    )
    data.committer.submit(Changes([Put(bucket)]), b"").result()
    server = single_process.make_server(config, data)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    s3 = type(live)(config.url, url, data, config).client("s3")
    from botocore.exceptions import ClientError, HTTPClientError

    # The refusal closes the connection: a client that is still sending may see only that.
    with pytest.raises((ClientError, HTTPClientError)) as error:
        s3.put_object(Bucket="bucket", Key="k", Body=b"x" * 30_000_000)
    server.should_exit = True
    thread.join()
    server.close()
    data.close()
    hasty.close()

    if isinstance(error.value, ClientError):
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


class InPieces:
    """An answer whose bytes come one by one, however many are asked for."""

    def __init__(self, content):
        self.content = self
        self._left = content

    async def read(self, size):
        assert size > 0
        piece, self._left = self._left[:1], self._left[1:]
        return piece


@pytest.mark.parametrize(("size", "found"), [(2, b"ab"), (3, b"abc"), (4, b"abc")])
def test_the_start_of_an_answer_is_read_however_it_arrives(size, found) -> None:
    assert asyncio.run(store_answers.read_start(InPieces(b"abc"), size)) == found


def test_an_answer_is_read_whole_or_not_at_all() -> None:
    assert asyncio.run(store_answers.read_whole(InPieces(b"abc"), 3)) == b"abc"
    with pytest.raises(S3Error) as refused:
        asyncio.run(store_answers.read_whole(InPieces(b"abcd"), 3))
    assert refused.value.code == "InternalError"
