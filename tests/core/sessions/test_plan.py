"""What a call of AssumeRole implies, and what the session becomes."""

import hashlib

import pytest

from daypass.core import quotas
from daypass.core.domain.iam.role import Role
from daypass.core.domain.record import Tag
from daypass.core.faults import Denied, Invalid, InvalidParameterValue, TooLarge
from daypass.core.sessions import session_plan as rules
from daypass.core.sessions.session_plan import (
    CallingSession,
    SessionRequest,
    grant_session,
    plan_session,
)

ROLE = Role(
    account="111122223333",
    name="deploy",
    unique_id="AROAEXAMPLE",
    created=0,
    trust="{}",
    session_seconds_max=7200,
    tags=(Tag("team", "platform"), Tag("env", "prod")),
)
LONG_TERM = CallingSession()
CHAINED = CallingSession(is_temporary=True)


def test_a_plain_call_asks_for_assume_role_alone() -> None:
    assert plan_session(SessionRequest("s"), LONG_TERM).actions == ("sts:AssumeRole",)


@pytest.mark.parametrize(
    ("wish", "inherited"),
    [
        (SessionRequest("s", tags=(Tag("a", "b"),)), LONG_TERM),
        (SessionRequest("s"), CallingSession(is_temporary=True, tags=(Tag("a", "b"),))),
    ],
    ids=["passed", "inherited"],
)
def test_tags_ask_for_tag_session_too(wish, inherited) -> None:
    assert plan_session(wish, inherited).actions == ("sts:AssumeRole", "sts:TagSession")


@pytest.mark.parametrize(
    ("wish", "inherited"),
    [
        (SessionRequest("s", source_identity="alice"), LONG_TERM),
        (SessionRequest("s"), CallingSession(is_temporary=True, source_identity="alice")),
        (SessionRequest("s", source_identity="alice"), CallingSession(source_identity="alice")),
    ],
    ids=["passed", "inherited", "the same"],
)
def test_a_source_identity_asks_for_set_source_identity_too(wish, inherited) -> None:
    planned = plan_session(wish, inherited)

    assert planned.actions == ("sts:AssumeRole", "sts:SetSourceIdentity")
    assert grant_session(planned, ROLE).source_identity == "alice"


def test_a_source_identity_cannot_be_changed_along_a_chain() -> None:
    with pytest.raises(Denied):
        plan_session(
            SessionRequest("s", source_identity="bob"), CallingSession(source_identity="alice")
        )


@pytest.mark.parametrize(
    ("wish", "inherited", "message"),
    [
        (SessionRequest("s", tags=(Tag("a", "1"), Tag("A", "2"))), LONG_TERM, rules.DUPLICATE_TAGS),
        (SessionRequest("s", tags=(Tag("AWS:x", "1"),)), LONG_TERM, rules.RESERVED_TAGS),
        (SessionRequest("s", transitive=("a",)), LONG_TERM, rules.TRANSITIVE_NOT_PASSED),
        (
            SessionRequest("s", tags=(Tag("A", "1"),)),
            CallingSession(is_temporary=True, tags=(Tag("a", "0"),)),
            rules.TRANSITIVE_CONFLICT,
        ),
    ],
)
def test_tags_that_cannot_be_meant_are_refused_in_awss_words(wish, inherited, message) -> None:
    with pytest.raises(InvalidParameterValue) as refused:
        plan_session(wish, inherited)

    assert refused.value.message == message


@pytest.mark.parametrize(
    ("wish", "key", "value"),
    [
        (SessionRequest("s"), "sts:rolesessionname", "s"),
        (SessionRequest("s", external_id="x"), "sts:externalid", "x"),
        (SessionRequest("s", source_identity="alice"), "sts:sourceidentity", "alice"),
        (SessionRequest("s", tags=(Tag("Team", "a"),)), "aws:requesttag/team", "a"),
        (SessionRequest("s", tags=(Tag("Team", "a"),)), "aws:tagkeys", ("Team",)),
        (
            SessionRequest("s", tags=(Tag("T", "a"),), transitive=("T",)),
            "sts:transitivetagkeys",
            ("T",),
        ),
        (SessionRequest("s", with_mfa=True), "aws:multifactorauthpresent", "true"),
        (SessionRequest("s", with_mfa=True), "aws:multifactorauthage", "0"),
    ],
)
def test_a_parameter_becomes_its_condition_key(wish, key, value) -> None:
    assert plan_session(wish, LONG_TERM).condition_keys[key] == value


def test_a_key_that_nothing_was_passed_for_is_absent() -> None:
    assert set(plan_session(SessionRequest("s"), LONG_TERM).condition_keys) == {
        "sts:rolesessionname"
    }


def test_an_hour_is_the_default() -> None:
    assert grant_session(plan_session(SessionRequest("s"), LONG_TERM), ROLE).seconds == 3600


@pytest.mark.parametrize(
    ("seconds", "inherited", "message"),
    [
        (7201, LONG_TERM, rules.ROLE_TOO_LONG),
        (3601, CHAINED, rules.CHAINED_TOO_LONG),
        (7201, CHAINED, rules.CHAINED_TOO_LONG),
    ],
)
def test_t066_sts_a_longer_session_than_role_or_chain_allow_is_refused(
    seconds, inherited, message
) -> None:
    planned = plan_session(SessionRequest("s", seconds=seconds), inherited)

    with pytest.raises(Invalid) as refused:
        grant_session(planned, ROLE)

    assert refused.value.message == message


@pytest.mark.parametrize(("seconds", "inherited"), [(7200, LONG_TERM), (3600, CHAINED)])
def test_the_longest_session_is_granted(seconds, inherited) -> None:
    assert (
        grant_session(plan_session(SessionRequest("s", seconds=seconds), inherited), ROLE).seconds
        == seconds
    )


def test_later_tags_lie_over_earlier_ones_without_regard_to_case() -> None:
    inherited = CallingSession(is_temporary=True, tags=(Tag("ENV", "stage"),))
    wish = SessionRequest("s", tags=(Tag("Team", "data"), Tag("cost", "7")), transitive=("cost",))

    session = grant_session(plan_session(wish, inherited), ROLE)

    assert session.tags == (Tag("Team", "data"), Tag("ENV", "stage"), Tag("cost", "7"))
    assert session.transitive == ("ENV", "cost")


def test_a_session_that_carries_nothing_has_no_packed_size() -> None:
    assert grant_session(plan_session(SessionRequest("s"), LONG_TERM), ROLE).packed_percent is None


def test_t069_sts_a_session_carries_only_so_much() -> None:
    # Digests do not compress.
    tags = tuple(Tag(f"key{n}", hashlib.sha512(b"%d" % n).hexdigest() * 2) for n in range(50))
    tags = tuple(Tag(tag.key, hashlib.shake_256(tag.value.encode()).hexdigest(120)) for tag in tags)

    with pytest.raises(TooLarge) as refused:
        grant_session(plan_session(SessionRequest("s", tags=tags), LONG_TERM), ROLE)

    assert "% of quota" in refused.value.message
    small = grant_session(plan_session(SessionRequest("s", tags=tags[:5]), LONG_TERM), ROLE)
    assert small.packed_percent is not None
    assert 0 < small.packed_percent <= quotas.PERCENT_MAX
