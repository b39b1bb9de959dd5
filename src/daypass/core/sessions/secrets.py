"""Encrypts a stored secret (an access key's, an MFA device's seed) for the record that has it."""

from daypass.core.faults import Fault
from daypass.core.keyring import KeyRing
from daypass.core.sealing import Unopenable

PURPOSE = "secret at rest"


class UnreadableSecret(Fault):
    """A stored secret cannot be decrypted: it was moved, changed, or its key is gone."""


def seal_secret(secret: str, ring: KeyRing, *, owner: str, nonce: bytes) -> bytes:
    """Return the encrypted secret, which opens only for this `owner`; `nonce` is 12 bytes."""
    key = ring.current_key(PURPOSE)
    sealed = key.seal(secret.encode(), context=owner.encode(), nonce=nonce[:12])
    return key.id.to_bytes(4, "big") + sealed


def open_secret(sealed: bytes, ring: KeyRing, *, owner: str) -> str:
    """Return the secret that was encrypted for this owner; raises `UnreadableSecret` otherwise."""
    key = ring.key_by_id(PURPOSE, int.from_bytes(sealed[:4], "big"))
    if key is not None:
        try:
            return key.open(sealed[4:], context=owner.encode()).decode()
        except Unopenable:
            pass
    raise UnreadableSecret("a stored secret cannot be opened", operator=f"sealed for {owner}")
