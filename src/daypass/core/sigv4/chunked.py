"""S3's `aws-chunked` bodies: decoding and encoding chunks whose signatures form a chain.

The decoder takes bytes as they arrive, cut anywhere, and buffers at most one size line or the
trailer section. It yields the bytes of a chunk before the chunk's signature has arrived, so its
user must hold back the object's last byte until `finish` has returned. Source: S3 API reference,
"Signature calculations: transferring payload in multiple chunks".
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
VIEWED_BYTES_MIN = 4 << 10
"""The smallest piece of a chunk that is not copied; ours. A view keeps all bytes around it."""
TRAILER_ALGORITHM = "AWS4-HMAC-SHA256-TRAILER"
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})")
_SIGNED_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8});chunk-signature=([0-9a-f]{64})")
_TRAILER = re.compile(rb"([A-Za-z0-9-]+):([\x20-\x7e]*)")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
CHUNK_MISMATCH = "The chunk signature does not match what was computed."
TRAILER_MISMATCH = "The trailer signature does not match what was computed."


@dataclass(slots=True)
class SignatureChain:
    """The chain of chunk signatures: each is over the chunk's hash and the signature before it."""

    key: bytes = field(repr=False)
    amz_date: str
    scope: str
    previous: str
    """The newest signature; at first that of the request itself."""

    def sign_chunk(self, digest: str) -> str:
        """Return the signature of the next chunk, by its SHA-256 in hex; advance the chain."""
        parts = (CHUNK_ALGORITHM, self.amz_date, self.scope, self.previous, EMPTY_SHA256, digest)
        self.previous = hmac.digest(self.key, "\n".join(parts).encode(), "sha256").hex()
        return self.previous

    def sign_trailers(self, trailers: dict[str, str]) -> str:
        """Return the signature of the trailers, given as values by name."""
        text = "".join(f"{name}:{value}\n" for name, value in sorted(trailers.items()))
        digest = hashlib.sha256(text.encode()).hexdigest()
        parts = (TRAILER_ALGORITHM, self.amz_date, self.scope, self.previous, digest)
        return hmac.digest(self.key, "\n".join(parts).encode(), "sha256").hex()


class _State(enum.IntEnum):
    """What is read next; the number is the place of its reader."""

    SIZE = 0
    DATA = 1
    DATA_END = 2
    TRAILERS = 3
    DONE = 4


