"""Callers: the principal behind an access key id and a session token, looked up at each use.

A signature proves that the sender held the secret; this module says whom the credential stands for
on the current snapshot. A deleted user or role, a deactivated key and an expired session are
refused here, at every use, whatever the credential itself says.
"""

import msgspec

from daypass.core import arn
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.faults import BadToken, Expired, UnknownKey
from daypass.core.keyring import KeyRing
from daypass.core.policy.global_keys import user_id
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.sessions.keyids import account_of
from daypass.core.sessions.secrets import open_secret
from daypass.core.sessions.token import INVALID as INVALID_TOKEN
from daypass.core.sessions.token import Session, SessionKind, open_session
from daypass.services.kit.identity_center.person_sessions import check_person_session
from daypass.services.kit.identity_center.signed_in_person import SignedInPerson
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory

EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105 - AWS's words


class Caller(msgspec.Struct, frozen=True):
    """An authenticated identity: its principal, the user or role behind it, and its session."""

    principal: Principal
    access_key_id: str
    record: User | Role | None
    """The user or the role; None for root and for anonymous callers."""
    session: Session | None = None
    """The session of temporary credentials; None for a long-term access key."""
    tags: tuple[Tag, ...] = ()
    """The principal's tags: the user's, or the session's."""
    person: SignedInPerson | None = None
    """The person of Identity Center who sent an access token; to every policy the caller is then
    anonymous. None for every caller with an AWS credential, a person's role session too."""

    @property
    def account(self) -> str:
        """Return the 12 digits of the account that the caller acts in."""
        return self.principal.account

    @property
    def is_root(self) -> bool:
        """Return whether the caller is its account's root."""
        return self.principal.kind is PrincipalKind.ROOT

    @property
    def is_temporary(self) -> bool:
        """Return whether the credentials are temporary."""
        return self.session is not None

    @property
    def user_id(self) -> str:
        """Return AWS's UserId: `AIDA…`, `AROA…:session`, or the account id for root."""
        return user_id(self.principal) or self.account


ANONYMOUS = Caller(Principal(PrincipalKind.ANONYMOUS, "", ""), "", None)
"""The caller of a request that is not signed."""


def signed_in_caller(person: SignedInPerson) -> Caller:
    """Return the person behind an access token as a caller, to whom no policy gives anything."""
    return Caller(ANONYMOUS.principal, "", None, person=person)


class Credential(msgspec.Struct, frozen=True):
    """A caller that is not proved yet, and the secret whose signature would prove it."""

    caller: Caller
    secret: str

    def __repr__(self) -> str:
        """Return the caller's ARN, without the secret."""
        return f"Credential({self.caller.principal.arn})"


class _KeptCredential(msgspec.Struct, frozen=True):
    """A long-term key's credential, kept so that its secret is not decrypted for each request."""

    keyring: KeyRing
    """The ring that opened the secret: another one may lack the key for that."""
    credential: Credential


def find_credential(
    directory: Directory, keyring: KeyRing, *, access_key_id: str, token: str, steady: int
) -> Credential:
    """Return the caller and the secret that an access key id and a session token stand for.

    `token` is empty for a long-term key. `steady` is steady time, in seconds since 1970. Raises
    `UnknownKey` alike for unknown, inactive and deleted keys and for keys whose user is gone,
    `BadToken` for a token that does not decrypt under this key id or was issued in the future,
    `Expired` for a session past its end, and `SessionEnded` for one whose person lost the access.
    """
    if token:
        return _temporary_credential(
            directory, keyring, access_key_id=access_key_id, token=token, steady=steady
        )
    account = directory.account(account_of(access_key_id) or "")
    kept: _KeptCredential | None = account.cache.get(f"credential {access_key_id}")
    if kept is not None and kept.keyring is keyring:
        return kept.credential
    caller, key = _caller_of_key(account, access_key_id)
    credential = Credential(caller, open_secret(key.secret, keyring, owner=key.id))
    # All that it stands on is in this view of the account, which the next change replaces.
    account.cache[f"credential {access_key_id}"] = _KeptCredential(keyring, credential)
    return credential


