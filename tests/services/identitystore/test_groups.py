"""Groups of people: created, changed, looked for and deleted."""

import pytest
from tests.services.identitystore.people_world import (
    BEFORE,
    INSTANCE,
    OTHER_INSTANCE,
    OTHER_STORE,
    SOMEBODY,
    STORE,
    People,
    records_in,
    uid,
)
from tests.services.organizations.organized import MEMBER
from tests.services.support import ACCOUNT, NOW, refused

from daypass.core import quotas
from daypass.core.domain.identity_center.assignment import Assignment
from daypass.core.domain.identity_center.ended_group import EndedGroup
from daypass.core.domain.identity_center.external_id import ExternalId
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import Person
from daypass.core.faults import AlreadyExists, Conflict, Invalid, NotFound, TooMany
from daypass.server.jobs import ended_groups
from daypass.server.jobs.job import JobInput
from daypass.services.identitystore import groups, memberships
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.tracking_directory import TrackingDirectory

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.fixture
def world():
    return People()


def ids(identifier):
    return {
        "IdentityStoreId": STORE,
        "GroupId": identifier,
        "GroupArn": f"arn:aws:identitystore:::group/{identifier}",
    }


def test_a_group_is_answered_as_it_was_given(world) -> None:
    made = world.call(groups.create_group, DisplayName="Night shift", Description="on call")
    described = world.call(groups.describe_group, GroupId=made["GroupArn"])

    assert made == {**ids(made["GroupId"]), "Revision": "1"}
    assert described == {
        **ids(made["GroupId"]),
        "Revision": "1",
        "DisplayName": "Night shift",
        "Description": "on call",
        "CreatedAt": NOW,
        "CreatedBy": ROOT,
        "UpdatedAt": NOW,
        "UpdatedBy": ROOT,
    }


def test_a_group_needs_a_name(world) -> None:
    with refused(Invalid, "displayName is a required attribute"):
        world.call(groups.create_group, Description="on call")


@pytest.mark.parametrize("name", ["administrator", "AWSAdministrators"])
def test_a_reserved_name_is_refused(world, name) -> None:
    """T234."""
    group = world.group("group")
    with refused(Invalid, "The attribute displayName is a reserved name."):
        world.call(groups.create_group, DisplayName=name)
    with refused(Invalid, "The attribute displayName is a reserved name."):
        world.call(groups.update_group, GroupId=group.id, Operations=changes(displayName=name))


def changes(**values):
    return [{"AttributePath": path, "AttributeValue": value} for path, value in values.items()]


def test_two_groups_never_have_one_name(world) -> None:
    """T181-SCIM."""
    world.group("Night shift")
    other = world.group("other")
    for call, more in (
        (groups.create_group, {"DisplayName": "night SHIFT"}),
        (
            groups.update_group,
            {"GroupId": other.id, "Operations": changes(displayName="night SHIFT")},
        ),
    ):
        fault = world.refusal(call, **more)
        assert (type(fault), fault.message) == (AlreadyExists, "Duplicate GroupDisplayName")
        assert fault.details == {"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}


def test_a_store_has_a_hundred_thousand_groups_at_most(world, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "PEOPLE_GROUPS_MAX", 1)
    world.call(groups.create_group, DisplayName="one")

    with refused(TooMany, "An identity store has at most 1 groups."):
        world.call(groups.create_group, DisplayName="two")


def test_an_update_changes_what_it_names(world) -> None:
    group = world.group("one", description="on call")
    answer = world.call(
        groups.update_group,
        GroupId=group.id,
        Operations=changes(DisplayName="One", description=None),
    )
    described = world.call(groups.describe_group, GroupId=group.id)

    assert answer == {**ids(group.id), "Revision": "2"}
    assert (described["DisplayName"], described.get("Description")) == ("One", None)
    assert (described["CreatedAt"], described["CreatedBy"]) == (BEFORE, SOMEBODY)
    assert (described["UpdatedAt"], described["UpdatedBy"]) == (NOW, ROOT)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("displayName", None, "displayName is a required attribute"),
        ("displayName", 5, "The attribute displayName must be a string."),
        ("description", "", "The attribute description must have 1 to 1024 characters."),
        ("externalIds", [], "An attribute path names no attribute that can be updated."),
        ("userName", "a", "An attribute path names no attribute that can be updated."),
    ],
)
def test_an_update_is_refused_whole(world, path, value, words) -> None:
    group = world.group("one")
    with refused(Invalid, words):
        world.call(
            groups.update_group,
            GroupId=group.id,
            Operations=[*changes(description="x"), *changes(**{path: value})],
        )
    assert world.store.group_named("one") == group


@pytest.mark.parametrize(
    ("call", "more"),
    [(groups.update_group, {"Operations": changes(description="x")}), (groups.delete_group, {})],
)
def test_a_change_may_name_the_revision_that_it_is_made_from(world, call, more) -> None:
    group = world.group(
        "one",
    )
    fault = world.refusal(call, GroupId=group.id, Revision="2", **more)
    assert (type(fault), fault.details) == (Conflict, {"Reason": "CONCURRENT_MODIFICATION"})

    world.call(call, GroupId=group.id, Revision="1", **more)
    assert world.store.group_named("one") != group


