"""What an opened authorization message says, in the shape in which AWS decodes one, with our reasons beside it.

Whoever opens it reads what their own account may read. Of other accounts' policies it tells kind and ARN of those that refused,
as AWS's one line does. Source: STS API reference, "DecodeAuthorizationMessage".
"""

from collections.abc import Iterable
from typing import Any

from daypass.core.policy.decision.decide import Layer, Outcome
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.explain import Explanation
from daypass.core.policy.explanation.trace import EVERYBODY, Audience, because, nearest
from daypass.core.policy.language.model import Condition, Principals

Data = dict[str, Any]


def decoded(
    explanation: Explanation, *, principal_id: str, time: int, audience: Audience = EVERYBODY
) -> Data:
    """Return a message; `because` and each `policyType` are ours, the rest is AWS's.

    `time` is when it was decided, in seconds since 1970.
    """
    request, decision = explanation.request, explanation.decision
    matched = [
        (looked, each)
        for looked in explanation.looked
        if audience.reads_layer(looked.layer)
        for each in looked.statements
        if each.stopped_by is None
    ]
    told = nearest(matched, audience.statements_max)
    conditions = [
        {"key": key, "values": _items(_several(value))}
        for key, value in sorted(request.context.items())
        if audience.reads_key(key)
    ]
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.outcome is Outcome.EXPLICITLY_DENIED,
        "matchedStatements": {
            "items": [_statement(looked.layer, each.rule) for looked, each in told]
        },
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal_id, "arn": request.principal.arn},
            "action": request.action,
            "resource": request.resource,
            "conditions": {"items": conditions},
        },
        "time": time,
        "because": because(explanation, audience),
    }


def _statement(layer: Layer, rule: Rule) -> Data:
    source = rule.statement.source
    found: Data = {
        "policyType": str(layer),
        "statementId": source.sid,
        "effect": source.effect.upper(),
        "principals": _principals(source.principals),
        "principalGroups": {"items": []},
        "actions": _items(source.actions or ()),
        "resources": _items(source.resources or ()),
        "conditions": {"items": [_condition(each) for each in source.conditions]},
    }
    for name, texts in (
        ("notActions", source.not_actions),
        ("notResources", source.not_resources),
    ):
        if texts is not None:
            found[name] = _items(texts)
    if source.not_principals is not None:
        found["notPrincipals"] = _principals(source.not_principals)
    return found


def _condition(condition: Condition) -> Data:
    return {
        "key": condition.key,
        "operator": condition.operator,
        "values": _items(condition.values),
    }


def _principals(named: Principals | None) -> Data:
    return _items(value for _, value in named.entries) if named else _items(())


def _items(texts: Iterable[str]) -> Data:
    return {"items": [{"value": text} for text in texts]}


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
