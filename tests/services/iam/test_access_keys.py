"""Operations on access keys: their answers, changes and refusals."""

import pytest
from msgspec.structs import replace
from tests.services.support import (
    ACCOUNT,
    NOW,
    OTHER,
    Snapshot,
    access_key,
    an_account,
    refused,
    role,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.faults import Denied, NotFound, TooMany, UnknownKey, Violation
from daypass.core.sessions.keyids import account_of
from daypass.core.sessions.secrets import UnreadableSecret, open_secret
from daypass.services.iam import access_keys

EACH_OF_A_USER = [
    (access_keys.create_access_key, {}),
    (access_keys.update_access_key, {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "Status": "Active"}),
    (access_keys.delete_access_key, {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}),
    (access_keys.list_access_keys, {}),
]


@pytest.fixture
def known():
    return Snapshot()


def root_key():
    return AccessKey(account=ACCOUNT, id="AKIAROOT", owner=ACCOUNT, secret=b"", created=1)


def ids(known):
    return [each.id for each in known.account.of(AccessKey)]


def test_a_new_key_shows_its_secret_and_keeps_it_sealed(known) -> None:
    alice = known.put(user("alice"))
    made = known.call(access_keys.create_access_key, UserName="alice")["AccessKey"]

    (key,) = known.account.of(AccessKey)
    assert made == {
        "UserName": "alice",
        "AccessKeyId": key.id,
        "Status": "Active",
        "SecretAccessKey": made["SecretAccessKey"],
        "CreateDate": NOW,
    }
    assert key == AccessKey(
        account=ACCOUNT, id=key.id, owner=alice.unique_id, secret=key.secret, created=NOW
    )
    assert made["SecretAccessKey"].encode() not in key.secret
    assert open_secret(key.secret, known.ring, owner=key.id) == made["SecretAccessKey"]
    assert len(made["SecretAccessKey"]) == 40
    assert (key.id[:4], len(key.id), account_of(key.id)) == ("AKIA", 20, ACCOUNT)


def test_a_secret_opens_for_its_own_key_alone(known) -> None:
    known.put(user("alice"))
    known.call(access_keys.create_access_key, UserName="alice")

    (key,) = known.account.of(AccessKey)
    with pytest.raises(UnreadableSecret):
        open_secret(key.secret, known.ring, owner="AKIAANOTHER")


def test_a_new_key_proves_its_user_until_it_is_switched_off(known) -> None:
    known.put(user("alice"))
    made = known.call(access_keys.create_access_key, UserName="alice")["AccessKey"]

    assert known.proved(made).principal.arn == f"arn:aws:iam::{ACCOUNT}:user/alice"
    known.call(
        access_keys.update_access_key,
        UserName="alice",
        AccessKeyId=made["AccessKeyId"],
        Status="Inactive",
    )
    with pytest.raises(UnknownKey):
        known.proved(made)


def test_two_keys_have_neither_an_id_nor_a_secret_in_common(known) -> None:
    known.put(user("alice"))
    one, other = (
        known.call(access_keys.create_access_key, UserName="alice")["AccessKey"] for _ in range(2)
    )

    assert one["AccessKeyId"] != other["AccessKeyId"]
    assert one["SecretAccessKey"] != other["SecretAccessKey"]


def test_a_user_has_two_keys_at_most_inactive_ones_among_them(known) -> None:
    alice, bob = user("alice"), user("bob")
    known.put(
        alice, bob, access_key(alice, 1), access_key(alice, 2, active=False), access_key(bob, 3)
    )

    with refused(TooMany, "Cannot exceed quota for AccessKeysPerUser: 2"):
        known.call(access_keys.create_access_key, UserName="alice")
    assert known.call(access_keys.create_access_key, UserName="bob")
    assert len(ids(known)) == quotas.ACCESS_KEYS_MAX * 2


def test_root_has_as_many_keys_as_a_user(known) -> None:
    made = [known.call(access_keys.create_access_key)["AccessKey"] for _ in range(2)]

    assert [each["UserName"] for each in made] == ["<root_account>"] * 2
    assert {each.owner for each in known.account.of(AccessKey)} == {ACCOUNT}
    assert known.proved(made[0]).is_root
    with pytest.raises(TooMany, match="AccessKeysPerUser: 2"):
        known.call(access_keys.create_access_key)


def test_without_a_name_a_user_means_itself(known) -> None:
    alice = known.put(user("alice"))
    bob = known.put(user("bob"))
    known.put(access_key(bob, 7))
    made = known.call(access_keys.create_access_key, known.caller(alice))["AccessKey"]

    assert made["UserName"] == "alice"
    listed = known.call(access_keys.list_access_keys, known.caller(alice))["AccessKeyMetadata"]
    assert [each["AccessKeyId"] for each in listed] == [made["AccessKeyId"]]


@pytest.mark.parametrize(("operation", "more"), EACH_OF_A_USER)
def test_a_session_of_a_role_has_to_name_the_user(known, operation, more) -> None:
    worker = known.put(role("worker"))

    with refused(Violation, "Must specify userName when calling with non-User credentials"):
        known.call(operation, known.caller(worker), **more)


@pytest.mark.parametrize(("operation", "more"), EACH_OF_A_USER)
@pytest.mark.parametrize("name", ["nobody", "Alice"])
def test_a_user_is_found_by_its_exact_name(known, operation, more, name) -> None:
    known.put(user("alice"))

    with refused(NotFound, f"The user with name {name} cannot be found."):
        known.call(operation, UserName=name, **more)


def test_a_key_is_switched_off_and_on_and_otherwise_stays_as_it_is(known) -> None:
    alice = user("alice")
    key, second = access_key(alice, 1), access_key(alice, 2)
    known.put(alice, key, second)

    def switched(status):
        known.call(
            access_keys.update_access_key, UserName="alice", AccessKeyId=key.id, Status=status
        )
        return list(known.account.of(AccessKey))

    assert switched("Inactive") == [replace(key, active=False), second]
    assert switched("Inactive") == [replace(key, active=False), second]
    assert switched("Active") == [key, second]


def test_a_key_is_forgotten_alone(known) -> None:
    alice = user("alice")
    key, second = access_key(alice, 1), access_key(alice, 2)
    known.put(alice, key, second)
    known.call(access_keys.delete_access_key, UserName="alice", AccessKeyId=key.id)

    assert list(known.account.of(AccessKey)) == [second]
    with refused(NotFound, f"The Access Key with id {key.id} cannot be found."):
        known.call(access_keys.delete_access_key, UserName="alice", AccessKeyId=key.id)


@pytest.mark.parametrize(
    ("operation", "more"),
    [(access_keys.update_access_key, {"Status": "Inactive"}), (access_keys.delete_access_key, {})],
)
def test_somebody_elses_key_is_not_found(known, operation, more) -> None:
    alice, bob, stranger = user("alice"), user("bob"), user("alice", OTHER)
    keys = [
        access_key(bob, 1),
        replace(root_key(), id="AKIAROOTROOTROOTROOT"),
        access_key(stranger, 2),
    ]
    known.put(alice, bob, an_account(OTHER), stranger, *keys)
    before = known.directory

    for key in keys:
        with refused(NotFound, f"The Access Key with id {key.id} cannot be found."):
            known.call(operation, UserName="alice", AccessKeyId=key.id, **more)
    assert known.directory is before


def test_roots_keys_are_listed_for_root_alone(known) -> None:
    alice = user("alice")
    known.put(alice, root_key(), access_key(alice, 1, active=False))

    def listed(**named):
        return known.call(access_keys.list_access_keys, **named)["AccessKeyMetadata"]

    assert listed() == [
        {
            "UserName": "<root_account>",
            "AccessKeyId": "AKIAROOT",
            "Status": "Active",
            "CreateDate": 1,
        }
    ]
    assert listed(UserName="alice") == [
        {
            "UserName": "alice",
            "AccessKeyId": access_key(alice, 1).id,
            "Status": "Inactive",
            "CreateDate": 1,
        }
    ]
    known.put(user("bob"))
    assert listed(UserName="bob") == []


def test_the_last_use_of_a_key_is_told_with_whose_it_is(known) -> None:
    alice = user("alice")
    key = access_key(alice)
    known.put(alice, key)

    def told():
        return known.call(access_keys.get_access_key_last_used, AccessKeyId=key.id)

    assert told() == {
        "UserName": "alice",
        "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"},
    }
    known.used(key.id, NOW - 60, "s3")
    assert told() == {
        "UserName": "alice",
        "AccessKeyLastUsed": {"LastUsedDate": NOW - 60, "ServiceName": "s3", "Region": "us-east-1"},
    }


