"""Levels of policies: which are evaluated, and what an unreadable one does.

Their decisions are cases of `decisions.json`.
"""

import pytest
from tests.documents import allow, deny, policy

from daypass.core.policy.decision.compile import PolicyGrammar, compile_stored_text
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.levels import OrganizationLevels, shared_levels
from daypass.core.policy.decision.model import (
    AuthorizationRequest,
    DecisionOutcome,
    EffectivePolicies,
)
from daypass.core.policy.decision.policy_sets import PolicySet, unnamed_policy_set
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.language.principal import Principal, PrincipalKind

A = "111122223333"
ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{A}:root", A)
FULL, DENY, SOME = allow(), deny("iam:*"), allow("s3:*")


def level(*statements) -> PolicySet:
    return unnamed_policy_set(compile_stored_text(policy(*statements), PolicyGrammar.IDENTITY))


def decided(*above, action="s3:GetObject"):
    request = AuthorizationRequest(ROOT, action, "arn:aws:s3:::b", A, {})
    policies = EffectivePolicies(scps=OrganizationLevels(above))
    decision = decide(request, policies)

    assert explain(request, policies).decision == decision
    return decision.outcome


def test_levels_keep_their_order() -> None:
    above = (level(FULL), level(SOME), level(DENY, FULL))

    assert tuple(OrganizationLevels(above)) == above
    assert len(OrganizationLevels(above)) == 3


def test_levels_that_allow_everything_are_evaluated_as_one_set() -> None:
    full, narrow, denying = level(FULL), level(SOME), level(FULL, DENY)

    assert OrganizationLevels([full] * 5).evaluation_sets == ()
    assert OrganizationLevels([full, narrow, full]).evaluation_sets == ((narrow, True),)
    [(denies, limits)] = OrganizationLevels([full, denying, denying]).evaluation_sets
    assert not limits
    assert [rule.statement.syntax.effect for rule in denies.rules] == ["Deny", "Deny"]
    assert [each for each, _ in OrganizationLevels([narrow, denying, narrow]).evaluation_sets][
        1:
    ] == [
        narrow,
        narrow,
    ]


def test_the_same_levels_are_made_once() -> None:
    above = (level(FULL), level(SOME))

    assert shared_levels(above) is shared_levels(above)
    assert tuple(shared_levels(above)) == above


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_level_that_cannot_be_read_denies(at) -> None:
    above = [level(FULL)] * 3
    above[at] = unnamed_policy_set(compile_stored_text("not a policy", PolicyGrammar.IDENTITY))

    assert decided(*above) is DecisionOutcome.EXPLICITLY_DENIED


def test_beside_an_unreadable_level_every_level_is_evaluated_in_order() -> None:
    above = (
        level(FULL),
        unnamed_policy_set(compile_stored_text("not a policy", PolicyGrammar.IDENTITY)),
        level(SOME),
    )

    assert OrganizationLevels(above).evaluation_sets == tuple((each, True) for each in above)


def test_no_levels_at_all_limit_nothing() -> None:
    assert decided() is DecisionOutcome.ALLOWED
    assert decided(level(SOME)) is DecisionOutcome.ALLOWED
    assert decided(level(SOME), action="iam:GetUser") is DecisionOutcome.IMPLICITLY_DENIED
    assert decided(level(FULL, DENY), action="iam:GetUser") is DecisionOutcome.EXPLICITLY_DENIED
