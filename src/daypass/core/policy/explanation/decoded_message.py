"""The content of an encoded authorization message, in the shape that AWS returns, with our reasons.

The reader learns what they may read of their own account. Of the policies of other accounts that
refused, the message contains kind and ARN, as AWS's error message does. Source: STS API reference,
"DecodeAuthorizationMessage".
"""

from collections.abc import Iterable
from typing import Any

from daypass.core.policy.decision.model import DecisionOutcome, Layer
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.audience import UNRESTRICTED, Audience
from daypass.core.policy.explanation.explain import Explanation
from daypass.core.policy.explanation.trace import because, select_statements
from daypass.core.policy.language.model import PolicyCondition, PrincipalElement

Data = dict[str, Any]


def decoded_message(
    explanation: Explanation, *, principal_id: str, time: int, audience: Audience = UNRESTRICTED
) -> Data:
    """Return the content of a message as JSON data.

    `because` and each `policyType` are ours, the rest is AWS's. `time` is when the decision was
    made, in seconds since 1970.
    """
    request, decision = explanation.request, explanation.decision
    matched = [
        (evaluation, each)
        for evaluation in explanation.evaluations
        if audience.may_read_layer(evaluation.layer)
        for each in evaluation.statements
        if each.stopped_by is None
    ]
    selected = select_statements(matched, audience.statements_max)
    conditions = [
        {"key": key, "values": _items(_value_tuple(value))}
        for key, value in sorted(request.context.items())
        if audience.may_read_key(key)
    ]
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.outcome is DecisionOutcome.EXPLICITLY_DENIED,
        "matchedStatements": {
            "items": [
                _matched_statement(evaluation.layer, each.rule) for evaluation, each in selected
            ]
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


def _matched_statement(layer: Layer, rule: Rule) -> Data:
    syntax = rule.statement.syntax
    found: Data = {
        "policyType": str(layer),
        "statementId": syntax.sid,
        "effect": syntax.effect.upper(),
        "principals": _principal_items(syntax.principals),
        "principalGroups": {"items": []},
        "actions": _items(syntax.actions or ()),
        "resources": _items(syntax.resources or ()),
        "conditions": {"items": [_condition_data(each) for each in syntax.conditions]},
    }
    for name, texts in (
        ("notActions", syntax.not_actions),
        ("notResources", syntax.not_resources),
    ):
        if texts is not None:
            found[name] = _items(texts)
    if syntax.not_principals is not None:
        found["notPrincipals"] = _principal_items(syntax.not_principals)
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
