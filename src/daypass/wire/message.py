"""An HTTP request with its whole body, and an HTTP response."""

import msgspec

from daypass.core.http.request import Headers, RawRequest


class HttpRequest(RawRequest, frozen=True):
    """A request with its whole body; `client` is the peer's IP address, or empty.

    `secure` is True if it came over TLS.
    """

    body: bytes
    client: str = ""
    secure: bool = False

    def header(self, name: bytes) -> str:
        """Return a header's first value, by its name in lower case; empty if it is missing."""
        for known, value in self.headers:
            if known == name:
                return value.decode("latin-1")
        return ""


class HttpResponse(msgspec.Struct, frozen=True):
    """A response with its whole body."""

    status: int
    headers: Headers
    body: bytes
