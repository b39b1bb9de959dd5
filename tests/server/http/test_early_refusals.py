"""Early refusals are in the protocol that the client reads; bodies are bounded in size and time."""

import asyncio
import json
import os

import httptools
import pytest
from botocore.parsers import create_parser

from daypass.server import limits
from daypass.server.http import asgi, reply
from daypass.server.http.overload.early_refusals import EarlyReason, EarlyRefusals
from daypass.server.http.overload.quick_refusals import (
    QuickRefusals,
    is_one_request,
)
from daypass.services.registry import SERVICES
from daypass.wire import catalog

EARLY_REFUSALS = EarlyRefusals(catalog.load_catalog(SERVICES), entropy=os.urandom, has_gate=True)
QUICK = QuickRefusals(EARLY_REFUSALS, os.urandom)
MARKS = [(b"date", b"Sun, 29 Nov 2026 00:00:00 GMT")]


def signed(service):
    return (
        "Authorization: AWS4-HMAC-SHA256"
        f" Credential=AKIA/20261129/us-east-1/{service}/aws4_request,"
        " SignedHeaders=host, Signature=0\r\n"
    )


REQUESTS = [
    # name, request line and headers, botocore's parser, code and status of TOO_MUCH, of TOO_SLOW
    ("sts", "POST / HTTP/1.1\r\n" + signed("sts"), "query", ("Throttling", 400), ("RequestTimeout", 408)),
    ("iam", "POST / HTTP/1.1\r\n" + signed("iam"), "query", ("Throttling", 400), ("RequestTimeout", 408)),
    ("not signed", "POST / HTTP/1.1\r\n", "query", ("Throttling", 400), ("RequestTimeout", 408)),
    ("presigned sts", "GET /?Action=GetCallerIdentity&X-Amz-Credential=A%2F20261129%2Fr%2Fsts%2Faws4_request HTTP/1.1\r\n", "query", ("Throttling", 400), ("RequestTimeout", 408)),
    ("organizations", "POST / HTTP/1.1\r\nX-Amz-Target: AWSOrganizationsV20161128.ListRoots\r\n" + signed("organizations"), "json", ("TooManyRequestsException", 400), ("RequestTimeoutException", 408)),
    ("identity store, by its target alone", "POST / HTTP/1.1\r\nx-amz-target:AWSIdentityStore.ListUsers\r\n", "json", ("ThrottlingException", 400), ("RequestTimeoutException", 408)),
    ("roles anywhere", "GET /profiles HTTP/1.1\r\n" + signed("rolesanywhere"), "rest-json", ("ThrottlingException", 400), ("RequestTimeoutException", 408)),
    ("s3", "GET /bucket/key HTTP/1.1\r\n" + signed("s3"), "rest-xml", ("SlowDown", 503), ("RequestTimeout", 400)),
    ("presigned s3", "GET /bucket/key?X-Amz-Credential=A%2f20261129%2fr%2fs3%2faws4_request HTTP/1.1\r\n", "rest-xml", ("SlowDown", 503), ("RequestTimeout", 400)),
    ("presigned s3 in other percent codes", "GET /?X-Amz-Credential=A%2f20261129%2Fr/%733%2faws4_request HTTP/1.1\r\n", "rest-xml", ("SlowDown", 503), ("RequestTimeout", 400)),
    ("anonymous s3", "GET /bucket/key HTTP/1.1\r\n", "rest-xml", ("SlowDown", 503), ("RequestTimeout", 400)),
    ("a form", "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n", "rest-xml", ("SlowDown", 503), ("RequestTimeout", 400)),
]  # fmt: skip


def parsed(protocol, status, headers, body):
    """Return code and status as an SDK reads them."""
    answer = {
        "status_code": status,
        "headers": {n.decode().lower(): v.decode() for n, v in headers},
        "body": body,
    }
    found = create_parser(protocol).parse(answer, None)
    return found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("head", "protocol", "much", "slow"),
    [row[1:] for row in REQUESTS],
    ids=[row[0] for row in REQUESTS],
)
def test_an_early_refusal_is_in_the_protocol_that_the_client_reads(
    head, protocol, much, slow
) -> None:
    if much[0] == "TooManyRequestsException":
        # Organizations has its own code too, but throttles with the code of every JSON service.
        much = ("ThrottlingException", 400)
    for why, expected in ((EarlyReason.TOO_MUCH, much), (EarlyReason.TOO_SLOW, slow)):
        made = EARLY_REFUSALS.response(head.encode(), why)

        assert parsed(protocol, made.status, made.headers, made.body) == expected
    assert (b"retry-after", b"1") in EARLY_REFUSALS.response(
        head.encode(), EarlyReason.TOO_MUCH
    ).headers


class Answer:
    def __init__(self):
        self.headers, self.body, self.is_complete = [], b"", False

    def on_header(self, name, value):
        self.headers.append((name, value))

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        self.is_complete = True


