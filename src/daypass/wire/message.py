"""A request and an answer as they stand on the wire."""

import msgspec

from daypass.core.http.request import Headers, RawRequest


class HttpRequest(RawRequest, frozen=True):
    """A request with its whole body; header names in lower case, in order of arrival; `client` is its address, or empty."""

    body: bytes
    client: str = ""
    secure: bool = False

    def header(self, name: bytes) -> str:
        """Return a header's first value, empty where there is none."""
        for known, value in self.headers:
            if known == name:
                return value.decode("latin-1")
        return ""


class HttpResponse(msgspec.Struct, frozen=True):
    """An answer with its whole body."""

    status: int
    headers: Headers
    body: bytes
