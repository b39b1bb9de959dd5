"""Encoded authorization messages: why a request was denied, sealed for the account that asked, for a day.

A message opens for its own account alone, in this deployment alone, and not after it has expired. Source: STS API reference,
"DecodeAuthorizationMessage".
"""

import base64
import binascii
import json
import zlib
from typing import Any

from daypass.core import quotas
from daypass.core.faults import BadMessage
from daypass.core.keyring import KeyRing
from daypass.core.sealing import Unopenable

PURPOSE = "authorization message"
INVALID = "The authorization message is invalid or has expired."
_VERSION = b"\x02"
_HEADER_BYTES = 17
_KEY_BYTES = 5
"""The version and the key's id; behind them stands the account, in the clear, bound to what is sealed."""
_SEALED_BYTES = 28
_KEPT = (20, 5, 1, 0)
"""How many statements are kept, where all are too many for the longest message."""
_SHORTEST = ("allowed", "explicitDeny", "time", "organization")


def encode(message: dict[str, Any], *, account: str, ring: KeyRing, nonce: bytes) -> str:
    """Return a message for an account; what is too long loses statements that did not apply, and says how many."""
    longest = quotas.ENCODED_MESSAGE_CHARACTERS_MAX * 3 // 4 - _HEADER_BYTES - _SEALED_BYTES
    packed = _packed(message)
    for kept in _KEPT:
        if len(packed) <= longest:
            break
        packed = _packed(_shortened(message, kept))
    if len(packed) > longest:
        # The keys of the request alone are too many: what decided is said all the same.
        packed = _packed({name: message[name] for name in _SHORTEST if name in message})
    key = ring.current(PURPOSE)
    header = _VERSION + key.id.to_bytes(4, "big") + account.encode("ascii").ljust(12)
    sealed = key.seal(packed, context=header, nonce=nonce[:12])
    return _spelled(header + sealed)


def _packed(message: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(message, separators=(",", ":")).encode(), 6)


def _shortened(message: dict[str, Any], kept: int) -> dict[str, Any]:
    reasons = message["because"]
    statements = sorted(
        reasons["statements"],
        key=lambda each: (not each["applies"], each.get("stopped_by") == "Action"),
    )
    less = {**reasons, "statements": statements[:kept], "omitted": max(0, len(statements) - kept)}
    matched = message["matchedStatements"]["items"][: max(1, kept)]
    return {**message, "because": less, "matchedStatements": {"items": matched}}


def decode(text: str, *, account: str, ring: KeyRing, now: int | None) -> str:
    """Return a message of this account as JSON; raises `BadMessage` for anything else, and for one that has expired.

    Without `now` nothing has expired: the operator reads old lines of the log.
    """
    raw = _raw(text)
    key = ring.known(PURPOSE, int.from_bytes(raw[1:_KEY_BYTES], "big"))
    if raw[:1] != _VERSION or key is None or account_of(text) != account:
        raise BadMessage(INVALID)
    try:
        packed = key.open(raw[_HEADER_BYTES:], context=raw[:_HEADER_BYTES])
    except Unopenable:
        raise BadMessage(INVALID) from None
    message = json.loads(zlib.decompress(packed))
    if now is not None and now >= message["time"] + quotas.ENCODED_MESSAGE_SECONDS:
        raise BadMessage(INVALID)
    return json.dumps(message, separators=(",", ":"))


def account_of(text: str) -> str:
    """Return the account that a message says it was sealed for; raises `BadMessage` for what is no message.

    It is proved by opening the message.
    """
    return _raw(text)[_KEY_BYTES:_HEADER_BYTES].decode("latin-1").rstrip()


def _raw(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadMessage(INVALID) from None
    if _spelled(raw) != text:
        # A message has one spelling.
        raise BadMessage(INVALID)
    return raw


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
