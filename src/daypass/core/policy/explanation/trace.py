"""An explanation as plain data: what JSON shows, what an encoded message holds, what a person's text is made from.

Details that nobody asked for while deciding are worked out here: which entry of a list matched, what a variable stood for,
what a condition wanted and what the request had.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from daypass.core.policy.decision.decide import Decision, Layer, Outcome
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.explain import Considered, Element, Explanation, Looked
from daypass.core.policy.language import positions
from daypass.core.policy.language.actions import Actions
from daypass.core.policy.language.conditions import unreadable
from daypass.core.policy.language.match import Context, shown
from daypass.core.policy.language.model import Condition, Statement
from daypass.core.policy.language.operators import NULL, named, takes_variables

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads an explanation: the kinds of policy and the condition keys that are for them."""

    reads_layer: Callable[[Layer], bool] = lambda _layer: True
    reads_key: Callable[[str], bool] = lambda _key: True
    statements_max: int | None = None
    """How many statements are told of; those that apply go first, then those about the action."""
    characters_max: int | None = None
    """How long all the documents together may be that are read again to tell lines of."""

    def reads(self, looked: Looked) -> bool:
        """Say whether a set of policies is for them."""
        return self.reads_layer(looked.layer)


EVERYBODY = Audience()
"""Reads everything: the policies are their own, or they run the authority."""


def because(explanation: Explanation, audience: Audience = EVERYBODY) -> Data:
    """Return the reasons of a decision.

    `layer`, `policy`, `statement` (its index), `sid`, `lines` and `grant` name what decided; `refused_by` all kinds of policy
    that refuse; `skipped` those that do not count; `statements` everything looked at, and `omitted` how many there were besides;
    `missing_keys` the condition keys that were asked for and absent. Of policies that are not for the audience the kind and the
    ARN are told where they deny: in `layer`, `arn` and `others`.
    """
    request, decision = explanation.request, explanation.decision
    own = replace(explanation, looked=tuple(filter(audience.reads, explanation.looked)))
    unread = [each for each in explanation.looked if not audience.reads(each)]
    lines = _Lines(audience.characters_max)
    found: Data = {"layer": str(decision.layer)}
    if decision.rule is not None:
        is_read = audience.reads_layer(decision.layer)
        found |= _where(decision.rule, lines) if is_read else _named_alone(decision.rule)
    if decision.grant is not None and audience.reads_layer(decision.layer):
        found["grant"] = decision.grant.name.lower()
    if request.principal.account:
        is_same = request.principal.account == request.resource_account
        found["accounts"] = "same" if is_same else "cross"
    if explanation.refused_by:
        found["refused_by"] = [str(layer) for layer in explanation.refused_by]
    skipped = [each for each in explanation.skipped if audience.reads_layer(each[0])]
    if skipped:
        found["skipped"] = [{"layer": str(layer), "why": why} for layer, why in skipped]
    every = [(looked, each) for looked in own.looked for each in looked.statements]
    told = nearest(every, audience.statements_max)
    found["statements"] = [
        _statement(each, looked, explanation, audience, lines) for looked, each in told
    ]
    if len(told) < len(every):
        found["omitted"] = len(every) - len(told)
    others = _others(unread)
    if others:
        found["others"] = others
    found["missing_keys"] = [key for key in missing_keys(own) if audience.reads_key(key.lower())]
    return found


Told = tuple[Looked, Considered]


def nearest(statements: Sequence[Told], most: int | None) -> Sequence[Told]:
    """Return at most so many statements, in their order: those that apply, then those about the action, then others."""
    if most is None or len(statements) <= most:
        return statements
    ranks = [_rank(considered) for _, considered in statements]
    best = sorted(range(len(statements)), key=lambda at: ranks[at])[:most]
    return [statements[at] for at in sorted(best)]


def _rank(considered: Considered) -> int:
    if considered.stopped_by is None:
        return 0
    return 2 if considered.stopped_by in {Element.ACTION, Element.GRAMMAR} else 1


def _others(unread: Iterable[Looked]) -> list[Data]:
    """Return the policies that deny and that are not for the audience: kind and ARN."""
    denying = {
        (str(looked.layer), each.rule.source.arn): None
        for looked in unread
        for each in looked.near.values()
        if each.stopped_by is None and not each.rule.statement.is_allow
    }
    return [{"layer": layer} | ({"arn": arn} if arn else {}) for layer, arn in denying]


