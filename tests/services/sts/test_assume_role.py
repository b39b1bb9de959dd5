"""AssumeRole: its answer, the session, and its refusals."""

from types import SimpleNamespace

import pytest
from tests.documents import policy, trust
from tests.services.support import (
    ACCOUNT,
    ALLOW,
    NOW,
    OTHER,
    TRUST,
    Snapshot,
    an_account,
    code,
    managed_policy,
    refused,
    role,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam import totp
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.faults import (
    BadToken,
    Denied,
    Expired,
    Invalid,
    InvalidParameterValue,
    Malformed,
    TooLarge,
    WrongCode,
)
from daypass.core.sessions import session_plan
from daypass.core.sessions.token import Origin, SessionKind
from daypass.services.iam import roles
from daypass.services.sts import assume_role

WORKER = f"arn:aws:iam::{ACCOUNT}:role/worker"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
IDENTITY = {"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"}


@pytest.fixture
def known():
    return Snapshot(user("alice"))


@pytest.fixture
def alice(known):
    return known.caller(known.account.of(User).find("alice"))


def trusting(*principals, actions=IDENTITY, **condition):
    """Return a trust policy for principals by id."""
    more = {"Condition": condition} if condition else {}
    return policy(trust(list(principals), sorted(actions), **more))


def worker(known, **more):
    return known.put(role("worker", **({"trust": trusting(user("alice").unique_id)} | more)))


def assume(known, caller, arn=WORKER, **more):
    return known.call(assume_role.assume_role, caller, RoleArn=arn, RoleSessionName="me", **more)


def session(known, caller, arn=WORKER, **more):
    """Return the session that credentials stand for."""
    return known.proved(assume(known, caller, arn, **more)["Credentials"]).session


def test_whoever_is_trusted_gets_credentials_of_the_role_for_an_hour(known, alice) -> None:
    one = worker(known, path="/team/")
    before = known.directory
    answer = assume(known, alice, one.arn)

    credentials = answer["Credentials"]
    assert answer == {
        "Credentials": {
            name: credentials[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
        }
        | {"Expiration": NOW + 3600},
        "AssumedRoleUser": {
            "AssumedRoleId": f"{one.unique_id}:me",
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me",
        },
        "SessionTokenSize": len(credentials["SessionToken"]),
        "SessionTokenUtilization": -(
            -100 * len(credentials["SessionToken"]) // quotas.TOKEN_CHARACTERS_MAX
        ),
    }
    assert (credentials["AccessKeyId"][:4], len(credentials["SecretAccessKey"])) == ("ASIA", 40)
    assert known.directory is before
    assert known.tickets == []


def test_the_credentials_are_the_roles_until_they_end(known, alice) -> None:
    # T059-STS
    one = worker(known)
    credentials = assume(known, alice, DurationSeconds=900)["Credentials"]

    caller = known.proved(credentials)
    assert (caller.record, caller.principal.role_arn, caller.user_id) == (
        one,
        WORKER,
        f"{one.unique_id}:me",
    )
    assert (caller.session.kind, caller.session.origin) == (SessionKind.ROLE, Origin.ASSUME_ROLE)
    assert (caller.session.secret, caller.session.issued) == (credentials["SecretAccessKey"], NOW)
    assert caller.session.policies is None
    assert known.proved(credentials, now=NOW + 899)
    with pytest.raises(Expired):
        known.proved(credentials, now=NOW + 900)


def test_a_token_is_good_with_its_own_key_alone(known, alice) -> None:
    worker(known)
    one, other = (assume(known, alice)["Credentials"] for _ in range(2))

    assert one["AccessKeyId"] != other["AccessKeyId"]
    with pytest.raises(BadToken):
        known.proved(one | {"SessionToken": other["SessionToken"]})


def test_a_role_of_the_same_name_is_not_the_sessions(known, alice) -> None:
    # T075-STS
    worker(known)
    credentials = assume(known, alice)["Credentials"]
    known.call(roles.delete_role, RoleName="worker")
    known.call(roles.create_role, RoleName="worker", AssumeRolePolicyDocument=TRUST)

    with pytest.raises(BadToken):
        known.proved(credentials)


def test_the_roles_last_use_is_noted_if_it_was_assumed(known, alice) -> None:
    one = worker(known)

    with pytest.raises(Denied):
        assume(known, known.caller(known.put(user("bob"))))
    assert known.usage.last_use(one.unique_id) is None
    assume(known, alice)
    assert known.usage.last_use(one.unique_id).when == NOW


DENIED = "User: {} is not authorized to perform: {} on resource: {}"


def test_nobody_can_tell_a_role_that_is_not_there_from_one_that_does_not_trust(known) -> None:
    # T076-STS
    worker(known)
    known.put(an_account(OTHER, closed=5), role("worker", OTHER))
    bob = known.caller(known.put(user("bob")))

    for arn in (
        WORKER,
        f"{WORKER}s",
        WORKER.replace(ACCOUNT, OTHER),
        WORKER.replace(ACCOUNT, "999988887777"),
        f"arn:aws:iam::{ACCOUNT}:user/alice",
    ):
        with refused(Denied, DENIED.format(bob.principal.arn, "sts:AssumeRole", arn)) as found:
            assume(known, bob, arn)
        assert found.value.details == {}


@pytest.mark.parametrize(
    "more",
    [
        {"DurationSeconds": 43200},
        {"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/missing"}]},
    ],
)
def test_whoever_is_not_trusted_learns_nothing_of_the_role(known, more) -> None:
    worker(known)
    bob = known.caller(known.put(user("bob")))

    with refused(Denied, DENIED.format(bob.principal.arn, "sts:AssumeRole", WORKER)):
        assume(known, bob, **more)