class ChunkedDecoder:
    """Decodes an aws-chunked body to the object's bytes, and verifies chunk signatures.

    With a chain every chunk must be signed; without one (None) no chunk may be. `announced` are the
    names of the trailers that the header `x-amz-trailer` lists, in lower case.
    """

    def __init__(
        self, chain: SignatureChain | None, *, announced: frozenset[str] = frozenset()
    ) -> None:
        self._chain = chain
        self._announced = announced
        self._state = _State.SIZE
        self._buffer = b""
        self._at = 0
        """Where the unread part of the buffer begins: what was read is not moved out of it."""
        self._chunk_bytes_left = 0
        self._chunk_signature = ""
        self._chunk_digest = hashlib.sha256()
        self._trailer_bytes = 0
        self._trailers: dict[str, str] = {}
        self._readers: tuple[Callable[[], bytes | memoryview | None], ...] = (
            self._read_size,
            self._read_data,
            self._read_data_end,
            self._read_trailer,
            self._read_after_end,
        )

    def feed(self, data: bytes) -> Iterator[bytes | memoryview]:
        """Yield the object's bytes in `data`, the next bytes of the body; large ones as views.

        Raises `Invalid` for a body that breaks the framing, `BadSignature` for a chunk or trailers
        with another signature, `BadTrailer` for a repeated or unexpectedly signed trailer,
        `Incomplete` for bytes after the end.
        """
        self._buffer, self._at = self._unread() + data, 0
        while (piece := self._readers[self._state]()) is not None:
            if piece:
                yield piece
        if self._at == len(self._buffer):
            self._buffer, self._at = b"", 0

    def finish(self) -> dict[str, str]:
        """Return the verified trailers at the end of the body, by name in lower case.

        Raises `Incomplete` if the last chunk is missing, `BadTrailer` if the trailers are not the
        announced ones, and the faults of `feed` for the last trailer line.
        """
        if self._state is _State.TRAILERS:
            # Some clients leave out the last line end, so it may be missing after the last chunk.
            line = self._unread().removesuffix(b"\r")
            self._buffer, self._at = b"", 0
            if line:
                self._add_trailer(line)
            self._finish_trailers()
        if self._state is not _State.DONE:
            raise Incomplete("The body ended before its last chunk.")
        if set(self._trailers) != self._announced:
            raise BadTrailer("The trailers are not the ones that x-amz-trailer announces.")
        return self._trailers

    def _unread(self) -> bytes:
        return self._buffer[self._at :]

    # Each step returns bytes of the object, empty bytes to continue with the next step, or None to
    # wait for more input.

    def _read_size(self) -> bytes | memoryview | None:
        begin, line_max = self._at, quotas.CHUNK_LINE_BYTES_MAX
        end = self._buffer.find(b"\r\n", begin, begin + line_max + 2)
        if end < 0:
            if len(self._buffer) - begin > line_max:
                raise Invalid("A chunk's size line is too long.")
            return None
        self._chunk_bytes_left, self._chunk_signature = self._parse_size_line(
            self._buffer[begin:end]
        )
        self._at = end + 2
        if self._chain is not None:
            self._chunk_digest = hashlib.sha256()
        if self._chunk_bytes_left:
            self._state = _State.DATA
            return self._read_data()
        self._check_chunk()
        self._state = _State.TRAILERS
        return b""

    def _parse_size_line(self, line: bytes) -> tuple[int, str]:
        pattern = _SIZE if self._chain is None else _SIGNED_SIZE
        match = pattern.fullmatch(line)
        if match is None:
            raise Invalid("A chunk's size line cannot be read.")
        size = int(match[1], 16)
        if size > quotas.CHUNK_BYTES_MAX:
            raise Invalid("A chunk is too large.")
        return size, "" if self._chain is None else match[2].decode("ascii")

    def _read_data(self) -> bytes | memoryview | None:
        if self._at == len(self._buffer):
            return None
        end = min(self._at + self._chunk_bytes_left, len(self._buffer))
        is_large = end - self._at >= VIEWED_BYTES_MIN
        piece = (memoryview(self._buffer) if is_large else self._buffer)[self._at : end]
        self._at = end
        self._chunk_bytes_left -= len(piece)
        if self._chain is not None:
            self._chunk_digest.update(piece)
        if not self._chunk_bytes_left:
            self._state = _State.DATA_END
        return piece

    def _read_data_end(self) -> bytes | memoryview | None:
        if len(self._buffer) - self._at < len(b"\r\n"):
            return None
        if not self._buffer.startswith(b"\r\n", self._at):
            raise Invalid("A chunk does not end in a line end.")
        self._at += len(b"\r\n")
        self._check_chunk()
        self._state = _State.SIZE
        return self._read_size()

    def _check_chunk(self) -> None:
        if self._chain is None:
            return
        if not hmac.compare_digest(
            self._chain.sign_chunk(self._chunk_digest.hexdigest()), self._chunk_signature
        ):
            raise BadSignature(CHUNK_MISMATCH)

    def _read_trailer(self) -> bytes | None:
        """Read a trailer line, or the empty line after the last one.

        A line may end in a lone line feed.
        """
        end = self._buffer.find(b"\n", self._at)
        self._trailer_bytes = max(self._trailer_bytes, len(self._buffer) - self._at)
        if self._trailer_bytes > quotas.TRAILER_BYTES_MAX:
            raise Invalid("The trailers are too long.")
        if end < 0:
            return None
        line = self._buffer[self._at : end].removesuffix(b"\r")
        self._at = end + 1
        if line:
            self._add_trailer(line)
        else:
            self._finish_trailers()
        return b""

    def _add_trailer(self, line: bytes) -> None:
        match = _TRAILER.fullmatch(line)
        if match is None or len(self._trailers) >= quotas.TRAILERS_MAX:
            raise Invalid("The trailers cannot be read.")
        name = match[1].decode("ascii").lower()
        if name in self._trailers:
            raise BadTrailer("A trailer was sent twice.")
        self._trailers[name] = match[2].decode("ascii").strip()

    def _finish_trailers(self) -> None:
        signature = self._trailers.pop(_TRAILER_SIGNATURE, "")
        if self._chain is None and signature:
            raise BadTrailer("The trailers are signed, but the request said that nothing is.")
        if self._chain is not None and (self._announced or self._trailers or signature):
            expected = self._chain.sign_trailers(self._trailers)
            if not hmac.compare_digest(expected, signature):
                raise BadSignature(TRAILER_MISMATCH)
        self._state = _State.DONE

    def _read_after_end(self) -> bytes | None:
        if self._at < len(self._buffer):
            raise Incomplete("The body goes on after its end.")
        return None


class ChunkedEncoder:
    """Encodes a body as signed chunks, for the gate's requests to the store."""

    def __init__(self, chain: SignatureChain) -> None:
        self._chain = chain

    def encode_chunk(self, *pieces: bytes | memoryview) -> bytes:
        """Return the pieces together as the next signed chunk; an empty chunk ends the body."""
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        signature = self._chain.sign_chunk(digest.hexdigest())
        size = sum(map(len, pieces))
        return b"".join(
            [b"%x;chunk-signature=%b\r\n" % (size, signature.encode()), *pieces, b"\r\n"]
        )


def signed_chunks_length(length: int, *, chunk_bytes: int) -> int:
    """Return the length in bytes of a body encoded in signed chunks of `chunk_bytes`.

    The empty last chunk is included, trailers are not.
    """
    frame = len(";chunk-signature=") + 64
    return _framed_length(length, chunk_bytes, frame) + len("0\r\n\r\n") + frame


def unsigned_chunks_length(length: int, *, chunk_bytes: int) -> int:
    """Return the length in bytes of a body encoded in unsigned chunks of `chunk_bytes`.

    The empty last chunk is included, trailers are not.
    """
    return _framed_length(length, chunk_bytes, 0) + len("0\r\n\r\n")


def _framed_length(length: int, chunk_bytes: int, frame: int) -> int:
    whole, rest = divmod(length, chunk_bytes)
    sizes = [chunk_bytes] * bool(whole) + [rest] * bool(rest)
    counts = [whole] * bool(whole) + [1] * bool(rest)
    return sum(
        count * (len(f"{size:x}") + frame + len("\r\n\r\n") + size)
        for size, count in zip(sizes, counts, strict=True)
    )
