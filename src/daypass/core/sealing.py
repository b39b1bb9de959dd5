"""Sealing: authenticated encryption whose key serves one purpose, and whose ciphertext fits one place.

AES-256-GCM (NIST SP 800-38D); keys derived by HKDF-SHA-256 (RFC 5869) from a root key, one for each purpose. The
associated data names purpose, deployment and context, so that a ciphertext that was moved anywhere does not open.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class Unopenable(Exception):
    """What was given is not something that this key sealed for this place."""


class SealingKey:
    """A key for one purpose in one deployment; `id` names the root key that it comes from."""

    __slots__ = ("_aead", "_bound", "id")

    def __init__(self, root: bytes, *, id: int, purpose: str, deployment: str) -> None:  # noqa: A002 - what it is
        self.id = id
        info = f"daypass {purpose}".encode()
        self._aead = AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(root))
        self._bound = f"{purpose}\0{deployment}\0".encode()

    def seal(self, plaintext: bytes, *, context: bytes, nonce: bytes) -> bytes:
        """Return nonce and ciphertext; a nonce is twelve random bytes that are never used again."""
        return nonce + self._aead.encrypt(nonce, plaintext, self._bound + context)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Return what was sealed for this context; raises `Unopenable` for anything else."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise Unopenable
        nonce = sealed[:NONCE_BYTES]
        try:
            return self._aead.decrypt(nonce, sealed[NONCE_BYTES:], self._bound + context)
        except InvalidTag:
            raise Unopenable from None
