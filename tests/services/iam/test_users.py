"""Operations on users: answers, changes and refusals."""

import pytest
from tests.services.support import ACCOUNT, NOW, Snapshot, group, names, role, user

from daypass.core import quotas
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.faults import AlreadyExists, InUse, NotFound, TooMany, Violation
from daypass.services.iam import users

BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def known():
    return Snapshot()


def test_a_new_user_has_what_was_asked_for_and_may_do_nothing(known) -> None:
    made = known.call(
        users.create_user,
        UserName="alice",
        Path="/team/",
        PermissionsBoundary=BOUNDARY,
        Tags=[{"Key": "team", "Value": "a"}],
    )["User"]

    alice = known.account.of(User).find("alice")
    assert made == {
        "UserName": "alice",
        "Path": "/team/",
        "UserId": alice.unique_id,
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/team/alice",
        "CreateDate": NOW,
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": BOUNDARY,
        },
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    assert (alice.inline, alice.attached, alice.groups) == ((), (), ())


def test_two_users_never_have_one_id(known) -> None:
    made = [known.call(users.create_user, UserName=name)["User"]["UserId"] for name in ("a", "b")]

    assert len(set(made)) == 2
    assert all(each.startswith("AIDA") for each in made)


def test_a_name_is_taken_whatever_its_case(known) -> None:
    known.put(user("alice"))

    with pytest.raises(AlreadyExists, match="Alice"):
        known.call(users.create_user, UserName="Alice")


def test_an_account_has_so_many_users(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "USERS_MAX", 1)
    known.call(users.create_user, UserName="first")

    with pytest.raises(TooMany, match="UsersPerAccount: 1"):
        known.call(users.create_user, UserName="second")


@pytest.mark.parametrize(
    "boundary", ["arn:aws:iam::aws:policy/NoSuchPolicy", f"arn:aws:iam::{ACCOUNT}:policy/missing"]
)
def test_a_boundary_that_is_not_there_is_no_boundary(known, boundary) -> None:
    with pytest.raises(NotFound):
        known.call(users.create_user, UserName="alice", PermissionsBoundary=boundary)


def test_a_user_without_a_name_is_the_calling_one(known) -> None:
    alice = known.put(user("alice"))

    assert known.call(users.get_user, known.caller(alice))["User"]["UserName"] == "alice"
    assert known.call(users.get_user)["User"] == {
        "UserId": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:root",
        "CreateDate": 1,
    }


def test_a_session_of_a_role_has_to_name_the_user(known) -> None:
    with pytest.raises(Violation, match="userName"):
        known.call(users.get_user, known.caller(known.put(role("worker"))))


@pytest.mark.parametrize(
    "operation", [users.get_user, users.update_user, users.delete_user, users.list_user_tags]
)
def test_a_user_that_is_not_there_is_not_found(known, operation) -> None:
    with pytest.raises(NotFound, match="The user with name nobody cannot be found"):
        known.call(operation, UserName="nobody")


def test_a_new_name_and_path_leave_everything_else(known) -> None:
    friends = known.put(group("friends"))
    alice = known.put(user("alice", groups=(friends.unique_id,), tags=(Tag("team", "a"),)))
    known.call(users.update_user, UserName="alice", NewUserName="alicia", NewPath="/new/")

    assert names(known.account.of(User)) == ["alicia"]
    alicia = known.account.of(User).find("alicia")
    assert (alicia.unique_id, alicia.groups, alicia.tags, alicia.path) == (
        alice.unique_id,
        alice.groups,
        alice.tags,
        "/new/",
    )


def test_a_new_name_may_differ_in_case_alone_and_may_not_be_anothers(known) -> None:
    known.put(user("alice"), user("bob"))
    known.call(users.update_user, UserName="alice", NewUserName="ALICE")

    assert names(known.account.of(User)) == ["ALICE", "bob"]
    with pytest.raises(AlreadyExists):
        known.call(users.update_user, UserName="bob", NewUserName="alice")


def hanging(kind):
    """Return a user with a record that keeps it from being deleted."""
    friends = group("friends")
    plain = user("alice")
    return {
        "attached": [user("alice", attached=(BOUNDARY,))],
        "inline": [
            user("alice", inline=(InlinePolicy("own", '{"Version":"2012-10-17","Statement":[]}'),))
        ],
        "member": [friends, user("alice", groups=(friends.unique_id,))],
        "key": [
            plain,
            AccessKey(
                account=ACCOUNT, id="AKIAALICE", owner=plain.unique_id, secret=b"", created=1
            ),
        ],
        "device": [
            plain,
            MFADevice(account=ACCOUNT, name="phone", seed=b"", owner=plain.unique_id, enabled=1),
        ],
    }[kind]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("attached", "must detach all policies first"),
        ("inline", "must delete policies first"),
        ("member", "must remove users from group first"),
        ("key", "must delete access keys first"),
        ("device", "must delete MFA device first"),
    ],
)
def test_a_user_on_whom_something_hangs_is_not_deleted(known, kind, words) -> None:
    known.put(*hanging(kind))

    with pytest.raises(InUse, match=words):
        known.call(users.delete_user, UserName="alice")
    assert names(known.account.of(User)) == ["alice"]


def test_what_hangs_on_others_is_nobody_elses(known) -> None:
    bob = user("bob")
    known.put(
        user("alice"),
        bob,
        AccessKey(account=ACCOUNT, id="AKIABOB", owner=bob.unique_id, secret=b"", created=1),
    )
    known.call(users.delete_user, UserName="alice")

    assert names(known.account.of(User)) == ["bob"]


def test_users_are_listed_by_path_in_order_of_name(known) -> None:
    known.put(
        user("zoe", path="/team/a/"), user("adam", path="/team/b/"), user("eve", path="/other/")
    )

    def of(prefix):
        return [
            each["UserName"] for each in known.call(users.list_users, PathPrefix=prefix)["Users"]
        ]

    assert of("/team/") == ["adam", "zoe"]
    assert of("/") == ["adam", "eve", "zoe"]
    assert of("/nowhere/") == []


def test_a_users_tags_are_put_replaced_and_taken_off(known) -> None:
    known.put(user("alice"))
    known.call(
        users.tag_user,
        UserName="alice",
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}],
    )
    known.call(users.tag_user, UserName="alice", Tags=[{"Key": "Team", "Value": "b"}])
    known.call(users.untag_user, UserName="alice", TagKeys=["cost", "missing"])

    assert known.call(users.list_user_tags, UserName="alice")["Tags"] == [
        {"Key": "Team", "Value": "b"}
    ]
