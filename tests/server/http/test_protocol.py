"""Phases, deadlines, queueing and refusals of a connection, with a fake clock and transport."""

import asyncio
import http.client
import os
import socket
import urllib.parse

import pytest
import uvicorn
from tests.campaign import connections as campaign

from daypass.server import limits
from daypass.server.http.listener_state import ListenerState
from daypass.server.http.overload.connections import Connections, Phase
from daypass.server.http.overload.early_refusals import EarlyRefusals
from daypass.server.http.overload.held_connections import HeldConnections
from daypass.server.http.overload.quick_refusals import QuickRefusals
from daypass.server.http.overload.request_queue import RequestQueue
from daypass.server.http.protocol import StrictProtocol
from daypass.services.registry import SERVICES
from daypass.wire import catalog

EARLY_REFUSALS = EarlyRefusals(catalog.load_catalog(SERVICES), entropy=os.urandom, has_gate=True)
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"


class Transport:
    def __init__(self):
        self.written, self.closed, self.aborted, self.unsent = b"", False, False, 0
        self.reading_paused = False

    def get_extra_info(self, name):
        return ("203.0.113.9", 1) if name == "peername" else None

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.closed or self.aborted

    def close(self):
        self.closed = True

    def abort(self):
        self.aborted = True

    def get_write_buffer_size(self):
        return self.unsent

    def pause_reading(self):
        self.reading_paused = True

    def resume_reading(self):
        self.reading_paused = False


class Room:
    """One server without a socket; `answer` lets requests that have begun be answered."""

    def __init__(self):
        self.now = 1_000.0
        self.next = []
        self.asked = 0
        self.all = []
        self.connections = Connections(lambda: self.now)
        self.request_queue = RequestQueue(self.next.append, lambda: self.now)
        self.checks = []
        self.held_connections = HeldConnections(
            lambda _seconds, check: self.checks.append(check),
            lambda: self.now,
            lambda: self.request_queue.is_behind,
        )
        self.listener_state = ListenerState(
            self.connections,
            self.request_queue,
            self.held_connections,
            EARLY_REFUSALS,
            QuickRefusals(EARLY_REFUSALS, os.urandom),
            lambda: self.now,
        )
        self.config = uvicorn.Config(
            self.application,
            log_config=None,
            lifespan="off",
            ws="none",
            interface="asgi3",
            proxy_headers=False,
        )
        self.config.load()
        self.may_answer = asyncio.Event()

    async def application(self, _scope, receive, send):
        self.asked += 1
        while (await receive()).get("more_body"):
            pass
        await self.may_answer.wait()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
        )
        await send({"type": "http.response.body", "body": b"ok"})

    def connect(self, site="a"):
        made = StrictProtocol(
            self.config, uvicorn.server.ServerState(), self.listener_state, None, site
        )
        self.connections.admit(made)
        made.connection_made(Transport())
        self.all.append(made)
        return made

    def wait(self, seconds):
        self.now += seconds
        self.connections.drop_overdue()


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


def in_room(test):
    """Run a test in an event loop of its own, with a room."""

    def run():
        async def inside():
            room = Room()
            await test(room)
            for each in room.all:
                each.connection_lost(None)
            room.may_answer.set()
            await settle()

        asyncio.run(inside())

    run.__name__ = test.__name__
    return run


@in_room
async def test_a_connection_goes_through_its_phases(room) -> None:
    made = room.connect()
    seen = [made.phase]
    for data in (POST[:20], POST[20:], b"ab"):
        made.data_received(data)
        seen.append(made.phase)
    room.may_answer.set()
    await settle()
    seen.append(made.phase)
    made.data_received(GET[:5])
    seen.append(made.phase)

    assert [each.name for each in seen] == ["HEAD", "HEAD", "BODY", "ANSWER", "IDLE", "HEAD"]
    assert b"200 OK" in made.transport.written


@in_room
async def test_a_head_has_its_time_from_the_connection_on_whatever_trickles(room) -> None:
    made, fresh = room.connect(), room.connect()
    for at in range(9):
        made.data_received(GET[at : at + 1])
        fresh.data_received(b"\r\n")
        room.wait(1)
    assert not made.transport.aborted
    room.wait(1.1)

    assert made.transport.aborted
    assert fresh.transport.aborted


@in_room
async def test_line_ends_between_requests_keep_no_connection(room) -> None:
    """Each once reset the idle time without beginning a request: the connection stayed for ever."""
    made = room.connect()
    room.may_answer.set()
    made.data_received(GET)
    await settle()
    assert made.phase is Phase.IDLE
    for _ in range(int(limits.KEEP_ALIVE_SECONDS) + 1):
        made.data_received(b"\r\n")
        room.wait(1)

    assert made.transport.closed


