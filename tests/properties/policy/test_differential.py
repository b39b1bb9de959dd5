"""The engine against a second evaluator, its quick path against its explaining one, and laws that hold for any policies.

`make decisions` compares a hundred thousand; a run of the tests compares a slice of the same.
"""

import importlib.util
import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from daypass.core.policy.combine import decide, ladder
from daypass.core.policy.explain import explain
from daypass.core.policy.questions import question


def _beside(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference, worlds = _beside("reference"), _beside("worlds")
DECISIONS = int(os.environ.get("DAYPASS_DECISIONS", "4000"))
PARTS = 4


def ours(asked):
    found = question(asked)
    return decide(found.request, found.policies).outcome.value


@pytest.mark.parametrize("part", range(PARTS))
def test_t209_pol_the_engine_decides_like_the_reference_and_its_explanation_agrees(part) -> None:
    seen = Counter()
    for seed in range(part, DECISIONS, PARTS):
        asked = worlds.question(random.Random(seed))
        found = question(asked)
        decision = decide(found.request, found.policies)
        explanation = explain(found.request, found.policies)
        expected = reference.decide(asked)

        assert decision.outcome.value == expected, json.dumps(asked)
        assert explanation.decision == decision, json.dumps(asked)
        if not decision.allowed:
            assert decision.layer in explanation.refused_by, json.dumps(asked)
        seen[expected] += 1

    # Every outcome is frequent, so that agreement means something.
    assert min(seen[name] for name in ("Allowed", "ImplicitlyDenied", "ExplicitlyDenied")) > 20, (
        seen
    )


SEEDS = range(600)


def test_the_index_by_action_finds_what_looking_at_every_statement_finds() -> None:
    for seed in SEEDS:
        found = question(worlds.question(random.Random(f"index {seed}")))
        action = found.request.action.lower()
        for _, policy_set in ladder(found.request, found.policies):
            every = [
                rule
                for rule in policy_set.rules
                if rule.statement.can_apply and rule.statement.speaks_of(action)
            ]
            denies, allows = policy_set.about(action)

            assert set(map(id, (*denies, *allows))) == set(map(id, every))
            assert not any(rule.statement.is_allow for rule in denies)
            assert all(rule.statement.is_allow for rule in allows)


def test_the_order_of_statements_and_documents_never_matters() -> None:
    for seed in SEEDS:
        dice = random.Random(f"order {seed}")
        asked = worlds.question(dice)
        before = ours(asked)
        for listed in asked["policies"].values():
            for document in listed if isinstance(listed, list) else [listed]:
                if isinstance(document, dict) and isinstance(document["Statement"], list):
                    dice.shuffle(document["Statement"])
        dice.shuffle(asked["policies"]["identity"])

        assert ours(asked) == before, json.dumps(asked)


def test_one_more_deny_never_allows() -> None:
    for seed in SEEDS:
        dice = random.Random(f"deny {seed}")
        asked = worlds.question(dice)
        before = ours(asked)
        more = {"Version": "2012-10-17", "Statement": {**worlds.statement(dice, "identity"), "Effect": "Deny"}}  # fmt: skip
        asked["policies"]["identity"].append(more)

        assert ours(asked) in {before, "ExplicitlyDenied"}, json.dumps(asked)


@pytest.mark.parametrize("ceiling", ["boundary", "session", "scp", "rcp", "vpce"])
def test_a_ceiling_never_allows_what_was_not(ceiling) -> None:
    for seed in SEEDS:
        dice = random.Random(f"{ceiling} {seed}")
        asked = worlds.question(dice)
        asked["policies"].pop(ceiling, None)
        if ceiling == "session" and asked["request"]["principal"]["kind"] == "federated-user":
            # What a federated user may do is what its session policies pass on: there they do allow.
            continue
        before = ours(asked)
        document = worlds.document(dice, ceiling)
        asked["policies"][ceiling] = [[document]] if ceiling in {"scp", "rcp"} else [document]
        after = ours(asked)

        assert after == before or after != "Allowed", json.dumps(asked)
