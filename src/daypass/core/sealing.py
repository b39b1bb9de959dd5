"""Authenticated encryption ("sealing") with one derived key for each purpose.

The cipher is AES-256-GCM, keys are derived by HKDF-SHA-256. Sources: NIST SP 800-38D; RFC 5869. The
associated data names purpose, deployment and context, so that a ciphertext that was moved to
another record, purpose or deployment cannot be decrypted there. The root keys are `core.keyring`.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class Unopenable(Exception):
    """The bytes are not a ciphertext that this key made for this context."""


class SealingKey:
    """An encryption key for one purpose in one deployment; `id` is its root key's."""

    __slots__ = ("_aead", "_bound", "id")

    def __init__(self, root: bytes, *, id: int, purpose: str, deployment: str) -> None:  # noqa: A002
        self.id = id
        info = f"daypass {purpose}".encode()
        self._aead = AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(root))
        self._bound = f"{purpose}\0{deployment}\0".encode()

    def seal(self, plaintext: bytes, *, context: bytes, nonce: bytes) -> bytes:
        """Return nonce and ciphertext; `nonce` is twelve random bytes that are never used again."""
        return nonce + self._aead.encrypt(nonce, plaintext, self._bound + context)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Return the plaintext that was sealed for this context.

        Raises `Unopenable` for any other bytes.
        """
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise Unopenable
        nonce = sealed[:NONCE_BYTES]
        try:
            return self._aead.decrypt(nonce, sealed[NONCE_BYTES:], self._bound + context)
        except InvalidTag:
            raise Unopenable from None
