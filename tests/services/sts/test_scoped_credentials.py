"""GetScopedCredentials: what a session keeps, loses and may ask for when it is narrowed."""

import json

import pytest
from tests.services.support import ACCOUNT, ALLOW, NOW, Snapshot, refused, role, user

from daypass.core import quotas
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import (
    BadToken,
    Denied,
    Expired,
    Invalid,
    Malformed,
    ServiceFault,
    TooLarge,
    Violation,
)
from daypass.services.kit.audit_fields import session_fields
from daypass.services.sts import assume_role, scoped_credentials, session_token

READ = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}'


TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},'
    '"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}'
)


def policy_of_size(size):
    """Return a policy of so many characters."""
    empty = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ""}]}  # fmt: skip
    text, bucket = json.dumps(empty, separators=(",", ":")), "arn:aws:s3:::"
    return text.replace('"Resource":""', f'"Resource":"{bucket.ljust(size - len(text), "x")}"')


@pytest.fixture
def known():
    return Snapshot(user("alice"), role("worker", trust=TRUST))


@pytest.fixture
def alice(known):
    return known.caller(known.account.of(User).find("alice"))


@pytest.fixture
def worker(known, alice):
    """The caller in a session of the role, an hour long, with a tag and a source identity."""
    opened = known.call(
        assume_role.assume_role,
        alice,
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/worker",
        RoleSessionName="job",
        SourceIdentity="alice",
        Tags=[{"Key": "team", "Value": "blue"}],
        TransitiveTagKeys=["team"],
    )
    return known.proved(opened["Credentials"])


def narrow(known, caller, *, now=NOW, **more):
    return known.call(scoped_credentials.get_scoped_credentials, caller, now=now, **more)


def narrowed(known, caller, *, now=NOW, **more):
    return known.proved(narrow(known, caller, now=now, **more)["Credentials"], now=now)


def test_a_narrowed_session_is_the_same_identity_with_one_policy_more(known, worker) -> None:
    answer = narrow(known, worker, Policy=READ)
    found = known.proved(answer["Credentials"])

    assert found.principal == worker.principal
    assert (found.user_id, found.tags, found.record) == (worker.user_id, worker.tags, worker.record)
    assert found.session.scope_downs == (READ,)
    kept = ("kind", "origin", "issued", "expires", "transitive", "source_identity", "mfa_time", "policies")  # fmt: skip
    assert {name: getattr(found.session, name) for name in kept} == {
        name: getattr(worker.session, name) for name in kept
    }
    assert found.access_key_id != worker.access_key_id
    assert found.session.secret != worker.session.secret


