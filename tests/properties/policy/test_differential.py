"""The engine against a second evaluator, the decision against its explanation, and general laws.

`make decisions` compares a hundred thousand decisions; a run of the tests compares some of them.
"""

import json
import os
import random
from collections import Counter

import pytest
from tests.properties.policy import random_questions, second_evaluator

from daypass.core.policy.decision.decide import decide, policy_sets_in_order
from daypass.core.policy.decision.model import Layer
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.explanation.question_files import question_from_data
from daypass.core.policy.language.conditions import unreadable_values

DECISIONS = int(os.environ.get("DAYPASS_DECISIONS", "4000"))
PARTS = 4


def _listed(value):
    return value if isinstance(value, list) else [value]


def marks(asked):
    """Yield the names of the hard features that a question has."""
    for layer, given in asked["policies"].items():
        nested = given if layer in {"scp", "rcp"} else [given]
        for document in (each for level in nested for each in _listed(level)):
            variables = document.get("Version") == "2012-10-17"
            for statement in _listed(document["Statement"]):
                yield from _marks(statement, layer, variables)
    if asked["request"]["principal"]["kind"] in {"web-identity", "saml"}:
        yield "a federated caller"


def _marks(statement, layer, variables):
    effect = statement["Effect"]
    for operator, block in statement.get("Condition", {}).items():
        base = operator.rpartition(":")[2].removesuffix("IfExists")
        if operator in random_questions.UNKNOWN:
            yield f"an unknown operator in {effect}"
        elif not all(
            second_evaluator.is_legible(base, value, variables)
            for values in block.values()
            for value in _listed(values)
        ):
            form = "negated" if base in second_evaluator.NEGATED else "positive"
            yield f"an unreadable value, {form}, in {effect}"
    for name in ("Resource", "NotResource"):
        if any(
            second_evaluator.is_obscure_resource(entry, variables, layer)
            for entry in _listed(statement.get(name, []))
        ):
            yield f"a short ARN, {name} in {effect}"
    for name in ("Principal", "NotPrincipal"):
        entries = second_evaluator.entries_of(statement.get(name, {}))
        if any(second_evaluator.is_obscure(*entry) for entry in entries):
            yield f"an obscure principal, {name} in {effect}"


def decided_by(decision):
    """What of the deciding statement is hard to read, by name; a Deny alone."""
    if decision.rule is None or decision.rule.statement.is_allow:
        return
    statement = decision.rule.statement
    if any(
        unreadable_values(each, variables=statement.has_variables)
        for each in statement.syntax.conditions
    ):
        yield "a Deny by an unreadable condition"
    named = statement.syntax.principals
    if (
        decision.layer not in {Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SCP}
        and named is not None
    ):
        if all(second_evaluator.is_obscure(*entry) for entry in named.entries):
            yield "a Deny by an obscure principal"
        elif named.entries == (("AWS", "*"),):
            yield "a Deny for everybody"


OFTEN = [
    "a federated caller",
    "a Deny by an unreadable condition",
    "a Deny by an obscure principal",
    "a Deny for everybody of a federated caller",
    *(
        f"{what} in {effect}"
        for effect in ("Allow", "Deny")
        for what in (
            "an unknown operator",
            "an unreadable value, positive,",
            "an unreadable value, negated,",
            "a short ARN, Resource",
            "a short ARN, NotResource",
            "an obscure principal, Principal",
            "an obscure principal, NotPrincipal",
        )
    ),
]
"""What comes often enough for agreement about it to mean something."""


def ours(asked):
    found = question_from_data(asked)
    return decide(found.request, found.policies).outcome.value


@pytest.mark.parametrize("part", range(PARTS))
def test_t209_pol_the_engine_decides_like_the_reference_and_its_explanation_agrees(part) -> None:
    seen = Counter()
    for seed in range(part, DECISIONS, PARTS):
        asked = random_questions.question(random.Random(seed))
        found = question_from_data(asked)
        decision = decide(found.request, found.policies)
        explanation = explain(found.request, found.policies)
        expected = second_evaluator.decide(asked)

        assert decision.outcome.value == expected, json.dumps(asked)
        assert explanation.decision == decision, json.dumps(asked)
        if not decision.allowed:
            assert decision.layer in explanation.refused_by, json.dumps(asked)
        seen[expected] += 1
        said = [*marks(asked), *decided_by(decision)]
        if "a Deny for everybody" in said and "a federated caller" in said:
            said.append("a Deny for everybody of a federated caller")
        seen.update(set(said))

    # Every outcome is frequent, so that agreement means something.
    assert min(seen[name] for name in ("Allowed", "ImplicitlyDenied", "ExplicitlyDenied")) > 20, (
        seen
    )
    rare = {name: seen[name] for name in OFTEN if seen[name] < DECISIONS / PARTS / 500}
    assert not rare, rare


SEEDS = range(600)


def test_the_index_by_action_finds_the_same_as_looking_at_every_statement() -> None:
    for seed in SEEDS:
        found = question_from_data(random_questions.question(random.Random(f"index {seed}")))
        action = found.request.action.lower()
        for _, policy_set in policy_sets_in_order(found.request, found.policies):
            every = [
                rule
                for rule in policy_set.rules
                if rule.statement.can_apply and rule.statement.matches_action(action)
            ]
            denies, allows = policy_set.rules_for(action)

            assert set(map(id, (*denies, *allows))) == set(map(id, every))
            assert not any(rule.statement.is_allow for rule in denies)
            assert all(rule.statement.is_allow for rule in allows)


def test_the_order_of_statements_and_documents_never_matters() -> None:
    for seed in SEEDS:
        dice = random.Random(f"order {seed}")
        asked = random_questions.question(dice)
        before = ours(asked)
        for listed in asked["policies"].values():
            for document in listed if isinstance(listed, list) else [listed]:
                if isinstance(document, dict) and isinstance(document["Statement"], list):
                    dice.shuffle(document["Statement"])
        dice.shuffle(asked["policies"]["identity"])

        assert ours(asked) == before, json.dumps(asked)


def test_another_deny_never_allows_a_request() -> None:
    for seed in SEEDS:
        dice = random.Random(f"deny {seed}")
        asked = random_questions.question(dice)
        before = ours(asked)
        more = {
            "Version": "2012-10-17",
            "Statement": {**random_questions.statement(dice, "identity"), "Effect": "Deny"},
        }
        asked["policies"]["identity"].append(more)

        assert ours(asked) in {before, "ExplicitlyDenied"}, json.dumps(asked)


@pytest.mark.parametrize("ceiling", ["boundary", "session", "scp", "rcp", "vpce", "scope-down"])
def test_a_ceiling_never_allows_a_denied_request(ceiling) -> None:
    for seed in SEEDS:
        dice = random.Random(f"{ceiling} {seed}")
        asked = random_questions.question(dice)
        asked["policies"].pop(ceiling, None)
        if ceiling == "session" and asked["request"]["principal"]["kind"] == "federated-user":
            # A federated user has only the permissions of its session policies: those do allow.
            continue
        before = ours(asked)
        document = random_questions.document(dice, ceiling)
        asked["policies"][ceiling] = [[document]] if ceiling in {"scp", "rcp"} else [document]
        after = ours(asked)

        assert after == before or after != "Allowed", json.dumps(asked)