def test_the_last_use_of_roots_key_is_roots(known) -> None:
    made = known.call(access_keys.create_access_key)["AccessKey"]

    assert (
        known.call(access_keys.get_access_key_last_used, AccessKeyId=made["AccessKeyId"])[
            "UserName"
        ]
        == "<root_account>"
    )


def test_whoever_may_not_ask_learns_nothing_of_a_key(known) -> None:
    alice = known.put(user("alice"))
    key = known.put(access_key(alice))

    with pytest.raises(Denied, match=f"iam:GetAccessKeyLastUsed on resource: {alice.arn} "):
        known.call(access_keys.get_access_key_last_used, known.caller(alice), AccessKeyId=key.id)
    with pytest.raises(
        Denied, match=rf"iam:GetAccessKeyLastUsed on resource: arn:aws:iam::{ACCOUNT}:user/\* "
    ):
        known.call(
            access_keys.get_access_key_last_used,
            known.caller(alice),
            AccessKeyId="AKIAAAAAAAAAAAAAAAAA",
        )


def test_a_key_of_another_account_is_one_that_is_not_there(known) -> None:
    # T237-PRIV
    stranger = user("stranger", OTHER)
    known.put(an_account(OTHER), stranger, access_key(stranger))

    for key_id in (access_key(stranger).id, access_key(user("gone"), 9).id, "no_key_id_at_all_"):
        with refused(
            Denied,
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform"
            f" iam:GetAccessKeyLastUsed on resource: access key {key_id}",
        ):
            known.call(access_keys.get_access_key_last_used, AccessKeyId=key_id)