def refresh_caller(caller: Caller, directory: Directory, *, steady: int) -> Caller:
    """Return a caller of an older snapshot as this snapshot has it.

    Raises the faults of `find_credential` if the credential no longer stands for that caller.
    """
    if caller.principal.kind is PrincipalKind.ANONYMOUS:
        return caller
    if caller.session is not None:
        return _caller_in_session(directory, caller.access_key_id, caller.session, steady)
    account = directory.account(account_of(caller.access_key_id) or "")
    return _caller_of_key(account, caller.access_key_id)[0]


def _temporary_credential(
    directory: Directory, keyring: KeyRing, *, access_key_id: str, token: str, steady: int
) -> Credential:
    """Return the credential of a session token."""
    session = open_session(token, key_id=access_key_id, ring=keyring)
    return Credential(_caller_in_session(directory, access_key_id, session, steady), session.secret)


def _caller_of_key(account: AccountView, access_key_id: str) -> tuple[Caller, AccessKey]:
    """Return the caller of a long-term access key of an account, and the key's record."""
    key = account.of(AccessKey).get(access_key_id)
    if key is None or not key.active or not account.is_open:
        raise UnknownKey(INVALID_TOKEN)
    if key.owner == account.id:
        return _root_caller(account, access_key_id, None), key
    user = account.by_id(User, key.owner)
    if user is None:
        raise UnknownKey(INVALID_TOKEN)
    return _user_caller(user, access_key_id, None), key


def _caller_in_session(
    directory: Directory, access_key_id: str, session: Session, steady: int
) -> Caller:
    """Return the caller of a session that is neither expired nor issued in the future."""
    if session.is_over(steady=steady):
        raise Expired(EXPIRED_TOKEN)
    if session.is_ahead(steady=steady):
        # The clock was wrong when it was issued: the session would last longer than allowed.
        ahead = session.issued + session.lead - steady
        raise BadToken(INVALID_TOKEN, operator=f"the session was issued {ahead} s in the future")
    if session.person is not None:
        # Before the role is looked up: where access ended the role may be gone, and the answer is
        # to say what to do.
        check_person_session(directory, session.person)
    account = directory.account(session.account)
    if not account.is_open:
        raise BadToken(INVALID_TOKEN)
    return _caller_of_principal(account, access_key_id, session)


def _caller_of_principal(account: AccountView, access_key_id: str, session: Session) -> Caller:
    """Return the caller of a session; its principal is found by unique id.

    A new user or role of the same name therefore inherits no session.
    """
    if session.kind is SessionKind.ROOT:
        return _root_caller(account, access_key_id, session)
    if session.kind is SessionKind.ROLE and (role := account.by_id(Role, session.principal_id)):
        return _role_caller(role, access_key_id, session)
    if session.kind is SessionKind.USER and (user := account.by_id(User, session.principal_id)):
        return _user_caller(user, access_key_id, session)
    raise BadToken(INVALID_TOKEN)


def _root_caller(account: AccountView, access_key_id: str, session: Session | None) -> Caller:
    principal = Principal(kind=PrincipalKind.ROOT, arn=arn.root(account.id), account=account.id)
    return Caller(principal, access_key_id, None, session)


def _user_caller(user: User, access_key_id: str, session: Session | None) -> Caller:
    principal = Principal(
        kind=PrincipalKind.USER, arn=user.arn, account=user.account, unique_id=user.unique_id
    )
    return Caller(principal, access_key_id, user, session, user.tags)


def _role_caller(role: Role, access_key_id: str, session: Session) -> Caller:
    principal = Principal(
        kind=PrincipalKind.ROLE_SESSION,
        arn=arn.assumed_role(role.account, role.name, session.session_name),
        account=role.account,
        unique_id=role.unique_id,
        role_arn=role.arn,
    )
    return Caller(principal, access_key_id, role, session, session.tags)
