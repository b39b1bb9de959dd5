"""Every rule of the policy language by its cases, which are data beside this file."""

import importlib.util
import json
from pathlib import Path

import pytest

from daypass.core.policy.combine import decide
from daypass.core.policy.conditions import compile_condition
from daypass.core.policy.explain import explain
from daypass.core.policy.model import Condition
from daypass.core.policy.questions import question

_spec = importlib.util.spec_from_file_location("policy_cases", Path(__file__).parent / "cases.py")
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)

EVERY = [(name, case) for name, listed in cases.DECISIONS.items() for case in listed]


@pytest.mark.parametrize(("name", "case"), EVERY, ids=[f"{name}: {case['case']}" for name, case in EVERY])  # fmt: skip
def test_t220_pol_a_request_is_decided_as_its_case_says(name, case) -> None:
    asked = question(cases.question(case))
    decision = decide(asked.request, asked.policies)

    assert decision.outcome.value == case["expect"]
    assert explain(asked.request, asked.policies).decision == decision


@pytest.mark.parametrize("case", cases.OPERATORS, ids=[json.dumps(case[1:]) for case in cases.OPERATORS])  # fmt: skip
def test_t220_pol_an_operator_compares_as_its_case_says(case) -> None:
    _, operator, values, found, holds = case
    test = compile_condition(Condition(operator, "aws:Key", tuple(values)), variables=True)
    value = tuple(found) if isinstance(found, list) else found

    assert test({} if value is None else {"aws:key": value}) is holds


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    found = cases.by_rule()

    assert [rule for rule, listed in found.items() if not listed] == []
    assert set(found) == set(cases.RULES)


def test_no_case_stands_twice() -> None:
    said = [json.dumps({**case, "case": "", "rule": []}, sort_keys=True) for _, case in EVERY]
    names = [f"{name}: {case['case']}" for name, case in EVERY]

    assert len(set(names)) == len(names)
    assert len(set(said)) > 0.9 * len(said)
