"""Errors with AWS's messages in AWS's order, and warnings of likely mistakes, with positions."""

import itertools
import json

import pytest
from tests.documents import allow, document

from daypass.core.policy.checks.lint import lint
from daypass.core.policy.checks.lints.resources import patterns_overlap
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.patterns import compile_wildcards
from daypass.policy.reference import IamdataReference

REFERENCE = IamdataReference()
OIDC = "arn:aws:iam::111122223333:oidc-provider/idp.example"


def statement(action="s3:GetObject", resource="arn:aws:s3:::b/*", **more):
    """Return a statement that is well written but for what is given."""
    return allow(action, resource, **more)


def when(operator, key, value, **more):
    return statement(Condition={operator: {key: value}}, **more)


def found_in(*statements, version="2012-10-17", kind=DocumentKind.IDENTITY):
    text = json.dumps(document(*statements, version=version))
    return lint(text, kind, REFERENCE)[1]


WARNINGS = [
    (statement("s3:GetObjct"), "unknown-action", "did you mean `s3:GetObject`?"),
    (statement("s3:Gett*"), "unknown-action", "matches no action of s3"),
    (statement("S4:GetObject"), "unknown-service", "there is no service `s4`"),
    (statement(["s3:", "s3:GetObject"]), "never", "`s3:` matches no action"),
    (
        statement(["s3:Get*", "s3:GetObject"]),
        "redundant",
        "`s3:GetObject` is already covered by `s3:Get*`",
    ),
    (
        statement(["s3:GetObject", "S3:getobject"]),
        "redundant",
        "`S3:getobject` is already covered by `s3:GetObject`",
    ),
    (
        statement(resource=["arn:aws:s3:::b/*", "*"]),
        "redundant",
        "`arn:aws:s3:::b/*` is already covered by another",
    ),
    (
        statement(resource=["arn:aws:s3:::b", "arn:aws:s3:::b"]),
        "redundant",
        "is already covered by another entry",
    ),
    (statement("iam:PassRole", "*"), "pass-role", "any role may be passed"),
    (statement("iam:Pass*", "*"), "pass-role", "any role may be passed"),
    (
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        "allow-not-action",
        "Allow with NotAction",
    ),
    (
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b"},
        "allow-not-action",
        "NotAction with NotResource",
    ),
    (statement("s3:ListAllMyBuckets"), "never", 'it needs "Resource": "*"'),
    (statement("s3:ListAllMyBuckets", "arn:aws:s3:::a*"), "never", 'it needs "Resource": "*"'),
    (statement(resource="arn:aws:ec2:eu:1:instance/i"), "never", "`s3:GetObject` acts on"),
    (statement(resource="arn:aws:s3:::b"), "never", "no Resource of this statement is one"),
    (
        statement("iam:PassRole", "arn:aws:iam::1:user/x"),
        "never",
        "arn:*:iam::*:role/*: no Resource of this statement is one",
    ),
    (
        statement("s3:Get*", "arn:aws:ec2:eu:1:instance/i"),
        "never",
        "no action of this statement acts on ec2",
    ),
    (
        statement(resource=["arn:aws:s3:::b/*", "arn:aws:sqs:eu:1:q"]),
        "never",
        "no action of this statement acts on sqs",
    ),
    (when("StringEquals", "aws:username", "a*"), "wildcard", "use StringLike"),
    (when("StringEquals", "aws:TagKeys", "a"), "no-qualifier", "never matches"),
    (when("ForAllValues:StringEquals", "aws:username", "a"), "for-all-single", "has one value"),
    (
        when("ForAllValues:StringEquals", "aws:TagKeys", "a"),
        "for-all-absent",
        '"Null": {"aws:TagKeys": "false"}',
    ),
    (when("ForAnyValue:Null", "aws:TagKeys", "true"), "null-qualifier", "always true, or never"),
    (when("IpAddress", "aws:SourceIp", "203.0.113.77/24"), "host-bits", "all of 203.0.113.0/24"),
    (when("IpAddress", "aws:SourceIp", "192.168.0.0/16"), "private-address", "is private"),
    (when("IpAddress", "aws:SourceIp", "::ffff:192.168.0.0/112"), "private-address", "is private"),
    (
        when("IpAddress", "aws:SourceIp", "::ffff:203.0.113.77/120"),
        "host-bits",
        "all of 203.0.113.0/24",
    ),
    (when("StringEquals", "aws:username", []), "never", "an empty list of values"),
    (when("StringEquals", "aws:usernam", "x"), "unknown-key", "did you mean `aws:username`?"),
    (when("StringEquals", "s3:prefx", "x"), "unknown-key", "did you mean `s3:prefix`?"),
    (statement(resource="arn:aws:s3:::b/${aws:username"), "brace", "a closing brace is missing"),
    (statement(resource="arn:aws:s3:::b/${}"), "variable", "an empty variable"),
    (statement(resource="arn:aws:s3:::b/${ aws:username}"), "variable", "a space inside"),
    (
        statement(resource="arn:aws:s3:::b/${aws:username,'x'}"),
        "variable",
        "in quotes after a comma",
    ),
]


