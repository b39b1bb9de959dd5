"""What lint says of documents that are stored: what can never match, and what opens too much."""

import json
import re
from pathlib import Path

import pytest
from tests.documents import allow, deny, document, trust

from daypass.core.policy.checks.lints.codes import CODES
from daypass.core.policy.checks.lints.resources import patterns_overlap
from daypass.core.policy.checks.reference import WITHOUT_SLASH
from daypass.core.policy.checks.validate import DocumentKind
from daypass.policy import lint
from daypass.policy.reference import IamdataReference

REFERENCE = IamdataReference()
REPOSITORY = Path(__file__).parents[3]
IDENTITY, TRUST, BUCKET = DocumentKind.IDENTITY, DocumentKind.TRUST, DocumentKind.BUCKET
RCP, SCP = DocumentKind.RCP, DocumentKind.SCP
ROLE = "arn:aws:iam::111122223333:role/deployer"
SESSION = "arn:aws:sts::111122223333:assumed-role/deployer/alice"
SERVICE = {"Service": "s3.amazonaws.com"}


def found_in(statement, kind=IDENTITY):
    return lint(json.dumps(document(statement)), kind, REFERENCE)[1]


def when(operator, key, value, **more):
    return allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={operator: {key: value}}, **more)


def for_everybody(**more):
    return {**allow("s3:GetObject", "arn:aws:s3:::b/*", **more), "Principal": "*"}


FOUND = [
    ("never", allow("s3:ListBucket", "arn:aws:s3:::b/*"), IDENTITY, "acts on"),
    ("never", allow("s3:PutBucketTagging", "arn:aws:s3:::b/x"), IDENTITY, "arn:*:s3:::*"),
    ("never", allow("dynamodb:PutItem", "arn:aws:dynamodb:a:1:table/t/index/*"), IDENTITY, "table"),
    ("never", allow("kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k/x"), IDENTITY, "key/"),
    ("everything", allow("*", "*"), IDENTITY, "every action"),
    ("everything", allow(["s3:*", "*"], "*"), DocumentKind.MANAGED, "every action"),
    (
        "pass-role",
        {"Effect": "Allow", "Action": "iam:PassRole", "NotResource": ROLE},
        IDENTITY,
        "every role but",
    ),
    ("trust-everybody", trust("*"), TRUST, "in every account"),
    ("trust-everybody", trust(["111122223333", "*"]), TRUST, "in every account"),
    ("public", for_everybody(), BUCKET, "without credentials"),
    ("public", for_everybody(), DocumentKind.RESOURCE, "without credentials"),
    ("confused-deputy", trust({"Service": "states.amazonaws.com"}), TRUST, "states.amazonaws.com"),
    ("confused-deputy", {**for_everybody(), "Principal": SERVICE}, BUCKET, "s3.amazonaws.com"),
    ("cidr-text", when("StringEquals", "aws:SourceIp", "10.0.0.0/8"), IDENTITY, "as text"),
    ("cidr-text", when("StringNotLike", "aws:VpcSourceIp", "::1/64"), IDENTITY, "as text"),
    ("session-arn", when("ArnLike", "aws:PrincipalArn", SESSION), IDENTITY, "is a session"),
    ("session-arn", when("StringEquals", "aws:principalarn", SESSION), IDENTITY, "is a session"),
    ("year", when("DateLessThan", "aws:CurrentTime", "2026"), IDENTITY, "no year"),
    ("variable-place", when("Bool", "aws:SecureTransport", "${aws:x}"), IDENTITY, "under Bool"),
    (
        "variable-value",
        allow("s3:GetObject", "arn:aws:s3:::b/${aws:usernme}"),
        IDENTITY,
        "did you mean `aws:username`?",
    ),
    (
        "variable-value",
        allow("s3:GetObject", "arn:aws:s3:::b/${aws:TagKeys}"),
        IDENTITY,
        "several values",
    ),
    (
        "key-of-no-action",
        allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={"StringEquals": {"s3:prefix": "a"}}),
        IDENTITY,
        "has the key s3:prefix",
    ),
    ("key-type", when("NumericEquals", "aws:username", "1"), IDENTITY, "a text"),
    ("key-type", when("IpAddress", "aws:SourceArn", "10.0.0.1"), IDENTITY, "an ARN"),
    ("key-type", when("DateEquals", "s3:max-keys", "2026-01-01"), IDENTITY, "a number"),
    (
        "mfa-absent",
        deny("*", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        IDENTITY,
        "long-term keys",
    ),
    (
        "rcp-service",
        {**deny("iam:*", "*"), "Principal": "*"},
        RCP,
        "RCPs do not limit the actions of iam",
    ),
]


@pytest.mark.parametrize(("code", "statement", "kind", "words"), FOUND)
def test_a_mistake_is_found_by_its_code_with_its_level_and_fix(
    code, statement, kind, words
) -> None:
    (found,) = (each for each in found_in(statement, kind) if each.code == code)

    assert words in found.message
    assert (found.severity, found.hint) == CODES[code]
    assert found.hint
    assert (found.line, found.column) > (1, 1)


