"""Making a session's credentials: the key id, the secret, and the token that carries both."""

from collections.abc import Callable
from dataclasses import dataclass

from daypass.core.keyring import KeyRing
from daypass.core.sessions.keyids import access_key_id, secret_access_key
from daypass.core.sessions.session_plan import Granted
from daypass.core.sessions.token import Origin, Session, SessionKind, seal_session

_ENTROPY_BYTES = 10 + 30 + 12
"""For the key id, the secret and the nonce: one draw for all three."""


@dataclass(frozen=True, slots=True)
class Issued:
    """Temporary credentials: `session.secret` is the secret access key."""

    access_key_id: str
    token: str
    session: Session


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose session it is: a role's, a user's or root's; `principal_id` is the unique id, empty for root."""

    kind: SessionKind
    origin: Origin
    account: str
    principal_id: str = ""
    session_name: str = ""
    mfa_time: int | None = None


def issue(
    subject: Subject,
    grant: Granted,
    *,
    now: int,
    lead: int = 0,
    entropy: Callable[[int], bytes],
    ring: KeyRing,
) -> Issued:
    """Return credentials for a session that was granted, valid from `now` for `grant.seconds`.

    `now` is what the wall clock says, in seconds since 1970; `lead` is by how many seconds steady time is ahead of it.
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
    )
    key_id = access_key_id("ASIA", subject.account, drawn[:10])
    token = seal_session(session, key_id=key_id, ring=ring, nonce=drawn[40:])
    return Issued(key_id, token, session)
