"""What an encoded authorization message holds, in the shape in which AWS decodes one, with our reasons beside it.

Source: STS API reference, "DecodeAuthorizationMessage": whether the request was denied by an explicit deny, who asked, for what,
on what, with which condition keys, and the statements that matched.
"""

from collections.abc import Iterable
from typing import Any

from daypass.core.policy.combine import Layer, Outcome
from daypass.core.policy.explain import Explanation
from daypass.core.policy.model import Condition, Principals
from daypass.core.policy.sets import Rule
from daypass.core.policy.trace import because

Data = dict[str, Any]


ORGANIZATION = "organization"
"""The element that names whose policies stood above, and that only who opens the message sees."""


def decoded(explanation: Explanation, *, principal_id: str, organization: str, time: int) -> Data:
    """Return a message; `because` and each `policyType` are ours, the rest is AWS's.

    `organization` is the id of the caller's, empty outside of any; `time` is when it was decided, in seconds since 1970.
    """
    request, decision = explanation.request, explanation.decision
    matched = [
        (looked.layer, each.rule)
        for looked in explanation.looked
        for each in looked.statements
        if each.stopped_by is None
    ]
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.outcome is Outcome.EXPLICITLY_DENIED,
        "matchedStatements": {"items": [_statement(layer, rule) for layer, rule in matched]},
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal_id, "arn": request.principal.arn},
            "action": request.action,
            "resource": request.resource,
            "conditions": {
                "items": [
                    {"key": key, "values": _items(_several(value))}
                    for key, value in sorted(request.context.items())
                ]
            },
        },
        "time": time,
        ORGANIZATION: organization,
        "because": because(explanation),
    }


def redacted(message: Data) -> Data:
    """Return a message for a member account: what its organization's policies say in detail is the management account's.

    That a policy of it stood in the way, on which level and by which ARN, stays: AWS's own line says as much. Policies that did
    not apply are not told of at all.
    """
    if "because" not in message:
        return message
    reasons = dict(message["because"])
    hidden = [each for each in reasons["statements"] if each["layer"] in ABOVE]
    if not hidden and reasons["layer"] not in ABOVE:
        return message
    if reasons["layer"] in ABOVE:
        reasons = {name: value for name, value in reasons.items() if name not in _DETAILS}
    reasons["statements"] = [
        {name: each[name] for name in _SHOWN if name in each} if each["layer"] in ABOVE else each
        for each in reasons["statements"]
        if each["applies"] or each["layer"] not in ABOVE
    ]
    # Which keys were missed may be what a policy above asked for.
    reasons["missing_keys"] = []
    items = [
        each for each in message["matchedStatements"]["items"] if each["policyType"] not in ABOVE
    ]
    return {**message, "because": reasons, "matchedStatements": {"items": items}}


ABOVE = frozenset({str(Layer.SCP), str(Layer.RCP)})
_DETAILS = frozenset({"statement", "sid", "lines"})
_SHOWN = ("layer", "level", "policy", "arn", "effect", "applies")


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
