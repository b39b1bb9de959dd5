"""Requests that are answered without ASGI get the bytes that ASGI would have sent, and no more.

Each sequence of received bytes is given to a connection that answers what it can itself, and to one
that hands every request to ASGI, over authorities that draw the same request ids.
"""

import asyncio
import hashlib
import itertools
import random
import re

import pytest
from tests.server.http.test_protocol import Room, Transport, settle
from uvicorn.server import ServerState

from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.authority.answer import Begun
from daypass.server.authority.call import Outcome, Staged
from daypass.server.http import asgi
from daypass.server.http.api import Api
from daypass.server.http.direct import DirectAnswers
from daypass.server.http.direct_protocol import DirectProtocol
from daypass.server.http.doors import MAIN, Router
from daypass.server.http.overload.connections import Phase
from daypass.server.http.protocol import StrictProtocol
from daypass.server.http.proxies import TrustedProxies
from daypass.services.registry import SERVICES
from daypass.wire import catalog
from daypass.wire.error_response import error_response

CATALOG = catalog.load_catalog(SERVICES)
FORM = b"Action=GetCallerIdentity&Version=2011-06-15"


class Answers:
    """In the place of an authority's answerer: names the operation that it would answer.

    `kind` says what a call turns out to be: answered at once, in steps, or with a change.
    """

    def __init__(self):
        self.kind = "at once"
        self.recorded = []
        self.seen = []

    def begin(self, call):
        steps = call.codec.identify("sts")
        try:
            next(steps)
        except StopIteration as end:
            code, message = "Answered", end.value.name
        except Exception as error:  # noqa: BLE001 - whatever the reading of a request ends with
            code, message = type(error).__name__, str(error)
        self.seen.append((code, message, call.request.body, call.peer.address))
        event = Event(time=0, request=call.id, service="sts", operation="", principal="arn")
        response = error_response(None, code, message, call.id)
        outcome = Outcome(response, event)
        return Begun(
            call,
            iter(()),
            outcome if self.kind == "at once" else Staged(call, None, response, event),
        )

    async def finish(self, begun):
        await asyncio.sleep(0)
        return Outcome(begun.result.response, begun.result.event)

    async def answer(self, call):
        return await self.finish(self.begin(call))

    def record_then(self, call, outcome, send):
        self.recorded.append((outcome, send))
        asyncio.get_running_loop().call_soon(lambda: send(outcome))


class ClosingTransport(Transport):
    """Sends no further byte once it is closed, as real ones."""

    def write(self, data):
        if not self.is_closing():
            super().write(data)


class DirectRoom(Room):
    """A server without a socket whose connections answer directly, or all through ASGI."""

    def __init__(self, *, is_direct, networks=()):
        self.answers = Answers()
        drawn = itertools.count()
        self.api = Api(
            CATALOG,
            self.answers,
            entropy=lambda size: hashlib.shake_256(b"%d" % next(drawn)).digest(size),
        )
        self.inner = asgi.Application(
            self.api, None, None, clock=lambda: self.now, readiness=None, gate=None
        )
        self.proxies = TrustedProxies(networks, self.inner)
        super().__init__()
        self.inner._early_refusals = self.listener_state.early_refusals
        self.is_direct = is_direct

    async def application(self, scope, receive, send):
        await self.proxies(scope, receive, send)

    def connect(self, site="a"):
        if self.is_direct:
            direct = DirectAnswers(
                self.api,
                self.answers,
                door_for=self.inner.door_for,
                proxies=self.proxies,
            )
            made = DirectProtocol(
                self.config, ServerState(), self.listener_state, None, site, direct
            )
        else:
            made = StrictProtocol(self.config, ServerState(), self.listener_state, None, site)
        self.connections.admit(made)
        made.connection_made(ClosingTransport())
        self.all.append(made)
        return made


def post(body=FORM, *, length=None, head=b"", path=b"/", version=b"1.1"):
    size = len(body) if length is None else length
    return (
        b"POST %b HTTP/%b\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %b\r\n%b\r\n%b"
        % (path, version, size if isinstance(size, bytes) else b"%d" % size, head, body)
    )


CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    % (len(FORM), FORM)
)
GET = b"GET /?" + FORM + b" HTTP/1.1\r\nHost: h\r\n\r\n"
SEQUENCES = {
    "a form": [post()],
    "two forms, one after the other": [post(), post(b"Action=GetUser")],
    "two forms in the same bytes": [post() + post(b"Action=GetUser")],
    "three forms in the same bytes, and half of one": [post() * 3 + post()[:40], post()[40:]],
    "a form in two pieces": [post()[:-10], post()[-10:]],
    "a form byte by byte": [post()[at : at + 1] for at in range(len(post()))],
    "a query": [GET],
    "a query with a fragment": [b"GET /?a=b#c HTTP/1.1\r\nHost: h\r\n\r\n"],
    "a target that is no target": [b"GET http://x/ HTTP/1.1\r\nHost: h\r\n\r\n"],
    "odd characters in a query": [b'GET /?a=%zz"<>\\^`{|} HTTP/1.1\r\nHost: h\r\n\r\n'],
    "two slashes": [b"GET // HTTP/1.1\r\nHost: h\r\n\r\n"],
    "no Host": [b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"],
    "two Hosts": [b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n"],
    "an empty Host": [post().replace(b"Host: h", b"Host:"), post()],
    "a Host that is none": [post().replace(b"Host: h", b"Host: a/b?x#y"), post()],
    "a Host with a user": [post().replace(b"Host: h", b"Host: a@h"), post()],
    "a Host that is none behind one that is": [post() + post().replace(b"Host: h", b"Host: h h")],
    "white space around a Host": [post().replace(b"Host: h", b"Host:\t h \t"), post()],
    "two lengths": [post(head=b"Content-Length: 1\r\n")],
    "a length and chunks": [post(head=b"Transfer-Encoding: chunked\r\n")],
    "no length": [b"POST / HTTP/1.1\r\nHost: h\r\n\r\n", post()],
    "a length of no number": [post(length=b"+5")],
    "a length that is too long": [post(length=limits.BODY_BYTES_MAX + 1)],
    "a longer body than its length": [post(length=len(FORM) - 5)],
    "chunks": [CHUNKED, post()],
    "chunks with fields behind them": [CHUNKED[:-2] + b"X-Amz-Target: a.b\r\nHost: x\r\n\r\n", post()],
    "chunks with too many fields behind them": [CHUNKED[:-2] + b"X: y\r\n" * limits.HEADERS_MAX + b"\r\n"],
    "chunks behind a form": [post() + CHUNKED + post()],
    "a body with a GET": [b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + post()],
    "HTTP/1.0": [post(version=b"1.0"), post()],
    "HTTP/1.0, to be kept": [post(version=b"1.0", head=b"Connection: keep-alive\r\n"), post()],
    "to be closed": [post(head=b"Connection: close\r\n") + post()],
    "an upgrade": [post(head=b"Connection: upgrade\r\nUpgrade: websocket\r\n"), post()],
    "an upgrade to h2c": [b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"],
    "an expectation": [post(head=b"Expect: 100-continue\r\n")],
    "an expectation with white space": [post(head=b"Expect:  100-continue \t\r\n")],
    "repeated headers": [post(head=b"X-A: 1\r\nX-A: 2\r\n")],
    "a folded header": [post(head=b"X-A: 1\r\n 2\r\n")],
    "a header that is no header": [post(head=b"X A: 1\r\n")],
    "a null in a header": [post(head=b"X-A: a\0b\r\n")],
    "too many headers": [post(head=b"".join(b"X-%d: 1\r\n" % n for n in range(limits.HEADERS_MAX)))],
    "a header that is too long": [post(head=b"X-A: %b\r\n" % (b"a" * limits.HEADER_BYTES_MAX))],
    "a long target": [b"GET /?%b HTTP/1.1\r\nHost: h\r\n\r\n" % (b"a" * limits.TARGET_BYTES_MAX)],
    "another path": [post(path=b"/elsewhere")],
    "a probe": [b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", post()],
    "HEAD": [b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", post()],
    "PUT": [b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", post()],
    "bare line feeds": [post().replace(b"\r\n", b"\n")],
    "an empty line first": [b"\r\n" + post()],
    "no HTTP": [b"\x16\x03\x01\x02\x00\x01", post()],
    "a prefix of HTTP/2": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    "nonsense behind a form": [post() + b"\x00\x01\x02"],
    "a big form": [post(b"Action=GetUser&UserName=" + b"a" * 100_000)],
    "a big form in pieces": [post(b"a=" + b"b" * 60_000)[at : at + 999] for at in range(0, 60_200, 999)],
    "many small requests": [GET * 70],
}  # fmt: skip
KINDS = ("at once", "with a change")


async def exchange(pieces, *, is_direct, kind="at once", networks=()):
    """Return what a connection sends for received bytes, whether it is closed, and what was asked."""
    room = DirectRoom(is_direct=is_direct, networks=networks)
    room.answers.kind = kind
    connection = room.connect()
    for piece in pieces:
        if connection.transport.is_closing():
            break
        connection.data_received(piece)
        await settle()
        while room.next:
            room.next.pop(0)()
            await settle()
    sent, closed = connection.transport.written, connection.transport.is_closing()
    asked, phase, proved = room.answers.seen, connection.phase, connection.is_proved
    connection.connection_lost(None)
    room.may_answer.set()
    await settle()
    assert connection._body_deadline is None if is_direct else True
    return without_ids(sent), closed, asked, phase, proved


def without_ids(sent):
    """Return an answer without the random ids of early refusals."""
    return re.sub(rb"[0-9a-f]{32}", b"id", sent)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SEQUENCES)
def test_the_same_bytes_are_sent_as_through_asgi(name, kind) -> None:
    pieces = SEQUENCES[name]

    direct = asyncio.run(exchange(pieces, is_direct=True, kind=kind))
    through_asgi = asyncio.run(exchange(pieces, is_direct=False, kind=kind))

    assert direct == through_asgi


@pytest.mark.parametrize("seed", range(40))
def test_the_same_bytes_are_sent_for_requests_cut_anywhere_and_damaged(seed) -> None:
    drawn = random.Random(seed)
    whole = b"".join(
        drawn.choice(
            [post(), GET, CHUNKED, post(b"Action=GetUser"), post(head=b"Connection: close\r\n")]
        )
        for _ in range(drawn.randint(1, 4))
    )
    if seed % 2:
        at = drawn.randrange(len(whole))
        whole = whole[:at] + bytes([drawn.randrange(256)]) + whole[at + drawn.randint(0, 3) :]
    cuts = sorted(drawn.sample(range(len(whole)), drawn.randint(0, 6)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    direct = asyncio.run(exchange(pieces, is_direct=True))
    through_asgi = asyncio.run(exchange(pieces, is_direct=False))

    assert direct == through_asgi


NO_HOSTS = [b"", b"a b", b"a/b?x#y", b"user@h", b"h:80:80", b"[::1", b"a%zz", b"\xc3\xa9"]


@pytest.mark.parametrize("host", NO_HOSTS)
@pytest.mark.parametrize("is_direct", [True, False])
@pytest.mark.parametrize("before", [b"", post()], ids=["first", "behind another request"])
def test_t010_sig_a_host_header_that_names_no_host_is_refused(host, is_direct, before) -> None:
    pieces = [before + post().replace(b"Host: h", b"Host: " + host)]

    sent, closed, asked, _, _ = asyncio.run(exchange(pieces, is_direct=is_direct))

    assert sent.count(b"HTTP/1.1 400 ") == 1
    assert closed
    assert len(asked) <= bool(before)


@pytest.mark.parametrize("is_direct", [True, False])
def test_fields_behind_a_body_are_no_headers(is_direct) -> None:
    fields = b"X-Amz-Target: a.b\r\nHost: x\r\nContent-Encoding: gzip\r\n"
    pieces = [CHUNKED[:-2] + fields + b"\r\n"]

    _, _, [asked], _, _ = asyncio.run(exchange(pieces, is_direct=is_direct))

    assert asked[:2] == ("Answered", "GetCallerIdentity")


@pytest.mark.parametrize("is_direct", [True, False])
def test_an_expectation_with_white_space_around_it_is_one(is_direct) -> None:
    async def run():
        connection = DirectRoom(is_direct=is_direct).connect()
        connection.data_received(post(head=b"Expect: 100-continue \t\r\n")[: -len(FORM)])
        return connection.expect_100_continue

    assert asyncio.run(run())


def test_a_form_is_answered_without_asgi() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.data_received(post())
        assert connection.scope is None
        assert connection._is_answering
        await settle()
        return connection

    connection = asyncio.run(run())

    assert b"Answered" in connection.transport.written
    assert connection.phase is Phase.IDLE
    assert connection.is_proved


def test_a_trusted_proxy_names_the_client_as_through_asgi() -> None:
    import ipaddress

    networks = [ipaddress.ip_network("203.0.113.0/24")]
    pieces = [post(head=b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n")]

    found = asyncio.run(exchange(pieces, is_direct=True, networks=networks))

    assert found == asyncio.run(exchange(pieces, is_direct=False, networks=networks))
    assert found[2][0][3] == "198.51.100.7"


def test_a_body_that_does_not_arrive_is_refused_after_its_deadline() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.data_received(post()[:-10])
        assert connection.phase is Phase.BODY
        deadline = connection._body_deadline
        assert deadline.when() - asyncio.get_running_loop().time() > limits.BODY_SECONDS_MAX - 5
        connection._be_late()
        await settle()
        return connection

    connection = asyncio.run(run())

    assert connection.transport.written.startswith(b"HTTP/1.1 408 ")
    assert b"RequestTimeout" in connection.transport.written


def test_a_body_awaited_behind_other_requests_has_a_deadline_too() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.data_received(post())
        connection.data_received(post()[:-10])
        await settle()
        assert connection.transport.written.count(b"Answered") == 1
        assert connection._body_deadline is not None
        connection.connection_lost(None)

    asyncio.run(run())


def test_while_a_request_is_answered_the_next_one_waits() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.data_received(post())
        connection.data_received(post(b"Action=GetUser"))
        seen = len(room.answers.seen)
        await settle()
        return seen, len(room.answers.seen)

    assert asyncio.run(run()) == (1, 2)


@pytest.mark.parametrize("piece", [post(), post()[:-10]])
def test_a_server_that_stops_answers_what_has_begun_and_closes(piece) -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.data_received(piece)
        connection.shutdown()
        assert not connection.transport.is_closing()
        if piece != post():
            connection.data_received(post()[-10:])
        await settle()
        return connection

    connection = asyncio.run(run())

    assert b"connection: close\r\n" in connection.transport.written
    assert b"Answered" in connection.transport.written
    assert connection.transport.is_closing()


def test_a_server_that_stops_closes_an_idle_connection() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.data_received(post())
        await settle()
        connection.shutdown()
        return connection

    assert asyncio.run(run()).transport.is_closing()


def test_an_answer_for_a_client_that_has_gone_is_not_sent() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.data_received(post())
        connection.transport.abort()
        connection.connection_lost(None)
        await settle()
        return connection

    assert asyncio.run(run()).transport.written == b""


def test_requests_above_those_of_a_turn_queue_as_through_asgi() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        all_ = [room.connect() for _ in range(limits.REQUESTS_PER_TURN + 2)]
        for each in all_:
            each.data_received(post())
        seen = len(room.answers.seen)
        while room.next:
            room.next.pop(0)()
        await settle()
        return seen, [b"Answered" in each.transport.written for each in all_]

    seen, answered = asyncio.run(run())

    assert seen == limits.REQUESTS_PER_TURN
    assert all(answered)


def test_a_client_that_does_not_read_gets_no_further_answer_without_asgi() -> None:
    async def run():
        room = DirectRoom(is_direct=True)
        connection = room.connect()
        connection.pause_writing()
        connection.data_received(post())
        scope = connection.scope
        connection.connection_lost(None)
        await settle()
        return scope

    assert asyncio.run(run()) is not None


def test_doors_are_asked_as_for_asgi() -> None:
    found = Router(MAIN, has_path=CATALOG.has_path, has_gate=True)
    room = DirectRoom(is_direct=True)
    direct = DirectAnswers(room.api, room.answers, door_for=found.door_for, proxies=room.proxies)
    scope = {
        "method": "GET",
        "raw_path": b"/bucket",
        "query_string": b"",
        "headers": [(b"authorization", b"AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request")],
    }

    assert not direct.takes(scope)