@pytest.mark.parametrize(("statement", "code", "words"), WARNINGS)
def test_a_likely_mistake_is_a_warning(statement, code, words) -> None:
    found = [each for each in found_in(statement) if each.code == code]

    assert found
    assert words in found[0].message
    assert found[0].severity == "warning"
    assert found[0].column > 1


def denying(statement):
    return {**statement, "Effect": "Deny"}


def bucket(effect, **more):
    return {"Effect": effect, "Principal": "*", "Action": "s3:GetObject", **more}


LOST = [
    *(
        (
            when(operator, key, value),
            f"`{value}` cannot be compared by {operator}: {allows}",
            (
                f"`{value}` cannot be compared by {operator}:"
                " this Deny applies as if the condition held"
            ),
        )
        for operator, key, value, allows in (
            ("IpAddress", "aws:SourceIp", "10.0.0.0/33", "it is ignored"),
            ("NotIpAddress", "aws:SourceIp", "10.0.0.0/33", "this Allow never applies"),
            ("IpAddress", "aws:SourceIp", "::ffff:10.0.0.0/8", "it is ignored"),
            ("NumericLessThan", "s3:max-keys", "ten", "it is ignored"),
            ("NumericNotEquals", "s3:max-keys", "ten", "this Allow never applies"),
            ("Bool", "aws:SecureTransport", "yes", "it is ignored"),
            ("Null", "aws:username", "yes", "it is ignored"),
            ("ArnLike", "aws:SourceArn", "*", "it is ignored"),
            ("ArnNotLike", "aws:SourceArn", "arn:aws:s3", "this Allow never applies"),
            ("BinaryEquals", "aws:username", "!", "it is ignored"),
            ("DateLessThan", "aws:CurrentTime", "2026-W01", "it is ignored"),
            ("DateNotEquals", "aws:CurrentTime", "2026-1-1", "this Allow never applies"),
        )
    ),
]


@pytest.mark.parametrize(("statement", "in_allow", "in_deny"), LOST)
def test_an_unreadable_value_is_an_error_with_its_position(statement, in_allow, in_deny) -> None:
    for each, words in ((statement, in_allow), (denying(statement), in_deny)):
        (found,) = (one for one in found_in(each) if one.code == "unreadable")

        assert (found.severity, found.message) == ("error", words)
        assert found.line == 1
        assert found.column > 100


def test_a_finding_about_a_value_has_the_position_of_that_value() -> None:
    text = """{"Version": "2012-10-17",
  "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
  "Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24",
    "10.0.0.0/33"]},
    "ArnLike": {"aws:SourceArn": "*"}}}]}"""
    found = [each for each in lint(text, None, REFERENCE)[1] if each.code == "unreadable"]

    assert [(each.line, each.column, each.end_column) for each in found] == [
        (4, 5, 18),
        (5, 34, 37),
    ]


SHORT = "arn:aws:s3"
SHORT_ARNS = [
    (bucket("Allow", Resource=SHORT), "in this Allow it matches no resource"),
    (bucket("Deny", Resource=SHORT), "in this Deny it is padded with stars"),
    (bucket("Allow", NotResource=["*", SHORT]), "this Allow never applies"),
    (bucket("Deny", NotResource=["*", SHORT]), "in this Deny it exempts no resource"),
]


@pytest.mark.parametrize(("statement", "means"), SHORT_ARNS)
@pytest.mark.parametrize("kind", [DocumentKind.RESOURCE, DocumentKind.ENDPOINT])
def test_a_short_arn_of_a_resources_policy_is_an_error(statement, means, kind) -> None:
    (found,) = (one for one in found_in(statement, kind=kind) if one.code == "unreadable")

    assert (found.severity, found.message) == (
        "error",
        f"`arn:aws:s3` has fewer than six parts: {means}",
    )
    assert found.column > 50
    readable = {
        name: "arn:aws:s*" if name.endswith("Resource") else value
        for name, value in statement.items()
    }
    assert not [one for one in found_in(readable, kind=kind) if one.code == "unreadable"]


def test_in_an_old_document_a_variable_is_no_arn() -> None:
    statement = when("ArnLike", "aws:SourceArn", "${aws:PrincipalArn}")

    assert "unreadable" in [each.code for each in found_in(statement, version="2008-10-17")]
    assert found_in(statement) == []