NOT_FOUND = [
    ("never", allow("s3:ListBucket", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]), IDENTITY),
    ("never", allow("s3:ListBucket", "arn:aws:s3:::b*"), IDENTITY),
    ("never", allow("s3:ListBucket", "arn:aws:s3:a:1:accesspoint/x"), IDENTITY),
    ("never", allow("s3:GetObject", "arn:aws:s3:::b/x/y"), IDENTITY),
    ("never", allow("lambda:InvokeFunction", "arn:aws:lambda:a:1:function:f:live"), IDENTITY),
    ("never", allow("iam:PassRole", "arn:aws:iam::1:role/a/b/c"), IDENTITY),
    ("never", allow("ssmmessages:OpenDataChannel", "arn:aws:ssm:*:*:session/*"), IDENTITY),
    ("everything", allow("*", "*"), SCP),
    ("everything", allow("*", "arn:aws:s3:::b"), IDENTITY),
    ("everything", deny("*", "*"), IDENTITY),
    ("pass-role", allow("iam:PassRole", ROLE), IDENTITY),
    ("trust-everybody", trust("*", Condition={"Bool": {"aws:SecureTransport": "true"}}), TRUST),
    ("trust-everybody", {**trust("*"), "Effect": "Deny"}, TRUST),
    ("public", {**for_everybody(), "Effect": "Deny"}, BUCKET),
    ("confused-deputy", trust({"Service": "ec2.amazonaws.com"}), TRUST),
    (
        "confused-deputy",
        trust(SERVICE, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}),
        TRUST,
    ),
    ("cidr-text", when("IpAddress", "aws:SourceIp", "203.0.113.0/24"), IDENTITY),
    ("session-arn", when("ArnLike", "aws:PrincipalArn", ROLE), IDENTITY),
    ("year", when("DateLessThan", "aws:CurrentTime", "1767225600"), IDENTITY),
    ("variable-value", when("StringEquals", "aws:SourceArn", "${aws:PrincipalTag/team}"), IDENTITY),
    ("variable-value", when("StringEquals", "a:b", "${idp.example:sub}${*}"), IDENTITY),
    ("unknown-key", when("StringEquals", "s3:ExistingObjectTag/team", "a"), IDENTITY),
    ("key-of-no-action", when("StringEquals", "s3:ExistingObjectTag/team", "a"), IDENTITY),
    ("key-of-no-action", when("StringEqualsIfExists", "s3:prefix", "a"), IDENTITY),
    ("key-of-no-action", when("StringEquals", "lambda:SourceFunctionArn", "a"), IDENTITY),
    (
        "key-of-no-action",
        allow("s3:*", "arn:aws:s3:::b", Condition={"StringEquals": {"s3:prefix": "a"}}),
        IDENTITY,
    ),
    ("key-type", when("NumericLessThan", "aws:EpochTime", "1767225600"), IDENTITY),
    ("key-type", when("ArnLike", "aws:PrincipalArn", ROLE), IDENTITY),
    ("key-type", when("StringEquals", "aws:SecureTransport", "true"), IDENTITY),
    ("key-type", when("NumericEquals", "idp.example:sub", "1"), IDENTITY),
    (
        "mfa-absent",
        deny("*", "*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        IDENTITY,
    ),
    ("rcp-service", {**deny("s3:*", "*"), "Principal": "*"}, RCP),
]


@pytest.mark.parametrize(("code", "statement", "kind"), NOT_FOUND)
def test_what_is_meant_so_is_not_found(code, statement, kind) -> None:
    assert [each for each in found_in(statement, kind) if each.code == code] == []


@pytest.mark.parametrize(
    ("pattern", "name", "overlaps"),
    [
        ("b", WITHOUT_SLASH, True),
        ("", WITHOUT_SLASH, True),
        ("b/", WITHOUT_SLASH, False),
        ("*/*", WITHOUT_SLASH, False),
        ("*", WITHOUT_SLASH, True),
        ("b*/x", f"{WITHOUT_SLASH}/*", True),
        ("b", f"{WITHOUT_SLASH}/*", False),
        ("?", WITHOUT_SLASH, True),
        ("a?c", f"a{WITHOUT_SLASH}c", True),
    ],
)
def test_a_name_without_slash_overlaps_what_may_be_one(pattern, name, overlaps) -> None:
    assert patterns_overlap(pattern, name) is overlaps


def test_every_code_that_is_reported_has_a_level_and_stands_in_the_documents() -> None:
    checks = REPOSITORY / "src/daypass/core/policy/checks"
    reported = set()
    for path in (checks / "lint.py", *(checks / "lints").glob("*.py")):
        if path.name != "codes.py":
            reported |= set(re.findall(r'yield \(?\s*"([a-z-]+)",', path.read_text()))
    described = (REPOSITORY / "docs/lint.md").read_text()

    assert reported <= set(CODES)
    assert [code for code in CODES if f"`{code}`" not in described] == []
