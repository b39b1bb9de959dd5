"""Sends a complete response to a client, over ASGI or as bytes."""

import asyncio
from collections.abc import Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from daypass.core.http.asgi_types import Receive, Scope, Send
from daypass.core.http.fields import are_sendable_values
from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.wire.message import HttpResponse


def response_bytes(
    response: HttpResponse, common_headers: Sequence[tuple[bytes, bytes]], *, close: bool
) -> bytes:
    """Return an HTTP/1.1 response as the bytes that ASGI's server sends for it.

    `close` says that the connection is closed after it. Raises `ValueError` for a header that would
    end early.
    """
    headers = response.headers
    if not are_sendable_values([value for _, value in headers]):
        raise ValueError("the header of a response cannot be sent")
    # One join of all pieces takes less than half the time of a text for each header.
    pieces = [STATUS_LINE[response.status]]
    for name, value in common_headers:
        pieces += (name, b": ", value, b"\r\n")
    for name, value in headers:
        pieces += (name, b": ", value, b"\r\n")
    pieces.append(b"content-length: %d\r\n" % len(response.body))
    pieces.append(b"connection: close\r\n\r\n" if close else b"\r\n")
    pieces.append(response.body)
    return b"".join(pieces)


def note_proof(scope: Scope, event: Event) -> None:
    """Note at the connection of a request, if it takes that, that its caller was proved."""
    if event.principal and (prove := scope.get("state", {}).get("prove")):
        prove()


async def send_response(send: Send, response: HttpResponse) -> None:
    """Send a response; the connection stays open."""
    headers = [*response.headers, (b"content-length", b"%d" % len(response.body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def send_last_response(send: Send, response: HttpResponse, receive: Receive) -> None:
    """Send the last response of a connection whose client may still be sending its request.

    A bounded part of the rest of the request is read before the connection is closed: closing with
    unread bytes resets the connection, and the response could be lost (RFC 9112, 9.6).
    """
    length = (b"content-length", b"%d" % len(response.body))
    headers = [*response.headers, length, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await _drain_request(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drain_request(receive: Receive) -> None:
    """Read and discard the rest of a request, up to a number of bytes and seconds."""
    left = limits.LINGER_BYTES_MAX
    try:
        async with asyncio.timeout(limits.LINGER_SECONDS_MAX):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
                left -= len(message.get("body", b""))
    except TimeoutError:
        return
