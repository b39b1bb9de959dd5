"""The body of an upload, verified as it streams; its last piece is held back until all is verified.

The store is always told the whole length. If verification fails, less than that length has been
sent, the connection is closed, and the store has an incomplete request: no object. The piece that
came last is held back whole, so that no piece has to be copied. This module speaks no HTTP.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any, Protocol

import msgspec

from daypass.gate import limits
from daypass.gate.body import checksums
from daypass.gate.body.checksums import Digest, DigestCheck
from daypass.gate.protocol.errors import S3Error

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Piece = bytes | memoryview
"""Some bytes of an object; of a large chunk a view, which is not copied out of what arrived."""


class BodyDecoder(Protocol):
    """The framing inside the body: none, or aws-chunked."""

    def feed(self, data: bytes) -> Iterable[Piece]:
        """Take bytes of the connection and return bytes of the object."""

    def finish(self) -> dict[str, str]:
        """Return the trailers; raises if the framing or its signatures are incomplete."""


class UnframedDecoder:
    """A decoder for a body without framing."""

    def feed(self, data: bytes) -> Iterable[Piece]:
        """Return the bytes unchanged."""
        return (data,)

    def finish(self) -> dict[str, str]:
        """Return no trailers."""
        return {}


class VerifiedBody(msgspec.Struct):
    """A body being verified: push bytes, forward what it yields, finish for the last piece."""

    length: int
    decoder: BodyDecoder
    checks: list[DigestCheck] = []
    trailer_digests: dict[str, Digest] = {}
    """Running digests by algorithm, whose expected values come in the trailer."""
    trailers: dict[str, str] = {}
    """The trailers that came, once everything is verified."""
    is_proved: bool = False
    """Whether the whole body was received and verified."""
    _received_bytes: int = 0
    _last_piece: Piece = b""

    def push(self, data: bytes) -> Iterator[Piece]:
        """Yield bytes that may be forwarded, always without the last piece so far.

        Raises `S3Error` at the first error of framing or length.
        """
        for piece in self.decoder.feed(data):
            if not piece:
                continue
            self._received_bytes += len(piece)
            if self._received_bytes > self.length:
                raise incomplete_body()
            for check in self.checks:
                check.update(piece)
            for digest in self.trailer_digests.values():
                digest.update(piece)
            verified, self._last_piece = self._last_piece, piece
            if verified:
                yield verified

    def finish(self) -> Piece:
        """Return the last piece once all is verified; raises `S3Error` if a check fails."""
        trailers = self.decoder.finish()
        if self._received_bytes != self.length:
            raise incomplete_body()
        for check in self.checks:
            check.finish()
        for algorithm, digest in self.trailer_digests.items():
            value = trailers.get(checksums.PREFIX + algorithm)
            if value is None:
                raise S3Error(
                    "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not"
                    " conform to our published schema.",
                )
            checksums.check_trailer(algorithm, digest, value)
        self.trailers = trailers
        self.is_proved = True
        return self._last_piece


def incomplete_body() -> S3Error:
    """Return the error for a body of another length than announced."""
    return S3Error(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        close=True,
    )


def client_too_slow() -> S3Error:
    """Return the error for a client that sends, or reads, too slowly."""
    return S3Error(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout"
        " period. Idle connections will be closed.",
        close=True,
    )


_LARGE_BYTES = 16 << 10  # a piece that is yielded alone


async def verified_pieces(
    body: VerifiedBody,
    receive: Receive,
    *,
    before_last: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Piece]:
    """Read a body from ASGI's `receive` and yield its bytes as they are verified.

    Raises `S3Error` if a check fails or the client disconnects.

    A body of tiny chunks costs work per chunk: after a bounded number of them the event loop runs
    other tasks, and what was verified is yielded in one piece; large ones are not copied for it.
    `before_last` is awaited before the last piece is yielded; an exception of it ends the body
    without that piece.
    """
    async for data in received_pieces(receive):
        waiting: list[Piece] = []
        for piece in body.push(data):
            if len(piece) >= _LARGE_BYTES:
                if waiting:
                    yield b"".join(waiting)
                    waiting.clear()
                yield piece
                continue
            waiting.append(piece)
            if len(waiting) == limits.PIECES_PER_TURN:
                yield b"".join(waiting)
                waiting.clear()
                await asyncio.sleep(0)
        if waiting:
            yield b"".join(waiting)
    last = body.finish()
    if last:
        if before_last is not None:
            await before_last()
        yield last


async def read_verified(body: VerifiedBody, receive: Receive) -> bytes:
    """Read a small body from ASGI's `receive` and return it once all of it is verified."""
    return b"".join([piece async for piece in verified_pieces(body, receive)])


async def received_pieces(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the pieces of a body from ASGI; raises `S3Error` if the client disconnects."""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise incomplete_body()
        data: bytes = message.get("body", b"")
        if data:
            yield data
        if not message.get("more_body"):
            return
