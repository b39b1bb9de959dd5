"""An explanation as plain data: for JSON, for encoded messages and for the text that people read.

Details that the decision did not need are computed here: which entry of a list matched, the value
of a variable, the values that a condition compares and those of the request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from daypass.core.policy.decision.model import Decision, DecisionOutcome
from daypass.core.policy.explanation.absent_keys import absent_key_reliances
from daypass.core.policy.explanation.audience import UNRESTRICTED, Audience
from daypass.core.policy.explanation.explain import (
    Explanation,
    LayerEvaluation,
    StatementElement,
    StatementEvaluation,
)
from daypass.core.policy.explanation.required_allows import account_sides, silent_levels
from daypass.core.policy.explanation.statement_data import (
    Data,
    StatementLines,
    arn_data,
    not_principal_data,
    rule_data,
    statement_data,
)
from daypass.core.policy.language.model import PolicyCondition
from daypass.core.policy.language.operators import NULL, parse_operator


def because(explanation: Explanation, audience: Audience = UNRESTRICTED) -> Data:
    """Return the reasons of a decision as data for JSON.

    `layer`, `policy`, `statement` (its index), `sid`, `lines` and `grant` describe what decided;
    `refused_by` lists all kinds of policy that refuse, `skipped` those that do not count;
    `statements` has the evaluated statements, and `omitted` the number of those left out;
    `missing_keys` has the condition keys that statements refer to and the request lacks. Of
    policies that are not for the audience, only those that deny are included, by kind and ARN: in
    `layer`, `arn` and `others`.

    `sides` says which of two accounts allows the request, for readers of all policies;
    `not_principal_lacks` which names of the caller the deciding NotPrincipal does not list;
    `silent_levels` at which levels no SCP allows; `rests_on_absent` which statements would, or
    might, end a permission if the request had the keys named.
    """
    request, decision = explanation.request, explanation.decision
    readable = replace(
        explanation, evaluations=tuple(filter(audience.may_read, explanation.evaluations))
    )
    hidden = [each for each in explanation.evaluations if not audience.may_read(each)]
    lines = StatementLines(audience.characters_max)
    found: Data = {"layer": str(decision.layer)}
    found |= _deciding_rule_data(explanation, audience, lines)
    if decision.grant is not None and audience.may_read_layer(decision.layer):
        found["grant"] = decision.grant.name.lower()
    if request.principal.account:
        is_same = request.principal.account == request.resource_account
        found["accounts"] = "same" if is_same else "cross"
    if all(map(audience.may_read, explanation.evaluations)):
        found |= _sides_data(explanation)
    if explanation.refused_by:
        found["refused_by"] = [str(layer) for layer in explanation.refused_by]
    found |= _silent_levels_data(readable)
    skipped = [each for each in explanation.skipped if audience.may_read_layer(each[0])]
    if skipped:
        found["skipped"] = [{"layer": str(layer), "why": why} for layer, why in skipped]
    statements = [
        (evaluation, each) for evaluation in readable.evaluations for each in evaluation.statements
    ]
    selected = select_statements(statements, audience.statements_max)
    found["statements"] = [
        statement_data(each, evaluation, explanation, audience, lines)
        for evaluation, each in selected
    ]
    if len(selected) < len(statements):
        found["omitted"] = len(statements) - len(selected)
    others = _hidden_denies(hidden)
    if others:
        found["others"] = others
    found["missing_keys"] = [
        key for key in missing_keys(readable) if audience.may_read_key(key.lower())
    ]
    resting = rests_on_absent(explanation, audience)
    return found | ({"rests_on_absent": resting} if resting else {})


def _sides_data(explanation: Explanation) -> Data:
    """Return which of two accounts allows the request; empty if one account is enough."""
    sides = [
        {
            "side": "caller" if each.is_callers else "resource",
            "account": each.account,
            "allows": each.allows,
        }
        for each in account_sides(explanation)
    ]
    return {"sides": sides} if sides else {}


def _deciding_rule_data(
    explanation: Explanation, audience: Audience, lines: StatementLines
) -> Data:
    """Return the statement that decided, as far as its policy is for the audience."""
    rule = explanation.decision.rule
    if rule is None:
        return {}
    if not audience.may_read_layer(explanation.decision.layer):
        return arn_data(rule)
    return rule_data(rule, lines) | not_principal_data(rule, explanation)


def _silent_levels_data(explanation: Explanation) -> Data:
    """Return the levels of SCPs at which no statement allows the request; empty if all allow."""
    levels = [
        {
            "layer": str(each.layer),
            "level": each.level,
            "policies": [policy.arn or policy.name for policy in each.policies.policies],
        }
        for each in silent_levels(explanation)
    ]
    return {"silent_levels": levels} if levels else {}


def rests_on_absent(explanation: Explanation, audience: Audience = UNRESTRICTED) -> list[Data]:
    """Return the statements by which a permission rests on absent keys; empty if it does not."""
    lines = StatementLines(audience.characters_max)
    return [
        {
            "keys": keys,
            "layer": str(each.layer),
            **rule_data(each.rule, lines),
            "effect": each.rule.statement.syntax.effect,
        }
        for each in absent_key_reliances(explanation)
        if audience.may_read_layer(each.layer)
        and (keys := [key for key in each.keys if audience.may_read_key(key.lower())])
    ]


LayerStatement = tuple[LayerEvaluation, StatementEvaluation]
"""A statement, with the evaluation of its policy set."""


def select_statements(
    statements: Sequence[LayerStatement], statements_max: int | None
) -> Sequence[LayerStatement]:
    """Return at most `statements_max` statements in their order; None returns all.

    Statements that apply are preferred, then those that cover the action.
    """
    if statements_max is None or len(statements) <= statements_max:
        return statements
    ranks = [_statement_rank(result) for _, result in statements]
    best = sorted(range(len(statements)), key=lambda at: ranks[at])[:statements_max]
    return [statements[at] for at in sorted(best)]


def _statement_rank(result: StatementEvaluation) -> int:
    if result.stopped_by is None:
        return 0
    return 2 if result.stopped_by in {StatementElement.ACTION, StatementElement.GRAMMAR} else 1


def _hidden_denies(hidden: Iterable[LayerEvaluation]) -> list[Data]:
    """Return kind and ARN of the policies that deny and are not for the audience."""
    denying = {
        (str(evaluation.layer), each.rule.policy.arn): None
        for evaluation in hidden
        for each in evaluation.relevant.values()
        if each.stopped_by is None and not each.rule.statement.is_allow
    }
    return [{"layer": layer} | ({"arn": arn} if arn else {}) for layer, arn in denying]


def missing_keys(explanation: Explanation) -> Iterable[str]:
    """Return the condition keys, once each, that the request lacks.

    Only those of statements that cover the action and the resource.
    """
    context = explanation.request.context
    relevant = (
        each.rule.statement.syntax
        for evaluation in explanation.evaluations
        for each in evaluation.statements
        if each.stopped_by in {None, StatementElement.CONDITION}
    )
    keys = {
        condition.key: None
        for syntax in relevant
        for condition in syntax.conditions
        if condition.key.lower() not in context and _compares_value(condition)
    }
    return dict.fromkeys(keys)


def asked_families(explanation: Explanation) -> frozenset[str]:
    """Return the families of condition keys, in lower case, of statements that cover the action."""
    return frozenset[str]().union(
        *(
            each.rule.statement.key_families
            for evaluation in explanation.evaluations
            for each in evaluation.relevant.values()
        )
    )


def _compares_value(condition: PolicyCondition) -> bool:
    """Return whether a condition compares a value: its operator is known, and not Null."""
    qualified = parse_operator(condition.operator)
    return qualified is not None and qualified.operator is not NULL


def is_near_miss(each: Data, decision: Decision) -> bool:
    """Return whether a statement that did not apply might have changed the outcome.

    Its effect is the other one, and only its principal, resource or condition stopped it.
    """
    wanted = "Allow" if decision.outcome is not DecisionOutcome.ALLOWED else "Deny"
    return (
        not each["applies"]
        and each["effect"] == wanted
        and each["stopped_by"]
        in {StatementElement.PRINCIPAL, StatementElement.RESOURCE, StatementElement.CONDITION}
    )
