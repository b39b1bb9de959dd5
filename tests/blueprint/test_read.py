"""What is wrong with a file is said with its line, and what to do."""

import json

import pytest

from daypass.blueprint.file import file_reader, file_schema
from daypass.core.organizations.policies.policy_types import POLICY_TYPES

POLICY = "policies: {p: {content: {Version: 2012-10-17, Statement: {Effect: Deny, Action: '*', Resource: '*'}}}}\n"
BAD = "policies:\n  p:\n    content:\n      Version: 2012-10-17\n      Statement:\n        - Effect: Deny\n          Action: nothing\n          Resource: '*'\n"
CASES = [
    ("- x\n", 1, "the file has to be a mapping"),
    ("a: [\n", 2, "one YAML document is needed, with each key once"),
    ("root: {}\n", 1, "the file has no `version`"),
    ("version: 2\n", 1, "`version` is not a known value; did you mean `1`|known: 1"),
    ("version: 1\nunit: {}\n", 2, "the file has no `unit`; did you mean `units`?"),
    ("version: 1\nversion: 1\n", 2, "found duplicate key"),
    ("version: 1\nunits:\n  a:\n    polices: [x]\n", 4, "`a` has no `polices`; did you mean `policies`?"),
    ("version: 1\nunits: {a: {}, a: {}}\n", 2, "found duplicate key"),
    ("version: 1\nunits:\n  a: {tags: {n: 5}}\n", 3, "`n` has to be a text; put it in quotes"),
    ("version: 1\npolicy-types: [SCP]\n", 2, "is not a known value"),
    ("version: 1\nroot:\n  policies: [p]\n", 3, "there is no policy `p`; name it under `policies`"),
    ("version: 1\n" + POLICY + "root:\n  policies: [q]\n", 4, "there is no policy `q`"),
    ("version: 1\nroot: {policies: [FullAWSAccess]}\n", 2, "say full-aws-access: true instead"),
    ("version: 1\nroot:\n  full-aws-access: false\n", 3, "another service control policy has to be attached here"),
    ("version: 1\npolicies:\n  p: {}\n", 3, "`p` has no `content`; add `content`"),
    ("version: 1\n" + BAD, 8, "policy p: "),
    ("version: 1\npolicies:\n  p: {content: {file: none.json}}\n", 3, "none.json cannot be read: No such file"),
    ("version: 1\npolicies:\n  p: {content: '{'}\n", 3, "policy p: "),
    ("version: 1\n" + POLICY + "policy-types: [TAG_POLICY]\nroot: {policies: [p]}\n", 3, "add SERVICE_CONTROL_POLICY to policy-types"),
    ("version: 1\nunits: {a: {units: {b: {units: {c: {units: {d: {units: {e: {units: {f: }}}}}}}}}}}\n", 2, "/a/b/c/d/e/f is deeper than 5 levels"),
    ("version: 1\naccounts:\n  - {name: dev}\n", 3, "an account has no `email`"),
    ("version: 1\naccounts:\n  - {email: dev@example.com}\n", 3, "account dev@example.com has no `name`"),
    ("version: 1\naccounts:\n  - {email: d@ex.com, name: d}\n  - {email: D@ex.com, name: e}\n", 4, "account d@ex.com is there twice"),
    ("version: 1\naccounts:\n  - {id: 111122223333}\n", 3, "`id` has to be a text; put it in quotes"),
    ("version: 1\nunits: {prod: }\naccounts:\n  - {email: d@ex.com, name: d, unit: /prd}\n", 4, "there is no unit /prd; did you mean `/prod`?"),
    ("version: 1\naccounts:\n  - {email: 'd,@ex.com', name: d}\n", 3, "not an address that AWS accepts"),
    ("version: 1\nmanagement: {roles: {r: {}}}\n", 2, "`r` has no `trust`"),
    ("version: 1\nmanagement: {users: {u: {groups: [g]}}}\n", 2, "user u: there is no group `g`"),
    ("version: 1\nmanagement: {users: {u: {attached: [policy/x]}}}\n", 2, "there is no policy `policy/x`"),
    ("version: 1\nresource-policy: {Statement: {Principal: {AWS: '${account:dev}'}}}\n", 2, "`${account:dev}` is not an account of the file"),
    ("version: 1\naccounts:\n  - {email: a@ex.com, name: a, administers: [sso.amazonaws.com]}\n  - {email: b@ex.com, name: b, administers: [sso.amazonaws.com]}\n", 2, "only one account may administer"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), CASES)
def test_a_file_that_cannot_be_read_is_told_with_its_line(tmp_path, text, line, words) -> None:
    path = tmp_path / "o.yaml"
    path.write_text(text)
    with pytest.raises(file_reader.InvalidFile) as refused:
        file_reader.read_organization_file(path)
    told = str(refused.value)

    assert f"o.yaml:{line}: " in told
    assert any(each in told for each in words.split("|"))


def test_every_error_is_told_at_once(tmp_path) -> None:
    path = tmp_path / "o.yaml"
    path.write_text("version: 1\nunits: {a: {x: 1}}\npolicies: {p: {}}\n")
    with pytest.raises(file_reader.InvalidFile) as refused:
        file_reader.read_organization_file(path)

    assert [each.line for each in refused.value.errors] == [2, 3]


def test_the_reader_knows_every_word_of_the_schema() -> None:
    def words(rule):
        yield from rule
        for name in ("properties", "$defs"):
            for each in rule.get(name, {}).values():
                yield from words(each)
        for each in [rule.get("items"), rule.get("additionalProperties"), *rule.get("anyOf", ())]:
            if isinstance(each, dict):
                yield from words(each)

    assert set(words(file_schema.load_schema())) <= file_schema.KEYWORDS


def test_the_schema_is_one_and_says_what_the_reader_says() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(file_schema.schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)

    for value in (
        {"version": 1},
        {"version": 1, "units": {"a": None}},
        {"version": 1, "x": 1},
        {},
        {"version": 1, "accounts": [{"id": "1"}]},
    ):
        assert judge.is_valid(value) == (not list(file_schema.schema_errors(value)))


def test_the_schema_has_every_type_of_policy() -> None:
    assert set(file_schema.load_schema()["$defs"]["policy-type"]["enum"]) == set(POLICY_TYPES)
