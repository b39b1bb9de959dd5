"""The decision once more, with everything that was looked at: slower than `combine.decide`, and always of its opinion.

Nothing ends the search here: each statement of each policy is considered, and what stopped it is kept. A property test holds
both equal.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from daypass.core.policy.decision.decide import (
    EXEMPTED,
    NAMING,
    UNREADABLE,
    Decision,
    Layer,
    Outcome,
    Policies,
    Request,
    Verdict,
    Verdicts,
    granted,
    is_exempt,
    ladder,
    without_rcps,
    without_scps,
)
from daypass.core.policy.decision.policy_sets import PolicySet, Rule
from daypass.core.policy.language.principal_element import Grant


class Element(enum.StrEnum):
    """What stopped a statement, in the order in which they are looked at."""

    GRAMMAR = "Grammar"
    """It has no action or resource, or a principal where none may be, or none where one must."""
    ACTION = "Action"
    PRINCIPAL = "Principal"
    RESOURCE = "Resource"
    CONDITION = "Condition"


class Considered(NamedTuple):
    """One statement: it applies, or an element stopped it; `grant` is how it names the caller, if it names any."""

    rule: Rule
    stopped_by: Element | None
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """One set of policies and what it says; `level` counts an organization's levels from the root."""

    layer: Layer
    level: int
    policies: PolicySet
    near: Mapping[int, Considered]
    """The statements that speak of the action, by the identity of their rule."""
    verdict: Verdict

    @property
    def statements(self) -> tuple[Considered, ...]:
        """Return every statement in order, those that are about other actions too."""
        return tuple(
            self.near.get(id(rule)) or Considered(rule, _far(rule)) for rule in self.policies.rules
        )


def _far(rule: Rule) -> Element:
    return Element.ACTION if rule.statement.can_apply else Element.GRAMMAR


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and its reasons.

    `refused_by` are all the kinds of policy that deny or would have had to allow; `skipped` are those that were given and
    do not count, with the reason.
    """

    request: Request
    decision: Decision
    looked: tuple[Looked, ...] = ()
    refused_by: tuple[Layer, ...] = ()
    skipped: tuple[tuple[Layer, str], ...] = ()


def explain(request: Request, policies: Policies) -> Explanation:
    """Decide, and say why."""
    if is_exempt(request):
        return Explanation(request, EXEMPTED)
    looked: list[Looked] = []
    levels: dict[Layer, int] = {}
    for layer, policy_set in ladder(request, policies):
        level = levels.get(layer, 0)
        levels[layer] = level + 1
        looked.append(_look(layer, level, policy_set, request, policies))
    decision = _judged(request, policies, looked)
    return Explanation(
        request,
        decision,
        tuple(looked),
        _refused_by(decision, looked),
        tuple(_skipped(request, policies, decision)),
    )


def _look(
    layer: Layer, level: int, policy_set: PolicySet, request: Request, policies: Policies
) -> Looked:
    has_boundary = policies.boundary is not None
    is_naming = layer in NAMING
    denies, allows = policy_set.about(request.action.lower())
    near = {
        id(rule): _considered(rule, request, is_naming=is_naming, has_boundary=has_boundary)
        for rule in (*denies, *allows)
    }
    return Looked(layer, level, policy_set, near, _verdict(near.values()))


def _considered(rule: Rule, request: Request, *, is_naming: bool, has_boundary: bool) -> Considered:
    """Look at everything but the action, which the set's index has looked at."""
    statement = rule.statement
    how: Grant | None = None
    if is_naming:
        how = statement.names(request.principal, has_boundary=has_boundary)
        if how is None:
            return Considered(rule, Element.PRINCIPAL)
    if not statement.covers(request.resource, request.context):
        return Considered(rule, Element.RESOURCE, how)
    if not statement.holds(request.context):
        return Considered(rule, Element.CONDITION, how)
    return Considered(rule, None, how)


def _verdict(statements: Iterable[Considered]) -> Verdict:
    deny: Rule | None = None
    allow: Rule | None = None
    grants: dict[Grant, Rule] = {}
    for each in statements:
        if each.stopped_by is not None:
            continue
        if not each.rule.statement.is_allow:
            deny = deny or each.rule
            continue
        allow = allow or each.rule
        if each.grant is not None:
            grants.setdefault(each.grant, each.rule)
    return Verdict(deny, allow, grants)


def _judged(request: Request, policies: Policies, looked: list[Looked]) -> Decision:
    verdicts: Verdicts = []
    for each in looked:
        if each.policies.is_broken:
            return UNREADABLE
        if each.verdict.deny is not None:
            return Decision(Outcome.EXPLICITLY_DENIED, each.layer, each.verdict.deny)
        verdicts.append((each.layer, each.verdict))
    return granted(request, policies, verdicts)


def _refused_by(decision: Decision, looked: list[Looked]) -> tuple[Layer, ...]:
    if decision.outcome is not Outcome.EXPLICITLY_DENIED:
        return decision.lacking
    denying = [each.layer for each in looked if each.verdict.deny is not None]
    return tuple(dict.fromkeys([decision.layer, *denying]))


def _skipped(request: Request, policies: Policies, decision: Decision) -> list[tuple[Layer, str]]:
    """Return the kinds of policy that were given and could not limit this request, with the reason."""
    caller, found = request.principal, []
    if policies.scps is not None and without_scps(caller):
        why = (
            "the role belongs to a service"
            if caller.is_service_linked
            else "the caller is a principal of no account"
        )
        found.append((Layer.SCP, why))
    if policies.rcps is not None and (why := without_rcps(request)):
        found.append((Layer.RCP, why))
    if caller.account != request.resource_account or not decision.allowed:
        return found
    if decision.grant is Grant.DIRECT:
        given = ((Layer.BOUNDARY, policies.boundary), (Layer.SESSION, policies.session))
        unasked = (Layer.IDENTITY, *(layer for layer, there in given if there is not None))
        found += [(layer, "the resource's policy names the caller itself") for layer in unasked]
    elif decision.grant is Grant.ENTITY:
        found.append((Layer.IDENTITY, "the resource's policy names whom the caller acts as"))
    return found