def test_a_deleted_group_takes_memberships_and_external_ids_along(world) -> None:
    person, group, other = world.person("jane"), world.group("group"), world.group("other")
    for each in (group, other):
        world.membership(each, person)
        world.external_id(each, each.name)
    for number in range(5):
        world.membership(group, world.person(f"user{number}"))
    world.put(
        Assignment(
            account=INSTANCE,
            target=ACCOUNT,
            permission_set="ps-0123456789abcdef",
            principal_type="GROUP",
            principal=group.id,
            created=1,
        )
    )
    world.call(groups.delete_group, GroupId=group.id)

    assert records_in(world, Person, PeopleGroup, GroupMembership, ExternalId) == (6, 1, 1, 1)
    assert world.store.groups_of(person.id) == (other.id,)
    assert len(world.directory.instance(INSTANCE).of(Assignment)) == 1


def sweep(world):
    """Run the job until it has no more to do; return how many records each commit changed."""
    sizes = []
    while True:
        directory = TrackingDirectory(world.directory)
        work = ended_groups.JOB.propose(JobInput(directory, NOW, Leftovers()))
        if not work.changes:
            return sizes
        sizes.append(len(work.changes.records))
        world.directory = world.directory.changed(
            work.changes.records, world.directory.revision + 1
        )


@pytest.mark.parametrize(("members", "sizes"), [(1, []), (2, [1]), (3, [2]), (5, [2, 2])])
def test_very_many_memberships_end_at_once_and_are_removed_in_parts(
    world, monkeypatch, members, sizes
) -> None:
    monkeypatch.setattr(quotas, "GROUP_REMOVALS_PER_COMMIT_MAX", 2)
    group, other = world.group("group"), world.group("other")
    people = sorted((world.person(f"user{number}") for number in range(members)), key=ids_of)
    last = people[-1]
    world.membership(other, last)
    for each in people:
        made = world.membership(group, each)
    world.call(groups.delete_group, GroupId=group.id)

    assert world.store.groups_of(last.id) == (other.id,)
    member = {"MemberId": {"UserId": last.id}}
    listed = world.call(memberships.list_group_memberships_for_member, **member)
    assert [each["GroupId"] for each in listed["GroupMemberships"]] == [other.id]
    found = world.call(memberships.is_member_in_groups, **member, GroupIds=[group.id])["Results"]
    assert [each["MembershipExists"] for each in found] == [False]
    for call, more in (
        (memberships.describe_group_membership, {"MembershipId": made.id}),
        (memberships.delete_group_membership, {"MembershipId": made.id}),
        (memberships.get_group_membership_id, {"GroupId": group.id, **member}),
        (memberships.create_group_membership, {"GroupId": group.id, **member}),
        (memberships.list_group_memberships, {"GroupId": group.id}),
    ):
        assert type(world.refusal(call, **more)) is NotFound

    assert sweep(world) == sizes
    assert records_in(world, GroupMembership, EndedGroup) == (1, 0)


def ids_of(person):
    return person.id


@pytest.mark.parametrize(
    ("call", "more"),
    [
        (groups.describe_group, {}),
        (groups.update_group, {"Operations": changes(description="x")}),
        (groups.delete_group, {}),
    ],
)
def test_an_id_that_does_not_exist_is_named_in_the_refusal(world, call, more) -> None:
    """T237: another store's ids do not exist in this one."""
    world.member(MEMBER)
    world.instance(OTHER_INSTANCE, OTHER_STORE, owner=MEMBER)
    stranger = world.group("stranger", store=OTHER_STORE)
    for missing in (stranger.id, uid("nobody")):
        fault = world.refusal(call, GroupId=missing, **more)

        assert (type(fault), fault.message) == (NotFound, "GROUP not found.")
        assert fault.details == {"ResourceType": "GROUP", "ResourceId": missing}


@pytest.mark.parametrize("path", ["displayName", "DisplayName", "displayname"])
def test_a_group_is_found_by_its_name_or_external_id(world, path) -> None:
    group = world.group("Night shift")
    world.external_id(group, "42")
    world.external_id(world.person("jane"), "43")
    attribute = {"AttributePath": path, "AttributeValue": "night shift"}
    issuer = "https://idp.example.com"

    for alternate in (
        {"UniqueAttribute": attribute},
        {"ExternalId": {"Issuer": issuer, "Id": "42"}},
    ):
        assert world.call(groups.get_group_id, AlternateIdentifier=alternate) == ids(group.id)
    for alternate in (
        {"UniqueAttribute": {**attribute, "AttributeValue": "day shift"}},
        {"ExternalId": {"Issuer": issuer, "Id": "43"}},
    ):
        fault = world.refusal(groups.get_group_id, AlternateIdentifier=alternate)
        assert (type(fault), fault.details) == (NotFound, {"ResourceType": "GROUP"})


def test_groups_are_listed_in_order_of_id(world) -> None:
    made = [world.group(f"group{number}") for number in range(20)]
    listed = world.call(groups.list_groups)["Groups"]

    assert [each["GroupId"] for each in listed] == sorted(each.id for each in made)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("DisplayName", "Night shift", ["Night shift"]),
        ("displayName", "Night shift", ["Night shift"]),
        ("DisplayName", "night shift", []),
        ("DisplayName", "Night", []),
    ],
)
def test_a_filter_finds_the_group_of_exactly_a_name(world, path, value, found) -> None:
    world.group("Night shift")
    world.group("Day shift")
    listed = world.call(
        groups.list_groups, Filters=[{"AttributePath": path, "AttributeValue": value}]
    )

    assert [each["DisplayName"] for each in listed["Groups"]] == found
