"""A request and an answer as they stand on the wire."""

from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request with its whole body; header names in lower case, in order of arrival; `client` is its address, or empty."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers
    body: bytes
    client: str = ""
    secure: bool = False

    def header(self, name: bytes) -> str:
        """Return a header's first value, empty where there is none."""
        for known, value in self.headers:
            if known == name:
                return value.decode("latin-1")
        return ""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer with its whole body."""

    status: int
    headers: Headers
    body: bytes
