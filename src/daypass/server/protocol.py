"""uvicorn's HTTP/1.1 protocol, made to let exactly one reading of a request through.

ASGI hides what a verifier must see: an absolute-form target, a fragment, a path that a URL parser shortened. Here the
target is origin-form in printable ASCII, is split once at its first `?`, and reaches the application as it arrived.
Anything else is answered 400 and the connection closed. Request line and headers are bounded in size, number and time.
"""

import re
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from daypass.server import limits

_TARGET = re.compile(rb"/[\x21\x22\x24-\x7e]*")
"""Origin-form: begins with a slash; no `#`, no space, no control character, nothing above ASCII."""


_TLS_VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
"""As ASGI's TLS extension numbers them."""


class StrictProtocol(HttpToolsProtocol):
    """One connection."""

    waiting_since: float | None = None
    """When the connection began to owe us headers, by the event loop's clock; nothing while it does not."""
    _header_bytes = 0
    _tls_version: int | None = None
    _pieces = 0
    """Requests and pieces of bodies that came out of the bytes that were parsed last."""
    _is_scheduled = False
    _is_held = False

    def connection_made(self, transport: Any) -> None:
        """Count the time that a client takes for its first headers."""
        super().connection_made(transport)
        self._arrived = bytearray()
        self._body: list[bytes] = []
        self.waiting_since = self.loop.time()
        encryption = transport.get_extra_info("ssl_object")
        if encryption is not None:
            self._tls_version = _TLS_VERSIONS.get(encryption.version())

    def data_received(self, data: bytes) -> None:
        """Parse what came, so much of it in one turn of the event loop that nobody else waits long for theirs.

        Requests behind one another and chunks of a byte cost work by the piece, however few bytes they are; requests that
        wait for the answer to the one before are few.
        """
        self._arrived += data
        if not self._is_scheduled:
            self._parse()

    def _parse(self) -> None:
        self._is_scheduled = False
        while self._arrived and not self.transport.is_closing():
            if self.pipeline:
                # It goes on when these have been answered.
                break
            piece = bytes(self._arrived[: limits.PARSED_BYTES])
            del self._arrived[: limits.PARSED_BYTES]
            self._pieces = 0
            super().data_received(piece)
            self._pass_body_on()
            if self._pieces > limits.PARSED_PIECES_MAX and self._arrived:
                self._go_on_soon()
                break
        if self._arrived:
            self._is_held = True
            self.transport.pause_reading()
        elif self._is_held:
            self._is_held = False
            if not self.flow.read_paused and not self.transport.is_closing():
                self.transport.resume_reading()

    def _go_on_soon(self) -> None:
        self._is_scheduled = True
        self.loop.call_soon(self._parse)

    def on_response_complete(self) -> None:
        """Go on with what came behind the requests that waited."""
        super().on_response_complete()
        if self._arrived and not self._is_scheduled:
            self._go_on_soon()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of a body until all pieces of a time can be passed on together."""
        self._pieces += 1
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Pass on what is there of the body, and then its end."""
        self._pass_body_on()
        super().on_message_complete()

    def _pass_body_on(self) -> None:
        if self._body:
            body = b"".join(self._body)
            self._body.clear()
            super().on_body(body)

    def on_message_begin(self) -> None:
        """Count again for each request of a kept connection."""
        super().on_message_begin()
        self._pieces += 1
        self.waiting_since = self.loop.time()
        self._header_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Keep the target, up to its limit."""
        super().on_url(url)
        if len(self.url) > limits.TARGET_BYTES_MAX:
            raise ValueError("the request target is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, up to the limits."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > limits.HEADER_BYTES_MAX or len(self.headers) >= limits.HEADERS_MAX:
            raise ValueError("the header section is too large")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Refuse every target but one in origin-form; an exception here is a 400 and closes the connection."""
        if not _TARGET.fullmatch(self.url):
            raise ValueError("the request target is not in origin-form")
        if [name for name, _ in self.headers].count(b"host") != 1:
            raise ValueError("exactly one Host header is needed")
        self.waiting_since = None
        super().on_headers_complete()
        path, _, query = self.url.partition(b"?")
        self.scope["raw_path"] = path
        if self._tls_version is not None:
            self.scope["extensions"] = {"tls": {"tls_version": self._tls_version}}
        self.scope["query_string"] = query


def hang_up_on_the_slow(connections: Iterable[Any], *, now: float) -> None:
    """Close connections whose headers have been owed for longer than the limit; called every second."""
    for connection in list(connections):
        since = getattr(connection, "waiting_since", None)
        idle = connection.cycle is not None and connection.cycle.response_complete
        if since is not None and now - since > limits.HEADERS_SECONDS_MAX and not idle:
            connection.transport.abort()
