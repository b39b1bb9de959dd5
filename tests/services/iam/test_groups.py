"""Operations on groups and their members: answers, changes and refusals."""

import pytest
from msgspec.structs import replace
from tests.services.support import (
    ACCOUNT,
    NOW,
    OTHER,
    Snapshot,
    an_account,
    group,
    names,
    refused,
    role,
    unique_id,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.faults import AlreadyExists, InUse, NotFound, TooMany, Violation
from daypass.services.iam import groups

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def known():
    return Snapshot()


def view(record):
    return {
        "Path": record.path,
        "GroupName": record.name,
        "GroupId": record.unique_id,
        "Arn": record.arn,
        "CreateDate": record.created,
    }


def test_a_new_group_is_empty_and_without_policies(known) -> None:
    made = known.call(groups.create_group, GroupName="friends", Path="/team/")["Group"]

    (friends,) = known.account.of(Group)
    assert friends == Group(
        account=ACCOUNT, name="friends", path="/team/", unique_id=made["GroupId"], created=NOW
    )
    assert made == {
        "Path": "/team/",
        "GroupName": "friends",
        "GroupId": friends.unique_id,
        "Arn": f"arn:aws:iam::{ACCOUNT}:group/team/friends",
        "CreateDate": NOW,
    }
    assert friends.unique_id.startswith("AGPA")
    assert known.call(groups.create_group, GroupName="others")["Group"]["Path"] == "/"
    assert len({each.unique_id for each in known.account.of(Group)}) == 2


def test_a_groups_name_is_taken_in_its_account_whatever_its_case_and_path(known) -> None:
    known.put(group("friends", path="/team/"), an_account(OTHER), group("theirs", OTHER))

    with refused(AlreadyExists, "Group with name Friends already exists."):
        known.call(groups.create_group, GroupName="Friends")
    assert known.call(groups.create_group, GroupName="theirs")


def test_an_account_has_so_many_groups(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "GROUPS_MAX", 2)
    known.put(group("first"))
    known.call(groups.create_group, GroupName="second")

    with refused(TooMany, "Cannot exceed quota for GroupsPerAccount: 2"):
        known.call(groups.create_group, GroupName="third")


def test_a_group_is_shown_with_its_members_in_order_of_name(known) -> None:
    friends, others = known.put(group("friends")), group("others")
    known.put(
        others,
        user("zoe", path="/a/", groups=(friends.unique_id,)),
        user(
            "adam",
            groups=(others.unique_id, friends.unique_id),
            tags=(Tag("a", "b"),),
            boundary=READ_ONLY,
        ),
        user("eve", groups=(others.unique_id,)),
    )

    shown = known.call(groups.get_group, GroupName="friends")
    assert shown["Group"] == view(friends)
    assert shown["Users"] == [
        {
            "Path": "/",
            "UserName": "adam",
            "UserId": unique_id("AIDA", "adam"),
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/adam",
            "CreateDate": 1,
        },
        {
            "Path": "/a/",
            "UserName": "zoe",
            "UserId": unique_id("AIDA", "zoe"),
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/a/zoe",
            "CreateDate": 1,
        },
    ]


def test_a_group_may_be_empty(known) -> None:
    known.put(group("friends"), user("alice"))

    assert known.call(groups.get_group, GroupName="friends")["Users"] == []


def test_a_groups_new_name_and_path_leave_members_and_policies(known) -> None:
    friends = group("friends", attached=(READ_ONLY,), inline=(InlinePolicy("own", "{}"),))
    alice = user("alice", groups=(friends.unique_id,))
    known.put(friends, alice)
    assert (
        known.call(groups.update_group, GroupName="friends", NewGroupName="mates", NewPath="/new/")
        == {}
    )

    assert list(known.account.of(Group)) == [replace(friends, name="mates", path="/new/")]
    assert list(known.account.of(User)) == [alice]
    assert names(known.account.of(Group)) == ["mates"]
    assert [
        each["UserName"] for each in known.call(groups.get_group, GroupName="mates")["Users"]
    ] == ["alice"]


@pytest.mark.parametrize(
    ("more", "after"),
    [
        ({}, ("friends", "/old/")),
        ({"NewPath": "/new/"}, ("friends", "/new/")),
        ({"NewGroupName": "mates"}, ("mates", "/old/")),
        ({"NewGroupName": "FRIENDS"}, ("FRIENDS", "/old/")),
    ],
)
def test_a_group_changes_in_what_is_given_alone(known, more, after) -> None:
    friends = known.put(group("friends", path="/old/"))
    known.call(groups.update_group, GroupName="friends", **more)

    assert list(known.account.of(Group)) == [replace(friends, name=after[0], path=after[1])]
    assert known.account.by_id(Group, friends.unique_id).name == after[0]


def test_a_groups_new_name_may_not_be_anothers(known) -> None:
    known.put(group("friends"), group("others"))

    with refused(AlreadyExists, "Group with name Others already exists."):
        known.call(groups.update_group, GroupName="friends", NewGroupName="Others")
    assert names(known.account.of(Group)) == ["friends", "others"]


@pytest.mark.parametrize(
    ("hanging", "words"),
    [
        ({"attached": (READ_ONLY,)}, "must detach all policies first"),
        ({"inline": (InlinePolicy("own", "{}"),)}, "must delete policies first"),
    ],
)
def test_a_group_on_which_a_policy_hangs_is_not_deleted(known, hanging, words) -> None:
    friends = known.put(group("friends", **hanging))

    with refused(InUse, f"Cannot delete entity, {words}."):
        known.call(groups.delete_group, GroupName="friends")
    assert list(known.account.of(Group)) == [friends]


def test_a_group_is_deleted_after_its_last_member_has_left(known) -> None:
    friends = group("friends")
    known.put(friends, group("others"), user("alice", groups=(friends.unique_id,)))

    with refused(InUse, "Cannot delete entity, must remove users from group first."):
        known.call(groups.delete_group, GroupName="friends")
    known.call(groups.remove_user_from_group, GroupName="friends", UserName="alice")
    known.call(groups.delete_group, GroupName="friends")
    assert names(known.account.of(Group)) == ["others"]
    assert names(known.account.of(User)) == ["alice"]


def test_a_new_group_of_an_old_name_has_no_members(known) -> None:
    # T075-STS
    known.put(group("friends"), user("alice"))
    known.call(groups.delete_group, GroupName="friends")
    known.put(user("bob", groups=(unique_id("AGPA", "friends"),)))
    known.call(groups.create_group, GroupName="friends")

    assert known.call(groups.get_group, GroupName="friends")["Users"] == []
    assert known.call(groups.list_groups_for_user, UserName="bob")["Groups"] == []


def test_groups_are_listed_by_path_in_order_of_name(known) -> None:
    zoo, ant, elk = group("zoo", path="/team/a/"), group("ant", path="/team/b/"), group("elk")
    known.put(zoo, ant, elk, an_account(OTHER), group("theirs", OTHER))

    assert known.call(groups.list_groups)["Groups"] == [view(ant), view(elk), view(zoo)]
    assert known.call(groups.list_groups, PathPrefix="/team/")["Groups"] == [view(ant), view(zoo)]
    assert known.call(groups.list_groups, PathPrefix="/nowhere/")["Groups"] == []


def test_a_user_joins_once_and_keeps_its_other_groups(known) -> None:
    friends, others = group("friends"), group("others")
    alice, bob = user("alice", groups=(others.unique_id,), tags=(Tag("a", "b"),)), user("bob")
    known.put(friends, others, alice, bob)
    assert known.call(groups.add_user_to_group, GroupName="friends", UserName="alice") == {}
    before = known.directory
    known.call(groups.add_user_to_group, GroupName="friends", UserName="alice")

    assert known.directory is before
    assert list(known.account.of(User)) == [
        replace(alice, groups=(others.unique_id, friends.unique_id)),
        bob,
    ]


def test_a_user_is_in_so_many_groups_and_may_join_one_of_them_again(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "GROUPS_PER_USER_MAX", 1)
    friends = group("friends")
    known.put(friends, group("others"), user("alice", groups=(friends.unique_id,)))
    known.call(groups.add_user_to_group, GroupName="friends", UserName="alice")

    with refused(TooMany, "Cannot exceed quota for GroupsPerUser: 1"):
        known.call(groups.add_user_to_group, GroupName="others", UserName="alice")


def test_a_user_leaves_a_group_and_keeps_the_others(known) -> None:
    friends, others, last = group("friends"), group("others"), group("last")
    alice = user("alice", groups=(friends.unique_id, others.unique_id, last.unique_id))
    bob = user("bob", groups=(others.unique_id,))
    known.put(friends, others, last, alice, bob)
    assert known.call(groups.remove_user_from_group, GroupName="others", UserName="alice") == {}

    assert list(known.account.of(User)) == [
        replace(alice, groups=(friends.unique_id, last.unique_id)),
        bob,
    ]
    before = known.directory
    assert known.call(groups.remove_user_from_group, GroupName="others", UserName="alice") == {}
    assert known.directory is before


@pytest.mark.parametrize("operation", [groups.add_user_to_group, groups.remove_user_from_group])
def test_of_a_user_and_a_group_that_are_both_missing_the_user_is_missed(known, operation) -> None:
    with refused(NotFound, "The user with name nobody cannot be found."):
        known.call(operation, GroupName="nothing", UserName="nobody")


def test_the_groups_of_a_user_are_listed_in_order_of_name(known) -> None:
    friends, ants = group("friends"), group("ants", path="/a/")
    known.put(
        friends,
        ants,
        group("others"),
        user("alice", groups=(friends.unique_id, ants.unique_id)),
        user("bob"),
    )

    assert known.call(groups.list_groups_for_user, UserName="alice")["Groups"] == [
        view(ants),
        view(friends),
    ]
    assert known.call(groups.list_groups_for_user, UserName="bob")["Groups"] == []


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (groups.get_group, {}),
        (groups.update_group, {"NewPath": "/new/"}),
        (groups.delete_group, {}),
        (groups.add_user_to_group, {"UserName": "alice"}),
        (groups.remove_user_from_group, {"UserName": "alice"}),
    ],
)
@pytest.mark.parametrize("name", ["missing", "Friends", "theirs"])
def test_a_group_is_found_by_its_exact_name_in_its_own_account(
    known, operation, more, name
) -> None:
    known.put(group("friends"), user("alice"), an_account(OTHER), group("theirs", OTHER))

    with refused(NotFound, f"The group with name {name} cannot be found."):
        known.call(operation, GroupName=name, **more)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (groups.add_user_to_group, {"GroupName": "friends"}),
        (groups.remove_user_from_group, {"GroupName": "friends"}),
        (groups.list_groups_for_user, {}),
    ],
)
def test_a_member_is_found_by_its_exact_name(known, operation, more) -> None:
    known.put(group("friends"), user("alice"))

    with refused(NotFound, "The user with name Alice cannot be found."):
        known.call(operation, UserName="Alice", **more)


def test_whose_groups_are_listed_has_to_be_named(known) -> None:
    alice, worker = known.put(user("alice")), known.put(role("worker"))

    for caller in (None, known.caller(alice), known.caller(worker)):
        with pytest.raises(Violation):
            known.call(groups.list_groups_for_user, caller)
