"""AWS's formats of access key ids, unique ids and secret access keys.

An access key id is a prefix of four and sixteen base32 characters; the first forty-eight bits after
the prefix hold a one and the account number in forty bits (Aidan Steele, "AWS Access Key ID
formats"; seen with GetAccessKeyInfo).
"""

import base64
import binascii
from functools import lru_cache

_MASK = 0x7FFF_FFFF_FF80
_RANDOM_BITS = (0x7F << 32) | 0xFFFF_FFFF
"""Those of the last forty of an id's eighty bits that do not encode the account."""
_ID_CHARACTERS = 20
_PREFIXES = ("AKIA", "ASIA")
ACCOUNT_MAX = 10**12


def access_key_id(prefix: str, account: str, entropy: bytes) -> str:
    """Return an access key id, such as `ASIA…`, that encodes a twelve-digit account.

    `entropy` is ten random bytes.
    """
    start, first = _account_start(account)
    number = first | int.from_bytes(entropy[5:10], "big") & _RANDOM_BITS
    return (
        f"{prefix}{start}{_PAIRS[number >> 30]}{_PAIRS[number >> 20 & 0x3FF]}"
        f"{_PAIRS[number >> 10 & 0x3FF]}{_PAIRS[number & 0x3FF]}"
    )


@lru_cache(maxsize=4_096)
def _account_start(account: str) -> tuple[str, int]:
    """Return the part of an access key id that is the same for all of an account.

    The first eight characters after the prefix, and the first of the forty bits behind them.
    """
    number = (1 << 47 | int(account) << 7) << 32
    start = "".join([_PAIRS[number >> at & 0x3FF] for at in (70, 60, 50, 40)])
    return start, number & (1 << 39)


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = tuple(one + other for one in _ALPHABET for other in _ALPHABET)
"""Two base32 characters for each ten bits: looking pairs up takes a fifth of the time of
`base64.b32encode`, which is made for lengths that no id has."""


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
    return binascii.b2a_base64(entropy[:30], newline=False).decode("ascii")
