"""Probe requests that show how two sets of policies differ, and deciding them.

A probe is made of each statement: an action that its pattern matches, a resource likewise, and the
statement's condition assumed to hold while every other condition does not. So no request context
has to be invented for a condition, and the engine that decides real requests decides probes too.
What lies between two overlapping patterns is not probed.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from daypass.blueprint.policy_texts import map_strings, parse_statements
from daypass.core.faults import Malformed
from daypass.core.policy.decision import decide
from daypass.core.policy.decision.compile import PolicyGrammar, compile_stored_text
from daypass.core.policy.decision.levels import OrganizationLevels as Ceilings
from daypass.core.policy.decision.model import AuthorizationRequest, EffectivePolicies
from daypass.core.policy.decision.policy_sets import NamedPolicy, PolicySet
from daypass.core.policy.language.conditions import always, compile_condition, never
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.principal import Principal, PrincipalKind

ANY_NAME = "zzprobe"
"""A name that no statement has, in place of a wildcard."""
PROBES_MAX = 4_000
"""How many probes are decided for one account; an account has at most a few dozen statements above
it."""
_ACCOUNT = "000000000000"
_CALLER = Principal(
    kind=PrincipalKind.ROLE_SESSION,
    arn=f"arn:aws:sts::{_ACCOUNT}:assumed-role/{ANY_NAME}/{ANY_NAME}",
    account=_ACCOUNT,
    role_arn=f"arn:aws:iam::{_ACCOUNT}:role/{ANY_NAME}",
)
_ALLOW_ALL_TEXT = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)
_ALLOW_ALL = PolicySet((NamedPolicy(compile_stored_text(_ALLOW_ALL_TEXT)),))


class NamedDocument(NamedTuple):
    """The name of a policy, and its document as text."""

    name: str
    text: str


class ProbeRequest(NamedTuple):
    """A condition assumed to hold (JSON or empty), a resource pattern, an action pattern."""

    condition: str
    resource: str
    action: str


@dataclass(frozen=True, slots=True)
class ProbeDecision:
    """Whether a probe is allowed, and the policy or target that decided, as text."""

    is_allowed: bool
    because: str = ""


PolicyLevels = Sequence[tuple[str, Sequence[NamedDocument]]]
"""Documents by target, from the root down: each target must allow, and none may deny."""


def probe_requests(documents: Iterable[str]) -> list[ProbeRequest]:
    """Return the probes of all statements in documents, general ones first."""
    found: dict[ProbeRequest, None] = {}
    for text in documents:
        for statement in _applicable_statements(text):
            for probe in _statement_probes(statement):
                found[probe] = None
    general = sorted(found, key=lambda each: (bool(each.condition), each.resource != "*", each))
    return general[:PROBES_MAX]


def _statement_probes(statement: dict[str, Any]) -> Iterator[ProbeRequest]:
    conditions = [""]
    if statement.get("Condition"):
        conditions.append(_condition_json(statement))
    # The exceptions of NotAction and NotResource are probed beside `*`, which stands for the rest.
    actions = _strings(statement.get("Action")) or ["*", *_strings(statement.get("NotAction"))]
    resources = _strings(statement.get("Resource")) or [
        "*",
        *_strings(statement.get("NotResource")),
    ]
    for condition in conditions:
        for resource in resources:
            for action in actions:
                yield ProbeRequest(condition, resource, action)


def _applicable_statements(text: str) -> list[dict[str, Any]]:
    """Return the statements that can apply, without conditions that always hold.

    A condition with an unreadable value always holds in a Deny and never in an Allow.
    """
    listed = parse_statements(text)
    try:
        document = parse_document(text)
    except Malformed:
        return listed
    found = []
    for given, statement in zip(listed, document.statements, strict=True):
        is_allow, blocks = statement.effect == "Allow", dict[str, dict[str, Any]]()
        tests = [
            compile_condition(each, variables=document.has_variables, is_allow=is_allow)
            for each in statement.conditions
        ]
        if never in tests:
            continue
        for each, test in zip(statement.conditions, tests, strict=True):
            if test is not always:
                values = given["Condition"][each.operator][each.key]
                blocks.setdefault(each.operator, {})[each.key] = values
        found.append({**given, "Condition": blocks} if blocks else _without_condition(given))
    return found


def _without_condition(statement: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != "Condition"}


def _strings(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, str)]


def _condition_json(statement: dict[str, Any]) -> str:
    return json.dumps(statement["Condition"], sort_keys=True)


def decide_control_policies(
    levels: PolicyLevels | None, probe: ProbeRequest, *, is_rcp: bool = False
) -> ProbeDecision:
    """Decide a probe by SCPs alone, or by RCPs alone if `is_rcp`.

    `levels` None means that the policy type is disabled, so the probe is allowed.
    """
    if levels is None:
        return ProbeDecision(is_allowed=True)
    form = PolicyGrammar.RCP if is_rcp else PolicyGrammar.IDENTITY
    sets = tuple(_policy_set(tuple(documents), probe.condition, form) for _, documents in levels)
    request = _authorization_request(probe)
    if is_rcp:
        decision = decide.decide(
            request, EffectivePolicies(identity=_ALLOW_ALL, rcps=Ceilings(sets))
        )
    else:
        decision = decide.decide(
            request, EffectivePolicies(identity=_ALLOW_ALL, scps=Ceilings(sets))
        )
    if decision.allowed:
        return ProbeDecision(is_allowed=True)
    place = next(
        (
            place
            for (place, _), level in zip(levels, sets, strict=True)
            if not _level_allows(request, level, is_rcp=is_rcp)
        ),
        "",
    )
    if decision.rule is None:
        return ProbeDecision(is_allowed=False, because=f"no policy on {place} allows it")
    return ProbeDecision(is_allowed=False, because=f"policy {decision.rule.policy.name} on {place}")


def _level_allows(request: AuthorizationRequest, level: PolicySet, *, is_rcp: bool) -> bool:
    policies = (
        EffectivePolicies(identity=_ALLOW_ALL, rcps=Ceilings((level,)))
        if is_rcp
        else EffectivePolicies(identity=_ALLOW_ALL, scps=Ceilings((level,)))
    )
    return decide.decide(request, policies).allowed


def decide_identity(
    documents: Sequence[NamedDocument],
    boundary: Sequence[NamedDocument] | None,
    probe: ProbeRequest,
) -> ProbeDecision:
    """Decide a probe for a principal in its own account, by its policies and boundary.

    `boundary` None means that there is none.
    """
    decision = decide.decide(
        _authorization_request(probe),
        EffectivePolicies(
            identity=_policy_set(tuple(documents), probe.condition, PolicyGrammar.IDENTITY),
            boundary=None
            if boundary is None
            else _policy_set(tuple(boundary), probe.condition, PolicyGrammar.IDENTITY),
        ),
    )
    name = f"policy {decision.rule.policy.name}" if decision.rule else ""
    return ProbeDecision(decision.allowed, name)


def _authorization_request(probe: ProbeRequest) -> AuthorizationRequest:
    action = probe.action.replace("*", ANY_NAME).replace("?", "z")
    resource = probe.resource
    if resource == "*" or not resource.startswith("arn:"):
        resource = f"arn:aws:{ANY_NAME}:::{ANY_NAME}"
    return AuthorizationRequest(
        principal=_CALLER,
        action=action if ":" in action else f"{ANY_NAME}:{action}",
        resource=_without_variables(resource).replace("*", ANY_NAME).replace("?", "z"),
        resource_account=_ACCOUNT,
        context={},
    )


@lru_cache(maxsize=4_096)
def _policy_set(
    documents: tuple[NamedDocument, ...], condition: str, form: PolicyGrammar
) -> PolicySet:
    return PolicySet(
        NamedPolicy(
            compile_stored_text(_document_under_condition(each.text, condition), form), each.name
        )
        for each in documents
    )


def _document_under_condition(text: str, condition: str) -> str:
    """Return a document's statements as if one condition holds and no other does.

    Principals become `*` and policy variables wildcards.
    """
    kept = []
    for statement in _applicable_statements(text):
        if statement.get("Condition") and _condition_json(statement) != condition:
            continue
        plain = _without_condition(statement)
        if "Principal" in plain or "NotPrincipal" in plain:
            plain.pop("NotPrincipal", None)
            plain["Principal"] = "*"
        kept.append(map_strings(plain, _without_variables))
    # The engine reads no document without statements, so a Deny that never applies is put in.
    nothing = {"Effect": "Deny", "Action": f"{ANY_NAME}:nothing", "Resource": "*"}
    if not kept:
        names_somebody = any(
            {"Principal", "NotPrincipal"} & set(each) for each in parse_statements(text)
        )
        kept.append(nothing | ({"Principal": "*"} if names_somebody else {}))
    return json.dumps({"Version": "2012-10-17", "Statement": kept})


def _without_variables(text: str) -> str:
    """Return a text with each policy variable replaced by `*`."""
    start = text.find("${")
    while start >= 0:
        end = text.find("}", start)
        if end < 0:
            break
        text = f"{text[:start]}*{text[end + 1 :]}"
        start = text.find("${", start)
    return text
