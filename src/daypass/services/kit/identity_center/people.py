"""What people and groups need of the store they are in: names that are free, what goes with them.

The API, the operator's commands and later SCIM share these rules; those without a store are in
`core.identity_center.people`. Source: identity store API reference, "ConflictException".
"""

from collections.abc import Iterator
from itertools import chain

from daypass.core import quotas
from daypass.core.domain.identity_center.external_id import ExternalId
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.domain.record import Record
from daypass.core.identity_center.people import refusals
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.identity_store_view import IdentityStoreView


def check_person_is_unique(store: IdentityStoreView, person: Person) -> None:
    """Raise `AlreadyExists` if another person of the store has the name or the e-mail address.

    A name that is another person's id is refused too: where either may stand, it would mean both.
    """
    other = store.person_named(person.folded_name) or store.of(Person).get(person.folded_name)
    if other is not None and other.id != person.id:
        raise refusals.duplicate(refusals.USER_NAME_TAKEN)
    other = store.person_with_email(person.email)
    if other is not None and other.id != person.id:
        raise refusals.duplicate(refusals.EMAIL_TAKEN)


def check_group_is_unique(store: IdentityStoreView, group: PeopleGroup) -> None:
    """Raise `AlreadyExists` if another group of the store has the display name."""
    other = store.group_named(group.folded_name)
    if other is not None and other.id != group.id:
        raise refusals.duplicate(refusals.GROUP_NAME_TAKEN)


def check_people_quota(store: IdentityStoreView) -> None:
    """Raise `TooMany` if a store has as many people as it may have."""
    if len(store.of(Person)) >= quotas.PEOPLE_MAX:
        raise refusals.too_many("users", quotas.PEOPLE_MAX)


def check_groups_quota(store: IdentityStoreView) -> None:
    """Raise `TooMany` if a store has as many groups as it may have."""
    if len(store.of(PeopleGroup)) >= quotas.PEOPLE_GROUPS_MAX:
        raise refusals.too_many("groups", quotas.PEOPLE_GROUPS_MAX)


def records_of_person(
    directory: Directory, store: IdentityStoreView, person: Person
) -> Iterator[Record]:
    """Yield what is deleted with a person: the person, memberships, external ids, portal sessions.

    Assignments stay: they name an id that is never given again, and grant nothing.
    """
    yield person
    yield from chain(
        store.of(GroupMembership).group(person.id, "member"),
        store.of(ExternalId).group(person.id),
        directory.partition(person_partition(person.id)).of(PortalSession),
    )


def records_of_group(store: IdentityStoreView, group: PeopleGroup) -> Iterator[Record]:
    """Yield what is deleted with a group: the group, its memberships and its external ids."""
    yield group
    yield from chain(
        store.of(GroupMembership).beginning_with(f"{group.id}/"),
        store.of(ExternalId).group(group.id),
    )
