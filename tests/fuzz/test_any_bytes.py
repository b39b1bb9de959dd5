"""Random bytes on the port get an answer in the service's form or a closed connection.

Never a traceback, a 5xx or a delay.
"""

import os
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))


def say(live, data, *, half_close=False):
    """Send bytes and return everything that comes back, within a second."""
    host, _, port = live.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=1) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except (TimeoutError, ConnectionResetError):
            return answer
    return answer


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


GET = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET http://evil/ HTTP/1.1\r\nHost: h\r\n\r\n", id="T010-SIG absolute form"),
        pytest.param(b"GET /#x HTTP/1.1\r\nHost: h\r\n\r\n", id="a fragment"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", id="T002-SIG two hosts"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", id="a space in the target"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", id="T034-PAY two framings"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", id="T034-PAY identity"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", id="T034-PAY two lengths"),
        pytest.param(b"GET / HTTP/1.1\nHost: h\n\n", id="T034-PAY bare line feeds"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\nA\r\n0\r\n\r\n", id="T034-PAY a bare line feed in a chunk"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n", id="a space before a colon"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n folded\r\n\r\n", id="a folded header"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", id="a signed length"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", id="T024-SIG a long header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(200)) + b"\r\n", id="many headers"),
        pytest.param(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", id="a long target"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS on plain HTTP"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
    ],
)  # fmt: skip
def test_a_message_with_no_reading_or_two_is_refused_and_hung_up_on(live, data) -> None:
    answer = say(live, data)

    assert status(answer) in {0, 400}
    assert b"Traceback" not in answer


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (GET + b"\r\n", b"MissingAction"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\nConnection: close\r\n\r\n", b"RequestEntityTooLarge"),
        (GET.replace(b"/ ", b"/?Action=GetCallerIdentity&Version=2011-06-15 ") + b"\r\n", b"MissingAuthenticationToken"),
        (GET.replace(b"/ ", b"/?Action=Nothing ") + b"\r\n", b"InvalidAction"),
        (GET + b"Authorization: AWS4-HMAC-SHA256 Credential=x\r\n\r\n", b"IncompleteSignature"),
        (GET + b"Authorization: Basic eDp5\r\n\r\n", b"IncompleteSignature"),
        (GET + b"Authorization: AWS x:y\r\n\r\n", b"InvalidRequest"),
        (GET.replace(b"/ ", b"/profiles ") + b"\r\n", b"MissingAuthenticationTokenException"),
    ],
)  # fmt: skip
def test_a_request_that_proves_nothing_gets_the_services_own_error(live, data, code) -> None:
    answer = say(live, data)

    assert 400 <= status(answer) < 500
    assert code in answer


METHODS = st.sampled_from(
    [b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"CONNECT", b"X"]
)
TARGETS = st.binary(max_size=20).map(lambda raw: b"/" + raw) | st.sampled_from(
    [b"/", b"/b/k", b"/token", b"/sessions", b"*", b"/?Action=CreateUser", b"/b?uploads", b"/b/k?X-Amz-Credential=a%2Fb%2Fc%2Fs3%2Faws4_request", b"/v1/token"]
)  # fmt: skip
HEADERS = st.lists(
    st.sampled_from(
        [
            b"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature="
            + b"0" * 64,
            b"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature="
            + b"0" * 64,
            b"x-amz-date: 20261124T000000Z",
            b"x-amz-content-sha256: UNSIGNED-PAYLOAD",
            b"content-type: application/x-www-form-urlencoded",
            b"x-amz-target: AWSIdentityStore.ListUsers",
            b"content-encoding: gzip",
            b"expect: 100-continue",
            b"expect: the-moon",
            b"x-amz-security-token: AAAA",
            b"content-type: multipart/form-data; boundary=x",
            b"x-amz-copy-source: //",
            b"range: bytes=-1",
        ]
    ),
    max_size=5,
    unique=True,
)
BODIES = st.binary(max_size=60) | st.sampled_from(
    [b"Action=AssumeRole&RoleArn=x", b"{}", b"<Delete/>", b"Action=%zz", b"[" * 5000]
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(METHODS, TARGETS, HEADERS, BODIES)
def test_t258_dos_any_request_is_answered_and_never_with_our_own_failure(
    live, method, target, headers, body
) -> None:
    lines = [
        method + b" " + target + b" HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Connection: close",
        b"Content-Length: %d" % len(body),
        *headers,
    ]
    answer = say(live, b"\r\n".join([*lines, b"", body]))

    assert status(answer) < 500 or status(answer) == 501, answer
    assert b"Traceback" not in answer


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(max_size=200))
def test_t258_dos_any_bytes_are_answered_or_hung_up_on(live, data) -> None:
    answer = say(live, data, half_close=True)

    assert status(answer) in {0, 400}
    assert b"Traceback" not in answer


def test_the_authority_still_stands(live) -> None:
    assert status(say(live, GET.replace(b"/ ", b"/healthz ") + b"\r\n")) == 200
    assert b"ready" in say(live, GET.replace(b"/ ", b"/readyz ") + b"\r\n")
    assert b"daypass_requests_total" in say(live, GET.replace(b"/ ", b"/metrics ") + b"\r\n")
