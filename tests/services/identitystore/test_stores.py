"""Identity stores themselves: which an account administers, and their network configuration."""

import pytest
from msgspec.structs import replace
from tests.services.identitystore.people_world import (
    OTHER_INSTANCE,
    OTHER_STORE,
    STORE,
    STORE_ARN,
    People,
)
from tests.services.organizations.organized import MEMBER, STRANGER
from tests.services.support import refused

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.faults import Denied, InvalidParameterValue
from daypass.core.identity_center.network_lock import NOT_FROM_HERE
from daypass.services.identitystore import stores, users
from daypass.services.kit.identity_center.standing import NO_ACCESS

OWN = {"IdentityStoreId": STORE, "IdentityStoreArn": STORE_ARN}


@pytest.fixture
def world():
    return People()


def other_store(world):
    """Give the member account an instance of its own; return how its store is listed."""
    world.put(replace(world.directory.account(MEMBER).record, instance=OTHER_INSTANCE))
    world.instance(OTHER_INSTANCE, OTHER_STORE, owner=MEMBER)
    return {
        "IdentityStoreId": OTHER_STORE,
        "IdentityStoreArn": f"arn:aws:identitystore::{MEMBER}:identitystore/{OTHER_STORE}",
    }


def test_an_account_lists_the_stores_that_it_administers(world) -> None:
    world.delegate()
    assert world.call(stores.list_identity_stores) == {"IdentityStores": [OWN]}
    assert world.call(stores.list_identity_stores, world.root(MEMBER)) == {"IdentityStores": [OWN]}

    other = other_store(world)
    found = world.call(stores.list_identity_stores, world.root(MEMBER))
    assert found == {"IdentityStores": [OWN, other]}


def test_a_member_lists_its_own_store_alone(world) -> None:
    world.member(MEMBER)
    with refused(Denied, NO_ACCESS):
        world.call(stores.list_identity_stores, world.root(MEMBER))

    other = other_store(world)
    found = world.call(stores.list_identity_stores, world.root(MEMBER))
    assert found == {"IdentityStores": [other]}


def test_an_account_without_a_store_may_list_none(world) -> None:
    world.standalone(STRANGER)
    with refused(Denied, NO_ACCESS):
        world.call(stores.list_identity_stores, world.root(STRANGER))


def test_the_account_of_its_own_instance_administers_its_store(world) -> None:
    world.member(MEMBER)
    other_store(world)
    made = world.call(
        users.create_user, world.root(MEMBER), IdentityStoreId=OTHER_STORE, UserName="jane"
    )

    assert made["IdentityStoreId"] == OTHER_STORE
    with refused(Denied, NO_ACCESS):
        world.call(users.list_users, IdentityStoreId=OTHER_STORE)


def test_a_store_is_open_until_it_is_locked(world) -> None:
    open_configuration = {"VpceAccessRequired": False}
    described = world.call(stores.describe_identity_store)
    assert described == {**OWN, "NetworkConfiguration": open_configuration}

    locked = {
        "VpceAccessRequired": True,
        "ApiAllowSourceIps": ["192.0.2.0/24"],
        "ScimAllowSourceIps": ["198.51.100.7"],
    }
    assert world.call(stores.update_identity_store, NetworkConfiguration=locked) == OWN
    described = world.call(stores.describe_identity_store)
    assert described == {**OWN, "NetworkConfiguration": locked}

    world.call(stores.update_identity_store, NetworkConfiguration=open_configuration)
    described = world.call(stores.describe_identity_store)
    assert described == {**OWN, "NetworkConfiguration": open_configuration}


def test_an_update_that_names_nothing_changes_nothing(world) -> None:
    before = world.put(replace(world.store.record, network=NetworkLock(("192.0.2.0/24",))))

    assert world.call(stores.update_identity_store) == OWN
    assert world.store.record == before


def test_a_lock_that_cannot_be_enforced_is_not_stored(world) -> None:
    before = world.store.record
    fault = world.refusal(
        stores.update_identity_store, NetworkConfiguration={"VpceAccessRequired": True}
    )

    assert type(fault) is InvalidParameterValue
    assert world.store.record == before


def test_a_locked_store_refuses_other_addresses(world) -> None:
    """T425."""
    world.put(replace(world.store.record, network=NetworkLock(("198.51.100.0/24",))))
    with refused(Denied, NOT_FROM_HERE):
        world.call(users.list_users)

    world.put(replace(world.store.record, network=NetworkLock(("192.0.2.1",))))
    assert world.call(users.list_users) == {"Users": []}


def test_who_may_not_call_is_told_so_before_the_lock(world) -> None:
    """T425: an account outside does not learn that there is a lock."""
    world.put(replace(world.store.record, network=NetworkLock(("198.51.100.0/24",))))
    world.standalone(STRANGER)
    with refused(Denied, NO_ACCESS):
        world.call(users.list_users, world.root(STRANGER))


def test_scim_addresses_do_not_lock_the_api(world) -> None:
    world.put(replace(world.store.record, scim_source_ips=("198.51.100.7",)))

    assert world.call(users.list_users) == {"Users": []}
