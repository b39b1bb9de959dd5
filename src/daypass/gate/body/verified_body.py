"""The body of an upload: verified while it flows, its last byte held back until everything about it is proved.

The store is always told the whole length. If verification fails, at most that length less one byte
has been sent, the connection is torn down, and the store has an incomplete request: no object.
Nothing here speaks HTTP.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from daypass.gate import limits
from daypass.gate.body import checksums
from daypass.gate.body.checksums import Digest, DigestCheck
from daypass.gate.protocol.errors import S3Error

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class BodyDecoder(Protocol):
    """The framing inside the body: none, or aws-chunked."""

    def feed(self, data: bytes) -> Iterable[bytes]:
        """Take in bytes of the wire and return bytes of the object."""

    def finish(self) -> dict[str, str]:
        """Raise unless the framing is complete and proved; return the trailers."""


class UnframedDecoder:
    """No framing: what arrives is the object."""

    def feed(self, data: bytes) -> Iterable[bytes]:
        """Return what came."""
        return (data,)

    def finish(self) -> dict[str, str]:
        """Return no trailers: there are none."""
        return {}


@dataclass(slots=True)
class VerifiedBody:
    """A body on its way: push bytes in, take out what may go on, finish for the last byte."""

    length: int
    decoder: BodyDecoder
    checks: list[DigestCheck] = field(default_factory=list)
    trailing: dict[str, Digest] = field(default_factory=dict)
    """Checksums by algorithm whose values come in the trailer."""
    trailers: dict[str, str] = field(default_factory=dict)
    """The trailers that came, once everything is verified."""
    is_proved: bool = False
    """Whether the whole body has come and been verified."""
    _seen: int = 0
    _held: bytes = b""

    def push(self, data: bytes) -> Iterator[bytes]:
        """Yield what may go on, always all but the last byte so far; raises `S3Error` at the first departure."""
        for piece in self.decoder.feed(data):
            if not piece:
                continue
            self._seen += len(piece)
            if self._seen > self.length:
                raise incomplete_body()
            for check in self.checks:
                check.update(piece)
            for digest in self.trailing.values():
                digest.update(piece)
            going = self._held + piece[:-1]
            self._held = piece[-1:]
            if going:
                yield going

    def finish(self) -> bytes:
        """Return the last byte, now that everything is proved; raises `S3Error` if it is not."""
        trailers = self.decoder.finish()
        if self._seen != self.length:
            raise incomplete_body()
        for check in self.checks:
            check.finish()
        for algorithm, digest in self.trailing.items():
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
        return self._held


def incomplete_body() -> S3Error:
    """Return the error for a body of another length than was said."""
    return S3Error(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        close=True,
    )


def client_too_slow() -> S3Error:
    """Return the error for a client that sends, or takes, too slowly."""
    return S3Error(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout"
        " period. Idle connections will be closed.",
        close=True,
    )


async def verified_pieces(
    body: VerifiedBody,
    receive: Receive,
    *,
    before_last: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[bytes]:
    """Yield the object's bytes as they are verified; raises `S3Error` where the body is not what was signed.

    A body of tiny chunks costs work by the chunk: after so many of them others have the event loop,
    and what was verified goes on in one piece. `before_last` is awaited before the last byte is
    handed out; what it raises ends the body one byte short.
    """
    async for data in received_pieces(receive):
        waiting: list[bytes] = []
        for piece in body.push(data):
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
    """Return a small body that was verified from its first byte to its last."""
    return b"".join([piece async for piece in verified_pieces(body, receive)])


async def received_pieces(receive: Receive) -> AsyncIterator[bytes]:
    """Yield what the client sends until it has sent everything; raises `S3Error` if it goes away before."""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise incomplete_body()
        data: bytes = message.get("body", b"")
        if data:
            yield data
        if not message.get("more_body"):
            return
