"""Encoded authorization messages: a refusal, sealed for the account that asked, for a day.

A message opens for its own account alone, in this deployment alone, and not after it has expired. It holds the question, the
decision and the policies by name and hash; why follows from their texts when it is opened. Source: STS API reference,
"DecodeAuthorizationMessage".
"""

import base64
import binascii
import zlib

import msgspec

from daypass.core import quotas
from daypass.core.faults import BadMessage
from daypass.core.keyring import KeyRing
from daypass.core.policy.decision.refusal_record import RefusalRecord
from daypass.core.sealing import Unopenable

PURPOSE = "authorization message"
INVALID = "The authorization message is invalid or has expired."
_VERSION = b"\x03"
_WITH_REASONS = b"\x02"
"""The version before: it holds the reasons themselves."""
_HEADER_BYTES = 17
_KEY_BYTES = 5
"""The version and the key's id; behind them stands the account, in the clear, bound to what is sealed."""
_SEALED_BYTES = 28
_PACKED_BYTES_MAX = quotas.ENCODED_MESSAGE_CHARACTERS_MAX * 3 // 4 - _HEADER_BYTES - _SEALED_BYTES
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RefusalRecord)


def encode_message(refusal: RefusalRecord, *, account: str, ring: KeyRing, nonce: bytes) -> str:
    """Return a message for an account; a refusal that is too long says less, in the order of `Sealed.shortened`."""
    packed = _pack_within_limit(refusal)
    key = ring.current(PURPOSE)
    header = _VERSION + key.id.to_bytes(4, "big") + account.encode("ascii").ljust(12)
    sealed = key.seal(packed, context=header, nonce=nonce[:12])
    return _message_text(header + sealed)


def _pack_within_limit(refusal: RefusalRecord) -> bytes:
    try:
        packed = _encoder.encode(refusal)
    except UnicodeEncodeError:
        # Octets of a header that are no UTF-8 are kept as escapes.
        refusal = refusal.with_escapes()
        packed = _encoder.encode(refusal)
    if len(packed) <= _PACKED_BYTES_MAX:
        return packed
    for each in refusal.shorter_records():
        packed = _encoder.encode(each)
        if len(packed) <= _PACKED_BYTES_MAX:
            break
    return packed


def decode_message(text: str, *, account: str, ring: KeyRing, now: int) -> RefusalRecord:
    """Return the refusal in a message of this account; raises `BadMessage` for anything else, and for one that has expired."""
    refusal = _decode_refusal(_open_message(text, _VERSION, account=account, ring=ring))
    if now >= refusal.time + quotas.ENCODED_MESSAGE_SECONDS:
        raise BadMessage(INVALID)
    return refusal


def decode_for_operator(text: str, *, ring: KeyRing) -> RefusalRecord:
    """Return the refusal in a message of any account, however old; raises `BadMessage` for what is no message."""
    return _decode_refusal(_open_message(text, _VERSION, account=message_account(text), ring=ring))


def reasons_of_old_message(text: str, *, ring: KeyRing) -> bytes | None:
    """Return the JSON in a message of the version before, for the operator; None for a message of this version."""
    if not is_old_message(text):
        return None
    packed = _open_message(text, _WITH_REASONS, account=message_account(text), ring=ring)
    return zlib.decompress(packed)


def is_old_message(text: str) -> bool:
    """Say whether a message is of the version before."""
    return _message_bytes(text)[:1] == _WITH_REASONS


def message_account(text: str) -> str:
    """Return the account that a message says it was sealed for; raises `BadMessage` for what is no message.

    It is proved by opening the message.
    """
    return _message_bytes(text)[_KEY_BYTES:_HEADER_BYTES].decode("latin-1").rstrip()


def _open_message(text: str, version: bytes, *, account: str, ring: KeyRing) -> bytes:
    raw = _message_bytes(text)
    key = ring.known(PURPOSE, int.from_bytes(raw[1:_KEY_BYTES], "big"))
    if raw[:1] != version or key is None or message_account(text) != account:
        raise BadMessage(INVALID)
    try:
        return key.open(raw[_HEADER_BYTES:], context=raw[:_HEADER_BYTES])
    except Unopenable:
        raise BadMessage(INVALID) from None


def _decode_refusal(packed: bytes) -> RefusalRecord:
    try:
        return _decoder.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadMessage(INVALID) from None


def _message_bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadMessage(INVALID) from None
    if _message_text(raw) != text:
        # A message has one spelling.
        raise BadMessage(INVALID)
    return raw


def _message_text(raw: bytes) -> str:
    # What urlsafe_b64encode does, in half the time.
    text = binascii.b2a_base64(raw, newline=False).decode("ascii")
    return text.replace("+", "-").replace("/", "_").rstrip("=")
