"""aws-chunked: a body in chunks, each signed by the one before it, perhaps with trailers.

The decoder takes bytes as they come, cut anywhere, and never keeps more than one size line or the trailer section. Bytes of
a signed chunk are given out before its signature is known; whoever uses them holds the object's last byte back until
`finish` has returned. Source: S3 API reference, "Signature calculations: transferring payload in multiple chunks".
"""

import enum
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from daypass.core import quotas
from daypass.core.faults import BadSignature, BadTrailer, Incomplete, Invalid

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
CHUNK_ALGORITHM = "AWS4-HMAC-SHA256-PAYLOAD"
TRAILER_ALGORITHM = "AWS4-HMAC-SHA256-TRAILER"
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})")
_SIGNED_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8});chunk-signature=([0-9a-f]{64})")
_TRAILER = re.compile(rb"([A-Za-z0-9-]+):([\x20-\x7e]*)")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
CHUNK_MISMATCH = "The chunk signature does not match what was computed."
TRAILER_MISMATCH = "The trailer signature does not match what was computed."


@dataclass(slots=True)
class SignatureChain:
    """The chain of signatures: each chunk signs the signature before it."""

    key: bytes = field(repr=False)
    amz_date: str
    scope: str
    previous: str
    """At first the signature of the request itself."""

    def chunk(self, digest: str) -> str:
        """Return the signature of a chunk with that SHA-256, and go on from it."""
        parts = (CHUNK_ALGORITHM, self.amz_date, self.scope, self.previous, EMPTY_SHA256, digest)
        self.previous = hmac.digest(self.key, "\n".join(parts).encode(), "sha256").hex()
        return self.previous

    def trailer(self, trailers: dict[str, str]) -> str:
        """Return the signature of the trailers."""
        text = "".join(f"{name}:{value}\n" for name, value in sorted(trailers.items()))
        digest = hashlib.sha256(text.encode()).hexdigest()
        parts = (TRAILER_ALGORITHM, self.amz_date, self.scope, self.previous, digest)
        return hmac.digest(self.key, "\n".join(parts).encode(), "sha256").hex()


class _State(enum.Enum):
    SIZE = enum.auto()
    DATA = enum.auto()
    DATA_END = enum.auto()
    TAIL = enum.auto()
    DONE = enum.auto()


