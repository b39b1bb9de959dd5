"""Levels of policies: which are asked, and what cannot be read; what they decide is in the cases of decisions."""

import json

import pytest

from daypass.core.policy.decision.compile import Form, compiled
from daypass.core.policy.decision.decide import Outcome, Policies, Request, decide
from daypass.core.policy.decision.levels import Levels, levels
from daypass.core.policy.decision.policy_sets import PolicySet, of
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.language.principal import Kind, Principal

A = "111122223333"
ROOT = Principal(Kind.ROOT, f"arn:aws:iam::{A}:root", A)
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
SOME = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def level(*statements) -> PolicySet:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return of(compiled(text, Form.IDENTITY))


def decided(*above, action="s3:GetObject"):
    request = Request(ROOT, action, "arn:aws:s3:::b", A, {})
    policies = Policies(scps=Levels(above))
    decision = decide(request, policies)

    assert explain(request, policies).decision == decision
    return decision.outcome


def test_levels_keep_their_order() -> None:
    above = (level(FULL), level(SOME), level(DENY, FULL))

    assert tuple(Levels(above)) == above
    assert len(Levels(above)) == 3


def test_levels_that_allow_everything_are_not_asked_one_by_one() -> None:
    full, narrow, denying = level(FULL), level(SOME), level(FULL, DENY)

    assert Levels([full] * 5).asked == ()
    assert Levels([full, narrow, full]).asked == ((narrow, True),)
    [(denies, limits)] = Levels([full, denying, denying]).asked
    assert not limits
    assert [rule.statement.source.effect for rule in denies.rules] == ["Deny", "Deny"]
    assert [each for each, _ in Levels([narrow, denying, narrow]).asked][1:] == [narrow, narrow]


def test_the_same_levels_are_made_once() -> None:
    above = (level(FULL), level(SOME))

    assert levels(above) is levels(above)
    assert tuple(levels(above)) == above


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_level_that_cannot_be_read_denies(at) -> None:
    above = [level(FULL)] * 3
    above[at] = of(compiled("not a policy", Form.IDENTITY))

    assert decided(*above) is Outcome.EXPLICITLY_DENIED


def test_beside_a_level_that_cannot_be_read_every_level_is_asked_in_its_place() -> None:
    above = (level(FULL), of(compiled("not a policy", Form.IDENTITY)), level(SOME))

    assert Levels(above).asked == tuple((each, True) for each in above)


def test_no_levels_at_all_limit_nothing() -> None:
    assert decided() is Outcome.ALLOWED
    assert decided(level(SOME)) is Outcome.ALLOWED
    assert decided(level(SOME), action="iam:GetUser") is Outcome.IMPLICITLY_DENIED
    assert decided(level(FULL, DENY), action="iam:GetUser") is Outcome.EXPLICITLY_DENIED
