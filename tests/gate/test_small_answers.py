"""A small object is one message behind its head, and costs one decision."""

import asyncio

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from daypass.gate import forward
from daypass.gate.operations.table import OPERATIONS
from daypass.gate.request.request_target import RequestTarget
from daypass.gate.request.resolved_request import ResolvedRequest

from .in_process import World, sha256

GET = b'HTTP/1.1 200 OK\r\netag: "1"\r\n'
LENGTH = b"content-length: %d\r\n\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"


class Store:
    """A store that answers each request with steps: bytes, or an event to wait for."""

    def __init__(self, *steps):
        self._steps = steps
        self.lines = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.lines += head.decode().splitlines()[:-1]
        for step in self._steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            else:
                await step.wait()
        writer.close()


def answered(*steps, method="GET"):
    """Return the messages that a client of the gate gets."""

    async def run():
        async with Store(*steps) as store:
            world = World(store.url)
            try:
                scope = world.put(0, method=method, payload_hash=sha256(b""))
                await world.ask(scope)
            finally:
                await world.close()
            return world.sent, world.seen

    return asyncio.run(run())


def shape(messages):
    return [
        (each.get("status"), each.get("body"), each.get("more_body", False)) for each in messages
    ]


@pytest.mark.parametrize(
    ("steps", "content"),
    [
        ([GET + LENGTH % 5 + b"abcde"], b"abcde"),
        ([GET + LENGTH % 0], b""),
        ([GET + CHUNKED + b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"], b"abcde"),
        ([GET + CHUNKED + b"0\r\n\r\n"], b""),
    ],
    ids=["with its length", "empty", "in chunks", "empty, in chunks"],
)
def test_an_object_that_came_whole_is_sent_in_one_message_behind_its_head(steps, content) -> None:
    sent, _ = answered(*steps)

    assert shape(sent) == [(200, None, False), (None, content, False)]


def test_a_head_is_sent_only_once_the_first_bytes_are_there() -> None:
    """An answer that is cut off before them is an error, not half an object."""
    sent, seen = answered(GET + LENGTH % 5)

    assert sent[0]["status"] == 503
    assert [each.outcome for each in seen] == ["ok", "ServiceUnavailable"]


def test_an_object_that_is_cut_off_later_is_never_ended() -> None:
    sent, seen = answered(GET + LENGTH % 5 + b"abc")

    assert shape(sent) == [(200, None, False), (None, b"abc", True)]
    assert [each.outcome for each in seen] == ["ok", "ServiceUnavailable"]


def test_an_object_of_many_pieces_is_sent_as_it_arrives() -> None:
    pieces = [bytes([65 + at]) * 100_000 for at in range(8)]
    sent, _ = answered(GET + LENGTH % 800_000, *pieces)

    bodies = shape(sent[1:])
    assert b"".join(body for _, body, _ in bodies) == b"".join(pieces)
    assert [more for _, _, more in bodies] == [True] * (len(bodies) - 1) + [False]


# Headers that need a permission of their own.


class Deciding:
    """An authorizer that notes what it is asked, and allows some actions."""

    def __init__(self, *allowed):
        self._allowed = allowed
        self.asked = []

    def allows(self, permission):
        self.asked.append(permission.action)
        return permission.action in self._allowed


@pytest.mark.parametrize(
    ("headers", "allowed", "asked", "hidden"),
    [
        ({"etag": "1"}, (), [], set()),
        ({"X-Amz-Tagging-Count": "1"}, (), ["s3:GetObjectTagging"], {"x-amz-tagging-count"}),
        ({"x-amz-tagging-count": "1"}, ("s3:GetObjectTagging",), ["s3:GetObjectTagging"], set()),
        (
            {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2030"},
            (),
            ["s3:GetObjectRetention"],
            {"x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"},
        ),
        (
            {"x-amz-object-lock-legal-hold": "ON", "x-amz-object-lock-mode": "COMPLIANCE"},
            ("s3:GetObjectRetention",),
            ["s3:GetObjectRetention", "s3:GetObjectLegalHold"],
            {"x-amz-object-lock-legal-hold"},
        ),
    ],
    ids=["none", "refused", "allowed", "two of one permission", "two permissions"],
)
def test_a_permission_is_decided_for_a_header_that_came(headers, allowed, asked, hidden) -> None:
    world = World("http://127.0.0.1:1")
    request = ResolvedRequest(OPERATIONS["GetObject"], RequestTarget("kept", "k"), {}, {}, None, "")
    facts = forward.RequestFacts(signature_keys={}, bucket=world.bucket)
    deciding = Deciding(*allowed)
    found = forward._forbidden_headers(
        request, CIMultiDictProxy(CIMultiDict(headers)), deciding, facts
    )

    assert deciding.asked == asked
    assert found >= hidden
    assert found.isdisjoint({name.lower() for name in headers} - hidden)


def test_a_small_object_is_decided_once(monkeypatch) -> None:
    made = []
    real = forward.Authorizer._decide
    monkeypatch.setattr(forward.Authorizer, "_decide", lambda *args: made.append(1) or real(*args))
    answered(GET + LENGTH % 1 + b"a")

    assert len(made) == 1


def test_the_store_gets_the_headers_that_were_signed_and_no_others() -> None:
    async def run():
        async with Store(GET + LENGTH % 0) as store:
            world = World(store.url)
            try:
                await world.ask(world.put(3), b"abc")
            finally:
                await world.close()
            return store.lines

    line, *lines = asyncio.run(run())
    named = {each.partition(":")[0].lower() for each in lines}
    [authorization] = [each for each in lines if each.lower().startswith("authorization:")]
    signed = authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")

    assert line == "PUT /kept/k HTTP/1.1"
    assert named == {*signed, "authorization"}
    assert len(named) == len(lines)
