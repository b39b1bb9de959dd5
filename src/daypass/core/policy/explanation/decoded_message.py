"""What an opened authorization message says, in the shape in which AWS decodes one, with our reasons beside it.

Whoever opens it reads what their own account may read. Of other accounts' policies it tells kind and ARN of those that refused,
as AWS's one line does. Source: STS API reference, "DecodeAuthorizationMessage".
"""

from collections.abc import Iterable
from typing import Any

from daypass.core.policy.decision.decide import DecisionOutcome, Layer
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.explain import Explanation
from daypass.core.policy.explanation.trace import UNRESTRICTED, Audience, because, select_statements
from daypass.core.policy.language.model import PolicyCondition, PrincipalElement

Data = dict[str, Any]


def decoded_message(
    explanation: Explanation, *, principal_id: str, time: int, audience: Audience = UNRESTRICTED
) -> Data:
    """Return a message; `because` and each `policyType` are ours, the rest is AWS's.

    `time` is when it was decided, in seconds since 1970.
    """
    request, decision = explanation.request, explanation.decision
    matched = [
        (looked, each)
        for looked in explanation.evaluations
        if audience.may_read_layer(looked.layer)
        for each in looked.statements
        if each.stopped_by is None
    ]
    told = select_statements(matched, audience.statements_max)
    conditions = [
        {"key": key, "values": _items(_value_tuple(value))}
        for key, value in sorted(request.context.items())
        if audience.may_read_key(key)
    ]
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.outcome is DecisionOutcome.EXPLICITLY_DENIED,
        "matchedStatements": {
            "items": [_statement_data(looked.layer, each.rule) for looked, each in told]
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


def _statement_data(layer: Layer, rule: Rule) -> Data:
    source = rule.statement.syntax
    found: Data = {
        "policyType": str(layer),
        "statementId": source.sid,
        "effect": source.effect.upper(),
        "principals": _principal_items(source.principals),
        "principalGroups": {"items": []},
        "actions": _items(source.actions or ()),
        "resources": _items(source.resources or ()),
        "conditions": {"items": [_condition_data(each) for each in source.conditions]},
    }
    for name, texts in (
        ("notActions", source.not_actions),
        ("notResources", source.not_resources),
    ):
        if texts is not None:
            found[name] = _items(texts)
    if source.not_principals is not None:
        found["notPrincipals"] = _principal_items(source.not_principals)
    return found


def _condition_data(condition: PolicyCondition) -> Data:
    return {
        "key": condition.key,
        "operator": condition.operator,
        "values": _items(condition.values),
    }


def _principal_items(named: PrincipalElement | None) -> Data:
    return _items(value for _, value in named.entries) if named else _items(())


def _items(texts: Iterable[str]) -> Data:
    return {"items": [{"value": text} for text in texts]}


def _value_tuple(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
