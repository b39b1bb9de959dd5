"""Users, groups and roles: what is read of IAM's answers, by no more calls than it takes."""

import pytest
from tests.aws.recorded import Recorded

from daypass.aws import documents, entities, managed_policies
from daypass.aws.entities import EntityKey, EntityKind

ACCOUNT = "arn:aws:iam::111122223333"
ROLE, USER = EntityKey(EntityKind.ROLE, "reader"), EntityKey(EntityKind.USER, "alice")
DOCUMENT = {"Version": "2012-10-17", "Statement": []}
TEXT = '{"Version":"2012-10-17","Statement":[]}'
POLICIES = {
    "list_role_policies reader": {"PolicyNames": ["own"]},
    "get_role_policy reader own": {"PolicyDocument": DOCUMENT},
    "list_attached_role_policies reader": {"AttachedPolicies": [{"PolicyArn": f"{ACCOUNT}:policy/p"}]},
}  # fmt: skip
RECORD = {
    "Arn": f"{ACCOUNT}:role/ci/reader",
    "RoleId": "AROA",
    "Path": "/ci/",
    "AssumeRolePolicyDocument": DOCUMENT,
    "MaxSessionDuration": 7200,
    "Description": "reads",
    "Tags": [{"Key": "team", "Value": "web"}],
    "PermissionsBoundary": {"PermissionsBoundaryArn": f"{ACCOUNT}:policy/b"},
}


def test_a_role_is_read_whole_with_one_call_for_each_of_its_parts() -> None:
    iam = Recorded({"get_role reader": {"Role": RECORD}, **POLICIES})
    role = entities.read_entity(iam, ROLE, documents.compact_text)

    assert (role.arn, role.unique_id, role.path) == (RECORD["Arn"], "AROA", "/ci/")
    assert (role.policies.inline, role.policies.attached) == (
        {"own": TEXT},
        (f"{ACCOUNT}:policy/p",),
    )
    assert (role.trust, role.boundary) == (TEXT, f"{ACCOUNT}:policy/b")
    assert (role.max_session_seconds, role.description, role.tags) == (
        7200,
        "reads",
        {"team": "web"},
    )
    assert role.groups == ()
    assert iam.calls == ["get_role reader", *POLICIES]


def test_a_user_has_groups_and_no_trust_policy() -> None:
    record = {"Arn": f"{ACCOUNT}:user/alice", "UserId": "AIDA", "Path": "/"}
    answers = {
        "get_user alice": {"User": record},
        "list_groups_for_user alice": {"Groups": [{"GroupName": "b"}, {"GroupName": "a"}]},
        "list_user_policies alice": {"PolicyNames": []},
        "list_attached_user_policies alice": {"AttachedPolicies": []},
    }
    iam = Recorded(answers)
    user = entities.read_entity(iam, USER, documents.compact_text)

    assert (user.groups, user.trust, user.boundary) == (("b", "a"), "", "")
    assert (user.tags, user.description, user.max_session_seconds) == ({}, "", None)
    assert iam.calls == list(answers)


def test_the_policies_of_an_entity_are_read_without_the_entity() -> None:
    iam = Recorded(POLICIES)

    assert entities.read_entity_policies(iam, ROLE, documents.compact_text).inline == {"own": TEXT}
    assert iam.calls == list(POLICIES)


def test_a_managed_policy_has_the_document_of_its_default_version() -> None:
    arn = f"{ACCOUNT}:policy/p"
    record = {"PolicyName": "p", "Path": "/", "DefaultVersionId": "v3"}
    answers = {
        f"get_policy {arn}": {"Policy": record},
        f"get_policy_version {arn} v3": {"PolicyVersion": {"Document": DOCUMENT}},
    }
    iam = Recorded(answers)

    assert managed_policies.read_managed_policy(iam, arn, documents.compact_text).content == TEXT
    assert iam.calls == list(answers)


@pytest.mark.parametrize(
    ("document", "compact", "lines"), [(DOCUMENT, TEXT, 4), (f" {TEXT}\n", f" {TEXT}\n", 2)]
)
def test_a_document_is_written_in_one_way_and_text_is_left_as_it_is(document, compact, lines):
    assert documents.compact_text(document) == compact
    assert documents.indented_text(document).count("\n") + 1 == lines
    assert documents.parse_document(document) == DOCUMENT
