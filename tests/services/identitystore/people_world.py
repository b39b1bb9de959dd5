"""A snapshot with an organization, its Identity Center instance and identity store.

A call locates its targets first, as the pipeline does, so that accounts which the store does not
admit are refused there.
"""

import uuid

from msgspec.structs import replace
from tests.services.organizations.organized import MANAGEMENT, MEMBER, ORGANIZATION, Organized
from tests.services.support import NOW, Snapshot

from daypass.core.domain.identity_center.external_id import ExternalId
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import NO_PROFILE, Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.domain.organizations.member import Delegation
from daypass.core.identity_center.people.people_groups import new_group
from daypass.core.identity_center.people.persons import new_person

STORE, INSTANCE = "d-0123456789", "ssoins-0123456789abcdef"
OTHER_STORE, OTHER_INSTANCE = "d-9876543210", "ssoins-fedcba9876543210"
STORE_ARN = f"arn:aws:identitystore::{MANAGEMENT}:identitystore/{STORE}"
SOMEBODY = "arn:aws:iam::111122223333:user/somebody"
REGION = "eu-west-3"
BEFORE = NOW - 1000


def uid(*parts):
    """Return a UUID derived from these parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr(parts)))


class People(Organized):
    """A snapshot whose account owns an organization's instance with an identity store."""

    def __init__(self):
        super().__init__()
        self.instance(INSTANCE, STORE, owner=MANAGEMENT, organization=ORGANIZATION)
        self.put(replace(self.record, instance=INSTANCE))

    @property
    def store(self):
        """Return the view of the organization's identity store."""
        return self.directory.identity_store(STORE)

    def instance(self, instance, store, *, owner, organization=""):
        """Put an instance with its store."""
        self.put(
            Instance(
                account=instance,
                owner=owner,
                store=store,
                region=REGION,
                created=1,
                organization=organization,
            ),
            IdentityStore(account=store, owner=owner, instance=instance, created=1),
        )

    def delegate(self, account=MEMBER):
        """Put a member account that is the delegated administrator of Identity Center."""
        return self.member(account, delegations=(Delegation("sso.amazonaws.com", 1),))

    def person(self, name, *, store=STORE, profile=NO_PROFILE, **more):
        """Put a person; the id is derived from the name."""
        made = new_person(store, uid(name), name, by=SOMEBODY, now=BEFORE, profile=profile)
        return self.put(replace(made, **more))

    def group(self, name, *, store=STORE, **more):
        """Put a group; the id is derived from the name."""
        return self.put(new_group(store, uid(name), name, by=SOMEBODY, now=BEFORE, **more))

    def membership(self, group, person):
        """Put a person's membership in a group."""
        return self.put(
            GroupMembership(
                account=group.account,
                id=uid(group.id, person.id),
                group=group.id,
                member=person.id,
                created=BEFORE,
                created_by=SOMEBODY,
            )
        )

    def external_id(self, owner, identifier, *, issuer="https://idp.example.com"):
        """Put an external id of a person or a group."""
        kind = "USER" if isinstance(owner, Person) else "GROUP"
        return self.put(
            ExternalId(
                account=owner.account,
                owner_type=kind,
                owner=owner.id,
                issuer=issuer,
                id=identifier,
            )
        )

    def portal_session(self, person):
        """Put a portal session of a person."""
        return self.put(
            PortalSession(
                account=person_partition(person.id),
                id="session",
                instance=INSTANCE,
                store=person.account,
                person=person.id,
                generation=0,
                started=BEFORE,
                expires=NOW + 1000,
            )
        )

    def named(self, name):
        """Return the person of a user name, as it is now."""
        return self.store.person_named(name)

    def call(self, function, caller=None, *, now=NOW, **parameters):
        """Call an operation on the organization's store, unless another one is named."""
        if "IdentityStoreId" not in parameters and function.__name__ != "list_identity_stores":
            parameters["IdentityStoreId"] = STORE
        self.located(function, caller, now=now, **parameters)
        return Snapshot.call(self, function, caller, now=now, **parameters)

    def refusal(self, function, caller=None, **parameters):
        """Return the fault that a call is refused with."""
        try:
            self.call(function, caller, **parameters)
        except Exception as fault:  # noqa: BLE001 - the test says which one it must be
            return fault
        raise AssertionError(f"{function.__name__} was not refused")

    def in_store(self, record):
        """Return how many records of a class the store has."""
        return len(self.store.of(record))


def records_in(world, *classes):
    """Return how many records of each class the store has."""
    return tuple(world.in_store(each) for each in classes)


ALL_OF_A_STORE = (Person, PeopleGroup, GroupMembership, ExternalId)
