"""Digests and checksums of a body: its SHA-256, its MD5, and the checksum that the client declared.

Sources: RFC 1864 (Content-MD5); Amazon S3 user guide, "Checking object integrity".
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

from awscrt import checksums as crt

from daypass.gate.protocol.errors import S3Error

PREFIX = "x-amz-checksum-"


class Digest(Protocol):
    """A running digest."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Add bytes of the body."""

    def digest(self) -> bytes:
        """Return the digest of all bytes so far, big-endian."""


class CRC:
    """A running cyclic redundancy check with a value of `size` bytes."""

    def __init__(self, step: Callable[[bytes | memoryview, int], int], size: int) -> None:
        self._step = step
        self._size = size
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        """Add bytes of the body."""
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        """Return the value, big-endian."""
        return self._value.to_bytes(self._size, "big")


COMPUTED: Mapping[str, Callable[[], Digest]] = {
    "crc32": lambda: CRC(zlib.crc32, 4),
    "crc32c": lambda: CRC(crt.crc32c, 4),
    "crc64nvme": lambda: CRC(crt.crc64nvme, 8),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}
"""Algorithms that the gate computes. Values of other algorithms are forwarded as headers for the
store to check, and refused as trailers."""

LEFT_TO_STORE = frozenset({"xxhash64", "xxhash3", "xxhash128"})


class DigestCheck:
    """One expected digest of a body; `fail` makes the error for another digest."""

    def __init__(self, digest: Digest, fail: Callable[[bytes], S3Error], expected: bytes) -> None:
        self._digest = digest
        self._fail = fail
        self._expected = expected
        self.update = digest.update

    def finish(self) -> None:
        """Raise the error unless the body has the expected digest."""
        found = self._digest.digest()
        if found != self._expected:
            raise self._fail(found)


def sha256_check(hex_digest: str) -> DigestCheck:
    """Return a check of the SHA-256 in hex that `x-amz-content-sha256` declares."""

    def fail(found: bytes) -> S3Error:
        return S3Error(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            details={
                "ClientComputedContentSHA256": hex_digest,
                "S3ComputedContentSHA256": found.hex(),
            },
        )

    return DigestCheck(hashlib.sha256(), fail, bytes.fromhex(hex_digest))


def content_md5_check(header: str) -> DigestCheck:
    """Return a check of `Content-MD5`; raises `S3Error` InvalidDigest for an invalid header."""
    expected = _decoded_checksum(header, 16)
    if expected is None:
        raise S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.")

    def fail(_found: bytes) -> S3Error:
        return S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.")

    return DigestCheck(hashlib.md5(usedforsecurity=False), fail, expected)


def declared_check(algorithm: str, value: str) -> DigestCheck | None:
    """Return a check of a declared checksum; None for an algorithm that is left to the store.

    Raises `S3Error` InvalidRequest for an unknown algorithm or an invalid value.
    """
    make = COMPUTED.get(algorithm)
    if make is None:
        if algorithm in LEFT_TO_STORE:
            return None
        raise S3Error("InvalidRequest", "The algorithm type you specified is unknown.")
    digest = make()
    expected = _decoded_checksum(value, len(digest.digest()))
    if expected is None:
        raise S3Error("InvalidRequest", f"Value for {PREFIX}{algorithm} header is invalid.")

    def fail(_found: bytes) -> S3Error:
        return S3Error(
            "BadDigest",
            f"The {algorithm.upper()} you specified did not match the calculated checksum.",
        )

    return DigestCheck(digest, fail, expected)


def new_digest(algorithm: str) -> Digest:
    """Return a digest whose expected value comes in a trailer.

    Raises `S3Error` NotImplemented for an algorithm that the gate does not compute.
    """
    make = COMPUTED.get(algorithm)
    if make is None:
        raise S3Error(
            "NotImplemented",
            "A header you provided implies functionality that is not implemented.",
            details={"Header": f"{PREFIX}{algorithm}"},
        )
    return make()


def base64_length(algorithm: str) -> int:
    """Return the length of an algorithm's checksum in base64."""
    return -(-len(new_digest(algorithm).digest()) // 3) * 4


def check_trailer(algorithm: str, digest: Digest, value: str) -> None:
    """Raise `S3Error` unless a running digest equals the trailer's value."""
    expected = _decoded_checksum(value, len(digest.digest()))
    if expected is None:
        raise S3Error(
            "InvalidRequest", f"Value for {PREFIX}{algorithm} trailing header is invalid."
        )
    if digest.digest() != expected:
        raise S3Error(
            "BadDigest",
            f"The {algorithm.upper()} you specified did not match the calculated checksum.",
        )


def _decoded_checksum(text: str, size: int) -> bytes | None:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if len(value) == size else None