class ChunkedDecoder:
    """Takes the framing off. With a chain every chunk is verified; without one no chunk may have a signature."""

    def __init__(
        self, chain: SignatureChain | None, *, announced: frozenset[str] = frozenset()
    ) -> None:
        self._chain = chain
        self._announced = announced
        self._state = _State.SIZE
        self._waiting = bytearray()
        self._left = 0
        self._signature = ""
        self._digest = hashlib.sha256()
        self._tail_bytes = 0
        self._trailers: dict[str, str] = {}
        self._steps: dict[_State, Callable[[], bytes | None]] = {
            _State.SIZE: self._read_size,
            _State.DATA: self._read_data,
            _State.DATA_END: self._read_data_end,
            _State.TAIL: self._read_tail,
            _State.DONE: self._read_nothing,
        }

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the bytes of the object that `data` brings.

        Raises `Invalid` for anything that is not the framing, `BadSignature` for a chunk that was not signed so.
        """
        self._waiting += data
        while (piece := self._steps[self._state]()) is not None:
            if piece:
                yield piece

    def finish(self) -> dict[str, str]:
        """Return the trailers, now that everything is verified.

        Raises `Incomplete` if the last chunk has not come, `BadTrailer` if the trailers are not the announced ones.
        """
        if self._state is _State.TAIL:
            # Some clients leave out the last line end: after the last chunk that is forgiven.
            line = bytes(self._waiting).removesuffix(b"\r")
            self._waiting.clear()
            if line:
                self._take(line)
            self._end()
        if self._state is not _State.DONE:
            raise Incomplete("The body ended before its last chunk.")
        if set(self._trailers) != self._announced:
            raise BadTrailer("The trailers are not the ones that x-amz-trailer announces.")
        return self._trailers

    # Each step returns bytes of the object, nothing (empty) for another step, or None when it needs more.

    def _read_size(self) -> bytes | None:
        end = self._waiting.find(b"\r\n")
        if end < 0 or end > quotas.CHUNK_LINE_BYTES_MAX:
            if len(self._waiting) > quotas.CHUNK_LINE_BYTES_MAX:
                raise Invalid("A chunk's size line is too long.")
            return None
        self._left, self._signature = self._size(bytes(self._waiting[:end]))
        del self._waiting[: end + 2]
        self._digest = hashlib.sha256()
        if self._left:
            self._state = _State.DATA
        else:
            self._check_chunk()
            self._state = _State.TAIL
        return b""

    def _size(self, line: bytes) -> tuple[int, str]:
        pattern = _SIZE if self._chain is None else _SIGNED_SIZE
        match = pattern.fullmatch(line)
        if match is None:
            raise Invalid("A chunk's size line cannot be read.")
        size = int(match[1], 16)
        if size > quotas.CHUNK_BYTES_MAX:
            raise Invalid("A chunk is too large.")
        return size, "" if self._chain is None else match[2].decode("ascii")

    def _read_data(self) -> bytes | None:
        if not self._waiting:
            return None
        piece = bytes(self._waiting[: self._left])
        del self._waiting[: self._left]
        self._left -= len(piece)
        if self._chain is not None:
            self._digest.update(piece)
        if not self._left:
            self._state = _State.DATA_END
        return piece

    def _read_data_end(self) -> bytes | None:
        if len(self._waiting) < len(b"\r\n"):
            return None
        if self._waiting[:2] != b"\r\n":
            raise Invalid("A chunk does not end in a line end.")
        del self._waiting[:2]
        self._check_chunk()
        self._state = _State.SIZE
        return b""

    def _check_chunk(self) -> None:
        if self._chain is None:
            return
        if not hmac.compare_digest(self._chain.chunk(self._digest.hexdigest()), self._signature):
            raise BadSignature(CHUNK_MISMATCH)

    def _read_tail(self) -> bytes | None:
        """Read a trailer, or the empty line after the last; a lone line feed may end a line."""
        end = self._waiting.find(b"\n")
        self._tail_bytes = max(self._tail_bytes, len(self._waiting))
        if self._tail_bytes > quotas.TRAILER_BYTES_MAX:
            raise Invalid("The trailers are too long.")
        if end < 0:
            return None
        line = bytes(self._waiting[:end]).removesuffix(b"\r")
        del self._waiting[: end + 1]
        if line:
            self._take(line)
        else:
            self._end()
        return b""

    def _take(self, line: bytes) -> None:
        match = _TRAILER.fullmatch(line)
        if match is None or len(self._trailers) >= quotas.TRAILERS_MAX:
            raise Invalid("The trailers cannot be read.")
        name = match[1].decode("ascii").lower()
        if name in self._trailers:
            raise BadTrailer("A trailer was sent twice.")
        self._trailers[name] = match[2].decode("ascii").strip()

    def _end(self) -> None:
        signature = self._trailers.pop(_TRAILER_SIGNATURE, "")
        if self._chain is None and signature:
            raise BadTrailer("The trailers are signed, but the request said that nothing is.")
        if self._chain is not None and (self._announced or self._trailers or signature):
            expected = self._chain.trailer(self._trailers)
            if not hmac.compare_digest(expected, signature):
                raise BadSignature(TRAILER_MISMATCH)
        self._state = _State.DONE

    def _read_nothing(self) -> bytes | None:
        if self._waiting:
            raise Incomplete("The body goes on after its end.")
        return None


class ChunkedEncoder:
    """Puts the framing on: signed chunks, for the gate's own hop to the store."""

    def __init__(self, chain: SignatureChain) -> None:
        self._chain = chain

    def chunk(self, data: bytes) -> bytes:
        """Return the data as one signed chunk; the empty one is the last."""
        signature = self._chain.chunk(hashlib.sha256(data).hexdigest())
        return f"{len(data):x};chunk-signature={signature}\r\n".encode() + data + b"\r\n"


def signed_chunks_length(length: int, *, chunk_bytes: int) -> int:
    """Return how long a body of that length becomes in signed chunks of that size, the closing one included."""
    frame = len(";chunk-signature=") + 64
    return _framed_length(length, chunk_bytes, frame) + len("0\r\n\r\n") + frame


def unsigned_chunks_length(length: int, *, chunk_bytes: int) -> int:
    """Return how long a body becomes in chunks without signatures, the closing one included, trailers not."""
    return _framed_length(length, chunk_bytes, 0) + len("0\r\n\r\n")


def _framed_length(length: int, chunk_bytes: int, frame: int) -> int:
    whole, rest = divmod(length, chunk_bytes)
    sizes = [chunk_bytes] * bool(whole) + [rest] * bool(rest)
    counts = [whole] * bool(whole) + [1] * bool(rest)
    return sum(
        count * (len(f"{size:x}") + frame + len("\r\n\r\n") + size)
        for size, count in zip(sizes, counts, strict=True)
    )
