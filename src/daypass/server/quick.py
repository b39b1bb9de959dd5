"""Turning away a request that is here as a whole, for a small part of what reading it would cost.

The same parser finds where it ends, so that both ways of reading a connection agree about that.
"""

from http import HTTPStatus

import httptools

from daypass.server.shapes import Early, Shapes
from daypass.wire.message import Headers, HttpResponse


class _Ends:
    """Counts where requests begin and end, and looks at nothing else."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_message_complete(self) -> None:
        self.ended += 1


def is_one_request(data: bytes) -> bool:
    """Say whether bytes are exactly one request, after which its connection goes on."""
    ends = _Ends()
    parser = httptools.HttpRequestParser(ends)
    try:
        parser.feed_data(data)
    except httptools.HttpParserError:
        return False
    return ends.begun == ends.ended == 1 and parser.should_keep_alive()


def refusal(data: bytes, shapes: Shapes, marks: list[tuple[bytes, bytes]]) -> bytes | None:
    """Return the bytes that turn a request away, or nothing if it is not one that can be so quickly.

    `marks` are headers that every answer has. An answer to HEAD has no body, and is left to those who know.
    """
    if data.startswith(b"HEAD ") or not is_one_request(data):
        return None
    head = data.partition(b"\r\n\r\n")[0]
    return whole(shapes.refusal(head, Early.TOO_MUCH), marks, close=False)


def whole(response: HttpResponse, marks: list[tuple[bytes, bytes]], *, close: bool) -> bytes:
    """Return an answer as it goes over the wire."""
    length = (b"content-length", b"%d" % len(response.body))
    headers: Headers = (*marks, *response.headers, length)
    if close:
        headers = (*headers, (b"connection", b"close"))
    lines = b"".join([b"%b: %b\r\n" % pair for pair in headers])
    phrase = HTTPStatus(response.status).phrase.encode()
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (response.status, phrase, lines, response.body)
