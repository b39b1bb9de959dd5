"""The access token of the portal: a sealed statement whose sign-in session opened it, and for what.

Every server opens it without looking anything up. What it names is looked up at each use: the
portal session, which signing out removes, and the person. The text of a token is a secret; it
reaches neither the log nor the audit log, not even as a hash.
"""

import base64
import binascii

import msgspec

from daypass.core import quotas
from daypass.core.faults import BadToken
from daypass.core.keyring import KeyRing
from daypass.core.sealing import NONCE_BYTES, Unopenable

PURPOSE = "portal access token"
INVALID = "Session token not found or invalid"
"""AWS's message for every token that does not stand for a live session."""
ACCOUNT_ACCESS = "sso:account:access"
"""The scope of a token for accounts and roles, the only one that the portal asks for."""
_HEADER = b"\x01"
_HEADER_BYTES = 5


class PortalToken(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What a token states; times are steady time, in seconds since 1970."""

    instance: str
    store: str
    person: str
    session: str
    """The portal session's id."""
    scopes: tuple[str, ...]
    issued: int
    expires: int

    def check_life(self, *, steady: int) -> None:
        """Raise `BadToken` for a token that has expired, or was issued in the future."""
        if steady >= self.expires:
            raise BadToken(INVALID, operator="the access token has expired")
        if self.issued > steady + quotas.SESSION_AHEAD_SECONDS_MAX:
            # The clock was wrong when it was issued: the token would last longer than allowed.
            raise BadToken(INVALID, operator="the access token was issued in the future")

    def check_scope(self, scope: str) -> None:
        """Raise `BadToken` unless the token has a scope."""
        if scope not in self.scopes:
            raise BadToken(INVALID, operator=f"the access token lacks the scope {scope}")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PortalToken)


def seal_portal_token(token: PortalToken, *, ring: KeyRing, nonce: bytes) -> str:
    """Return the text of a token; `nonce` is twelve random bytes."""
    key = ring.current_key(PURPOSE)
    header = _HEADER + key.id.to_bytes(4, "big")
    body = key.seal(_encoder.encode(token), context=header, nonce=nonce[:NONCE_BYTES])
    return base64.urlsafe_b64encode(header + body).decode("ascii").rstrip("=")


def open_portal_token(text: str, *, ring: KeyRing) -> PortalToken:
    """Return what a token's text states; raises `BadToken` for a text that was not sealed here."""
    unopenable = BadToken(INVALID, operator="the access token is not one of this deployment")
    if len(text) > quotas.PORTAL_TOKEN_CHARACTERS_MAX:
        raise unopenable
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise unopenable from None
    header = raw[:_HEADER_BYTES]
    key = ring.key_by_id(PURPOSE, int.from_bytes(header[1:], "big"))
    is_same = base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=") == text
    if header[:1] != _HEADER or key is None or not is_same:
        # Base64 has several spellings of one value: only the issued spelling is accepted.
        raise unopenable
    try:
        return _decoder.decode(key.open(raw[_HEADER_BYTES:], context=header))
    except (Unopenable, msgspec.DecodeError, UnicodeDecodeError):
        raise unopenable from None
