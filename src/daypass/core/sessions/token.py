"""The sealed session token: everything about a session, carried by its holder, opened by any node without a database.

A token binds its access key id and its deployment. Whatever is not byte for byte what was sealed is `BadToken`: a
flipped bit, a cut, another padding, another key id, another purpose. When a session ends is the caller's to check.
"""

import base64
import binascii
import enum

import msgspec

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.faults import BadToken
from daypass.core.keyring import KeyRing
from daypass.core.sealing import Unopenable

PURPOSE = "session token"
INVALID = "The security token included in the request is invalid."
_VERSION = 1
_HEADER_BYTES = 5


class SessionKind(enum.IntEnum):
    """Whose permissions a session has."""

    ROOT = 0
    USER = 1
    ROLE = 2


class Origin(enum.IntEnum):
    """How a session came about; it decides where the session may not go."""

    OPERATOR = 0
    """Minted on the server's own host for root."""
    ASSUME_ROLE = 1
    GET_SESSION_TOKEN = 2


class Session(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A session; `principal_id` is the unique id of the user or role, empty for root.

    `issued`, `expires` and `mfa_time` are what the wall clock said, in seconds since 1970. `lead` is by how many seconds steady
    time was ahead of that clock then: with it the session is judged by time that never goes back.
    """

    kind: SessionKind
    origin: Origin
    account: str
    principal_id: str
    session_name: str
    issued: int
    expires: int
    secret: str
    policies: tuple[str, ...] | None = None
    """Session policies, or nothing: documents, and `arn@version` of managed ones."""
    tags: tuple[Tag, ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    mfa_time: int | None = None
    lead: int = 0

    def is_over(self, *, steady: int) -> bool:
        """Say whether the session has ended, at a steady time in seconds since 1970."""
        return steady >= self.expires + self.lead

    def is_ahead(self, *, steady: int) -> bool:
        """Say whether the session was issued further in the future than clocks may differ."""
        return self.issued + self.lead > steady + quotas.SESSION_AHEAD_SECONDS_MAX

    def mfa_age_seconds(self, *, steady: int) -> int | None:
        """Return how long ago a one-time code was given, in seconds; None for a session without."""
        return None if self.mfa_time is None else max(0, steady - self.mfa_time - self.lead)

    def __repr__(self) -> str:
        return f"Session({self.kind.name} {self.principal_id or self.account} {self.session_name})"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Session)


def seal_session(session: Session, *, key_id: str, ring: KeyRing, nonce: bytes) -> str:
    """Return the session token of an access key id; the nonce is twelve random bytes."""
    key = ring.current(PURPOSE)
    header = bytes((_VERSION,)) + key.id.to_bytes(4, "big")
    context = header + key_id.encode("ascii")
    body = key.seal(_encoder.encode(session), context=context, nonce=nonce[:12])
    return base64.b64encode(header + body).decode("ascii")


def open_session(token: str, *, key_id: str, ring: KeyRing) -> Session:
    """Return the session that was sealed for this access key id; raises `BadToken` for anything else."""
    if len(token) > quotas.TOKEN_CHARACTERS_MAX:
        raise BadToken(INVALID)
    try:
        raw = base64.b64decode(token, validate=True)
        context = raw[:_HEADER_BYTES] + key_id.encode("ascii")
    except (binascii.Error, ValueError):
        raise BadToken(INVALID) from None
    key = ring.known(PURPOSE, int.from_bytes(raw[1:_HEADER_BYTES], "big"))
    if raw[:1] != b"\x01" or key is None or base64.b64encode(raw).decode("ascii") != token:
        # The last: base64 has several spellings of one value, and only one was issued.
        raise BadToken(INVALID)
    try:
        return _decoder.decode(key.open(raw[_HEADER_BYTES:], context=context))
    except (Unopenable, msgspec.DecodeError):
        raise BadToken(INVALID) from None
