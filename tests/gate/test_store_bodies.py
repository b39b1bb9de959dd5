"""The bytes of an upload on their way: held back until all is verified, in chunks of one size."""

import asyncio

import hypothesis.strategies as st
import pytest
from hypothesis import given

from daypass.core.time.steady_time import Moment
from daypass.gate.body import verified_body
from daypass.gate.body.verified_body import UnframedDecoder, VerifiedBody
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.gate.store import upstream

from .in_process import World

SIZE = 10
pieces_of_bodies = st.lists(st.binary(min_size=1, max_size=3 * SIZE), max_size=12)


async def each_of(pieces):
    for piece in pieces:
        yield piece


def collected(iterator):
    async def run():
        return [each async for each in iterator]

    return asyncio.run(run())


@given(pieces_of_bodies)
def test_chunks_are_of_one_size_but_for_the_last(pieces) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upstream, "CHUNK_BYTES", SIZE)
        chunks = [b"".join(parts) for parts in collected(upstream._even_chunks(each_of(pieces)))]

    content = b"".join(pieces)
    assert chunks == [content[at : at + SIZE] for at in range(0, len(content), SIZE)]


def test_a_chunk_of_single_bytes_has_few_parts(monkeypatch) -> None:
    """A view of one byte takes two hundred, and a chunk has a hundred thousand."""
    monkeypatch.setattr(upstream, "CHUNK_BYTES", 1_000)
    chunks = collected(upstream._even_chunks(each_of([b"a"] * 2_500)))

    assert [sum(map(len, parts)) for parts in chunks] == [1_000, 1_000, 500]
    assert max(map(len, chunks)) <= upstream.PARTS_MAX + 1


@given(pieces_of_bodies)
def test_the_last_piece_is_held_back_until_all_is_verified(pieces) -> None:
    content = b"".join(pieces)
    body = VerifiedBody(len(content), UnframedDecoder())
    forwarded = b""
    for piece in pieces:
        forwarded += b"".join(body.push(piece))
        assert content.startswith(forwarded)
        assert len(forwarded) < len(content)

    assert forwarded + body.finish() == content


def test_a_body_that_is_too_long_or_too_short_never_gets_its_last_piece() -> None:
    short, long = VerifiedBody(5, UnframedDecoder()), VerifiedBody(5, UnframedDecoder())

    assert list(short.push(b"abcd")) == []
    with pytest.raises(S3Error):
        short.finish()
    assert list(long.push(b"abc")) == []
    with pytest.raises(S3Error):
        list(long.push(b"def"))


class Pieces:
    """A decoder that returns the pieces that a test names, whatever it is fed."""

    def __init__(self, pieces):
        self._pieces = pieces

    def feed(self, _data):
        return self._pieces

    def finish(self):
        return {}


@pytest.mark.parametrize(
    ("sizes", "yielded"),
    [
        ([1, 1, 1], [2, 1]),
        ([1, verified_body._LARGE_BYTES, 1, 1], [1, verified_body._LARGE_BYTES, 1, 1]),
        ([verified_body._LARGE_BYTES - 1, 1, 1], [verified_body._LARGE_BYTES, 1]),
        ([verified_body._LARGE_BYTES] * 3, [verified_body._LARGE_BYTES] * 3),
    ],
    ids=["small ones together", "a large one alone", "almost large", "large ones"],
)
def test_small_pieces_go_together_and_large_ones_are_not_copied(sizes, yielded) -> None:
    pieces = [b"x" * size for size in sizes]
    body = VerifiedBody(sum(sizes), Pieces(pieces))

    async def receive():
        return {"type": "http.request", "body": b"anything"}

    found = collected(verified_body.verified_pieces(body, receive))
    assert [len(each) for each in found] == yielded
    assert all(
        any(each is piece for piece in pieces) for each in found if len(each) == len(pieces[0]) > 1
    )


# The moment of a decision.


@pytest.mark.parametrize(
    ("wall", "steady", "is_same"),
    [(0.0, 0.0, True), (0.9, 0.4, True), (1.0, 0.5, False), (0.5, 1.0, False), (-0.1, 0.0, False)],
    ids=["no time", "within the second", "another second", "of the steady clock", "set back"],
)
def test_a_decision_is_of_the_second_that_both_clocks_show(wall, steady, is_same) -> None:
    world = World("http://127.0.0.1:1")
    begun = Moment(float(world.now), float(world.now))
    ctx = RequestContext(
        gate=world.gate,
        directory=world.directory,
        client=None,
        resolved=ResolvedRequest(None, None, {}, {}, None, ""),
        sender=Anonymous(),
        upload=None,
        receive=None,
        moment=begun,
    )
    world.moment = lambda: Moment(begun.wall + wall, begun.steady + steady)
    now = ctx.as_of(world.directory)

    assert (now is ctx) is is_same
    assert (int(now.moment.wall), int(now.moment.steady)) == (
        int(begun.wall + wall),
        int(begun.steady + steady),
    )
    world.change()
    assert ctx.as_of(world.directory) is not ctx


class Anonymous:
    """A sender that is the same on each snapshot."""

    def refresh(self, _directory, _moment):
        return self
