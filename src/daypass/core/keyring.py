"""The key ring: the root keys that everything secret is sealed under, newest last, rotated without a failed request.

The ring is itself sealed, under a master key that the caller holds. A new root key seals from the moment that it is in
the ring, or where several open what one has sealed, from the moment that all of them have it; older ones open until nothing sealed
by them is alive.
"""

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from daypass.core.faults import Fault
from daypass.core.sealing import KEY_BYTES, NONCE_BYTES, SealingKey, Unopenable

FORMAT = b"daypass-keyring-1\n"


class UnreadableKeyRing(Fault):
    """The ring does not open: another master key, another deployment's file, or a damaged one."""


class RootKey(msgspec.Struct, frozen=True):
    """One root key; `id` counts up from 1."""

    id: int
    created: int
    key: bytes

    def __repr__(self) -> str:
        return f"RootKey(id={self.id}, created={self.created})"


class _Ring(msgspec.Struct, frozen=True):
    deployment: str
    keys: tuple[RootKey, ...]


class KeyRing:
    """Root keys of one deployment."""

    def __init__(
        self, deployment: str, keys: tuple[RootKey, ...], *, sealing: int | None = None
    ) -> None:
        """Hold keys, the newest last; `sealing` is the id of the one that seals, the newest without it."""
        self.deployment = deployment
        self.keys = keys
        self._by_id = {key.id: key for key in keys}
        self._sealing = keys[-1] if sealing is None else self._by_id[sealing]
        self._mac_keys: dict[str, tuple[bytes, ...]] = {}
        self._derived: dict[tuple[str, int], SealingKey] = {}

    @classmethod
    def new(cls, entropy: bytes, *, now: int) -> "KeyRing":
        """Return a ring with one key, from 48 random bytes."""
        deployment = entropy[KEY_BYTES : KEY_BYTES + 16].hex()
        return cls(deployment, (RootKey(1, now, entropy[:KEY_BYTES]),))

    def rotated(self, entropy: bytes, *, now: int) -> "KeyRing":
        """Return the ring with a new root key, which seals from now on; 32 random bytes."""
        newest = RootKey(self.keys[-1].id + 1, now, entropy[:KEY_BYTES])
        return KeyRing(self.deployment, (*self.keys, newest))

    @property
    def sealing(self) -> int:
        """Return the id of the key that seals now."""
        return self._sealing.id

    def sealing_for(self, newest: int) -> "KeyRing":
        """Return the ring with its newest key that somebody opens who has the keys up to an id; the same ring if there is none."""
        ids = [key.id for key in self.keys if key.id <= newest]
        if not ids or ids[-1] == self.sealing:
            return self
        return KeyRing(self.deployment, self.keys, sealing=ids[-1])

    def follows(self, earlier: "KeyRing") -> bool:
        """Say whether this ring opens what an earlier one seals: it is the same deployment's, and has its newest key."""
        return self.deployment == earlier.deployment and earlier.keys[-1] in self.keys

    def current(self, purpose: str) -> SealingKey:
        """Return the key that seals for a purpose now."""
        return self._derive(purpose, self._sealing)

    def known(self, purpose: str, key_id: int) -> SealingKey | None:
        """Return the key of that id for a purpose, if it is in the ring."""
        root = self._by_id.get(key_id)
        return None if root is None else self._derive(purpose, root)

    def mac_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return the keys of 32 bytes that authenticate for one purpose, one for each root key: first the one that seals, then the newest."""
        found = self._mac_keys.get(purpose)
        if found is None:
            info = f"daypass mac {purpose} {self.deployment}".encode()
            found = tuple(
                HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(root.key)
                for root in sorted(
                    self.keys, key=lambda root: (root is self._sealing, root.id), reverse=True
                )
            )
            self._mac_keys[purpose] = found
        return found

    def fingerprint(self, key_id: int) -> str:
        """Return what tells a root key from any other and says no more about it; raises `KeyError` for an unknown id."""
        info = f"daypass fingerprint of root key {key_id} {self.deployment}".encode()
        derived = HKDF(SHA256(), 16, salt=None, info=info).derive(self._by_id[key_id].key)
        return derived.hex()

    def _derive(self, purpose: str, root: RootKey) -> SealingKey:
        derived = self._derived.get((purpose, root.id))
        if derived is None:
            derived = SealingKey(root.key, id=root.id, purpose=purpose, deployment=self.deployment)
            self._derived[purpose, root.id] = derived
        return derived

    def sealed(self, master: bytes, *, nonce: bytes) -> bytes:
        """Return the ring as bytes for a file, sealed under the master key; the nonce is twelve random bytes."""
        body = msgspec.msgpack.encode(_Ring(self.deployment, self.keys))
        return FORMAT + _master_key(master).seal(body, context=FORMAT, nonce=nonce[:NONCE_BYTES])


def open_key_ring(data: bytes, master: bytes) -> KeyRing:
    """Return the ring that a file holds; raises `UnreadableKeyRing` for any other file or master key."""
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