@pytest.mark.parametrize(
    ("head", "protocol", "much"), [row[1:4] for row in REQUESTS], ids=[row[0] for row in REQUESTS]
)
def test_a_quick_refusal_is_the_same_each_time_but_for_its_id(head, protocol, much) -> None:
    if much[0] == "TooManyRequestsException":
        much = ("ThrottlingException", 400)
    request = (head + "Host: h\r\nContent-Length: 2\r\n\r\nab").encode()
    bodies = set()
    for _ in range(3):
        answer = Answer()
        parser = httptools.HttpResponseParser(answer)
        parser.feed_data(QUICK.refuse(request, MARKS))

        assert answer.is_complete
        assert parsed(protocol, parser.get_status_code(), answer.headers, answer.body) == much
        assert b"connection" not in dict(answer.headers)
        assert MARKS[0] in answer.headers
        bodies.add(repr(answer.headers))
    assert len(bodies) == 3


GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
ENDS = [
    ("one request", GET, True),
    ("one with a body", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", True),
    ("one in chunks", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", True),
    ("nothing", b"", False),
    ("half a head", GET[:-2], False),
    ("half a body", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab", False),
    ("two requests", GET + GET, False),
    ("one and a bit", GET + b"GET", False),
    ("the last of its connection", GET.replace(b"Host", b"Connection: close\r\nHost"), False),
    ("an old one", GET.replace(b"1.1", b"1.0"), False),
    ("two lengths", b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab", False),
    ("length and chunks", b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False),
    ("an upgrade", GET.replace(b"Host", b"Connection: upgrade\r\nUpgrade: h2c\r\nHost"), False),
    ("no HTTP", b"\x16\x03\x01\x02\x00", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS]
)
def test_only_exactly_one_whole_request_is_refused_unparsed(data, expected) -> None:
    assert is_one_request(data) == expected
    assert (QUICK.refuse(data, MARKS) is not None) == expected


def test_head_is_not_refused_unparsed() -> None:
    assert QUICK.refuse(GET.replace(b"GET", b"HEAD"), MARKS) is None


def test_templates_of_quick_refusals_are_bounded() -> None:
    made = QuickRefusals(EARLY_REFUSALS, os.urandom)
    for at in range(100):
        made.refuse((f"GET / HTTP/1.1\r\nHost: h\r\n{signed(f'x{at}')}\r\n").encode(), MARKS)

    assert len(made._templates) <= 16


def test_the_last_response_of_a_connection_says_close() -> None:
    assert b"\r\nconnection: close\r\n" in reply.response_bytes(
        EARLY_REFUSALS.response(GET, EarlyReason.UNREADABLE), [], close=True
    )


class Arriving:
    """A body that arrives by a clock that stands still between its pieces."""

    def __init__(self, steps):
        self.now = 0.0
        self.steps = iter(steps)
        self.received = 0

    async def receive(self):
        seconds, body, more = next(self.steps)
        self.now += seconds
        self.received += 1
        return {"type": "http.request", "body": body, "more_body": more}

    def read(self, *headers):
        scope = {"headers": list(headers)}
        return asyncio.run(asgi._read_body(scope, self.receive, lambda: self.now))


MOST = limits.BODY_BYTES_MAX
FOREVER = 100_000
BODIES = [
    ("in time", [(19, b"a", True), (0.5, b"b", False)], b"ab", 2),
    ("a byte every fifteen seconds", [(15, b"a", True)] * FOREVER, EarlyReason.TOO_SLOW, 2),
    ("a byte every second", [(1, b"a", True)] * FOREVER, EarlyReason.TOO_SLOW, 20),
    ("as long as it may be, at once", [(0, b"a" * MOST, False)], b"a" * MOST, 1),
    ("a byte too long, at once", [(0, b"a" * (MOST + 1), False)], EarlyReason.TOO_LARGE, 1),
    ("a byte too long in all", [(0, b"a" * (MOST // 2), True)] * 2 + [(0, b"a", True)] * FOREVER, EarlyReason.TOO_LARGE, 3),
    ("endless", [(0, b"a" * 1024, True)] * FOREVER, EarlyReason.TOO_LARGE, 257),
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "expected", "received"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
def test_t254_dos_a_bodys_time_and_length_are_bounded_in_all(steps, expected, received) -> None:
    """Each piece once had twenty seconds: a byte now and then kept its connection for ever."""
    body = Arriving(steps)

    assert body.read() == expected
    assert body.received == received


def test_a_content_length_above_the_bound_is_refused_unread() -> None:
    body = Arriving([])

    assert body.read((b"content-length", b"%d" % (MOST + 1))) is EarlyReason.TOO_LARGE


def test_head_and_body_together_have_thirty_seconds() -> None:
    assert limits.HEADERS_SECONDS_MAX + limits.BODY_SECONDS_MAX == 30


def test_refusals_of_json_are_json() -> None:
    made = EARLY_REFUSALS.response(
        b"POST / HTTP/1.1\r\nx-amz-target: AWSIdentityStore.X", EarlyReason.TOO_LARGE
    )

    assert json.loads(made.body)["__type"] == "RequestEntityTooLarge"
    assert made.status == 413
