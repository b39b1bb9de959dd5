"""An HTTP request with its whole body, and an HTTP response."""

import msgspec

from daypass.core.http.normalization import NormalizedHeaders
from daypass.core.http.request import Headers, RawRequest


class HttpRequest(RawRequest, frozen=True):
    """A request with its whole body; `client` is the peer's IP address, or empty.

    `secure` is True if it came over TLS, `forwarded` if a trusted proxy sent it.
    """

    body: bytes
    client: str = ""
    secure: bool = False
    forwarded: bool = False

    def header(self, name: bytes) -> str:
        """Return a header's first value, by its name in lower case; empty if it is missing."""
        headers = self.headers
        if isinstance(headers, NormalizedHeaders) and not headers.repeated:
            value = headers.by_name.get(name)
            return "" if value is None else value.decode("latin-1")
        for known, value in headers:
            if known == name:
                return value.decode("latin-1")
        return ""


class HttpResponse(msgspec.Struct, frozen=True):
    """A response with its whole body."""

    status: int
    headers: Headers
    body: bytes
