"""Turning away a request that is here as a whole, for a small part of what reading it would cost.

The same parser finds where it ends, so that both ways of reading a connection agree about that.
"""

from http import HTTPStatus

import httptools

from daypass.core.http.request import Headers
from daypass.core.sources import Entropy
from daypass.server.http.crowds.shapes import Early, Shapes, signed_for
from daypass.wire.message import HttpResponse

ID = b"?" * 32
"""Stands where each refusal has its own id, and is as long."""
WRITTEN_MAX = 16
"""Services whose refusals are kept: all that there are, and a few names that are none."""


class _Ends:
    """Counts where requests begin and end, and looks at nothing else."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.goes_on = False
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_headers_complete(self) -> None:
        self.goes_on = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"

    def on_message_complete(self) -> None:
        self.ended += 1


def is_one_request(data: bytes) -> bool:
    """Say whether bytes are exactly one request, after which its connection goes on."""
    ends = _Ends()
    try:
        ends.parser.feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return False
    finally:
        # Each holds the other: a crowd would leave them to the garbage collector.
        del ends.parser
    return ends.goes_on and ends.begun == ends.ended == 1


class Quick:
    """Refusals that are written once, and only get an id of their own."""

    def __init__(self, shapes: Shapes, entropy: Entropy) -> None:
        self._shapes = shapes
        self._run = entropy(8).hex().encode()
        self._count = 0
        self._written: dict[bytes, tuple[bytes, bytes]] = {}

    def refusal(self, data: bytes, marks: list[tuple[bytes, bytes]]) -> bytes | None:
        """Return the bytes that turn a request away, or nothing if it is not one that can be so quickly.

        `marks` are headers that every answer has. An answer to HEAD has no body, and is left to those who know.
        """
        if data.startswith(b"HEAD ") or not is_one_request(data):
            return None
        head = data[: data.find(b"\r\n\r\n")]
        name = signed_for(head)
        known = self._written.get(name) if name else None
        status, rest = known or self._write(name, head)
        lines = b"".join([b"%b: %b\r\n" % pair for pair in marks])
        return status + lines + rest.replace(ID, self._next_id())

    def _next_id(self) -> bytes:
        """Return an id that no other request has: a number, behind what this run of the server drew."""
        self._count += 1
        return b"%b%016x" % (self._run, self._count)

    def _write(self, name: bytes, head: bytes) -> tuple[bytes, bytes]:
        response = self._shapes.refusal(head, Early.TOO_MUCH, ID.decode())
        status, sign, rest = whole(response, [], close=False).partition(b"\r\n")
        if name and len(self._written) < WRITTEN_MAX:
            self._written[name] = (status + sign, rest)
        return status + sign, rest


def whole(response: HttpResponse, marks: list[tuple[bytes, bytes]], *, close: bool) -> bytes:
    """Return an answer as it goes over the wire."""
    length = (b"content-length", b"%d" % len(response.body))
    headers: Headers = (*marks, *response.headers, length)
    if close:
        headers = (*headers, (b"connection", b"close"))
    lines = b"".join([b"%b: %b\r\n" % pair for pair in headers])
    phrase = HTTPStatus(response.status).phrase.encode()
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (response.status, phrase, lines, response.body)
