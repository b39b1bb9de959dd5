"""Lint takes about as many steps as a document has characters, whatever it holds."""

import itertools
import random
import sys

import pytest
from tests.documents import allow, policy

from daypass.core.policy.checks.lint import lint
from daypass.core.policy.checks.lints import actions as lint_actions
from daypass.core.policy.checks.lints import cached_reference
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.language import actions
from daypass.core.policy.language.model import Statement
from daypass.policy.reference import IamdataReference

REFERENCE = IamdataReference()
EC2 = list(REFERENCE.actions("ec2"))
INSTANCES = "arn:aws:ec2:*:*:instance/*"
FEW, GROWTH = 100, 4


def statement(**more):
    return {**allow("s3:GetObject", "arn:aws:s3:::a/*"), **more}


def conditions(count, key):
    return {"StringEquals": {f"{key}{at}": "x" for at in range(count)}}


SHAPES = {
    "known actions": lambda n: [
        statement(Action=[f"ec2:{name}" for name in EC2[:n]], Resource=INSTANCES)
    ],
    "unknown actions": lambda n: [statement(Action=[f"ec2:Describ{at}" for at in range(n)])],
    "actions of unknown services": lambda n: [statement(Action=[f"ec{at}:Get" for at in range(n)])],
    "actions that are no such": lambda n: [statement(Action=[f"ec2 {at}" for at in range(n)])],
    "the same pattern": lambda n: [statement(Action=["ec2:Get*"] * n)],
    "patterns of a beginning": lambda n: [statement(Action=[f"ec2:Get{at}*" for at in range(n)])],
    "patterns of an end": lambda n: [statement(Action=[f"ec2:*{at}x" for at in range(n)])],
    "patterns of question marks": lambda n: [statement(Action=[f"ec2:?{at}*" for at in range(n)])],
    "NotAction": lambda n: [
        {"Effect": "Deny", "NotAction": [f"ec2:*{at}x" for at in range(n)], "Resource": "*"}
    ],
    "resources": lambda n: [statement(Resource=[f"arn:aws:s3:::b{at}/*" for at in range(n)])],
    "everything among resources": lambda n: [
        statement(Resource=[*(f"arn:aws:s3:::b{at}" for at in range(n)), "*"])
    ],
    "actions and resources": lambda n: [
        statement(
            Action=[f"ec2:{name}" for name in EC2[:n]],
            Resource=[f"arn:aws:s3:::b{at}/*" for at in range(n)],
        )
    ],
    "statements": lambda n: [statement(Sid=f"s{at}") for at in range(n)],
    "unknown keys": lambda n: [statement(Condition=conditions(n, "aws:PrincipalOrgI"))],
    "known keys": lambda n: [statement(Condition=conditions(n, "aws:RequestTag/"))],
    "keys under ForAllValues": lambda n: [
        statement(
            Condition={
                "ForAllValues:StringEquals": {f"aws:RequestTag/{at}": "x" for at in range(n)},
                "Null": {f"aws:RequestTag/{at}": "false" for at in range(n)},
            }
        )
    ],
    "values": lambda n: [
        statement(Condition={"StringEquals": {"aws:username": [f"a*{at}" for at in range(n)]}})
    ],
    "addresses": lambda n: [
        statement(
            Condition={
                "IpAddress": {
                    "aws:SourceIp": [f"10.{at // 250}.{at % 250}.1/24" for at in range(n)]
                }
            }
        )
    ],
    "variables": lambda n: [
        statement(Resource=[f"arn:aws:s3:::a/${{aws:username}}/${{x {at}}}" for at in range(n)])
    ],
    "principals": lambda n: [
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::111122223333:user/u{at}" for at in range(n)]},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::a/*",
        }
    ],
    "providers": lambda n: [
        {
            "Effect": "Allow",
            "Principal": {
                "Federated": [f"arn:aws:iam::111122223333:oidc-provider/p{at}" for at in range(n)]
            },
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
    ],
}


def steps(text):
    """Return how many functions are called, of Python and C: work that no clock can change."""
    counted = itertools.count()

    def count(_frame, event, _argument):
        if event in {"call", "c_call"}:
            next(counted)

    sys.setprofile(count)
    try:
        lint(text, None, REFERENCE)
    finally:
        sys.setprofile(None)
    return next(counted)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_document_four_times_as_large_takes_about_four_times_as_many_steps(shape) -> None:
    few, many = policy(*shape(FEW)), policy(*shape(FEW * GROWTH))
    steps(few)  # the reference and the caches are read once
    growth = steps(many) / steps(few)

    assert growth < 2 * GROWTH  # comparing every pair takes sixteen times as many


@pytest.mark.parametrize(
    "name", ["patterns of an end", "patterns of question marks", "actions and resources"]
)
def test_comparisons_of_pairs_are_bounded(name) -> None:
    assert steps(policy(*SHAPES[name](1_000))) < 1_500_000


def brute(entries):
    """What `lint_actions` says of entries that add nothing, found by comparing every pair."""
    found = []
    for at, entry in enumerate(entries):
        for other_at, other in enumerate(entries):
            if other_at == at:
                continue
            is_whole = ":" in entry or other == "*"
            if other.lower() == entry.lower():
                covers = other_at < at
            else:
                covers = (
                    is_whole
                    and "?" not in entry
                    and actions.ActionPatterns([other]).matches(entry.lower().replace("*", "\0"))
                )
            if covers:
                found.append(f"`{entry}` is already covered by `{other}`")
                break
    return found


def test_redundant_entries_are_those_that_comparing_every_pair_finds() -> None:
    dice = random.Random(7)
    parts = ["s3:", "S3:", "iam:", "Get", "get", "Obj", "*", "*", "?", ":", " ", "é", ""]
    for _ in range(500):
        entries = tuple(
            "".join(dice.choices(parts, k=dice.randint(1, 5))) for _ in range(dice.randint(1, 8))
        )
        said = lint_actions.check_actions(
            Statement(effect="Allow", sid="", actions=entries),
            "",
            cached_reference.CachedReference(REFERENCE),
        )

        assert [message for code, message, _ in said if code == "redundant"] == brute(entries), (
            entries
        )


def test_a_pattern_matches_an_action_wherever_its_wildcards_stand() -> None:
    for pattern in (
        "ec2:Describe*",
        "ec2:*Instances",
        "ec2:D*Instances",
        "ec2:Run?nstances",
        "EC2:RUN*",
        "ec2:*",
    ):
        _, found = lint(policy(statement(Action=[pattern], Resource="*")), None, REFERENCE)
        assert not [each for each in found if each.code == "unknown-action"], pattern
    for pattern in ("ec2:Describex*", "ec2:*instancesx", "ec2:D*Xx", "ec2:zzz*", "ec2:?"):
        _, found = lint(policy(statement(Action=[pattern], Resource="*")), None, REFERENCE)
        assert [each.code for each in found if each.code == "unknown-action"], pattern


def test_an_exceeded_bound_is_reported() -> None:
    _, found = lint(
        policy(statement(Action=[f"ec2:*{at}x" for at in range(3_000)])),
        DocumentKind.IDENTITY,
        REFERENCE,
    )

    assert found[-1].code == "bounded"
