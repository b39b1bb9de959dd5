"""AWS's formats of access key ids, unique ids and secret access keys.

An access key id is a prefix of four and sixteen base32 characters; the first forty-eight bits after
the prefix hold a one and the account number in forty bits (Aidan Steele, "AWS Access Key ID
formats"; seen with GetAccessKeyInfo).
"""

import base64
import binascii
from functools import lru_cache

_MASK = 0x7FFF_FFFF_FF80
_TOP = 1 << 47
_ID_CHARACTERS = 20
_PREFIXES = ("AKIA", "ASIA")
ACCOUNT_MAX = 10**12


def access_key_id(prefix: str, account: str, entropy: bytes) -> str:
    """Return an access key id, such as `ASIA…`, that encodes a twelve-digit account.

    `entropy` is ten random bytes.
    """
    head = int.from_bytes(entropy[:6], "big") & ~_MASK | _TOP | int(account) << 7
    return prefix + _base32((head & ((1 << 48) - 1)) << 32 | int.from_bytes(entropy[6:10], "big"))


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = tuple(one + other for one in _ALPHABET for other in _ALPHABET)


def _base32(number: int) -> str:
    """Return the sixteen base32 characters of an 80-bit number; each pair is looked up.

    `base64.b32encode` takes twice as long, most of it for lengths that no id has.
    """
    pairs = [_PAIRS[number >> shift & 0x3FF] for shift in (70, 60, 50, 40, 30, 20, 10, 0)]
    return "".join(pairs)


@lru_cache(maxsize=16_384)
def account_of(key_id: str) -> str | None:
    """Return the account number encoded in an access key id; None for text that is no such id."""
    if len(key_id) != _ID_CHARACTERS or not key_id.startswith(_PREFIXES):
        return None
    try:
        body = base64.b32decode(key_id[4:])
    except (binascii.Error, ValueError):
        return None
    account = (int.from_bytes(body[:6], "big") & _MASK) >> 7
    return f"{account:012d}" if account < ACCOUNT_MAX else None


def unique_id(prefix: str, entropy: bytes) -> str:
    """Return a unique id, such as `AIDA…` for a user, from eleven random bytes."""
    return prefix + base64.b32encode(entropy[:11]).decode("ascii")[:17]


def secret_access_key(entropy: bytes) -> str:
    """Return a secret access key, forty characters of base64, from thirty random bytes."""
    return base64.b64encode(entropy[:30]).decode("ascii")
