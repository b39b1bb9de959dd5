"""Opening a portal session: its record, and the access token that stands for it.

Source of the times: IAM Identity Center user guide, "Configure the session duration".
"""

from typing import NamedTuple

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.faults import Denied, Invalid
from daypass.core.identity_center import ids
from daypass.core.identity_center.portal.portal_tokens import (
    ACCOUNT_ACCESS,
    PortalToken,
    seal_portal_token,
)
from daypass.core.keyring import KeyRing
from daypass.core.sealing import NONCE_BYTES
from daypass.core.sources import Entropy
from daypass.core.time.steady_time import Moment

DEFAULT_SECONDS = 8 * 3_600
"""How long a portal session lasts unless the operator says otherwise."""
SECONDS_MIN = 15 * 60
SECONDS_MAX = 90 * 24 * 3_600


class OpenedPortalSession(NamedTuple):
    """A new portal session's record, to be committed, and its access token, which is a secret."""

    session: PortalSession
    token: str
    expires: int
    """When session and token expire by the wall clock, in seconds since 1970."""

    def __repr__(self) -> str:
        return f"OpenedPortalSession({self.session!r})"


def new_portal_session(
    instance: Instance,
    person: Person,
    *,
    moment: Moment,
    seconds: int = DEFAULT_SECONDS,
    opened_by: str = "",
    entropy: Entropy,
    ring: KeyRing,
) -> OpenedPortalSession:
    """Return a new portal session of a person of an instance, with a token for accounts and roles.

    `opened_by` is the operator who opens it by a command. Raises `Denied` for a person who is
    disabled, and `Invalid` for a duration that no portal session has.
    """
    if not person.is_enabled:
        raise Denied("The user is disabled.")
    if not SECONDS_MIN <= seconds <= SECONDS_MAX:
        raise Invalid(
            f"A portal session lasts from {SECONDS_MIN} to {SECONDS_MAX} seconds, not {seconds}."
        )
    steady = int(moment.steady)
    drawn = entropy(ids.UUID_BYTES + NONCE_BYTES)
    session = PortalSession(
        account=person_partition(person.id),
        id=ids.new_uuid(drawn),
        instance=instance.id,
        store=instance.store,
        person=person.id,
        generation=person.generation,
        started=int(moment.wall),
        expires=steady + seconds,
        opened_by=opened_by,
    )
    token = PortalToken(
        instance=instance.id,
        store=instance.store,
        person=person.id,
        session=session.id,
        scopes=(ACCOUNT_ACCESS,),
        issued=steady,
        expires=session.expires,
    )
    sealed = seal_portal_token(token, ring=ring, nonce=drawn[ids.UUID_BYTES :])
    return OpenedPortalSession(session, sealed, session.expires - moment.lead)
