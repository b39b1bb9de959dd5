"""The person behind an access token of the portal, looked up at each use."""

import msgspec

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.faults import BadToken
from daypass.core.identity_center.network_lock import check_source_address
from daypass.core.identity_center.portal.portal_tokens import INVALID, PortalToken
from daypass.state.snapshot.directory import Directory


class SignedInPerson(msgspec.Struct, frozen=True):
    """A person whose token was proved: a caller without an account and without any IAM policy."""

    instance: Instance
    person: Person
    session: PortalSession


def find_signed_in_person(
    directory: Directory, token: PortalToken, *, steady: int, address: str
) -> SignedInPerson:
    """Return the person whom a token stands for, at a steady time in seconds since 1970.

    Raises `BadToken` alike for a token that has expired, a session that was signed out or is over,
    and a person who was disabled, signed out or deleted. `address` is the caller's; raises `Denied`
    if the instance's network lock does not let it pass.
    """
    token.check_life(steady=steady)
    session = directory.partition(person_partition(token.person)).of(PortalSession)
    portal_session = session.get(token.session)
    if portal_session is None or steady >= portal_session.expires:
        raise BadToken(INVALID, operator="the portal session was signed out, or is over")
    instance = directory.instance(portal_session.instance).record
    person = directory.identity_store(portal_session.store).of(Person).get(portal_session.person)
    if instance is None or person is None:
        raise BadToken(INVALID, operator="the user was deleted")
    if not person.is_enabled or person.generation != portal_session.generation:
        raise BadToken(INVALID, operator="the user was disabled or signed out by an administrator")
    check_source_address(instance.network, address)
    return SignedInPerson(instance, person, portal_session)
