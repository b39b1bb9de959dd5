"""Secrets at rest: an access key's secret or a device's seed, sealed for the one record that holds it."""

from daypass.core.faults import Fault
from daypass.core.keyring import KeyRing
from daypass.core.sealing import Unopenable

PURPOSE = "secret at rest"


class Damaged(Fault):
    """A sealed secret does not open: it was moved, changed, or its key is gone."""


def seal_secret(secret: str, ring: KeyRing, *, owner: str, nonce: bytes) -> bytes:
    """Return a secret sealed for the record that `owner` names; the nonce is twelve random bytes."""
    key = ring.current(PURPOSE)
    sealed = key.seal(secret.encode(), context=owner.encode(), nonce=nonce[:12])
    return key.id.to_bytes(4, "big") + sealed


def open_secret(sealed: bytes, ring: KeyRing, *, owner: str) -> str:
    """Return the secret that was sealed for this owner; raises `Damaged` for anything else."""
    key = ring.known(PURPOSE, int.from_bytes(sealed[:4], "big"))
    if key is not None:
        try:
            return key.open(sealed[4:], context=owner.encode()).decode()
        except Unopenable:
            pass
    raise Damaged("a stored secret cannot be opened", operator=f"sealed for {owner}")
