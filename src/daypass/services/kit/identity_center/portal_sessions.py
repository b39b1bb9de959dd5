"""Portal sessions that an operator opens for a person, without a sign-in."""

from daypass.core.domain.identity_center.person import Person
from daypass.core.faults import NotFound
from daypass.core.identity_center.portal.portal_sessions import (
    DEFAULT_SECONDS,
    OpenedPortalSession,
    new_portal_session,
)
from daypass.core.keyring import KeyRing
from daypass.core.sources import Entropy
from daypass.core.time.steady_time import Moment
from daypass.state.snapshot.directory import Directory


def open_portal_session(
    directory: Directory,
    person: Person,
    *,
    moment: Moment,
    opened_by: str,
    seconds: int = DEFAULT_SECONDS,
    entropy: Entropy,
    ring: KeyRing,
) -> OpenedPortalSession:
    """Return a new portal session of a person, whose record the caller commits, and its token.

    `opened_by` is the operator. Raises `NotFound` for a person whose store or instance is gone, and
    the faults of `new_portal_session`.
    """
    store = directory.identity_store(person.account).record
    instance = directory.instance(store.instance).record if store is not None else None
    if instance is None:
        raise NotFound(f"there is no instance of IAM Identity Center for {person.account}")
    return new_portal_session(
        instance,
        person,
        moment=moment,
        seconds=seconds,
        opened_by=opened_by,
        entropy=entropy,
        ring=ring,
    )
