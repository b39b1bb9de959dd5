"""GetCallerIdentity, GetAccessKeyInfo and DecodeAuthorizationMessage: answers and refusals."""

import json

import pytest
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

from daypass.core import authorization_messages, quotas
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.faults import BadMessage, Denied, Invalid
from daypass.services.sts import assume_role, identity

INVALID = "The authorization message is invalid or has expired."


@pytest.fixture
def known():
    return Snapshot(user("alice", path="/team/"))


@pytest.fixture
def alice(known):
    return known.caller(known.account.of(User).find("alice"))


def test_whoever_asks_is_told_who_it_is(known, alice) -> None:
    assert known.call(identity.get_caller_identity, alice) == {
        "UserId": alice.record.unique_id,
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/team/alice",
    }
    assert known.call(identity.get_caller_identity) == {
        "UserId": ACCOUNT,
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:root",
    }


def test_a_session_is_told_its_role_without_the_path(known, alice) -> None:
    worker = known.put(role("worker", path="/team/"))
    credentials = known.call(
        assume_role.assume_role, alice, RoleArn=worker.arn, RoleSessionName="me"
    )["Credentials"]

    assert known.call(identity.get_caller_identity, known.proved(credentials)) == {
        "UserId": f"{worker.unique_id}:me",
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me",
    }


def test_a_key_id_tells_its_account_whether_or_not_there_is_such_a_key(known) -> None:
    for owner in (user("nobody"), user("nobody", OTHER), user("nobody", "000000000001")):
        key_id = access_key(owner, 77).id
        for spelled in (key_id, f"ASIA{key_id[4:]}"):
            assert known.call(identity.get_access_key_info, AccessKeyId=spelled) == {
                "Account": owner.account
            }


@pytest.mark.parametrize(
    "key_id",
    [
        "AKIA000000000000",
        "AIDAAAAAAAAAAAAAAAAA",
        "AKIA1111111111111111",
        "akiaaaaaaaaaaaaaaaaa",
        "AKIA7777777777777777",
    ],
)
def test_what_is_no_key_id_tells_nothing(known, key_id) -> None:
    with refused(Invalid, f"{key_id} is not an access key id"):
        known.call(identity.get_access_key_info, AccessKeyId=key_id)


def message(known, caller, action="iam:ListUsers", on="*"):
    """Return the encoded message of a refusal."""
    with pytest.raises(Denied) as found:
        known.context(caller).authorize(action, on=on)
    return found.value.reasons


def opened(known, text, caller=None, **more):
    answer = known.call(identity.decode_authorization_message, caller, EncodedMessage=text, **more)
    assert list(answer) == ["DecodedMessage"]
    return json.loads(answer["DecodedMessage"])


def test_a_message_says_who_was_refused_what_and_why(known, alice) -> None:
    found = opened(known, message(known, alice))

    assert (found["allowed"], found["explicitDeny"]) == (False, False)
    assert found["context"]["action"] == "iam:ListUsers"
    assert found["context"]["principal"] == {
        "id": alice.record.unique_id,
        "arn": alice.principal.arn,
    }


def test_a_message_is_open_for_a_day(known, alice) -> None:
    text = message(known, alice)

    assert opened(known, text, now=NOW + quotas.ENCODED_MESSAGE_SECONDS - 1)
    with refused(BadMessage, INVALID):
        opened(known, text, now=NOW + quotas.ENCODED_MESSAGE_SECONDS)


def test_a_message_is_for_the_account_that_was_refused(known, alice) -> None:
    text = message(known, alice)
    stranger = user("stranger", OTHER)
    known.put(an_account(OTHER), stranger)

    with refused(BadMessage, INVALID):
        opened(known, text, known.caller(stranger))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-4],
        lambda text: text[:40] + ("A" if text[40] != "A" else "B") + text[41:],
        lambda text: f"{text}=",
        lambda _: "no message",
    ],
)
def test_what_is_no_message_is_refused(known, alice, change) -> None:
    with refused(BadMessage, INVALID):
        opened(known, change(message(known, alice)))


def test_another_authoritys_message_does_not_open(known, alice) -> None:
    other = known.ring.__class__.new(bytes(range(1, 49)), now=1)
    own = message(known, alice)
    known.ring = other

    with refused(BadMessage, INVALID):
        opened(known, own)


def together(known, management, *others, organization="o-a1b2c3d4e5"):
    """Put accounts into one organization, managed by the first of them."""
    known.put(
        Organization(account=organization, management=management, root_id="r-a1b2", created=1),
        *(
            Member(account=organization, id=each, parent="r-a1b2", serial=number, joined=1)
            for number, each in enumerate((management, *others))
        ),
        *(an_account(each, organization=organization) for each in (management, *others)),
    )


def test_the_account_that_managed_the_refused_one_then_reads_it(known, alice) -> None:
    boss, peer = user("boss", OTHER), user("peer", "555566667777")
    together(known, OTHER, ACCOUNT, peer.account)
    known.put(boss, peer)
    text = message(known, alice)

    assert opened(known, text, known.caller(boss))["context"]["action"] == "iam:ListUsers"
    with refused(BadMessage, INVALID):
        opened(known, text, known.caller(peer))


def test_the_account_that_manages_it_now_does_not_read_what_was_before(known, alice) -> None:
    text = message(known, alice)
    boss = known.put(user("boss", OTHER))
    together(known, OTHER, ACCOUNT)

    with refused(BadMessage, INVALID):
        opened(known, text, known.caller(boss))
    assert opened(known, text, known.caller(known.account.of(User).find("alice")))


def test_a_message_names_the_account_that_it_is_for(known, alice) -> None:
    assert authorization_messages.message_account(message(known, alice)) == ACCOUNT
