"""An answer that is known from its first byte to its last, on its way to a client."""

import asyncio

from daypass.core.http.asgi_types import Receive, Send
from daypass.server import limits
from daypass.wire.message import HttpResponse


async def whole(send: Send, response: HttpResponse) -> None:
    """Send an answer; the connection goes on."""
    headers = [*response.headers, (b"content-length", b"%d" % len(response.body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def last(send: Send, response: HttpResponse, receive: Receive) -> None:
    """Send the last answer of a connection whose client may still be sending.

    A little more of that is read first: a connection that is closed upon unread bytes is reset, and the answer would be lost
    on its way (RFC 9112, 9.6).
    """
    length = (b"content-length", b"%d" % len(response.body))
    headers = [*response.headers, length, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await _linger(receive)
    await send({"type": "http.response.body", "body": b""})


async def _linger(receive: Receive) -> None:
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