def test_what_is_no_arn_is_invalid(known, alice) -> None:
    with refused(Invalid, "the-role-of-that-name is invalid"):
        assume(known, alice, "the-role-of-that-name")


def test_a_role_of_a_closed_account_is_assumed_by_nobody(known) -> None:
    known.put(an_account(OTHER), role("worker", OTHER, trust=trusting(user("alice").unique_id)))
    alice = known.caller(known.put(user("alice", inline=(InlinePolicy("all", ALLOW),))))
    arn = WORKER.replace(ACCOUNT, OTHER)

    assert assume(known, alice, arn)
    known.put(an_account(OTHER, closed=NOW))
    with refused(Denied, DENIED.format(alice.principal.arn, "sts:AssumeRole", arn)):
        assume(known, alice, arn)


def test_another_accounts_user_needs_a_policy_of_its_own_beside_the_trust(known) -> None:
    known.put(an_account(OTHER), role("worker", OTHER, trust=trusting(user("alice").unique_id)))
    arn = WORKER.replace(ACCOUNT, OTHER)
    alice = known.caller(known.account.of(User).find("alice"))

    with refused(Denied, DENIED.format(alice.principal.arn, "sts:AssumeRole", arn)):
        assume(known, alice, arn)
    allowed = known.caller(known.put(user("alice", inline=(InlinePolicy("all", ALLOW),))))
    found = session(known, allowed, arn)
    assert (found.account, found.session_name) == (OTHER, "me")


@pytest.mark.parametrize(
    ("more", "lacking"),
    [
        ({}, "sts:AssumeRole"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "sts:TagSession"),
        ({"SourceIdentity": "alice"}, "sts:SetSourceIdentity"),
    ],
)
def test_each_thing_that_is_asked_for_is_trusted_by_itself(known, alice, more, lacking) -> None:
    worker(known, trust=trusting(user("alice").unique_id, actions=IDENTITY - {lacking}))

    with refused(Denied, DENIED.format(alice.principal.arn, lacking, WORKER)):
        assume(known, alice, **more)
    worker(known)
    assert assume(known, alice, **more)


TEAM = [{"Key": "team", "Value": "a"}]


