"""Operations on versions of managed policies: answers, changes and refusals."""

from urllib.parse import quote

import pytest
from msgspec.structs import replace
from tests.services.support import (
    ACCOUNT,
    ALLOW,
    NOW,
    OTHER,
    TRUST,
    Snapshot,
    an_account,
    managed_policy,
    refused,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.faults import Denied, InUse, Malformed, NotFound, TooMany
from daypass.services.iam.policies import policy_versions

MINE = f"arn:aws:iam::{ACCOUNT}:policy/mine"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DENY = ALLOW.replace("Allow", "Deny")


@pytest.fixture
def known():
    return Snapshot()


def mine(known):
    return known.account.of(ManagedPolicy).find("mine")


def ids(known):
    return [each.id for each in mine(known).versions]


@pytest.mark.parametrize("more", [{}, {"SetAsDefault": False}])
def test_a_new_version_is_not_the_default_unless_it_is_asked_for(known, more) -> None:
    before = known.put(managed_policy("mine", tags=(Tag("a", "b"),)))
    known.put(managed_policy("other"))
    made = known.call(
        policy_versions.create_policy_version, PolicyArn=MINE, PolicyDocument=DENY, **more
    )["PolicyVersion"]

    assert made == {"VersionId": "v2", "IsDefaultVersion": False, "CreateDate": NOW}
    assert mine(known) == replace(
        before,
        versions=(*before.versions, PolicyVersion("v2", DENY, NOW)),
        versions_made=2,
        updated=NOW,
    )
    assert mine(known).document == ALLOW
    assert known.account.of(ManagedPolicy).find("other") == managed_policy("other")


def test_a_new_version_may_be_the_default_at_once(known) -> None:
    known.put(managed_policy("mine"))
    made = known.call(
        policy_versions.create_policy_version,
        PolicyArn=MINE,
        PolicyDocument=DENY,
        SetAsDefault=True,
    )["PolicyVersion"]

    assert made == {"VersionId": "v2", "IsDefaultVersion": True, "CreateDate": NOW}
    assert (mine(known).default, mine(known).document) == ("v2", DENY)


def test_an_id_is_never_used_again(known) -> None:
    known.put(managed_policy("mine", ALLOW, ALLOW, default="v1"))
    for _ in range(3):
        last = ids(known)[-1]
        known.call(policy_versions.delete_policy_version, PolicyArn=MINE, VersionId=last)
        known.call(policy_versions.create_policy_version, PolicyArn=MINE, PolicyDocument=DENY)

    assert ids(known) == ["v1", "v5"]


def test_a_policy_has_five_versions_at_most(known) -> None:
    known.put(managed_policy("mine", *[ALLOW] * quotas.POLICY_VERSIONS_MAX))
    before = mine(known)

    with refused(
        TooMany,
        "A managed policy can have up to 5 versions. Before you create a new version, you "
        "must delete an existing version.",
    ):
        known.call(policy_versions.create_policy_version, PolicyArn=MINE, PolicyDocument=DENY)
    assert mine(known) == before
    known.call(policy_versions.delete_policy_version, PolicyArn=MINE, VersionId="v1")
    known.call(policy_versions.create_policy_version, PolicyArn=MINE, PolicyDocument=DENY)
    assert ids(known) == ["v2", "v3", "v4", "v5", "v6"]


@pytest.mark.parametrize("text", ["no JSON", "[]", TRUST, ALLOW.replace("Allow", "allow")])
def test_a_document_that_iam_does_not_take_makes_no_version(known, text) -> None:
    before = known.put(managed_policy("mine"))

    with pytest.raises(Malformed):
        known.call(policy_versions.create_policy_version, PolicyArn=MINE, PolicyDocument=text)
    assert mine(known) == before


def test_a_version_is_as_long_as_a_policy_may_be(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "MANAGED_POLICY_CHARACTERS_MAX", len(DENY))
    known.put(managed_policy("mine"))
    known.call(policy_versions.create_policy_version, PolicyArn=MINE, PolicyDocument=DENY + "\n ")

    with refused(TooMany, f"Cannot exceed quota for PolicySize: {len(DENY)}"):
        known.call(
            policy_versions.create_policy_version,
            PolicyArn=MINE,
            PolicyDocument=DENY.replace('"*"', '"a:*"', 1),
        )


def test_a_version_is_shown_with_its_document_percent_encoded(known) -> None:
    known.put(managed_policy("mine", ALLOW, DENY))

    def shown(version):
        return known.call(policy_versions.get_policy_version, PolicyArn=MINE, VersionId=version)[
            "PolicyVersion"
        ]

    assert shown("v1") == {
        "VersionId": "v1",
        "IsDefaultVersion": False,
        "CreateDate": 1,
        "Document": quote(ALLOW, safe=""),
    }
    assert shown("v2") == {
        "VersionId": "v2",
        "IsDefaultVersion": True,
        "CreateDate": 1,
        "Document": quote(DENY, safe=""),
    }


def test_versions_are_listed_without_documents_the_newest_first(known) -> None:
    known.put(managed_policy("mine", ALLOW, DENY, ALLOW, default="v2"))

    assert known.call(policy_versions.list_policy_versions, PolicyArn=MINE)["Versions"] == [
        {"VersionId": "v3", "IsDefaultVersion": False, "CreateDate": 1},
        {"VersionId": "v2", "IsDefaultVersion": True, "CreateDate": 1},
        {"VersionId": "v1", "IsDefaultVersion": False, "CreateDate": 1},
    ]


def test_a_version_is_deleted_and_the_others_stay(known) -> None:
    before = known.put(managed_policy("mine", ALLOW, DENY, ALLOW, default="v3"))
    assert known.call(policy_versions.delete_policy_version, PolicyArn=MINE, VersionId="v2") == {}

    assert mine(known) == replace(
        before, versions=(before.versions[0], before.versions[2]), updated=NOW
    )


def test_the_default_version_is_not_deleted(known) -> None:
    before = known.put(managed_policy("mine", ALLOW, DENY))

    with refused(InUse, "Cannot delete the default version of a policy."):
        known.call(policy_versions.delete_policy_version, PolicyArn=MINE, VersionId="v2")
    assert mine(known) == before


def test_an_older_version_becomes_the_default_again(known) -> None:
    before = known.put(managed_policy("mine", ALLOW, DENY))
    alice = known.put(user("alice", attached=(MINE,)))
    assert (
        known.call(policy_versions.set_default_policy_version, PolicyArn=MINE, VersionId="v1") == {}
    )

    assert mine(known) == replace(before, default="v1", updated=NOW)
    assert mine(known).document == ALLOW
    assert list(known.account.of(User)) == [alice]


@pytest.mark.parametrize(
    "operation",
    [
        policy_versions.get_policy_version,
        policy_versions.delete_policy_version,
        policy_versions.set_default_policy_version,
    ],
)
@pytest.mark.parametrize("version", ["v3", "v11", "v2.0"])
def test_a_version_is_found_by_its_exact_id(known, operation, version) -> None:
    before = known.put(managed_policy("mine", ALLOW, DENY))

    with refused(NotFound, f"Policy {MINE} version {version} does not exist or is not attachable."):
        known.call(operation, PolicyArn=MINE, VersionId=version)
    assert mine(known) == before


EACH = [
    (policy_versions.create_policy_version, {"PolicyDocument": ALLOW}),
    (policy_versions.delete_policy_version, {"VersionId": "v1"}),
    (policy_versions.set_default_policy_version, {"VersionId": "v1"}),
    (policy_versions.get_policy_version, {"VersionId": "v1"}),
    (policy_versions.list_policy_versions, {}),
]


@pytest.mark.parametrize(("operation", "more"), EACH)
@pytest.mark.parametrize(
    "arn",
    [
        f"{MINE}s",
        MINE.replace("mine", "Mine"),
        MINE.replace("mine", "theirs").replace(ACCOUNT, OTHER),
    ],
)
def test_a_policy_is_found_by_its_exact_arn_in_its_own_account(known, operation, more, arn) -> None:
    known.put(managed_policy("mine"), an_account(OTHER), managed_policy("theirs", account=OTHER))

    words = "was not found."
    if operation in {
        policy_versions.get_policy_version,
        policy_versions.set_default_policy_version,
    }:
        words = f"version {more['VersionId']} does not exist or is not attachable."
    with refused(NotFound, f"Policy {arn} {words}"):
        known.call(operation, PolicyArn=arn, **more)


@pytest.mark.parametrize(
    ("operation", "more", "change"),
    [
        (*each, change)
        for each, change in zip(
            EACH[:3],
            ["create versions for", "delete policy versions for", "update"],
            strict=True,
        )
    ],
)
def test_what_aws_manages_is_not_the_accounts_to_change(known, operation, more, change) -> None:
    with refused(Denied, f"Cannot {change} policies outside your own account."):
        known.call(operation, PolicyArn=READ_ONLY, **more)


def test_what_aws_manages_is_read_like_any_other(known) -> None:
    (version,) = known.call(policy_versions.list_policy_versions, PolicyArn=READ_ONLY)["Versions"]

    assert version["IsDefaultVersion"]
    assert known.call(
        policy_versions.get_policy_version, PolicyArn=READ_ONLY, VersionId=version["VersionId"]
    )["PolicyVersion"]["Document"].startswith("%7B")
