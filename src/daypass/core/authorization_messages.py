"""Encoded authorization messages: a refusal's details, encrypted for the caller's account.

A message is valid for a day. Source: STS API reference, "DecodeAuthorizationMessage". A message can
be decoded by its own account alone, in its own deployment alone, and not after it has expired. It
contains the request, the decision, and the policies by name and hash; the reasons are worked out
from the policies' texts when the message is decoded (`core.policy.explanation`).
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
"""The earlier version, whose messages contain the reasons themselves."""
_HEADER_BYTES = 17
_KEY_BYTES = 5
"""The version and the root key's id. The account follows in plain text; it is authenticated with
the ciphertext."""
_SEALED_BYTES = 28
_PACKED_BYTES_LIMIT = quotas.ENCODED_MESSAGE_CHARACTERS_MAX * 3 // 4 - _HEADER_BYTES - _SEALED_BYTES
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RefusalRecord)


def encode_message(refusal: RefusalRecord, *, account: str, ring: KeyRing, nonce: bytes) -> str:
    """Return the encoded message of a refusal for an account; `nonce` is twelve random bytes.

    A refusal that is too long is shortened, as `RefusalRecord.shorter_records` orders it.
    """
    packed = _pack_within_limit(refusal)
    key = ring.current_key(PURPOSE)
    header = _VERSION + key.id.to_bytes(4, "big") + account.encode("ascii").ljust(12)
    sealed = key.seal(packed, context=header, nonce=nonce[:12])
    return _message_text(header + sealed)


def _pack_within_limit(refusal: RefusalRecord) -> bytes:
    try:
        packed = _encoder.encode(refusal)
    except UnicodeEncodeError:
        # A header may have octets that are not UTF-8: they are written as escapes.
        refusal = refusal.with_escapes()
        packed = _encoder.encode(refusal)
    if len(packed) <= _PACKED_BYTES_LIMIT:
        return packed
    for each in refusal.shorter_records():
        packed = _encoder.encode(each)
        if len(packed) <= _PACKED_BYTES_LIMIT:
            break
    return packed


def decode_message(text: str, *, account: str, ring: KeyRing, now: int) -> RefusalRecord:
    """Return the refusal in a message of this account.

    Raises `BadMessage` for a message that has expired, that is another account's, and for any other
    text.
    """
    refusal = _decode_refusal(_open_message(text, _VERSION, account=account, ring=ring))
    if now >= refusal.time + quotas.ENCODED_MESSAGE_SECONDS:
        raise BadMessage(INVALID)
    return refusal


def decode_for_operator(text: str, *, ring: KeyRing) -> RefusalRecord:
    """Return the refusal in a message of any account, however old, for the operator.

    Raises `BadMessage`.
    """
    return _decode_refusal(_open_message(text, _VERSION, account=message_account(text), ring=ring))


def reasons_of_old_message(text: str, *, ring: KeyRing) -> bytes | None:
    """Return the JSON of the reasons in a message of the earlier version.

    Returns None for a message of this version.
    """
    if not is_old_message(text):
        return None
    packed = _open_message(text, _WITH_REASONS, account=message_account(text), ring=ring)
    return zlib.decompress(packed)


def is_old_message(text: str) -> bool:
    """Return True if a message is of the earlier version.

    Raises `BadMessage` for a text that is no message.
    """
    return _message_bytes(text)[:1] == _WITH_REASONS


def message_account(text: str) -> str:
    """Return the account that a message claims to be for.

    Raises `BadMessage` for a text that is no message.

    The claim is verified only when the message is decrypted.
    """
    return _message_bytes(text)[_KEY_BYTES:_HEADER_BYTES].decode("latin-1").rstrip()


def _open_message(text: str, version: bytes, *, account: str, ring: KeyRing) -> bytes:
    raw = _message_bytes(text)
    key = ring.key_by_id(PURPOSE, int.from_bytes(raw[1:_KEY_BYTES], "big"))
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
        # Base64 has several spellings of one value: only the issued spelling is accepted.
        raise BadMessage(INVALID)
    return raw


def _message_text(raw: bytes) -> str:
    # What urlsafe_b64encode does, in half the time.
    text = binascii.b2a_base64(raw, newline=False).decode("ascii")
    return text.replace("+", "-").replace("/", "_").rstrip("=")
