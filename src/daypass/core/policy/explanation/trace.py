"""An explanation as plain data: for JSON, for encoded messages and for the text that people read.

Details that the decision did not need are computed here: which entry of a list matched, the value
of a variable, the values that a condition compares and those of the request.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from daypass.core.policy.decision.decide import Decision, DecisionOutcome, Layer
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.explain import (
    Explanation,
    LayerEvaluation,
    StatementElement,
    StatementEvaluation,
)
from daypass.core.policy.language import positions
from daypass.core.policy.language.actions import ActionPatterns
from daypass.core.policy.language.conditions import unreadable_values
from daypass.core.policy.language.model import PolicyCondition, Statement
from daypass.core.policy.language.operators import NULL, operator_family, parse_operator
from daypass.core.policy.language.patterns import RequestContext, display_pattern

Data = dict[str, Any]
_FAMILIES_WITH_VARIABLES = frozenset({"string", "arn"})


@dataclass(frozen=True, slots=True)
class Audience:
    """The readers of an explanation: which kinds of policy and condition keys they may read."""

    may_read_layer: Callable[[Layer], bool] = lambda _layer: True
    may_read_key: Callable[[str], bool] = lambda _key: True
    statements_max: int | None = None
    """How many statements are included; None for all.

    First those that apply, then those that cover the action.
    """
    characters_max: int | None = None
    """How long the documents parsed for line numbers may be, together; None for any length."""

    def may_read(self, evaluation: LayerEvaluation) -> bool:
        """Return whether the policies of an evaluation are for this audience."""
        return self.may_read_layer(evaluation.layer)


UNRESTRICTED = Audience()
"""May read everything: the policies are their own, or they run the authority."""


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
    lines = _StatementLines(audience.characters_max)
    found: Data = {"layer": str(decision.layer)}
    if decision.rule is not None:
        may_read = audience.may_read_layer(decision.layer)
        found |= _rule_data(decision.rule, lines) if may_read else _arn_data(decision.rule)
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
        _statement_data(each, evaluation, explanation, audience, lines)
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


class _StatementLines:
    """The lines of statements, in as many documents as `characters_max` allows to parse."""

    def __init__(self, characters_max: int | None) -> None:
        self._characters_left = characters_max
        self._parsed: set[int] = set()

    def lines_of(self, rule: Rule) -> tuple[int, int] | None:
        """Return the first and last line of a statement; None without text or past the bound."""
        text = rule.policy.document.text
        if not self._may_parse(text):
            return None
        place = positions.statement_position(text, rule.statement.index)
        return None if place is None else (place[0].line, place[1].line)

    def _may_parse(self, text: str) -> bool:
        if self._characters_left is None or id(text) in self._parsed:
            return True
        if len(text) > self._characters_left:
            return False
        self._characters_left -= len(text)
        self._parsed.add(id(text))
        return True


def _arn_data(rule: Rule) -> Data:
    return {"arn": rule.policy.arn} if rule.policy.arn else {}


def _rule_data(rule: Rule, lines: _StatementLines) -> Data:
    policy, index = rule.policy, rule.statement.index
    found: Data = {"policy": policy.name, "statement": index}
    if policy.arn:
        found["arn"] = policy.arn
    if rule.statement.syntax.sid:
        found["sid"] = rule.statement.syntax.sid
    place = lines.lines_of(rule)
    if place is not None:
        found["lines"] = list(place)
    return found


def _statement_data(
    result: StatementEvaluation,
    evaluation: LayerEvaluation,
    explanation: Explanation,
    audience: Audience,
    lines: _StatementLines,
) -> Data:
    """Return one statement: where it is, and whether it applies, or what stopped it."""
    rule = result.rule
    found: Data = {"layer": str(evaluation.layer)}
    if evaluation.layer in {Layer.SCP, Layer.RCP}:
        found["level"] = evaluation.level
    found |= _rule_data(rule, lines)
    found["effect"] = rule.statement.syntax.effect
    found["applies"] = result.stopped_by is None
    if result.grant is not None:
        found["grant"] = result.grant.name.lower()
    if result.stopped_by is not None:
        found["stopped_by"] = str(result.stopped_by)
        found |= _stopped_data(result, explanation, audience)
    else:
        found |= _applied_data(rule, explanation, audience)
    return found


def _stopped_data(
    result: StatementEvaluation, explanation: Explanation, audience: Audience
) -> Data:
    """Return what the element that stopped a statement wants, and what the request has."""
    rule, request = result.rule, explanation.request
    syntax, element = rule.statement.syntax, result.stopped_by
    if element is StatementElement.ACTION:
        return {"wanted": _element_entries(syntax, "Action"), "found": request.action}
    if element is StatementElement.RESOURCE:
        wanted = {
            name: [_display_text(text, rule, request.context, audience) for text in texts]
            for name, texts in _element_entries(syntax, "Resource").items()
        }
        return {"wanted": wanted, "found": request.resource}
    if element is StatementElement.PRINCIPAL:
        return {"wanted": _principal_entries(syntax), "found": _caller_names(explanation)}
    if element is StatementElement.CONDITION:
        return {"conditions": _conditions_data(rule, request.context, audience)}
    return {}


def _applied_data(rule: Rule, explanation: Explanation, audience: Audience) -> Data:
    """Return the entries of a statement that matched, and its conditions."""
    request, syntax = explanation.request, rule.statement.syntax
    found: Data = {}
    action = request.action.lower()
    for text in syntax.actions or ():
        if ActionPatterns([text]).matches(action):
            found["action"] = text
            break
    for text, matches in zip(
        syntax.resources or (), rule.statement.resource_matchers, strict=False
    ):
        if matches(request.resource, request.context):
            found["resource"] = _display_text(text, rule, request.context, audience)
            break
    if syntax.conditions:
        found["conditions"] = _conditions_data(rule, request.context, audience)
    return found


def _conditions_data(rule: Rule, context: RequestContext, audience: Audience) -> list[Data]:
    statement = rule.statement
    return [
        _condition_data(condition, rule, context, audience) | {"holds": test(context)}
        for condition, test in zip(
            statement.syntax.conditions, statement.condition_tests, strict=True
        )
    ]


def _condition_data(
    condition: PolicyCondition, rule: Rule, context: RequestContext, audience: Audience
) -> Data:
    """Return a condition: the values that it wants, and the value that was found in the request.

    `found` is None if the key is absent, and missing if it is not for the audience. `unreadable`
    has the values that the operator cannot parse, if there are any.
    """
    operator = parse_operator(condition.operator)
    has_variables = (
        operator is not None and operator_family(operator.operator) in _FAMILIES_WITH_VARIABLES
    )
    key = condition.key.lower()
    unreadable = unreadable_values(condition, variables=rule.statement.has_variables)
    found: Data = {
        "operator": condition.operator,
        "key": condition.key,
        "wanted": [
            _display_text(text, rule, context, audience) if has_variables else text
            for text in condition.values
        ],
    }
    if audience.may_read_key(key):
        value = context.get(key)
        found["found"] = list(value) if isinstance(value, tuple) else value
    return found | ({"unreadable": list(unreadable)} if unreadable else {})


def _display_text(text: str, rule: Rule, context: RequestContext, audience: Audience) -> str:
    """Return a text with the values of variables that the audience may read."""
    if not rule.statement.has_variables or "${" not in text:
        return text
    return display_pattern(
        text, {key: context[key] for key in context if audience.may_read_key(key)}
    )


def _element_entries(syntax: Statement, element: str) -> Mapping[str, list[str]]:
    both = {
        "Action": (syntax.actions, syntax.not_actions),
        "Resource": (syntax.resources, syntax.not_resources),
    }[element]
    return {
        name: list(texts)
        for name, texts in zip((element, f"Not{element}"), both, strict=True)
        if texts is not None
    }


def _principal_entries(syntax: Statement) -> Mapping[str, list[str]]:
    return {
        name: [f"{kind}: {value}" for kind, value in element.entries]
        for name, element in (
            ("Principal", syntax.principals),
            ("NotPrincipal", syntax.not_principals),
        )
        if element is not None
    }


def _caller_names(explanation: Explanation) -> list[str]:
    caller = explanation.request.principal
    return [text for text in (caller.arn, caller.role_arn, caller.user_arn, caller.account) if text]


def missing_keys(explanation: Explanation) -> Iterable[str]:
    """Return the condition keys, once each, that the request lacks.

    Only those of statements that cover the action and the resource.
    """
    context = explanation.request.context
    near = (
        each.rule.statement.syntax
        for evaluation in explanation.evaluations
        for each in evaluation.statements
        if each.stopped_by in {None, StatementElement.CONDITION}
    )
    keys = {
        condition.key: None
        for syntax in near
        for condition in syntax.conditions
        if condition.key.lower() not in context and _compares_value(condition)
    }
    return dict.fromkeys(keys)


def _compares_value(condition: PolicyCondition) -> bool:
    """Return whether a condition compares a value: its operator is known, and not Null."""
    operator = parse_operator(condition.operator)
    return operator is not None and operator.operator is not NULL


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
