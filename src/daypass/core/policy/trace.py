"""An explanation as plain data: what JSON shows, what an encoded message holds, what a person's text is made from.

Details that nobody asked for while deciding are worked out here: which entry of a list matched, what a variable stood for,
what a condition wanted and what the request had.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from daypass.core.policy import positions
from daypass.core.policy.actions import Actions
from daypass.core.policy.combine import Decision, Layer, Outcome
from daypass.core.policy.conditions import unreadable
from daypass.core.policy.explain import Considered, Element, Explanation, Looked
from daypass.core.policy.match import Context, shown
from daypass.core.policy.model import Condition, Statement
from daypass.core.policy.operators import NULL, family, named
from daypass.core.policy.sets import Rule

Data = dict[str, Any]
_TAKE_VARIABLES = frozenset({"string", "arn"})


def because(explanation: Explanation) -> Data:
    """Return the reasons of a decision.

    `layer`, `policy`, `statement` (its index), `sid`, `lines` and `grant` name what decided; `refused_by` all kinds of policy
    that refuse; `skipped` those that do not count; `statements` everything looked at; `missing_keys` the condition keys
    that were asked for and absent.
    """
    request, decision = explanation.request, explanation.decision
    found: Data = {"layer": str(decision.layer)}
    if decision.rule is not None:
        found |= _where(decision.rule)
    if decision.grant is not None:
        found["grant"] = decision.grant.name.lower()
    if request.principal.account:
        is_same = request.principal.account == request.resource_account
        found["accounts"] = "same" if is_same else "cross"
    if explanation.refused_by:
        found["refused_by"] = [str(layer) for layer in explanation.refused_by]
    if explanation.skipped:
        found["skipped"] = [{"layer": str(layer), "why": why} for layer, why in explanation.skipped]
    found["statements"] = [
        statement(each, looked, explanation)
        for looked in explanation.looked
        for each in looked.statements
    ]
    found["missing_keys"] = list(missing_keys(explanation))
    return found


def _where(rule: Rule) -> Data:
    source, index = rule.source, rule.statement.index
    found: Data = {"policy": source.name, "statement": index}
    if source.arn:
        found["arn"] = source.arn
    if rule.statement.source.sid:
        found["sid"] = rule.statement.source.sid
    place = positions.statement(source.document.text, index) if source.document.text else None
    if place is not None:
        found["lines"] = [place[0].line, place[1].line]
    return found


def statement(considered: Considered, looked: Looked, explanation: Explanation) -> Data:
    """Return one statement: where it stands, and whether it applies, or what stopped it."""
    rule = considered.rule
    found: Data = {"layer": str(looked.layer)}
    if looked.layer in {Layer.SCP, Layer.RCP}:
        found["level"] = looked.level
    found |= _where(rule)
    found["effect"] = rule.statement.source.effect
    found["applies"] = considered.stopped_by is None
    if considered.grant is not None:
        found["grant"] = considered.grant.name.lower()
    if considered.stopped_by is not None:
        found["stopped_by"] = str(considered.stopped_by)
        found |= _stopped(considered, explanation)
    else:
        found |= _applied(rule, explanation)
    return found


def _stopped(considered: Considered, explanation: Explanation) -> Data:
    """Return both sides of the element that stopped a statement."""
    rule, request = considered.rule, explanation.request
    source, element = rule.statement.source, considered.stopped_by
    if element is Element.ACTION:
        return {"wanted": _named(source, "Action"), "found": request.action}
    if element is Element.RESOURCE:
        wanted = {
            name: [_shown(text, rule, request.context) for text in texts]
            for name, texts in _named(source, "Resource").items()
        }
        return {"wanted": wanted, "found": request.resource}
    if element is Element.PRINCIPAL:
        return {"wanted": _principals(source), "found": _caller(explanation)}
    if element is Element.CONDITION:
        return {"conditions": _conditions(rule, request.context)}
    return {}


def _applied(rule: Rule, explanation: Explanation) -> Data:
    """Return the entries that matched, where a list has them."""
    request, source = explanation.request, rule.statement.source
    found: Data = {}
    action = request.action.lower()
    for text in source.actions or ():
        if Actions([text]).match(action):
            found["action"] = text
            break
    for text, matches in zip(source.resources or (), rule.statement.resources, strict=False):
        if matches(request.resource, request.context):
            found["resource"] = _shown(text, rule, request.context)
            break
    if source.conditions:
        found["conditions"] = _conditions(rule, request.context)
    return found


def _conditions(rule: Rule, context: Context) -> list[Data]:
    statement = rule.statement
    return [
        _condition(condition, rule, context) | {"holds": test(context)}
        for condition, test in zip(statement.source.conditions, statement.tests, strict=True)
    ]


def _condition(condition: Condition, rule: Rule, context: Context) -> Data:
    """Return a condition with both sides; `found` is None where the key is absent.

    `unreadable` are the values that the operator cannot read, where there are such.
    """
    operator = named(condition.operator)
    takes = operator is not None and family(operator.operator) in _TAKE_VARIABLES
    has_variables = rule.statement.has_variables
    value = context.get(condition.key.lower())
    lost = unreadable(condition, variables=has_variables)
    found: Data = {
        "operator": condition.operator,
        "key": condition.key,
        "wanted": [
            shown(text, context) if takes and has_variables else text for text in condition.values
        ],
        "found": list(value) if isinstance(value, tuple) else value,
    }
    return found | ({"unreadable": list(lost)} if lost else {})


def _shown(text: str, rule: Rule, context: Context) -> str:
    return shown(text, context) if rule.statement.has_variables else text


def _named(source: Statement, element: str) -> Mapping[str, list[str]]:
    both = {
        "Action": (source.actions, source.not_actions),
        "Resource": (source.resources, source.not_resources),
    }[element]
    return {
        name: list(texts)
        for name, texts in zip((element, f"Not{element}"), both, strict=True)
        if texts is not None
    }


def _principals(source: Statement) -> Mapping[str, list[str]]:
    return {
        name: [f"{kind}: {value}" for kind, value in element.entries]
        for name, element in (
            ("Principal", source.principals),
            ("NotPrincipal", source.not_principals),
        )
        if element is not None
    }


def _caller(explanation: Explanation) -> list[str]:
    caller = explanation.request.principal
    return [text for text in (caller.arn, caller.role_arn, caller.user_arn, caller.account) if text]


def missing_keys(explanation: Explanation) -> Iterable[str]:
    """Give the condition keys, once each, that statements about this action and resource ask for and the request lacks."""
    context = explanation.request.context
    near = (
        each.rule.statement.source
        for looked in explanation.looked
        for each in looked.statements
        if each.stopped_by in {None, Element.CONDITION}
    )
    keys = {
        condition.key: None
        for source in near
        for condition in source.conditions
        if condition.key.lower() not in context and _asks_value(condition)
    }
    return dict.fromkeys(keys)


def _asks_value(condition: Condition) -> bool:
    operator = named(condition.operator)
    return operator is not None and operator.operator is not NULL


def is_close(each: Data, decision: Decision) -> bool:
    """Say whether a statement that did not apply might have changed the outcome: it got as far as resource or condition."""
    wanted = "Allow" if decision.outcome is not Outcome.ALLOWED else "Deny"
    return (
        not each["applies"]
        and each["effect"] == wanted
        and each["stopped_by"] in {Element.PRINCIPAL, Element.RESOURCE, Element.CONDITION}
    )
