"""What people and groups need of the store they are in: names that are free, what goes with them.

The API, the operator's commands and later SCIM share these rules; those without a store are in
`core.identity_center.people`. Source: identity store API reference, "ConflictException".
"""

from collections.abc import Iterator
from itertools import chain, islice

from daypass.core import quotas
from daypass.core.domain.identity_center.ended_group import EndedGroup
from daypass.core.domain.identity_center.external_id import ExternalId
from daypass.core.domain.identity_center.group_membership import GroupMembership, membership_key
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.domain.record import Record
from daypass.core.identity_center.people import refusals
from daypass.state.changes import Changes, Put, Remove
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


def removals_of_group(store: IdentityStoreView, group: PeopleGroup, *, now: int) -> Changes:
    """Return the changes that delete a group with its memberships and its external ids.

    Of very many memberships the job `ended-groups` removes the last ones; they are nobody's
    memberships from this commit on. Assignments stay, as those of a person.
    """
    found = [group, *store.of(ExternalId).group(group.id)]
    ended = EndedGroup(account=store.id, id=group.id, ended=now)
    memberships = next_memberships(store, ended)
    changes = Changes([Remove(each) for each in (*found, *memberships)])
    if len(memberships) == quotas.GROUP_REMOVALS_PER_COMMIT_MAX:
        changes.records.append(Put(ended))
    return changes


def next_memberships(store: IdentityStoreView, ended: EndedGroup) -> list[GroupMembership]:
    """Return the memberships of a deleted group that the next commit removes.

    At most `GROUP_REMOVALS_PER_COMMIT_MAX`; fewer, if these are the last ones.
    """
    found = store.of(GroupMembership).beginning_with(membership_key(ended.id, ""))
    return list(islice(found, quotas.GROUP_REMOVALS_PER_COMMIT_MAX))
