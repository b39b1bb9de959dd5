"""The key ring: a deployment's root keys, from which all encryption and MAC keys are derived.

Rotation fails no request.

The stored ring is itself encrypted, under the operator's master key. A new root key encrypts from
the moment it is in the ring, or, where several processes share the data, from the moment that all
of them have it. Older keys stay in the ring and decrypt until all that was encrypted under them has
expired.
"""

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from daypass.core.faults import Fault
from daypass.core.sealing import KEY_BYTES, NONCE_BYTES, SealingKey, Unopenable

FORMAT = b"daypass-keyring-1\n"


class UnreadableKeyRing(Fault):
    """The stored key ring cannot be decrypted: wrong master key, other format, or damaged file."""


class RootKey(msgspec.Struct, frozen=True):
    """One root key; `id` counts up from 1, `created` is in epoch seconds."""

    id: int
    created: int
    key: bytes

    def __repr__(self) -> str:
        return f"RootKey(id={self.id}, created={self.created})"


class _Ring(msgspec.Struct, frozen=True):
    deployment: str
    keys: tuple[RootKey, ...]


class KeyRing:
    """The root keys of one deployment, and the keys derived from them for each purpose."""

    def __init__(
        self, deployment: str, keys: tuple[RootKey, ...], *, sealing: int | None = None
    ) -> None:
        """Take root keys, the newest last; `sealing` is the id of the one that encrypts.

        By default it is the newest.
        """
        self.deployment = deployment
        self.keys = keys
        self._by_id = {key.id: key for key in keys}
        self._sealing = keys[-1] if sealing is None else self._by_id[sealing]
        self._mac_keys: dict[str, tuple[bytes, ...]] = {}
        self._derived: dict[tuple[str, int], SealingKey] = {}
        self._current: dict[str, SealingKey] = {}

    @classmethod
    def new(cls, entropy: bytes, *, now: int) -> "KeyRing":
        """Return a new deployment's ring with one root key, from 48 random bytes."""
        deployment = entropy[KEY_BYTES : KEY_BYTES + 16].hex()
        return cls(deployment, (RootKey(1, now, entropy[:KEY_BYTES]),))

    def with_new_key(self, entropy: bytes, *, now: int) -> "KeyRing":
        """Return the ring with a new root key of 32 random bytes, which encrypts from now on."""
        newest = RootKey(self.keys[-1].id + 1, now, entropy[:KEY_BYTES])
        return KeyRing(self.deployment, (*self.keys, newest))

    @property
    def sealing_key_id(self) -> int:
        """Return the id of the root key that encrypts now."""
        return self._sealing.id

    def sealing_up_to(self, newest_id: int) -> "KeyRing":
        """Return the ring with the newest root key of at most this id as the one that encrypts.

        Used while other processes do not have a newer key yet. Returns the same ring if no key is
        that old.
        """
        ids = [key.id for key in self.keys if key.id <= newest_id]
        if not ids or ids[-1] == self.sealing_key_id:
            return self
        return KeyRing(self.deployment, self.keys, sealing=ids[-1])

    def opens_all_of(self, earlier: "KeyRing") -> bool:
        """Return True if this ring is of an earlier one's deployment and has its newest key."""
        return self.deployment == earlier.deployment and earlier.keys[-1] in self.keys

    def current_key(self, purpose: str) -> SealingKey:
        """Return the key that encrypts for a purpose now, such as `session token`."""
        derived = self._current.get(purpose)
        if derived is None:
            derived = self._current[purpose] = self._derive(purpose, self._sealing)
        return derived

    def key_by_id(self, purpose: str, key_id: int) -> SealingKey | None:
        """Return the key derived for a purpose from the root key of that id.

        Returns None if the ring lacks it.
        """
        root = self._by_id.get(key_id)
        return None if root is None else self._derive(purpose, root)

    def mac_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return the 32-byte MAC keys of a purpose, one for each root key.

        First comes the key that makes new MACs, then the others, newest first, which verify older
        MACs.
        """
        derived = self._mac_keys.get(purpose)
        if derived is None:
            info = f"daypass mac {purpose} {self.deployment}".encode()
            derived = tuple(
                HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(root.key)
                for root in sorted(
                    self.keys, key=lambda root: (root is self._sealing, root.id), reverse=True
                )
            )
            self._mac_keys[purpose] = derived
        return derived

    def fingerprint(self, key_id: int) -> str:
        """Return 32 hex digits that identify a root key without revealing it.

        Raises `KeyError` for an unknown id.
        """
        info = f"daypass fingerprint of root key {key_id} {self.deployment}".encode()
        derived = HKDF(SHA256(), 16, salt=None, info=info).derive(self._by_id[key_id].key)
        return derived.hex()

    def _derive(self, purpose: str, root: RootKey) -> SealingKey:
        derived = self._derived.get((purpose, root.id))
        if derived is None:
            derived = SealingKey(root.key, id=root.id, purpose=purpose, deployment=self.deployment)
            self._derived[purpose, root.id] = derived
        return derived

    def seal(self, master: bytes, *, nonce: bytes) -> bytes:
        """Return the ring's bytes, encrypted under the master key; `nonce` is 12 random bytes."""
        body = msgspec.msgpack.encode(_Ring(self.deployment, self.keys))
        return FORMAT + _master_key(master).seal(body, context=FORMAT, nonce=nonce[:NONCE_BYTES])


def open_key_ring(data: bytes, master: bytes) -> KeyRing:
    """Return the key ring in a file's bytes; raises `UnreadableKeyRing` for others."""
    if not data.startswith(FORMAT):
        raise UnreadableKeyRing("the key ring is not a key ring of this format")
    try:
        body = _master_key(master).open(data[len(FORMAT) :], context=FORMAT)
        ring = msgspec.msgpack.decode(body, type=_Ring)
    except (Unopenable, msgspec.DecodeError, UnicodeDecodeError):
        raise UnreadableKeyRing("the master key does not open the key ring") from None
    return KeyRing(ring.deployment, ring.keys)


def _master_key(master: bytes) -> SealingKey:
    if len(master) != KEY_BYTES:
        raise UnreadableKeyRing(f"a master key is {KEY_BYTES} bytes, not {len(master)}")
    return SealingKey(master, id=0, purpose="key ring", deployment="")