@pytest.mark.parametrize(
    "statement",
    [
        statement(),
        statement("*", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        statement(
            ["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::b/*", "arn:aws:s3:::c/${aws:username}"]
        ),
        statement("s3:ListAllMyBuckets", "*"),
        statement("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        statement("s3:listallmybuckets", ["arn:aws:s3:::b", "arn:*:s3:::*"]),
        statement("sts:AssumeRole", "arn:aws:iam::111122223333:role/r"),
        statement("s3:ListBucket", "arn:aws:s3:::b"),
        statement("s3:GetObject", "arn:aws:s3:::${aws:username}"),
        statement("s3:GetObject", "arn:aws:s3"),
        statement("*", "arn:aws:ec2:eu:1:instance/i"),
        when("StringLike", "aws:username", "a*"),
        when("StringEquals", "aws:PrincipalTag/team", "${*}"),
        when("ArnLike", "aws:SourceArn", "${aws:PrincipalArn}"),
        when("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        when("StringEquals", "idp.example:sub", "x"),
        statement(
            Condition={
                "ForAllValues:StringEquals": {"aws:TagKeys": "a"},
                "Null": {"aws:TagKeys": "false"},
            }
        ),
        {**when("ForAllValues:StringEquals", "aws:TagKeys", "a"), "Effect": "Deny"},
        {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
    ],
)
def test_a_correct_statement_has_no_findings(statement) -> None:
    assert found_in(statement) == []


def test_an_old_document_has_a_warning_about_variables() -> None:
    found = found_in(statement(resource="arn:aws:s3:::b/${aws:username}"), version="2008-10-17")

    assert [each.code for each in found] == ["version", "old-variable"]


def test_trust_in_a_provider_without_a_subject_is_a_warning() -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": OIDC},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    pinned = {**trust, "Condition": {"StringEquals": {"idp.example:sub": "me"}}}

    assert [each.code for each in found_in(trust, kind=DocumentKind.TRUST)] == ["open-provider"]
    assert found_in(pinned, kind=DocumentKind.TRUST) == []


def test_not_principal_is_a_warning() -> None:
    statement = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": "111122223333"},
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::b",
    }

    assert [each.code for each in found_in(statement, kind=DocumentKind.RESOURCE)] == [
        "not-principal"
    ]


KINDS = [
    ({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, DocumentKind.IDENTITY),
    (
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
        DocumentKind.RESOURCE,
    ),
    ({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, DocumentKind.TRUST),
]


@pytest.mark.parametrize(("statement", "kind"), KINDS)
def test_the_kind_is_detected_by_the_elements(statement, kind) -> None:
    found, findings = lint(
        json.dumps({"Version": "2012-10-17", "Statement": statement}), None, REFERENCE
    )

    assert found is kind
    assert all(each.severity == "warning" for each in findings)
    assert parse_document(json.dumps({"Statement": statement}))


def test_a_repeated_member_and_broken_json_have_positions() -> None:
    twice = (
        '{"Statement": [\n  {"Effect": "Deny",\n   "Effect": "Allow",'
        ' "Action": "s3:*", "Resource": "*"}]}'
    )
    found = lint(twice, None, REFERENCE)[1]
    assert [(each.code, each.line, each.column) for each in found] == [
        ("invalid", 1, 1),
        ("duplicate", 3, 4),
    ]
    assert found[1].path == "Statement[0].Effect"

    found = lint('{"Statement": [\n  {"Effect" "Deny"}]}', None, REFERENCE)[1]
    assert [(each.code, each.line, each.column) for each in found] == [
        ("invalid", 1, 1),
        ("json", 2, 13),
    ]
    assert (
        lint("[" * 100_000, None, REFERENCE)[1][-1].message
        == "this JSON is nested too deeply, or has too long a number"
    )
    assert (
        lint(" " * 200_000, None, REFERENCE)[1][-1].message
        == "this is longer than any policy may be"
    )


def test_a_document_outside_latin_1_is_refused() -> None:
    assert lint('{"Statement": "Ā"}', None, REFERENCE)[1][0].message == "Syntax errors in policy."


def test_a_statement_outside_a_list_has_a_position() -> None:
    text = (
        '{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow",\n'
        '  "Action": "s3:GetObjct", "Resource": "*"}}'
    )
    (found,) = lint(text, None, REFERENCE)[1]

    assert (found.line, found.column) in {(3, 13), (2, 15)}


def test_an_empty_list_never_applies() -> None:
    found = found_in(statement([]), statement(resource=[]))

    assert [each.path for each in found if each.code == "never"] == [
        "Statement[0].Action",
        "Statement[1].Resource",
    ]


def test_entries_that_only_look_redundant_have_no_warning() -> None:
    assert not [
        each
        for each in found_in(statement(["s3:GetObjec?", "s3:Get*"]))
        if each.code == "redundant"
    ]
    assert [each.code for each in found_in(statement(["s3:Get*", "s3:*Object"]))] == []
    assert [each.code for each in found_in(statement(["s3:Get*Acl", "s3:Get*"]))] == ["redundant"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a*", "*b", True),
        ("a*c", "*b*", True),
        ("a?", "?b", True),
        ("a?", "b?", False),
        ("*", "", True),
        ("", "*", True),
        ("a", "", False),
        ("?", "", False),
        ("a*b", "a", False),
        ("**a", "a**", True),
        ("arn:aws:s3:::b", "arn:*:s3:::*/*", False),
        ("arn:aws:s3:::b*", "arn:*:s3:::*/*", True),
    ],
)
def test_two_patterns_overlap_where_a_text_matches_both(one, other, expected) -> None:
    assert patterns_overlap(one, other) is expected
    assert patterns_overlap(other, one) is expected
    texts = ["".join(each) for size in range(5) for each in itertools.product("abc", repeat=size)]
    if len(one) < 5 and any(
        compile_wildcards(one)(text) and compile_wildcards(other)(text) for text in texts
    ):
        assert expected
