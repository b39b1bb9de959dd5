"""Sends a complete response to a client, over ASGI."""

import asyncio

from daypass.core.http.asgi_types import Receive, Send
from daypass.server import limits
from daypass.wire.message import HttpResponse


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
