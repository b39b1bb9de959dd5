"""An explanation as plain data: for JSON, for encoded messages and for the text that people read.

Details that the decision did not need are computed here: which entry of a list matched, the value
of a variable, the values that a condition compares and those of the request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from daypass.core.policy.decision.model import Decision, DecisionOutcome
from daypass.core.policy.explanation.audience import UNRESTRICTED, Audience
from daypass.core.policy.explanation.explain import (
    Explanation,
    LayerEvaluation,
    StatementElement,
    StatementEvaluation,
)
from daypass.core.policy.explanation.statement_data import (
    Data,
    StatementLines,
    arn_data,
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
    """
    request, decision = explanation.request, explanation.decision
    readable = replace(
        explanation, evaluations=tuple(filter(audience.may_read, explanation.evaluations))
    )
    hidden = [each for each in explanation.evaluations if not audience.may_read(each)]
    lines = StatementLines(audience.characters_max)
    found: Data = {"layer": str(decision.layer)}
    if decision.rule is not None:
        may_read = audience.may_read_layer(decision.layer)
        found |= rule_data(decision.rule, lines) if may_read else arn_data(decision.rule)
    if decision.grant is not None and audience.may_read_layer(decision.layer):
        found["grant"] = decision.grant.name.lower()
    if request.principal.account:
        is_same = request.principal.account == request.resource_account
        found["accounts"] = "same" if is_same else "cross"
    if explanation.refused_by:
        found["refused_by"] = [str(layer) for layer in explanation.refused_by]
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
    return found


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
