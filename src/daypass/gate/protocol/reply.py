"""Sending an answer to the client over ASGI: status and headers once, then the body."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from daypass.core.http.fields import is_sendable_field
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Headers = list[tuple[bytes, bytes]]
NO_CONTENT = 204


class S3Reply:
    """One answer; each carries the gate's own request id."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.id = request_id
        self.has_started = False

    async def send_head(self, status: int, headers: Headers) -> None:
        """Send the status and the headers.

        Raises `S3Error` InternalError for an invalid header, before anything is sent.
        """
        mark = self.id.encode()
        lines = [(b"x-amz-request-id", mark), (b"x-amz-id-2", mark), *headers]
        check_headers(lines)
        self.has_started = True
        await self._send({"type": "http.response.start", "status": status, "headers": lines})

    async def send_piece(self, piece: bytes) -> None:
        """Send a piece of the body."""
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def send_end(self, piece: bytes = b"") -> None:
        """Send the last piece."""
        await self._send({"type": "http.response.body", "body": piece})

    async def send_complete(self, status: int, headers: Headers, content: bytes) -> None:
        """Send a whole answer with its length."""
        length = [] if status == NO_CONTENT else [(b"content-length", b"%d" % len(content))]
        await self.send_head(status, [*headers, *length])
        await self.send_end(content)

    async def send_and_close(
        self, status: int, headers: Headers, content: bytes, receive: Receive | None
    ) -> None:
        """Send the last answer of a connection.

        If the client is still sending, a little more of its body is read first: a connection that
        is closed upon unread bytes is reset, and the answer would be lost on its way (RFC 9112,
        9.6).
        """
        await self.send_head(status, [*headers, (b"content-length", b"%d" % len(content))])
        await self.send_piece(content)
        if receive is not None:
            await _discard_body(receive)
        await self.send_end()

    async def send_document(self, status: int, content: bytes) -> None:
        """Send an XML document, or an answer without a body if `content` is empty."""
        kind = [(b"content-type", b"application/xml")] if content else []
        await self.send_complete(status, kind, content)


def check_headers(headers: Headers) -> None:
    """Raise `S3Error` InternalError for a header that cannot be sent.

    A name or a value can be sent if each of its bytes can, so all names, and all values, are
    searched at once; one by one only to say which it is.
    """
    names, values = [name for name, _ in headers], [value for _, value in headers]
    if is_sendable_field(b"".join(names), b"".join(values)) and b"" not in names:
        return
    for name, value in headers:
        if not is_sendable_field(name, value):
            raise S3Error(
                "InternalError",
                "We encountered an internal error. Please try again.",
                operator=f"the answer's header {name[:80]!r} cannot be sent",
            )


async def _discard_body(receive: Receive) -> None:
    remaining = limits.LINGER_BYTES_MAX
    try:
        async with asyncio.timeout(limits.LINGER_SECONDS_MAX):
            while remaining > 0:
                message = await receive()
                remaining -= len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
    except TimeoutError:
        return
