"""A data directory with an instance of IAM Identity Center, and people, groups and sets in it."""

import json
from contextlib import contextmanager

from msgspec.structs import replace

from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.person import Person
from daypass.core.organizations.settings import OrganizationSettings
from daypass.server import clock
from daypass.server.operator.authority_link import linked_authority
from daypass.server.operator.identity_center_messages import CallOperation, ListInstances
from daypass.state.changes import Changes, Put, Remove
from daypass.state.data_directory.open_directory import open_data

ACCOUNT = "111122223333"
ALICE = "a1111111-1111-4111-8111-111111111111"
DEVELOPERS = "b1111111-1111-4111-8111-111111111111"
READ_ONLY = "ps-0123456789abcdef"
EVENT = b'{"time":1.0,"request":"","service":"daypass","operation":"test"}'
MADE = {"created": 1, "created_by": "test", "updated": 1, "updated_by": "test"}


def make_data(path, account=ACCOUNT):
    """Make a data directory; return its instance's record."""
    opened = open_data(path, {}, clock=clock.wall, entropy=clock.entropy, account=account)
    [instance] = opened.committer.directory.all_records(Instance)
    opened.close()
    return instance


def put(path, *records):
    """Write records into a data directory that no server uses."""
    opened = open_data(path, {}, clock=clock.wall, entropy=clock.entropy)
    opened.committer.submit(Changes([Put(each) for each in records]), EVENT).result()
    opened.close()


def take_instance_away(committer):
    """Delete the only instance, as its owner does by the API."""
    directory = committer.directory
    [instance] = directory.all_records(Instance)
    organization = directory.organization(instance.organization).record
    store = directory.identity_store(instance.store).record
    changes = [
        Put(replace(organization, instance="", instance_deleted=1)),
        Remove(instance),
        Remove(store),
    ]
    committer.submit(Changes(changes), EVENT).result()
    return instance


def some_people(instance):
    """Return records: Alice, who is a developer, and the permission set ReadOnly."""
    return (
        Person(account=instance.store, id=ALICE, name="Alice", folded_name="alice", **MADE),
        PeopleGroup(
            account=instance.store,
            id=DEVELOPERS,
            name="Developers",
            folded_name="developers",
            **MADE,
        ),
        GroupMembership(
            account=instance.store,
            id="c1111111-1111-4111-8111-111111111111",
            group=DEVELOPERS,
            member=ALICE,
            created=1,
            created_by="test",
        ),
        PermissionSet(account=instance.id, id=READ_ONLY, name="ReadOnly", created=1),
    )


def locked(instance):
    """Return the instance's record with a lock that lets one distant network pass."""
    return replace(instance, network=NetworkLock(("203.0.113.0/24",)))


@contextmanager
def linked(path):
    """Yield the function that a command sends its messages with, where no server runs."""
    with linked_authority(path, {}, OrganizationSettings()) as ask:
        yield ask


def call(operation, *, service="ssoadmin", account=ACCOUNT, **more):
    """Return the message that calls an operation."""
    is_dry_run = more.pop("is_dry_run", False)
    return CallOperation(
        service=service,
        operation=operation,
        parameters=more,
        account=account,
        is_dry_run=is_dry_run,
        by="olga",
    )


def instances(ask):
    """Return the instances that a link lists."""
    return ask(ListInstances()).result["instances"]


def logged(path, operation):
    """Return the events of an operation in the audit log."""
    lines = (path / "audit.log").read_text().splitlines()
    events = [json.loads(each)["event"] for each in lines]
    return [each for each in events if each["operation"] == operation]
