"""An explanation as plain data: what JSON shows, what an encoded message holds, what a person's text is made from.

Details that nobody asked for while deciding are worked out here: which entry of a list matched, what a variable stood for,
what a condition wanted and what the request had.
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
    """Who reads an explanation: the kinds of policy and the condition keys that are for them."""

    may_read_layer: Callable[[Layer], bool] = lambda _layer: True
    may_read_key: Callable[[str], bool] = lambda _key: True
    statements_max: int | None = None
    """How many statements are told of; those that apply go first, then those about the action."""
    characters_max: int | None = None
    """How long all the documents together may be that are read again to tell lines of."""

    def may_read(self, looked: LayerEvaluation) -> bool:
        """Say whether a set of policies is for them."""
        return self.may_read_layer(looked.layer)


UNRESTRICTED = Audience()
"""Reads everything: the policies are their own, or they run the authority."""


def because(explanation: Explanation, audience: Audience = UNRESTRICTED) -> Data:
    """Return the reasons of a decision.

    `layer`, `policy`, `statement` (its index), `sid`, `lines` and `grant` name what decided; `refused_by` all kinds of policy
    that refuse; `skipped` those that do not count; `statements` everything looked at, and `omitted` how many there were besides;
    `missing_keys` the condition keys that were asked for and absent. Of policies that are not for the audience the kind and the
    ARN are told where they deny: in `layer`, `arn` and `others`.
    """
    request, decision = explanation.request, explanation.decision
    own = replace(
        explanation, evaluations=tuple(filter(audience.may_read, explanation.evaluations))
    )
    unread = [each for each in explanation.evaluations if not audience.may_read(each)]
    lines = _StatementLines(audience.characters_max)
    found: Data = {"layer": str(decision.layer)}
    if decision.rule is not None:
        is_read = audience.may_read_layer(decision.layer)
        found |= _rule_data(decision.rule, lines) if is_read else _arn_data(decision.rule)
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
    every = [(looked, each) for looked in own.evaluations for each in looked.statements]
    told = select_statements(every, audience.statements_max)
    found["statements"] = [
        _statement_data(each, looked, explanation, audience, lines) for looked, each in told
    ]
    if len(told) < len(every):
        found["omitted"] = len(every) - len(told)
    others = _hidden_denies(unread)
    if others:
        found["others"] = others
    found["missing_keys"] = [key for key in missing_keys(own) if audience.may_read_key(key.lower())]
    return found


LayerStatement = tuple[LayerEvaluation, StatementEvaluation]


def select_statements(
    statements: Sequence[LayerStatement], most: int | None
) -> Sequence[LayerStatement]:
    """Return at most so many statements, in their order: those that apply, then those about the action, then others."""
    if most is None or len(statements) <= most:
        return statements
    ranks = [_statement_rank(considered) for _, considered in statements]
    best = sorted(range(len(statements)), key=lambda at: ranks[at])[:most]
    return [statements[at] for at in sorted(best)]


def _statement_rank(considered: StatementEvaluation) -> int:
    if considered.stopped_by is None:
        return 0
    return 2 if considered.stopped_by in {StatementElement.ACTION, StatementElement.GRAMMAR} else 1


def _hidden_denies(unread: Iterable[LayerEvaluation]) -> list[Data]:
    """Return the policies that deny and that are not for the audience: kind and ARN."""
    denying = {
        (str(looked.layer), each.rule.policy.arn): None
        for looked in unread
        for each in looked.relevant.values()
        if each.stopped_by is None and not each.rule.statement.is_allow
    }
    return [{"layer": layer} | ({"arn": arn} if arn else {}) for layer, arn in denying]


class _StatementLines:
    """Where statements stand, for as many documents as there is room to read."""

    def __init__(self, characters_max: int | None) -> None:
        self._left = characters_max
        self._read: set[int] = set()

    def of(self, rule: Rule) -> tuple[int, int] | None:
        """Return the first and the last line of a statement."""
        text = rule.policy.document.text
        if not self._may_read(text):
            return None
        place = positions.statement_position(text, rule.statement.index)
        return None if place is None else (place[0].line, place[1].line)

    def _may_read(self, text: str) -> bool:
        if self._left is None or id(text) in self._read:
            return True
        if len(text) > self._left:
            return False
        self._left -= len(text)
        self._read.add(id(text))
        return True


def _arn_data(rule: Rule) -> Data:
    return {"arn": rule.policy.arn} if rule.policy.arn else {}


def _rule_data(rule: Rule, lines: _StatementLines) -> Data:
    source, index = rule.policy, rule.statement.index
    found: Data = {"policy": source.name, "statement": index}
    if source.arn:
        found["arn"] = source.arn
    if rule.statement.syntax.sid:
        found["sid"] = rule.statement.syntax.sid
    place = lines.of(rule)
    if place is not None:
        found["lines"] = list(place)
    return found


def _statement_data(
    considered: StatementEvaluation,
    looked: LayerEvaluation,
    explanation: Explanation,
    audience: Audience,
    lines: _StatementLines,
) -> Data:
    """Return one statement: where it stands, and whether it applies, or what stopped it."""
    rule = considered.rule
    found: Data = {"layer": str(looked.layer)}
    if looked.layer in {Layer.SCP, Layer.RCP}:
        found["level"] = looked.level
    found |= _rule_data(rule, lines)
    found["effect"] = rule.statement.syntax.effect
    found["applies"] = considered.stopped_by is None
    if considered.grant is not None:
        found["grant"] = considered.grant.name.lower()
    if considered.stopped_by is not None:
        found["stopped_by"] = str(considered.stopped_by)
        found |= _stopped_data(considered, explanation, audience)
    else:
        found |= _applied_data(rule, explanation, audience)
    return found


def _stopped_data(
    considered: StatementEvaluation, explanation: Explanation, audience: Audience
) -> Data:
    """Return both sides of the element that stopped a statement."""
    rule, request = considered.rule, explanation.request
    source, element = rule.statement.syntax, considered.stopped_by
    if element is StatementElement.ACTION:
        return {"wanted": _element_entries(source, "Action"), "found": request.action}
    if element is StatementElement.RESOURCE:
        wanted = {
            name: [_display_text(text, rule, request.context, audience) for text in texts]
            for name, texts in _element_entries(source, "Resource").items()
        }
        return {"wanted": wanted, "found": request.resource}
    if element is StatementElement.PRINCIPAL:
        return {"wanted": _principal_entries(source), "found": _caller_names(explanation)}
    if element is StatementElement.CONDITION:
        return {"conditions": _conditions_data(rule, request.context, audience)}
    return {}


def _applied_data(rule: Rule, explanation: Explanation, audience: Audience) -> Data:
    """Return the entries that matched, where a list has them."""
    request, source = explanation.request, rule.statement.syntax
    found: Data = {}
    action = request.action.lower()
    for text in source.actions or ():
        if ActionPatterns([text]).matches(action):
            found["action"] = text
            break
    for text, matches in zip(
        source.resources or (), rule.statement.resource_matchers, strict=False
    ):
        if matches(request.resource, request.context):
            found["resource"] = _display_text(text, rule, request.context, audience)
            break
    if source.conditions:
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
    """Return a condition with both sides; `found` is None where the key is absent, and left out where it is not for them.

    `unreadable_values` are the values that the operator cannot read, where there are such.
    """
    operator = parse_operator(condition.operator)
    takes = operator is not None and operator_family(operator.operator) in _FAMILIES_WITH_VARIABLES
    key = condition.key.lower()
    lost = unreadable_values(condition, variables=rule.statement.has_variables)
    found: Data = {
        "operator": condition.operator,
        "key": condition.key,
        "wanted": [
            _display_text(text, rule, context, audience) if takes else text
            for text in condition.values
        ],
    }
    if audience.may_read_key(key):
        value = context.get(key)
        found["found"] = list(value) if isinstance(value, tuple) else value
    return found | ({"unreadable": list(lost)} if lost else {})


def _display_text(text: str, rule: Rule, context: RequestContext, audience: Audience) -> str:
    if not rule.statement.has_variables or "${" not in text:
        return text
    return display_pattern(
        text, {key: context[key] for key in context if audience.may_read_key(key)}
    )


def _element_entries(source: Statement, element: str) -> Mapping[str, list[str]]:
    both = {
        "Action": (source.actions, source.not_actions),
        "Resource": (source.resources, source.not_resources),
    }[element]
    return {
        name: list(texts)
        for name, texts in zip((element, f"Not{element}"), both, strict=True)
        if texts is not None
    }


def _principal_entries(source: Statement) -> Mapping[str, list[str]]:
    return {
        name: [f"{kind}: {value}" for kind, value in element.entries]
        for name, element in (
            ("Principal", source.principals),
            ("NotPrincipal", source.not_principals),
        )
        if element is not None
    }


def _caller_names(explanation: Explanation) -> list[str]:
    caller = explanation.request.principal
    return [text for text in (caller.arn, caller.role_arn, caller.user_arn, caller.account) if text]


def missing_keys(explanation: Explanation) -> Iterable[str]:
    """Give the condition keys, once each, that statements about this action and resource ask for and the request lacks."""
    context = explanation.request.context
    near = (
        each.rule.statement.syntax
        for looked in explanation.evaluations
        for each in looked.statements
        if each.stopped_by in {None, StatementElement.CONDITION}
    )
    keys = {
        condition.key: None
        for source in near
        for condition in source.conditions
        if condition.key.lower() not in context and _compares_value(condition)
    }
    return dict.fromkeys(keys)


def _compares_value(condition: PolicyCondition) -> bool:
    operator = parse_operator(condition.operator)
    return operator is not None and operator.operator is not NULL


def is_near_miss(each: Data, decision: Decision) -> bool:
    """Say whether a statement that did not apply might have changed the outcome: it got as far as resource or condition."""
    wanted = "Allow" if decision.outcome is not DecisionOutcome.ALLOWED else "Deny"
    return (
        not each["applies"]
        and each["effect"] == wanted
        and each["stopped_by"]
        in {StatementElement.PRINCIPAL, StatementElement.RESOURCE, StatementElement.CONDITION}
    )