@pytest.mark.parametrize(
    ("condition", "met", "unmet"),
    [
        (
            {"StringEquals": {"sts:ExternalId": "Right"}},
            {"ExternalId": "Right"},
            {"ExternalId": "right"},
        ),
        ({"StringEquals": {"sts:ExternalId": "Right"}}, {"ExternalId": "Right"}, {}),
        (
            {"StringEquals": {"sts:SourceIdentity": "alice"}},
            {"SourceIdentity": "alice"},
            {"SourceIdentity": "bob"},
        ),
        (
            {"StringEquals": {"aws:RequestTag/Team": "a"}},
            {"Tags": TEAM},
            {"Tags": [{"Key": "team", "Value": "b"}]},
        ),
        (
            {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": ["team"]}},
            {"Tags": TEAM, "TransitiveTagKeys": ["team"]},
            {"Tags": TEAM},
        ),
        (
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            {"SerialNumber": SERIAL, "TokenCode": code()},
            {},
        ),
        (
            {"StringEquals": {"sts:RoleSessionName": "me", "iam:ResourceTag/Kind": "robot"}},
            {},
            None,
        ),
        ({"StringEquals": {"sts:RoleSessionName": "you"}}, None, {}),
    ],
)
def test_a_trust_policy_sees_what_is_asked_for(known, alice, condition, met, unmet) -> None:
    known.device("phone", owner=alice.record)
    worker(
        known, trust=trusting(user("alice").unique_id, **condition), tags=(Tag("kind", "robot"),)
    )

    if unmet is not None:
        with refused(Denied, DENIED.format(alice.principal.arn, "sts:AssumeRole", WORKER)):
            assume(known, alice, **unmet)
    if met is not None:
        assert assume(known, alice, **met)


def test_a_code_is_used_up(known, alice) -> None:
    known.device("phone", owner=alice.record)
    worker(known)
    found = session(known, alice, SerialNumber=SERIAL, TokenCode=code())

    (taken,) = known.tickets
    assert (taken.ticket.key, taken.ticket.state, taken.ticket.expires) == (
        SERIAL,
        NOW // totp.STEP_SECONDS,
        None,
    )
    assert type(taken.refused) is WrongCode
    assert found.mfa_time is None


NO_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code."
    " Please verify your MFA serial number is valid and associated with this user."
)
HALF = (
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)
WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."


@pytest.mark.parametrize(
    ("more", "fault", "words"),
    [
        ({"SerialNumber": SERIAL}, Invalid, HALF),
        ({"TokenCode": code()}, Invalid, HALF),
        ({"SerialNumber": SERIAL, "TokenCode": code(steps=2)}, WrongCode, WRONG),
        ({"SerialNumber": SERIAL, "TokenCode": code(steps=-2)}, WrongCode, WRONG),
        ({"SerialNumber": f"{SERIAL}s", "TokenCode": code()}, Denied, NO_DEVICE),
        (
            {"SerialNumber": SERIAL.replace("phone", "spare"), "TokenCode": code()},
            Denied,
            NO_DEVICE,
        ),
        ({"SerialNumber": SERIAL.replace("phone", "bobs"), "TokenCode": code()}, Denied, NO_DEVICE),
    ],
)
def test_a_device_or_a_code_that_proves_nothing_is_refused(
    known, alice, more, fault, words
) -> None:
    known.device("phone", owner=alice.record)
    known.device("bobs", owner=known.put(user("bob")))
    known.device("spare")
    worker(known)

    with refused(fault, words):
        assume(known, alice, **more)
    assert known.tickets == []


def test_a_roles_session_has_no_device_not_even_roots(known, alice) -> None:
    known.device("phone", owner=SimpleNamespace(unique_id=ACCOUNT))
    one = worker(known)
    known.put(role("next", trust=trusting(one.unique_id)))
    chained = known.proved(assume(known, alice)["Credentials"])

    with refused(Denied, NO_DEVICE):
        assume(
            known,
            chained,
            f"arn:aws:iam::{ACCOUNT}:role/next",
            SerialNumber=SERIAL,
            TokenCode=code(),
        )
    assert known.tickets == []