class _Lines:
    """Where statements stand, for as many documents as there is room to read."""

    def __init__(self, characters_max: int | None) -> None:
        self._left = characters_max
        self._read: set[int] = set()

    def of(self, rule: Rule) -> tuple[int, int] | None:
        """Return the first and the last line of a statement."""
        text = rule.source.document.text
        if not self._may_read(text):
            return None
        place = positions.statement(text, rule.statement.index)
        return None if place is None else (place[0].line, place[1].line)

    def _may_read(self, text: str) -> bool:
        if self._left is None or id(text) in self._read:
            return True
        if len(text) > self._left:
            return False
        self._left -= len(text)
        self._read.add(id(text))
        return True


def _named_alone(rule: Rule) -> Data:
    return {"arn": rule.source.arn} if rule.source.arn else {}


def _where(rule: Rule, lines: _Lines) -> Data:
    source, index = rule.source, rule.statement.index
    found: Data = {"policy": source.name, "statement": index}
    if source.arn:
        found["arn"] = source.arn
    if rule.statement.source.sid:
        found["sid"] = rule.statement.source.sid
    place = lines.of(rule)
    if place is not None:
        found["lines"] = list(place)
    return found


def _statement(
    considered: Considered,
    looked: Looked,
    explanation: Explanation,
    audience: Audience,
    lines: _Lines,
) -> Data:
    """Return one statement: where it stands, and whether it applies, or what stopped it."""
    rule = considered.rule
    found: Data = {"layer": str(looked.layer)}
    if looked.layer in {Layer.SCP, Layer.RCP}:
        found["level"] = looked.level
    found |= _where(rule, lines)
    found["effect"] = rule.statement.source.effect
    found["applies"] = considered.stopped_by is None
    if considered.grant is not None:
        found["grant"] = considered.grant.name.lower()
    if considered.stopped_by is not None:
        found["stopped_by"] = str(considered.stopped_by)
        found |= _stopped(considered, explanation, audience)
    else:
        found |= _applied(rule, explanation, audience)
    return found


def _stopped(considered: Considered, explanation: Explanation, audience: Audience) -> Data:
    """Return both sides of the element that stopped a statement."""
    rule, request = considered.rule, explanation.request
    source, element = rule.statement.source, considered.stopped_by
    if element is Element.ACTION:
        return {"wanted": _named(source, "Action"), "found": request.action}
    if element is Element.RESOURCE:
        wanted = {
            name: [_shown(text, rule, request.context, audience) for text in texts]
            for name, texts in _named(source, "Resource").items()
        }
        return {"wanted": wanted, "found": request.resource}
    if element is Element.PRINCIPAL:
        return {"wanted": _principals(source), "found": _caller(explanation)}
    if element is Element.CONDITION:
        return {"conditions": _conditions(rule, request.context, audience)}
    return {}


def _applied(rule: Rule, explanation: Explanation, audience: Audience) -> Data:
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
            found["resource"] = _shown(text, rule, request.context, audience)
            break
    if source.conditions:
        found["conditions"] = _conditions(rule, request.context, audience)
    return found


def _conditions(rule: Rule, context: Context, audience: Audience) -> list[Data]:
    statement = rule.statement
    return [
        _condition(condition, rule, context, audience) | {"holds": test(context)}
        for condition, test in zip(statement.source.conditions, statement.tests, strict=True)
    ]


def _condition(condition: Condition, rule: Rule, context: Context, audience: Audience) -> Data:
    """Return a condition with both sides; `found` is None where the key is absent, and left out where it is not for them.

    `unreadable` are the values that the operator cannot read, where there are such.
    """
    operator = named(condition.operator)
    takes = operator is not None and takes_variables(operator.operator)
    key = condition.key.lower()
    lost = unreadable(condition, variables=rule.statement.has_variables)
    found: Data = {
        "operator": condition.operator,
        "key": condition.key,
        "wanted": [
            _shown(text, rule, context, audience) if takes else text for text in condition.values
        ],
    }
    if audience.reads_key(key):
        value = context.get(key)
        found["found"] = list(value) if isinstance(value, tuple) else value
    return found | ({"unreadable": list(lost)} if lost else {})


def _shown(text: str, rule: Rule, context: Context, audience: Audience) -> str:
    if not rule.statement.has_variables or "${" not in text:
        return text
    return shown(text, {key: context[key] for key in context if audience.reads_key(key)})


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
