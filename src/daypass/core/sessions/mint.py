"""Makes temporary credentials: the access key id, the secret access key, and the session token."""

import msgspec
from msgspec.structs import replace

from daypass.core.keyring import KeyRing
from daypass.core.sessions.keyids import access_key_id, secret_access_key
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, Session, SessionKind, seal_session
from daypass.core.sources import Entropy

_ENTROPY_BYTES = 10 + 30 + 12
"""Ten for the key id, thirty for the secret, twelve for the nonce: drawn in one call."""


class TemporaryCredentials(msgspec.Struct, frozen=True):
    """Credentials of a session; `session.secret` is the secret access key."""

    access_key_id: str
    token: str
    session: Session


class SessionOwner(msgspec.Struct, frozen=True):
    """The role, user or root of a new session; `principal_id` is its unique id, empty for root."""

    kind: SessionKind
    origin: Origin
    account: str
    principal_id: str = ""
    session_name: str = ""
    mfa_time: int | None = None
    saml_provider: str = ""
    """The name of the account's SAML provider that the session is federated by, or empty."""


def issue_credentials(
    subject: SessionOwner,
    grant: GrantedSession,
    *,
    now: int,
    lead: int = 0,
    token_bytes_min: int = 0,
    entropy: Entropy,
    ring: KeyRing,
) -> TemporaryCredentials:
    """Return credentials for a granted session, valid from `now` for `grant.seconds`.

    `now` is the wall clock's time in seconds since 1970; `lead` is the number of seconds that
    steady time (`core.time.steady_time`) is ahead of it. Raises `TooLarge` as `seal_session` does.
    """
    drawn = entropy(_ENTROPY_BYTES)
    session = Session(
        kind=subject.kind,
        origin=subject.origin,
        account=subject.account,
        principal_id=subject.principal_id,
        session_name=subject.session_name,
        issued=now,
        expires=now + grant.seconds,
        secret=secret_access_key(drawn[10:40]),
        policies=grant.policies,
        tags=grant.tags,
        transitive=grant.transitive,
        source_identity=grant.source_identity,
        mfa_time=subject.mfa_time,
        lead=lead,
        person=grant.person,
        saml_provider=subject.saml_provider,
    )
    return _seal(session, drawn, ring, token_bytes_min)


def reissue_credentials(
    session: Session, *, token_bytes_min: int = 0, entropy: Entropy, ring: KeyRing
) -> TemporaryCredentials:
    """Return credentials of a session that begins with another one's: with a secret of their own.

    Raises `TooLarge` as `seal_session` does.
    """
    drawn = entropy(_ENTROPY_BYTES)
    renewed = replace(session, secret=secret_access_key(drawn[10:40]))
    return _seal(renewed, drawn, ring, token_bytes_min)


def _seal(
    session: Session, drawn: bytes, ring: KeyRing, token_bytes_min: int
) -> TemporaryCredentials:
    """Return a session's credentials; `drawn` are the random bytes that its secret came from."""
    key_id = access_key_id("ASIA", session.account, drawn[:10])
    token = seal_session(
        session, key_id=key_id, ring=ring, nonce=drawn[40:], bytes_min=token_bytes_min
    )
    return TemporaryCredentials(key_id, token, session)
