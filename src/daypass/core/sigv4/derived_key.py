"""A derived signing key, whose HMAC is begun once and carried on for each signature."""

import hashlib

_BLOCK_BYTES = 64
"""Of SHA-256."""
_INNER = bytes(each ^ 0x36 for each in range(256))
_OUTER = bytes(each ^ 0x5C for each in range(256))


class DerivedKey:
    """The key of a day, a region and a service, ready to sign: HMAC-SHA256 (RFC 2104).

    `raw` are its 32 bytes.
    """

    __slots__ = ("_inner", "_outer", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        # Hashes that have read the padded key are copied for each text: `hmac.digest` looks its
        # algorithm up and reads the key each time, which takes one and a half times as long.
        padded = raw.ljust(_BLOCK_BYTES, b"\0")
        assert len(padded) == _BLOCK_BYTES  # noqa: S101 - a derived key is a hash
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def sign(self, text: bytes) -> str:
        """Return the signature of a text, 64 hexadecimal digits in lower case."""
        inner = self._inner.copy()
        inner.update(text)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()

    def __repr__(self) -> str:
        """Return a text without any of the key."""
        return "DerivedKey()"