def test_a_session_lasts_no_longer_than_the_role_lets_it(known, alice) -> None:
    # T066-STS
    worker(known, session_seconds_max=7200)

    assert assume(known, alice, DurationSeconds=7200)["Credentials"]["Expiration"] == NOW + 7200
    with refused(Invalid, session_plan.ROLE_TOO_LONG):
        assume(known, alice, DurationSeconds=7201)


def test_tags_of_the_session_lie_over_those_of_the_role(known, alice) -> None:
    worker(known, tags=(Tag("Team", "role"), Tag("kind", "robot")))
    answer = assume(
        known,
        alice,
        Tags=[{"Key": "team", "Value": "session"}, {"Key": "cost", "Value": "1"}],
        TransitiveTagKeys=["Cost"],
    )

    caller = known.proved(answer["Credentials"])
    assert set(caller.tags) == {Tag("team", "session"), Tag("kind", "robot"), Tag("cost", "1")}
    assert caller.session.transitive == ("Cost",)
    assert 0 < answer["PackedPolicySize"] <= 100


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
            session_plan.DUPLICATE_TAGS,
        ),
        ({"Tags": [{"Key": "aws:a", "Value": "1"}]}, session_plan.RESERVED_TAGS),
        ({"Tags": TEAM, "TransitiveTagKeys": ["teams"]}, session_plan.TRANSITIVE_NOT_PASSED),
        ({"TransitiveTagKeys": ["team"]}, session_plan.TRANSITIVE_NOT_PASSED),
    ],
)
def test_tags_that_cannot_be_meant_are_refused(known, alice, more, words) -> None:
    worker(known)

    with refused(InvalidParameterValue, words):
        assume(known, alice, **more)


def in_a_row(known, alice, **more):
    """Return a role session as the caller, and a second role that trusts the first."""
    first = worker(known)
    known.put(role("next", trust=trusting(first.unique_id), session_seconds_max=43200))
    return known.proved(assume(known, alice, **more)["Credentials"])


NEXT = WORKER.replace("worker", "next")


def test_a_session_hands_on_its_transitive_tags_and_its_source(known, alice) -> None:
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "cost", "Value": "1"}]
    first = in_a_row(known, alice, Tags=tags, TransitiveTagKeys=["team"], SourceIdentity="alice")
    answer = assume(known, first, NEXT, Tags=[{"Key": "cost", "Value": "2"}])

    found = known.proved(answer["Credentials"]).session
    assert (set(found.tags), found.transitive) == ({Tag("Team", "a"), Tag("cost", "2")}, ("Team",))
    assert (found.source_identity, answer["SourceIdentity"]) == ("alice", "alice")


@pytest.mark.parametrize(
    ("more", "fault", "words"),
    [
        (
            {"Tags": [{"Key": "TEAM", "Value": "b"}]},
            InvalidParameterValue,
            session_plan.TRANSITIVE_CONFLICT,
        ),
        ({"SourceIdentity": "bob"}, Denied, "The source identity of a session cannot be changed."),
        ({"DurationSeconds": 3601}, Invalid, session_plan.CHAINED_TOO_LONG),
    ],
)
def test_what_a_session_has_is_not_changed_by_the_next(known, alice, more, fault, words) -> None:
    first = in_a_row(known, alice, Tags=TEAM, TransitiveTagKeys=["team"], SourceIdentity="alice")

    with refused(fault, words):
        assume(known, first, NEXT, **more)
    assert session(known, first, NEXT, DurationSeconds=3600).expires == NOW + 3600


def test_what_is_not_transitive_ends_with_the_first_session(known, alice) -> None:
    found = session(known, in_a_row(known, alice, Tags=TEAM), NEXT)

    assert (found.tags, found.transitive, found.source_identity) == ((), (), "")


