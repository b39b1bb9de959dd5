"""Every rule of the policy language by its cases, which are data beside this file."""

import json

import pytest
from tests.core.policy import cases

from daypass.core.faults import Malformed
from daypass.core.policy.checks.validate import DocumentKind, find_violations, quota_violations
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.refusal_message import refusal_message
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.explanation.question_files import question_from_data
from daypass.core.policy.language import stored_principals
from daypass.core.policy.language.conditions import compile_condition
from daypass.core.policy.language.model import PolicyCondition

EVERY = [(name, case) for name, listed in cases.DECISIONS.items() for case in listed]


@pytest.mark.parametrize(
    ("name", "case"), EVERY, ids=[f"{name}: {case['case']}" for name, case in EVERY]
)
def test_t220_pol_a_request_is_decided_as_its_case_says(name, case) -> None:
    asked = question_from_data(cases.question(case))
    decision = decide(asked.request, asked.policies)

    assert decision.outcome.value == case["expect"]
    assert explain(asked.request, asked.policies).decision == decision


@pytest.mark.parametrize(
    "case", cases.OPERATORS, ids=[json.dumps(case[1:]) for case in cases.OPERATORS]
)
def test_t220_pol_an_operator_compares_as_its_case_says(case) -> None:
    # T219-POL
    rules, operator, values, found, holds = case

    assert compared(operator, values, found, is_allow=True) is holds
    # What can be read means the same in a Deny.
    in_deny = True if {"6.2.unreadable-policy", "6.unknown"} & set(rules) else holds
    assert compared(operator, values, found, is_allow=False) is in_deny


@pytest.mark.parametrize(
    "case", cases.UNREADABLE, ids=[json.dumps(case[1:]) for case in cases.UNREADABLE]
)
def test_an_unreadable_value_opens_nothing(case) -> None:
    _, operator, values, found, in_allow, in_deny = case

    assert compared(operator, values, found, is_allow=True) is in_allow
    assert compared(operator, values, found, is_allow=False) is in_deny


def compared(operator, values, found, *, is_allow):
    test = compile_condition(
        PolicyCondition(operator, "aws:Key", tuple(values)), variables=True, is_allow=is_allow
    )
    value = tuple(found) if isinstance(found, list) else found
    return test({} if value is None else {"aws:key": value})


@pytest.mark.parametrize("case", cases.WORDS, ids=[case["case"] for case in cases.WORDS])
def test_a_refusal_is_awss_one_line_with_the_reason_of_its_case(case) -> None:
    asked = question_from_data(cases.question(case))
    decision = decide(asked.request, asked.policies)
    head = (
        f"User: {asked.request.principal.arn} is not authorized to perform:"
        f" {asked.request.action} on resource: {asked.request.resource}"
    )

    assert not decision.allowed
    assert refusal_message(asked.request, decision) == f"{head} {case['reason']}".rstrip()


@pytest.mark.parametrize("case", cases.REFUSALS, ids=[case["case"] for case in cases.REFUSALS])
def test_t210_pol_a_document_is_accepted_or_refused_in_awss_words(case) -> None:
    document, found = find_violations(case["text"], DocumentKind(case["kind"]))
    first = next(found, None)

    assert (first.message if first else None) == case["message"]
    assert (first.path if first else None) == case.get("path")
    assert document is not None or first is not None


@pytest.mark.parametrize("case", cases.STORED, ids=[case["case"] for case in cases.STORED])
def test_a_principal_is_kept_by_id_and_shown_by_name_while_it_exists(case) -> None:
    document = lambda principal: json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    )
    principal = lambda text: json.loads(text)["Statement"][0]["Principal"]
    if "refused" in case:
        with pytest.raises(Malformed) as refused:
            stored_principals.with_unique_ids(document(case["principal"]), case["ids"].get)
        assert refused.value.message == case["refused"]
        return
    kept = stored_principals.with_unique_ids(document(case["principal"]), case["ids"].get)

    assert principal(kept) == case["stored"]
    names = {unique_id: arn for arn, unique_id in case["ids"].items()}
    assert principal(stored_principals.with_arns(kept, names.get)) == case["shown"]
    assert principal(stored_principals.with_arns(kept, {}.get)) == case["later"]


@pytest.mark.parametrize("case", cases.SIZES, ids=[case[1] for case in cases.SIZES])
def test_a_document_is_at_most_as_long_as_its_kind_may_be(case) -> None:
    _, kind, most, counts_spaces, words = case

    def told(size, pad):
        text = json.dumps({"Statement": [{"Sid": ""}]}, separators=(",", ":"))
        text = text.replace('"Sid":""', f'"Sid":"{pad * (size - len(text))}"')
        return [said for _, said, _ in quota_violations(text, DocumentKind(kind))]

    assert told(most, "x") == []
    assert told(most + 1, "x") == [words]
    assert told(most + 1, " ") == ([words] if counts_spaces else [])


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    found = cases.by_rule()

    assert [rule for rule, listed in found.items() if not listed] == []
    assert set(found) == set(cases.RULES)


def test_no_case_stands_twice() -> None:
    said = [json.dumps({**case, "case": "", "rule": []}, sort_keys=True) for _, case in EVERY]
    names = [f"{name}: {case['case']}" for name, case in EVERY]

    assert len(set(names)) == len(names)
    assert len(set(said)) > 0.9 * len(said)