@in_room
async def test_a_response_that_is_not_read_ends_its_connection(room) -> None:
    made, slow = room.connect(), room.connect()
    for each in (made, slow):
        each.data_received(GET)
        each.pause_writing()
    room.wait(limits.STALLED_SECONDS_MAX - 1)
    slow.resume_writing()
    room.wait(2)

    assert made.transport.aborted
    assert not slow.transport.aborted


@in_room
async def test_the_unsent_rest_of_the_last_response_is_given_up(room) -> None:
    made = room.connect()
    room.may_answer.set()
    made.data_received(GET.replace(b"Host", b"Connection: close\r\nHost"))
    await settle()
    assert made.transport.closed
    room.wait(limits.STALLED_SECONDS_MAX + 1)

    assert made.transport.aborted


@in_room
async def test_pipelined_requests_are_read_up_to_a_bound(room) -> None:
    """Nine thousand requests in one piece of bytes were all parsed in one turn of the loop."""
    made = room.connect()
    made.data_received(GET * 10_000)
    await settle()

    assert 0 < len(made.pipeline) * len(GET) <= limits.PARSED_BYTES
    assert made.transport.reading_paused


def parsed_pieces(made):
    """Note the sizes of what the parser of a connection is given."""
    sizes, parser = [], made.parser

    class Noting:
        def __getattr__(self, name):
            return getattr(parser, name)

        def feed_data(self, data):
            sizes.append(len(data))
            parser.feed_data(data)

    made.parser = Noting()
    return sizes


LARGE = 20 * limits.PARSED_BYTES


