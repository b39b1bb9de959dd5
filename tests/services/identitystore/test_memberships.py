"""Memberships of people in groups: created, listed, looked for and ended."""

import pytest
from tests.services.identitystore.people_world import BEFORE, SOMEBODY, STORE, People, uid
from tests.services.support import ACCOUNT, NOW

from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.faults import AlreadyExists, Invalid, NotFound
from daypass.services.identitystore import memberships

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.fixture
def world():
    return People()


def member(person):
    return {"UserId": getattr(person, "id", person)}


def test_a_membership_is_answered_with_group_and_member(world) -> None:
    group, person = world.group("group"), world.person("jane")
    made = world.call(
        memberships.create_group_membership, GroupId=group.arn, MemberId=member(person.arn)
    )
    described = world.call(
        memberships.describe_group_membership, MembershipId=made["MembershipArn"]
    )

    assert made == {
        "IdentityStoreId": STORE,
        "MembershipId": made["MembershipId"],
        "MembershipArn": f"arn:aws:identitystore:::membership/{made['MembershipId']}",
    }
    assert described == {
        **made,
        "GroupId": group.id,
        "MemberId": {"UserId": person.id},
        "CreatedAt": NOW,
        "CreatedBy": ROOT,
        "UpdatedAt": NOW,
        "UpdatedBy": ROOT,
    }
    assert world.store.groups_of(person.id) == (group.id,)


def test_nobody_is_a_member_twice(world) -> None:
    group, person = world.group("group"), world.person("jane")
    world.membership(group, person)
    fault = world.refusal(
        memberships.create_group_membership, GroupId=group.id, MemberId=member(person)
    )

    assert (type(fault), fault.message) == (
        AlreadyExists,
        "Member and Group relationship already exists",
    )
    assert fault.details == {"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}


@pytest.mark.parametrize(
    ("group", "person", "missing"),
    [
        ("group", "nobody", ("USER", uid("nobody"))),
        ("nothing", "jane", ("GROUP", uid("nothing"))),
        ("jane", "group", ("GROUP", uid("jane"))),
    ],
)
def test_group_and_member_must_exist(world, group, person, missing) -> None:
    """Groups do not nest: a group is no member."""
    world.group("group")
    world.person("jane")
    fault = world.refusal(
        memberships.create_group_membership, GroupId=uid(group), MemberId=member(uid(person))
    )

    assert type(fault) is NotFound
    assert fault.details == dict(zip(("ResourceType", "ResourceId"), missing, strict=True))


def test_a_member_must_be_named(world) -> None:
    fault = world.refusal(
        memberships.create_group_membership, GroupId=world.group("group").id, MemberId={}
    )

    assert (type(fault), fault.message) == (Invalid, "MemberId must have a UserId.")


def test_a_membership_that_ends_leaves_the_others(world) -> None:
    group, jane, john = world.group("group"), world.person("jane"), world.person("john")
    ended = world.membership(group, jane)
    world.membership(group, john)
    world.call(memberships.delete_group_membership, MembershipId=ended.id)

    assert [each.member for each in world.store.of(GroupMembership)] == [john.id]
    assert world.store.groups_of(jane.id) == ()


@pytest.mark.parametrize(
    "call", [memberships.describe_group_membership, memberships.delete_group_membership]
)
def test_a_membership_that_does_not_exist_is_named_in_the_refusal(world, call) -> None:
    fault = world.refusal(call, MembershipId=uid("nothing"))

    assert (type(fault), fault.message) == (NotFound, "GROUP_MEMBERSHIP not found.")
    assert fault.details == {"ResourceType": "GROUP_MEMBERSHIP", "ResourceId": uid("nothing")}


def test_a_membership_is_found_by_group_and_member(world) -> None:
    group, person = world.group("group"), world.person("jane")
    made = world.membership(group, person)
    found = world.call(
        memberships.get_group_membership_id, GroupId=group.id, MemberId=member(person)
    )
    fault = world.refusal(
        memberships.get_group_membership_id,
        GroupId=group.id,
        MemberId=member(world.person("john")),
    )

    assert (found["MembershipId"], found["MembershipArn"]) == (made.id, made.arn)
    assert (type(fault), fault.details) == (NotFound, {"ResourceType": "GROUP_MEMBERSHIP"})


def test_membership_is_told_of_each_group_in_the_order_asked(world) -> None:
    groups, person = [world.group(name) for name in "abcd"], world.person("jane")
    for each in groups[1:3]:
        world.membership(each, person)
    asked = [groups[3].id, groups[2].arn, uid("nothing"), groups[1].id, groups[1].id]
    answer = world.call(memberships.is_member_in_groups, MemberId=member(person), GroupIds=asked)

    assert answer["Results"] == [
        {"GroupId": each.rpartition("/")[2], "MemberId": member(person), "MembershipExists": found}
        for each, found in zip(asked, [False, True, False, True, True], strict=True)
    ]


@pytest.mark.parametrize(
    ("call", "more", "missing"),
    [
        (memberships.is_member_in_groups, {"GroupIds": [uid("group")]}, "USER"),
        (memberships.list_group_memberships_for_member, {}, "USER"),
        (memberships.list_group_memberships, {"GroupId": uid("nobody")}, "GROUP"),
    ],
)
def test_who_does_not_exist_has_no_memberships(world, call, more, missing) -> None:
    if "GroupId" not in more:
        more = {**more, "MemberId": member(uid("nobody"))}
    fault = world.refusal(call, **more)

    assert (type(fault), fault.details) == (
        NotFound,
        {"ResourceType": missing, "ResourceId": uid("nobody")},
    )


def test_memberships_are_listed_of_a_group_and_of_a_member(world) -> None:
    groups = [world.group(f"group{number}") for number in range(4)]
    people = [world.person(f"user{number}") for number in range(4)]
    for group in groups[:3]:
        for person in people[:3]:
            world.membership(group, person)
    of_group = world.call(memberships.list_group_memberships, GroupId=groups[0].id)
    of_member = world.call(
        memberships.list_group_memberships_for_member, MemberId=member(people[0])
    )

    assert [each["MemberId"]["UserId"] for each in of_group["GroupMemberships"]] == sorted(
        each.id for each in people[:3]
    )
    assert [each["GroupId"] for each in of_member["GroupMemberships"]] == sorted(
        each.id for each in groups[:3]
    )
    first = of_group["GroupMemberships"][0]
    assert (first["CreatedAt"], first["CreatedBy"]) == (BEFORE, SOMEBODY)
    empty = world.call(memberships.list_group_memberships, GroupId=groups[3].id)
    assert empty == {"GroupMemberships": []}
