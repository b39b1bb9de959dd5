"""A request for the store, as a value: method, path, headers, body, and trailers behind the body.

Every part is already encoded and decided on; `upstream` signs and sends it.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import msgspec

UNSIGNED = "UNSIGNED-PAYLOAD"
CHUNKED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass(frozen=True, slots=True)
class Trailers:
    """Checksums behind a body: their names, the length of their values, and the verified values."""

    names: tuple[str, ...]
    size: int
    values: Callable[[], Mapping[str, str]]

    @property
    def length(self) -> int:
        """Return the length of the trailers in bytes, line ends included."""
        return sum(len(name) + len(":\r\n") for name in self.names) + self.size

    def text(self) -> bytes:
        """Return the trailers as bytes of the body."""
        values = self.values()
        return "".join(f"{name}:{values[name]}\r\n" for name in self.names).encode("ascii")


class StoreRequest(msgspec.Struct, frozen=True):
    """A request for the store, every part already encoded."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes | AsyncIterator[bytes | memoryview] | None = None
    length: int = 0
    payload_hash: str = EMPTY_SHA256
    """The signed value of `x-amz-content-sha256`: a SHA-256 in hex, or a word such as
    `UNSIGNED-PAYLOAD`."""
    trailers: Trailers | None = None
    """Checksums behind the body, for a store that supports them; the payload hash is then
    `TRAILER`."""
    is_slow: bool = False


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of a small body in hex, for the signature of its request."""
    return hashlib.sha256(content).hexdigest()
