"""Errors of a lint: violations with AWS's messages in AWS's order."""

import json

import pytest

from daypass.core.policy.checks.lint import lint
from daypass.core.policy.checks.validate import DocumentKind
from daypass.policy.reference import IamdataReference

REFERENCE = IamdataReference()


def found_in(*statements, version="2012-10-17", kind=DocumentKind.IDENTITY):
    text = json.dumps({"Version": version, "Statement": list(statements)})
    return lint(text, kind, REFERENCE)[1]


ERRORS = [
    (
        DocumentKind.IDENTITY,
        {"Effect": "Allow", "Action": ["x", "a_b:c"], "Resource": "b"},
        [
            'Resource b must be in ARN format or "*".',
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            "Vendor a_b is not valid",
        ],
    ),
    (
        DocumentKind.IDENTITY,
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
        ["Policy document should not specify a principal."],
    ),
    (
        DocumentKind.SCP,
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
        ["Policy document should not specify a principal."],
    ),
    (
        DocumentKind.RESOURCE,
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        ["Missing required field Principal"],
    ),
    (
        DocumentKind.RESOURCE,
        {"Effect": "Allow", "Principal": {"AWS": []}, "Action": "s3:*", "Resource": "*"},
        ["Missing required field Principal cannot be empty!"],
    ),
    (
        DocumentKind.ENDPOINT,
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*"},
        ["Policy statement must contain resources."],
    ),
    (
        DocumentKind.RCP,
        {"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "*", "Resource": "*"},
        [
            "An RCP may only deny.",
            'The principal of an RCP must be "*".',
            "An RCP must name the services of its actions.",
        ],
    ),
    (
        DocumentKind.RCP,
        {"Effect": "Deny", "NotPrincipal": "*", "NotAction": "s3:*", "Resource": "*"},
        ["Has prohibited field NotPrincipal", "Has prohibited field NotAction"],
    ),
    (
        DocumentKind.TRUST,
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["sts:AssumeRole", "s3:*"],
            "Resource": "*",
        },
        [
            "Has prohibited field Resource",
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ],
    ),
    (
        DocumentKind.TRUST,
        {"Effect": "Allow", "NotPrincipal": "*", "Action": "sts:AssumeRole"},
        ["Has prohibited field NotPrincipal"],
    ),
]


@pytest.mark.parametrize(("kind", "statement", "messages"), ERRORS)
def test_violations_are_reported_in_awss_order(kind, statement, messages) -> None:
    found = [each for each in found_in(statement, kind=kind) if each.severity == "invalid"]

    assert [each.message for each in found] == messages


@pytest.mark.parametrize("kind", [DocumentKind.MANAGED, DocumentKind.SCP, DocumentKind.RCP])
def test_some_kinds_need_the_new_version(kind) -> None:
    statement = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        **({"Principal": "*"} if kind is DocumentKind.RCP else {}),
    }
    found = found_in(statement, version="2008-10-17", kind=kind)

    assert found[0].message == "Policy document must be version 2012-10-17 or greater."


SIZES = [
    (DocumentKind.MANAGED, 6_144, "Cannot exceed quota for PolicySize: 6144"),
    (DocumentKind.IDENTITY, 10_240, "Maximum policy size of 10240 bytes exceeded"),
    (DocumentKind.SESSION, 2_048, "Member must have length less than or equal to 2048"),
    (DocumentKind.SCP, 10_240, "The SCP is larger than 10240 bytes"),
]


@pytest.mark.parametrize(("kind", "most", "words"), SIZES)
def test_a_document_is_at_most_as_long_as_its_kind_may_be(kind, most, words) -> None:
    def of(size, pad="x"):
        text = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "",
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::b/*",
                    }
                ],
            },
            separators=(",", ":"),
        )
        more = pad * (size - len(text))
        return text.replace('"Sid":""', f'"Sid":"{more}"' if more.strip() else f'"Sid":{more}""')

    errors = lambda text: [
        each.message for each in lint(text, kind, REFERENCE)[1] if each.severity == "invalid"
    ]
    assert errors(of(most)) == []
    assert errors(of(most + 1)) == [words]
    counts_spaces = kind in {DocumentKind.SESSION, DocumentKind.SCP}
    assert errors(of(most + 1, " ")) == ([words] if counts_spaces else [])
