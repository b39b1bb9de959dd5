"""The condition keys of a request, for every kind of caller; cases are data."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.services.small_world import RING, SmallWorld

from daypass.core import authorization_messages
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.policy.decision.refusal_record import TagKeys
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.sessions.token import Origin, Session, SessionKind
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.caller import ANONYMOUS, Caller
from daypass.services.kit.context_keys import RequestKeys
from daypass.state.snapshot.directory import Directory

CASES = json.loads((Path(__file__).parents[1] / "core/policy/cases/context.json").read_text())
A, NOW = "111122223333", 1767225600
ALICE = User(
    account=A,
    name="alice",
    path="/x/",
    unique_id="AIDAALICE",
    created=1,
    tags=(Tag("team", "red"),),
)
APP = Role(account=A, name="app", path="/svc/", unique_id="AROAAPP", created=1, trust="{}")
USER = Principal(PrincipalKind.USER, ALICE.arn, A, unique_id=ALICE.unique_id)
SESSION = Principal(
    PrincipalKind.ROLE_SESSION,
    f"arn:aws:sts::{A}:assumed-role/app/s",
    A,
    unique_id="AROAAPP",
    role_arn=APP.arn,
)
ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{A}:root", A)


def session(kind, principal_id, name="", **more):
    return Session(
        kind=kind,
        origin=Origin.ASSUME_ROLE,
        account=A,
        principal_id=principal_id,
        session_name=name,
        issued=NOW - 3600,
        expires=NOW + 1,
        secret="",
        **more,
    )


CALLERS = {
    "root": Caller(ROOT, "AKIAX", None),
    "user": Caller(USER, "AKIAX", ALICE, None, ALICE.tags),
    "user on nothing": Caller(USER, "AKIAX", ALICE, None, ALICE.tags),
    "user-session": Caller(
        USER, "ASIAX", ALICE, session(SessionKind.USER, "AIDAALICE"), ALICE.tags
    ),
    "user-mfa-session": Caller(
        USER, "ASIAX", ALICE, session(SessionKind.USER, "AIDAALICE", mfa_time=NOW - 3600)
    ),
    "role-session": Caller(
        SESSION,
        "ASIAX",
        APP,
        session(SessionKind.ROLE, "AROAAPP", "s", mfa_time=NOW, source_identity="me"),
        (Tag("Team", "blue"),),
    ),
    "anonymous": ANONYMOUS,
}
CIRCUMSTANCES = Circumstances(
    NOW, "192.0.2.1", secure=True, region="eu-west-1", user_agent="aws-cli"
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case[2]} of {case[1]}" for case in CASES])
def test_a_condition_key_is_there_as_its_case_says(case) -> None:
    _, who, key, value = case
    resource = "*" if who == "user on nothing" else "arn:aws:s3:::b"
    question = AuthorizationQuestion("s3:GetObject", resource, A, {})

    assert RequestKeys(question, CALLERS[who], Directory(), CIRCUMSTANCES).get(key.lower()) == value


def test_no_key_is_empty() -> None:
    question = AuthorizationQuestion("s3:GetObject", "arn:aws:s3:::b", A, {})
    for caller in CALLERS.values():
        assert all(RequestKeys(question, caller, Directory(), CIRCUMSTANCES).values())


TAG_KEYS = {"aws:resourcetag/team": "red", "iam:resourcetag/team": "red"}
OWN_KEYS = {"sts:externalid": "x"}


def role_keys(tags):
    question = AuthorizationQuestion("sts:AssumeRole", APP.arn, A, OWN_KEYS, tags=tags)
    return RequestKeys(question, CALLERS["user"], Directory(), CIRCUMSTANCES)


@pytest.mark.parametrize("is_asked_first", [True, False])
def test_keys_with_tags_are_those_without_them_and_the_tags(is_asked_first) -> None:
    untagged = dict(role_keys(None))
    keys = role_keys(TagKeys(TAG_KEYS, b"hash"))
    expected = {**untagged, **TAG_KEYS}
    if not is_asked_first:
        keys.without_tags()

    assert {key: keys.get(key) for key in expected} == expected
    assert keys.get("aws:resourcetag/other", "none") == "none"
    assert (dict(keys), len(keys), keys.without_tags()) == (expected, len(expected), untagged)
    with pytest.raises(KeyError):
        keys["aws:resourcetag/other"]


@pytest.mark.parametrize("is_asked_first", [True, False])
def test_the_question_s_own_key_counts_whatever_was_asked_before(is_asked_first) -> None:
    keys = role_keys(TagKeys({"sts:externalid": "a tag's"}, b"hash"))
    if not is_asked_first:
        keys.without_tags()

    assert keys.get("sts:externalid") == "x"


class UncopiedTags(Mapping):
    """Keys of tags that may be looked up, but not walked through."""

    def __getitem__(self, key):
        return TAG_KEYS[key]

    def __iter__(self):
        raise AssertionError("the tags were walked through")

    __len__ = __iter__


def test_a_refusal_walks_through_no_tags_which_would_tell_by_its_cost_that_a_role_exists() -> None:
    """A role with fifty tags took a sixth longer to refuse than one that does not exist."""
    world = SmallWorld(inline=())
    refused = world.refused(
        action="sts:AssumeRole", resource=APP.arn, tags=TagKeys(UncopiedTags(), b"hash")
    )
    kept = authorization_messages.decode_for_operator(refused.reasons, ring=RING)

    assert kept.tags == b"hash"
    assert not TAG_KEYS.keys() & kept.context.keys()