def test_session_policies_are_the_document_and_the_versions_of_now(known, alice) -> None:
    worker(known)
    mine = known.put(managed_policy("mine", ALLOW, ALLOW, default="v1"))
    read_only = known.directory.by_arn(ManagedPolicy, "arn:aws:iam::aws:policy/ReadOnlyAccess")
    answer = assume(
        known, alice, Policy=ALLOW, PolicyArns=[{"arn": mine.arn}, {"arn": read_only.arn}]
    )

    assert known.proved(answer["Credentials"]).session.policies == (
        ALLOW,
        f"{mine.arn}@v1",
        f"{read_only.arn}@{read_only.default}",
    )
    assert 0 < answer["PackedPolicySize"] <= 100


def test_no_policies_are_none_and_not_an_empty_set(known, alice) -> None:
    worker(known)

    assert session(known, alice, PolicyArns=[]).policies is None


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:policy/missing",
        f"arn:aws:iam::{OTHER}:policy/theirs",
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        f"arn:aws:iam::{ACCOUNT}:role/worker",
    ],
)
def test_a_session_policy_is_one_of_the_roles_account_or_of_aws(known, alice, arn) -> None:
    worker(known)
    known.put(an_account(OTHER), managed_policy("theirs", account=OTHER))

    with refused(Malformed, f"The policy {arn} does not exist or is not attachable."):
        assume(known, alice, PolicyArns=[{"arn": arn}])


def test_a_session_policy_of_the_callers_account_is_not_the_roles(known) -> None:
    known.put(an_account(OTHER), role("worker", OTHER, trust=trusting(user("alice").unique_id)))
    mine, theirs = managed_policy("same"), managed_policy("same", account=OTHER)
    known.put(mine, theirs)
    alice = known.caller(known.put(user("alice", inline=(InlinePolicy("all", ALLOW),))))
    arn = WORKER.replace(ACCOUNT, OTHER)

    assert session(known, alice, arn, PolicyArns=[{"arn": theirs.arn}]).policies == (
        f"{theirs.arn}@v1",
    )
    with refused(Malformed, f"The policy {mine.arn} does not exist or is not attachable."):
        assume(known, alice, arn, PolicyArns=[{"arn": mine.arn}])


def test_so_many_session_policies_of_so_many_characters_are_passed(
    known, alice, monkeypatch
) -> None:
    # T069-STS
    worker(known)
    mine = known.put(managed_policy("mine"))
    monkeypatch.setattr(quotas, "SESSION_POLICY_ARNS_MAX", 1)
    monkeypatch.setattr(quotas, "SESSION_POLICY_CHARACTERS_MAX", len(ALLOW + mine.arn))

    assert session(known, alice, Policy=ALLOW, PolicyArns=[{"arn": mine.arn}]).policies
    with refused(
        Invalid,
        f"The plaintext of the session policies is longer than {len(ALLOW + mine.arn)} characters",
    ):
        assume(known, alice, Policy=f"{ALLOW} ", PolicyArns=[{"arn": mine.arn}])
    with refused(
        Invalid,
        "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
        "Member must have length less than or equal to 1",
    ):
        assume(known, alice, PolicyArns=[{"arn": mine.arn}, {"arn": mine.arn}])


@pytest.mark.parametrize("text", ["no JSON", "[]", TRUST])
def test_a_session_policy_that_cannot_be_understood_is_refused(known, alice, text) -> None:
    worker(known)

    with pytest.raises(Malformed):
        assume(known, alice, Policy=text)


def test_policies_and_tags_have_so_much_room(known, alice, monkeypatch) -> None:
    # T069-STS
    worker(known)
    monkeypatch.setattr(quotas, "PACKED_SESSION_BYTES_MAX", 10)

    with pytest.raises(
        TooLarge, match=r"^Packed size of session tags and policies consumes \d{3,}% of quota\.$"
    ):
        assume(known, alice, Policy=ALLOW)