@in_room
async def test_the_rest_of_a_body_of_known_length_is_parsed_at_once(room) -> None:
    made = room.connect()
    sizes = parsed_pieces(made)
    head = b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % LARGE
    made.data_received(head)
    made.data_received(b"a" * (LARGE // 2))
    made.data_received(b"a" * (LARGE // 2))

    assert sizes == [len(head), LARGE // 2, LARGE // 2]


@in_room
async def test_what_stands_behind_a_body_is_parsed_in_small_pieces(room) -> None:
    """Requests in the same bytes must not be parsed with the body, however long the body is."""
    made = room.connect()
    sizes = parsed_pieces(made)
    body = b"a" * LARGE
    made.data_received(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % LARGE)
    made.data_received(body[:-100])
    made.data_received(body[-100:] + GET * 10_000)

    assert max(sizes[2:]) <= limits.PARSED_BYTES
    assert 0 < len(made.pipeline) * len(GET) <= limits.PARSED_BYTES


@in_room
async def test_a_head_with_a_body_and_requests_behind_it_is_parsed_in_small_pieces(room) -> None:
    made = room.connect()
    sizes = parsed_pieces(made)
    made.data_received(POST + b"ab" + POST + b"ab" + GET * 10_000)

    assert max(sizes) <= limits.PARSED_BYTES
    assert 0 < len(made.pipeline) * len(GET) <= limits.PARSED_BYTES


@in_room
async def test_a_body_in_chunks_is_parsed_in_small_pieces(room) -> None:
    made = room.connect()
    sizes = parsed_pieces(made)
    made.data_received(b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    made.data_received(b"1\r\na\r\n" * LARGE)

    assert max(sizes) <= limits.PARSED_BYTES


@in_room
async def test_many_requests_begin_in_turns_and_late_ones_are_throttled(room) -> None:
    crowd = [room.connect() for _ in range(3 * limits.REQUESTS_PER_TURN)]
    for each in crowd:
        each.data_received(GET)
    await settle()
    assert room.asked == limits.REQUESTS_PER_TURN
    room.now += limits.REQUEST_WAIT_SECONDS_MAX + 0.1
    whole, part = room.connect(), room.connect()
    whole.data_received(GET)
    part.data_received(POST)
    await settle()

    assert b"<Code>Throttling</Code>" in whole.transport.written
    assert whole.phase is Phase.IDLE
    assert b"<Code>Throttling</Code>" in part.transport.written
    assert b"connection: close" in part.transport.written
    assert room.request_queue.turned_away == 2
    for _ in range(3):
        for each in [room.next.pop(0) for _ in room.next[:]]:
            each()
        await settle()
    assert room.asked == 3 * limits.REQUESTS_PER_TURN


async def overloaded(room):
    """Let so many requests wait that the next one is turned away."""
    for _ in range(2 * limits.REQUESTS_PER_TURN):
        room.connect().data_received(GET)
    await settle()
    room.now += limits.REQUEST_WAIT_SECONDS_MAX + 0.1


async def recovered(room):
    for _ in range(3):
        for each in [room.next.pop(0) for _ in room.next[:]]:
            each()
        await settle()


@in_room
async def test_a_throttled_connection_is_not_read_for_a_while(room) -> None:
    await overloaded(room)
    quick = room.connect()
    quick.data_received(GET)
    assert quick.transport.reading_paused

    room.checks.pop()()
    assert quick.transport.reading_paused
    room.now += limits.HOLD_SECONDS
    room.checks.pop()()
    assert not quick.transport.reading_paused
    quick.data_received(GET)
    assert quick.transport.written.count(b"<Code>Throttling</Code>") == 2
    assert quick.transport.reading_paused


@in_room
async def test_pipelined_requests_of_a_throttled_connection_wait(room) -> None:
    """The first request is answered, those parsed with it are refused, the rest stays unread."""
    made = room.connect()
    made.data_received(GET * 1_000)
    await overloaded(room)
    room.may_answer.set()
    await settle()
    for _ in range(limits.PARSED_BYTES):
        if not made.pipeline:
            break
        await settle()
    throttled = made.transport.written.count(b"<Code>Throttling</Code>")
    assert 0 < throttled < 1_000
    assert made.transport.reading_paused
    await recovered(room)
    asked = room.asked

    room.checks.pop()()
    await settle()
    assert room.asked > asked
    assert made.transport.written.count(b"<Code>Throttling</Code>") == throttled


@in_room
async def test_a_held_connection_may_be_lost(room) -> None:
    await overloaded(room)
    made = room.connect()
    made.data_received(GET)
    made.transport.closed = True
    made.connection_lost(None)
    await recovered(room)

    room.checks.pop()()
    assert len(room.held_connections) == 0


@in_room
async def test_a_connection_lost_while_queued_runs_no_request(room) -> None:
    crowd = [room.connect() for _ in range(limits.REQUESTS_PER_TURN + 1)]
    for each in crowd:
        each.data_received(GET)
    crowd[-1].connection_lost(None)
    room.next.pop(0)()
    await settle()

    assert room.asked == limits.REQUESTS_PER_TURN


@in_room
async def test_one_connection_too_many_is_refused_in_its_protocol(room) -> None:
    room.connections._per_client_max = 1
    busy = room.connect()
    busy.data_received(GET)
    refused = room.connect()
    assert refused.phase is Phase.REFUSED
    refused.data_received(GET.replace(b"/ ", b"/bucket/key "))
    await settle()

    assert refused.transport.written.startswith(b"HTTP/1.1 503 ")
    assert b"<Code>SlowDown</Code>" in refused.transport.written
    assert refused.transport.closed
    assert room.asked == 1


@in_room
async def test_an_unreadable_request_is_refused_in_a_protocol(room) -> None:
    api, gate = room.connect(), room.connect()
    api.data_received(b"POST / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n")
    gate.data_received(b"GET /bucket/" + b"k" * limits.TARGET_BYTES_MAX + b" HTTP/1.1\r\n")

    assert b"<Code>MalformedHttpRequestException</Code>" in api.transport.written
    assert b"<Code>BadRequest</Code>" in gate.transport.written
    assert api.transport.closed
    assert gate.transport.closed


@in_room
async def test_a_lost_connection_is_counted_no_longer(room) -> None:
    made = room.connect()
    assert len(room.connections) == 1
    made.connection_lost(None)

    assert len(room.connections) == 0


@in_room
async def test_a_connection_in_its_handshake_is_dropped_by_its_socket(room) -> None:
    one, other = socket.socketpair()
    for accepted in (one, one):
        made = StrictProtocol(
            room.config, uvicorn.server.ServerState(), room.listener_state, accepted, "a"
        )
        room.connections.admit(made)
    room.wait(limits.GREETING_SECONDS_MAX + 1)

    assert len(room.connections) == 0
    assert other.recv(1) == b""
    other.close()
    # A socket that is gone already is no fault: the others are still dropped.
    one.close()
    made.drop()


# With a real server.


def test_t254_dos_many_connections_of_one_peer_leave_others_served(live) -> None:
    """A slice of the campaign: silent, idle and slow connections, and others of another address."""
    port = urllib.parse.urlsplit(live.url).port
    opened = campaign.crowd(port, 40)
    good, _ = campaign.served(port, GET.replace(b"/ ", b"/healthz "), 20)

    assert good == 20
    for connection, _ in opened:
        connection.close()


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        ("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n", 408, b"<Code>RequestTimeout</Code>"),
        ("POST / HTTP/1.1\r\nX-Amz-Target: AWSOrganizationsV20161128.ListRoots\r\n", 408, b'"__type":"RequestTimeoutException"'),
    ],
    ids=["query", "json"],
)  # fmt: skip
def test_t254_dos_a_body_that_does_not_come_is_refused_in_the_protocol(
    live, monkeypatch, head, status, code
) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS_MAX", 0.05)
    monkeypatch.setattr(limits, "LINGER_SECONDS_MAX", 0.05)
    url = urllib.parse.urlsplit(live.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(f"{head}Host: h\r\nContent-Length: 10\r\n\r\nAc".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()

        assert answer.status == status
        assert answer.getheader("connection") == "close"
        assert code in answer.read()
