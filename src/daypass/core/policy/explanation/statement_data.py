"""One evaluated statement as plain data: where it is, and what matched or stopped it."""

from collections.abc import Mapping
from typing import Any

from daypass.core.policy.decision.model import Layer
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.audience import Audience
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
from daypass.core.policy.language.operators import (
    FAMILIES_WITH_VARIABLES,
    operator_family,
    parse_operator,
)
from daypass.core.policy.language.patterns import RequestContext, display_pattern

Data = dict[str, Any]


class StatementLines:
    """The lines of statements, in as many documents as `characters_max` allows to parse."""

    def __init__(self, characters_max: int | None) -> None:
        self._characters_left = characters_max
        self._parsed: set[int] = set()

    def lines_of(self, rule: Rule) -> tuple[int, int] | None:
        """Return the first and last line of a statement; None without text or past the bound."""
        text = rule.policy.document.text
        if not self._may_parse(text):
            return None
        position = positions.statement_position(text, rule.statement.index)
        return None if position is None else (position[0].line, position[1].line)

    def _may_parse(self, text: str) -> bool:
        if self._characters_left is None or id(text) in self._parsed:
            return True
        if len(text) > self._characters_left:
            return False
        self._characters_left -= len(text)
        self._parsed.add(id(text))
        return True


def arn_data(rule: Rule) -> Data:
    """Return the ARN of a rule's policy; empty if it has none."""
    return {"arn": rule.policy.arn} if rule.policy.arn else {}


def rule_data(rule: Rule, lines: StatementLines) -> Data:
    """Return where a rule is: the policy, its ARN, the index, the Sid and the lines."""
    policy, index = rule.policy, rule.statement.index
    found: Data = {"policy": policy.name, "statement": index}
    if policy.arn:
        found["arn"] = policy.arn
    if rule.statement.syntax.sid:
        found["sid"] = rule.statement.syntax.sid
    position = lines.lines_of(rule)
    if position is not None:
        found["lines"] = list(position)
    return found


def statement_data(
    result: StatementEvaluation,
    evaluation: LayerEvaluation,
    explanation: Explanation,
    audience: Audience,
    lines: StatementLines,
) -> Data:
    """Return one statement: where it is, and whether it applies, or what stopped it."""
    rule = result.rule
    found: Data = {"layer": str(evaluation.layer)}
    if evaluation.layer in {Layer.SCP, Layer.RCP}:
        found["level"] = evaluation.level
    found |= rule_data(rule, lines)
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
    found = not_principal_data(rule, explanation)
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


def not_principal_data(rule: Rule, explanation: Explanation) -> Data:
    """Return the names of the caller that the NotPrincipal of a Deny would have to list.

    The list is empty for a caller with a permissions boundary, whom such a Deny never exempts;
    no list for any other statement.
    """
    element = rule.statement.not_principal
    if element is None or rule.statement.is_allow:
        return {}
    lacking = element.names_not_principal_lacks(explanation.request.principal)
    return {"not_principal_lacks": list(lacking)}


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
    qualified = parse_operator(condition.operator)
    has_variables = (
        qualified is not None and operator_family(qualified.operator) in FAMILIES_WITH_VARIABLES
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
