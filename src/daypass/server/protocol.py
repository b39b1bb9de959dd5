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

    def connection_made(self, transport: Any) -> None:
        """Count the time that a client takes for its first headers."""
        super().connection_made(transport)
        self.waiting_since = self.loop.time()
        encryption = transport.get_extra_info("ssl_object")
        if encryption is not None:
            self._tls_version = _TLS_VERSIONS.get(encryption.version())

    def on_message_begin(self) -> None:
        """Count again for each request of a kept connection."""
        super().on_message_begin()
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
