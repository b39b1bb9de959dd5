"""The session token: a session's data, encrypted, so that no node needs to look it up.

A token is bound to its access key id and its deployment. Anything but the exact bytes that were
issued raises `BadToken`: a flipped bit, a cut, another padding, another key id. Expiry is checked
by the caller (`Session.is_over`).
"""

import binascii
import enum

import msgspec
from msgspec.structs import replace

from daypass.core import arn, quotas
from daypass.core.domain.record import Tag
from daypass.core.enums import with_plain_members
from daypass.core.faults import BadToken, TooLarge
from daypass.core.keyring import KeyRing
from daypass.core.sealing import NONCE_BYTES, TAG_BYTES, Unopenable
from daypass.core.sessions.person_session import PersonSession

PURPOSE = "session token"
INVALID = "The security token included in the request is invalid."
_HEADER, _NARROWED_HEADER, _PERSON_HEADER = b"\x01", b"\x02", b"\x03"
"""The version of a token, that of a narrowed session's, and that of a person's session, narrowed or
not: a server that knows only the first one would open the token, and would not see what the session
was narrowed to, or whose access it depends on."""
_HEADERS = frozenset({_HEADER, _NARROWED_HEADER, _PERSON_HEADER})
_HEADER_BYTES = 5


@with_plain_members
class SessionKind(enum.IntEnum):
    """Whose permissions a session has."""

    ROOT = 0
    USER = 1
    ROLE = 2


@with_plain_members
class Origin(enum.IntEnum):
    """The call that created a session; `forbidden_calls` depends on it."""

    OPERATOR = 0
    """`daypass root`, on the server's own host."""
    ASSUME_ROLE = 1
    GET_SESSION_TOKEN = 2
    GET_ROLE_CREDENTIALS = 3
    """A person of IAM Identity Center got a role's credentials."""


class Session(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A session; `principal_id` is the unique id of the user or role, empty for root.

    `issued`, `expires` and `mfa_time` are the wall clock's, in seconds since 1970. `lead` is the
    number of seconds that steady time was ahead of the wall clock at issue, so that expiry is
    judged by a time that never goes back.
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
    """Session policies: documents, and `arn@version` of managed ones. None: no session policy."""
    tags: tuple[Tag, ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    mfa_time: int | None = None
    lead: int = 0
    scope_downs: tuple[str, ...] = ()
    """Scope-down policies, in the order in which they were added; each is a document."""
    padding: bytes = b""
    """Zeros without a meaning, which bring the token to a size that was asked for."""
    person: PersonSession | None = None
    """Whose access the session depends on, and every session that is chained from it; None for a
    session that did not begin with a person of IAM Identity Center."""
    saml_provider: str = ""
    """The name of the account's SAML provider that the session was federated by; a chained session
    has none."""

    @property
    def federated_provider(self) -> str:
        """Return the ARN of the provider that the session was federated by; empty without one."""
        name = self.saml_provider
        return arn.iam(self.account, "saml-provider", "/", name) if name else ""

    @property
    def identity_store_user(self) -> str:
        """Return the id of the person whom Identity Center issued the session to, or empty.

        Empty for a chained session too: the condition key is not passed on.
        """
        is_first = self.origin is Origin.GET_ROLE_CREDENTIALS
        return self.person.person if is_first and self.person is not None else ""

    def is_over(self, *, steady: int) -> bool:
        """Return True if the session has ended at a steady time, in seconds since 1970."""
        return steady >= self.expires + self.lead

    def is_ahead(self, *, steady: int) -> bool:
        """Return True if the session was issued further in the future than clocks may differ."""
        return self.issued + self.lead > steady + quotas.SESSION_AHEAD_SECONDS_MAX

    def mfa_age_seconds(self, *, steady: int) -> int | None:
        """Return the seconds since the MFA code was given; None for a session without MFA."""
        return None if self.mfa_time is None else max(0, steady - self.mfa_time - self.lead)

    def __repr__(self) -> str:
        return f"Session({self.kind.name} {self.principal_id or self.account} {self.session_name})"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Session)


def seal_session(
    session: Session, *, key_id: str, ring: KeyRing, nonce: bytes, bytes_min: int = 0
) -> str:
    """Return the session token for an access key id; `nonce` is twelve random bytes.

    The token is padded to `bytes_min` characters, or the next multiple of four. Raises `TooLarge`
    for a session whose token would be longer than is accepted.
    """
    key = ring.current_key(PURPOSE)
    header = _version(session) + key.id.to_bytes(4, "big")
    context = header + key_id.encode("ascii")
    plain = _encoder.encode(session)
    if bytes_min:
        plain = _padded(session, plain, bytes_min)
    body = key.seal(plain, context=context, nonce=nonce[:12])
    token = binascii.b2a_base64(header + body, newline=False).decode("ascii")
    if len(token) > quotas.TOKEN_CHARACTERS_MAX:
        raise TooLarge(
            f"The session token is {len(token)} bytes long; the maximum is"
            f" {quotas.TOKEN_CHARACTERS_MAX} bytes."
        )
    return token


def _version(session: Session) -> bytes:
    """Return the oldest version of a token that has room for a session."""
    if session.person is not None:
        return _PERSON_HEADER
    return _NARROWED_HEADER if session.scope_downs else _HEADER


def _padded(session: Session, plain: bytes, bytes_min: int) -> bytes:
    """Return an encoded session with as much padding as its token lacks of a size."""
    # Base64 makes four characters of three bytes; of the last three, one will do.
    sealed_min = -(-bytes_min // 4) * 3 - 2
    missing = sealed_min - len(plain) - _HEADER_BYTES - NONCE_BYTES - TAG_BYTES
    return plain if missing <= 0 else _encoder.encode(replace(session, padding=bytes(missing)))


def open_session(token: str, *, key_id: str, ring: KeyRing) -> Session:
    """Return the session of a token issued for this access key id; raises `BadToken` otherwise."""
    if len(token) > quotas.TOKEN_CHARACTERS_MAX:
        raise BadToken(INVALID)
    try:
        # Characters that are not base64's are skipped here and refused by the comparison below.
        raw = binascii.a2b_base64(token)
        context = raw[:_HEADER_BYTES] + key_id.encode("ascii")
    except (binascii.Error, ValueError):
        raise BadToken(INVALID) from None
    key = ring.key_by_id(PURPOSE, int.from_bytes(raw[1:_HEADER_BYTES], "big"))
    is_same = binascii.b2a_base64(raw, newline=False) == token.encode("ascii")
    if raw[:1] not in _HEADERS or key is None or not is_same:
        # Base64 has several spellings of one value: only the issued spelling is accepted.
        raise BadToken(INVALID)
    try:
        return _decoder.decode(key.open(raw[_HEADER_BYTES:], context=context))
    except (Unopenable, msgspec.DecodeError, UnicodeDecodeError):
        raise BadToken(INVALID) from None
