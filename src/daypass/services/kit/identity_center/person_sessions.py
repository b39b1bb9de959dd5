"""Whether the role session of a person of Identity Center still stands, asked at each use.

So do the sessions that are chained from it, because all of them have the same `PersonSession`. The
answer is kept on the instance's view, and is valid while the views of the store and of the account
are the same objects.
Source of what ends a session: decision 52.
"""

from weakref import ReferenceType, ref

import msgspec

from daypass.core.domain.identity_center.person import Person
from daypass.core.faults import SessionEnded
from daypass.core.sessions.person_session import PersonSession
from daypass.services.kit.identity_center.person_access import is_open_target, principals_of
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.identity_store_view import IdentityStoreView
from daypass.state.snapshot.instance_view import InstanceView

NO_INSTANCE = "the instance of IAM Identity Center was deleted"
NO_ACCOUNT = "the account was closed, or has left the organization"
NO_PERSON = "an administrator deleted the user"
ENDED_BY_ADMINISTRATOR = "an administrator disabled the user or signed the user out"
ENDED_BY_PERSON = "the user signed out and ended it"
NO_ASSIGNMENT = "an administrator took away the access to the role"
_WHO_ENDED = {"person": ENDED_BY_PERSON}


class _KnownStanding(msgspec.Struct, frozen=True):
    """Why a session has ended, empty if it stands, as of one view of the store and the account.

    It is of one person with one role; sessions of several generations take turns. The views are
    referred to weakly: people who do not come back would else keep old views of everybody.
    """

    store: ReferenceType[IdentityStoreView]
    account: ReferenceType[AccountView]
    generation: int
    reason: str


def check_person_session(directory: Directory, session: PersonSession) -> None:
    """Raise `SessionEnded` unless person, assignment, role and account of a session still stand."""
    instance = directory.instance(session.instance)
    store = directory.identity_store(session.store)
    account = directory.account(session.account)
    name = session.person + session.role_id
    known: _KnownStanding | None = instance.cache.get(name)
    if (
        known is None
        or known.store() is not store
        or known.account() is not account
        or known.generation != session.generation
    ):
        reason = _why_ended(instance, store, account, session)
        known = _KnownStanding(ref(store), ref(account), session.generation, reason)
        instance.cache[name] = known
    if known.reason:
        raise SessionEnded(
            f"The security token included in the request is expired: {known.reason}."
            " Run: aws sso logout, then aws sso login"
        )


def _why_ended(
    instance: InstanceView, store: IdentityStoreView, account: AccountView, session: PersonSession
) -> str:
    """Return why a session has ended; empty if it stands."""
    if instance.record is None:
        return NO_INSTANCE
    if not is_open_target(instance.record, account):
        return NO_ACCOUNT
    person = store.of(Person).get(session.person)
    if person is None:
        return NO_PERSON
    if not person.is_enabled or person.generation != session.generation:
        return _WHO_ENDED.get(person.ended_by, ENDED_BY_ADMINISTRATOR)
    role = instance.provisioned_set(session.account, session.permission_set)
    principals = principals_of(store, person.id)
    if (
        role is None
        or role.role_id != session.role_id
        or not instance.is_assigned(session.account, session.permission_set, principals)
    ):
        return NO_ASSIGNMENT
    return ""