def test_the_answer_says_who_the_session_is_and_how_large_its_token(known, worker) -> None:
    answer = narrow(known, worker, Policy=READ, ScopedSessionDescription="nightly job")
    size = len(answer["Credentials"].pop("SessionToken"))

    assert sorted(answer.pop("Credentials")) == ["AccessKeyId", "Expiration", "SecretAccessKey"]
    assert answer == {
        "SessionInfo": {
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/job",
            "ScopedSessionId": worker.user_id,
        },
        "SessionTokenSize": size,
        "SessionTokenUtilization": -(-100 * size // quotas.TOKEN_CHARACTERS_MAX),
        "ScopedPoliciesCount": 1,
        "SourceIdentity": "alice",
    }


def test_without_a_source_identity_the_answer_has_none(known, alice) -> None:
    session = known.proved(known.call(session_token.get_session_token, alice)["Credentials"])

    assert "SourceIdentity" not in narrow(known, session, Policy=READ)


def test_each_policy_adds_one_and_a_shorter_life_none(known, worker) -> None:
    first = narrowed(known, worker, Policy=READ)
    second = narrowed(known, first, DurationSeconds=60)
    third = narrowed(known, second, Policy=ALLOW)

    assert [each.session.scope_downs for each in (first, second, third)] == [
        (READ,),
        (READ,),
        (READ, ALLOW),
    ]


def test_a_fourth_policy_is_refused_and_a_shorter_life_is_not(known, worker) -> None:
    scoped = worker
    for _ in range(3):
        scoped = narrowed(known, scoped, Policy=ALLOW)

    with refused(Denied, "A session can have 3 scope-down policies; this one has all of them."):
        narrow(known, scoped, Policy=ALLOW)
    assert narrow(known, scoped, DurationSeconds=1)["ScopedPoliciesCount"] == 3


@pytest.mark.parametrize("seconds", [1, 900, 3600])
def test_a_narrowed_session_ends_when_it_is_asked_to(known, worker, seconds) -> None:
    credentials = narrow(known, worker, DurationSeconds=seconds)["Credentials"]

    assert credentials["Expiration"] == NOW + seconds
    assert known.proved(credentials, now=NOW + seconds - 1)
    with pytest.raises(Expired):
        known.proved(credentials, now=NOW + seconds)


def test_without_a_duration_it_ends_with_the_session_that_it_came_from(known, worker) -> None:
    later = NOW + 3000

    assert narrow(known, worker, now=later, Policy=READ)["Credentials"]["Expiration"] == NOW + 3600


def test_a_life_longer_than_what_is_left_is_refused(known, worker) -> None:
    later = NOW + 3000
    assert narrow(known, worker, now=later, DurationSeconds=600)

    words = (
        "The requested DurationSeconds, 601, is greater than the remaining lifetime of the calling"
        " session, 600 seconds."
    )
    with refused(ServiceFault, words) as found:
        narrow(known, worker, now=later, DurationSeconds=601)
    assert found.value.code == "InsufficientSessionLifetime"


def test_a_life_is_never_longer_again(known, worker) -> None:
    short = narrowed(known, worker, DurationSeconds=60)

    with pytest.raises(ServiceFault):
        narrow(known, short, DurationSeconds=61)


def test_a_request_that_narrows_neither_is_refused(known, worker) -> None:
    words = "A request must provide at least one of Policy or DurationSeconds."
    for more in ({}, {"MinimumSessionTokenSize": 100}, {"ScopedSessionDescription": "why"}):
        with refused(Invalid, words):
            narrow(known, worker, **more)


@pytest.mark.parametrize("text", ["{", "[]", '{"Statement":[{"Effect":"Allow"}]}', "x"])
def test_a_policy_that_is_none_is_malformed(known, worker, text) -> None:
    with pytest.raises(Malformed):
        narrow(known, worker, Policy=text)


@pytest.mark.parametrize(
    "more",
    [
        {"Policy": ""},
        {"Policy": "x" * 2049},
        {"DurationSeconds": 0},
        {"DurationSeconds": 129601},
        {"DurationSeconds": 1, "MinimumSessionTokenSize": 4097},
        {"DurationSeconds": 1, "MinimumSessionTokenSize": -1},
        {"DurationSeconds": 1, "ScopedSessionDescription": "x"},
        {"DurationSeconds": 1, "ScopedSessionDescription": "x" * 257},
    ],
)
def test_parameters_beyond_the_models_bounds_are_refused(known, worker, more) -> None:
    with pytest.raises(Violation):
        narrow(known, worker, **more)


@pytest.mark.parametrize("size", [0, 1, 800, 1000, 1021, 1022, 1023, 1024, 2999, 4095, 4096])
def test_a_token_is_padded_to_the_size_that_is_asked_for(known, worker, size) -> None:
    bare = narrow(known, worker, Policy=READ)["SessionTokenSize"]
    answer = narrow(known, worker, Policy=READ, MinimumSessionTokenSize=size)
    token = answer["Credentials"]["SessionToken"]

    assert answer["SessionTokenSize"] == len(token)
    assert max(size, bare) <= len(token) <= max(size + 7, bare)
    assert known.proved(answer["Credentials"]).session.scope_downs == (READ,)


def test_padding_is_not_passed_on(known, worker) -> None:
    padded = narrowed(known, worker, Policy=READ, MinimumSessionTokenSize=4096)

    assert narrow(known, padded, DurationSeconds=60)["SessionTokenSize"] < 2000


def test_every_session_may_be_padded(known, alice) -> None:
    answer = known.call(session_token.get_session_token, alice, MinimumSessionTokenSize=3000)

    assert 3000 <= answer["SessionTokenSize"] == len(answer["Credentials"]["SessionToken"]) < 3008


def test_policies_that_a_token_cannot_hold_are_too_large(known, alice, worker, monkeypatch) -> None:
    scoped = narrowed(known, worker, Policy=policy_of_size(2048))
    size = narrow(known, scoped, DurationSeconds=60)["SessionTokenSize"]
    monkeypatch.setattr(quotas, "TOKEN_CHARACTERS_MAX", size)
    assert narrow(known, scoped, DurationSeconds=60)

    with pytest.raises(TooLarge) as found:
        narrow(known, scoped, Policy=READ)
    assert found.value.message.startswith("The session token is ")
    assert found.value.message.endswith(f" bytes long; the maximum is {size} bytes.")


def test_three_of_the_longest_policies_fit_beside_a_session_policy(known, alice) -> None:
    opened = known.call(
        assume_role.assume_role,
        alice,
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/worker",
        RoleSessionName="job",
        Policy=policy_of_size(2048),
    )
    scoped = known.proved(opened["Credentials"])
    for _ in range(3):
        scoped = narrowed(known, scoped, Policy=policy_of_size(2048))

    assert len(scoped.session.scope_downs) == 3


def test_a_deleted_role_ends_narrowed_sessions(known, worker) -> None:
    credentials = narrow(known, worker, Policy=READ)["Credentials"]
    other = Snapshot(user("alice"))
    other.ring = known.ring

    with pytest.raises(BadToken):
        other.proved(credentials)


def test_a_role_assumed_from_a_narrowed_session_is_a_new_session(known, worker) -> None:
    scoped = narrowed(known, worker, Policy=ALLOW)
    known.put(role("next", trust=TRUST))
    opened = known.call(
        assume_role.assume_role,
        scoped,
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/next",
        RoleSessionName="job",
    )
    found = known.proved(opened["Credentials"])

    assert isinstance(found.record, Role)
    assert (found.session.scope_downs, found.session.source_identity) == ((), "alice")
    assert [(tag.key, tag.value) for tag in found.tags] == [("team", "blue")]


def test_a_narrowed_session_in_a_chain_lasts_an_hour_at_most(known, worker) -> None:
    scoped = narrowed(known, worker, Policy=ALLOW)
    known.put(role("next", trust=TRUST, session_seconds_max=12 * 3600))

    with pytest.raises(Invalid, match="1 hour session limit"):
        known.call(
            assume_role.assume_role,
            scoped,
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/next",
            RoleSessionName="job",
            DurationSeconds=3601,
        )


def test_a_session_whose_token_would_be_too_long_is_not_opened(known, alice) -> None:
    # Packed, they are far below that quota.
    tags = [{"Key": f"{at:02}".ljust(128, "k"), "Value": "v" * 256} for at in range(50)]

    with pytest.raises(TooLarge, match="maximum is 12288 bytes"):
        known.call(
            assume_role.assume_role,
            alice,
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/worker",
            RoleSessionName="job",
            Tags=tags,
        )


def test_an_audit_record_says_how_often_the_session_was_narrowed(known, worker) -> None:
    scoped = narrowed(known, narrowed(known, worker, Policy=READ), Policy=ALLOW)

    assert session_fields(scoped)["scopedPoliciesCount"] == 2
    assert "scopedPoliciesCount" not in session_fields(worker)
