"""The explanation of a decision: every statement of every policy, with what stopped it.

Slower than `decide.decide`, because no result ends the search. A property test shows that both
return the same decision.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from daypass.core.policy.decision.decide import (
    ALLOWED_BY_EXEMPTION,
    DENIED_AS_UNREADABLE,
    LAYERS_WITH_PRINCIPALS,
    decide_without_deny,
    is_exempt,
    is_exempt_from_scps,
    policy_sets_in_order,
    rcp_exemption_reason,
)
from daypass.core.policy.decision.model import (
    AuthorizationRequest,
    Decision,
    DecisionOutcome,
    EffectivePolicies,
    Layer,
    LayerVerdict,
)
from daypass.core.policy.decision.policy_sets import PolicySet, Rule
from daypass.core.policy.language.principal_element import Grant


class StatementElement(enum.StrEnum):
    """The element that stopped a statement, in the order of evaluation."""

    GRAMMAR = "Grammar"
    """The statement lacks an action or a resource, or its principal.

    Or it has a principal although its grammar has none.
    """
    ACTION = "Action"
    PRINCIPAL = "Principal"
    RESOURCE = "Resource"
    CONDITION = "Condition"


class StatementEvaluation(NamedTuple):
    """The evaluation of one statement: it applies if `stopped_by` is None.

    `grant` is how the statement names the caller, if it names one.
    """

    rule: Rule
    stopped_by: StatementElement | None
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class LayerEvaluation:
    """The evaluation of one policy set.

    `level` counts the levels of an organization from the root, which is 0.
    """

    layer: Layer
    level: int
    policies: PolicySet
    relevant: Mapping[int, StatementEvaluation]
    """The statements that cover the action, by the `id` of their rule."""
    verdict: LayerVerdict

    @property
    def statements(self) -> tuple[StatementEvaluation, ...]:
        """Return every statement in order, those that cover other actions included."""
        return tuple(
            self.relevant.get(id(rule)) or StatementEvaluation(rule, _stop_of_irrelevant(rule))
            for rule in self.policies.rules
        )


def _stop_of_irrelevant(rule: Rule) -> StatementElement:
    """Return what stopped a statement that does not cover the action."""
    return StatementElement.ACTION if rule.statement.can_apply else StatementElement.GRAMMAR


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and its reasons.

    `refused_by` are all kinds of policy that deny or would have had to allow; `skipped` are those
    that were given and do not count, each with the reason. `unmet_layers` are the kinds that would
    have to allow and do not, those included that a Deny hides. `policies` are None if they were
    not evaluated.
    """

    request: AuthorizationRequest
    decision: Decision
    evaluations: tuple[LayerEvaluation, ...] = ()
    refused_by: tuple[Layer, ...] = ()
    skipped: tuple[tuple[Layer, str], ...] = ()
    unmet_layers: tuple[Layer, ...] = ()
    policies: EffectivePolicies | None = None


def explain(request: AuthorizationRequest, policies: EffectivePolicies) -> Explanation:
    """Return the decision on a request, with the evaluation of every statement."""
    if is_exempt(request):
        return Explanation(request, ALLOWED_BY_EXEMPTION)
    evaluations: list[LayerEvaluation] = []
    levels: dict[Layer, int] = {}
    for layer, policy_set in policy_sets_in_order(request, policies):
        level = levels.get(layer, 0)
        levels[layer] = level + 1
        evaluations.append(_evaluate_layer(layer, level, policy_set, request, policies))
    verdicts = [(each.layer, each.verdict) for each in evaluations]
    without_deny = decide_without_deny(request, policies, verdicts)
    decision = _denial(evaluations) or without_deny
    return Explanation(
        request,
        decision,
        tuple(evaluations),
        _refusing_layers(decision, evaluations),
        tuple(_skipped_layers(request, policies, decision)),
        without_deny.missing_layers,
        policies,
    )


def _evaluate_layer(
    layer: Layer,
    level: int,
    policy_set: PolicySet,
    request: AuthorizationRequest,
    policies: EffectivePolicies,
) -> LayerEvaluation:
    has_boundary = policies.boundary is not None
    names_principals = layer in LAYERS_WITH_PRINCIPALS
    denies, allows = policy_set.rules_for(request.action.lower())
    relevant = {
        id(rule): _evaluate_statement(
            rule, request, names_principals=names_principals, has_boundary=has_boundary
        )
        for rule in (*denies, *allows)
    }
    return LayerEvaluation(layer, level, policy_set, relevant, layer_verdict(relevant.values()))


def _evaluate_statement(
    rule: Rule, request: AuthorizationRequest, *, names_principals: bool, has_boundary: bool
) -> StatementEvaluation:
    """Return the evaluation of a statement that covers the action."""
    statement = rule.statement
    grant: Grant | None = None
    if names_principals:
        grant = statement.grant_for(request.principal, has_boundary=has_boundary)
        if grant is None:
            return StatementEvaluation(rule, StatementElement.PRINCIPAL)
    if not statement.matches_resource(request.resource, request.context):
        return StatementEvaluation(rule, StatementElement.RESOURCE, grant)
    if not statement.conditions_hold(request.context):
        return StatementEvaluation(rule, StatementElement.CONDITION, grant)
    return StatementEvaluation(rule, None, grant)


def layer_verdict(statements: Iterable[StatementEvaluation]) -> LayerVerdict:
    """Return the verdict of a policy set: its first Deny and first Allow that apply."""
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
    return LayerVerdict(deny, allow, grants)


def _denial(evaluations: list[LayerEvaluation]) -> Decision | None:
    """Return the denial by the first Deny, or by a document that cannot be read; None without."""
    for each in evaluations:
        if each.policies.is_unreadable:
            return DENIED_AS_UNREADABLE
        if each.verdict.deny is not None:
            return Decision(DecisionOutcome.EXPLICITLY_DENIED, each.layer, each.verdict.deny)
    return None


def _refusing_layers(decision: Decision, evaluations: list[LayerEvaluation]) -> tuple[Layer, ...]:
    if decision.outcome is not DecisionOutcome.EXPLICITLY_DENIED:
        return decision.missing_layers
    denying = [each.layer for each in evaluations if each.verdict.deny is not None]
    return tuple(dict.fromkeys([decision.layer, *denying]))


def _skipped_layers(
    request: AuthorizationRequest, policies: EffectivePolicies, decision: Decision
) -> list[tuple[Layer, str]]:
    """Return the kinds of policy that were given and cannot limit the request, with the reason."""
    caller, found = request.principal, []
    if policies.scps is not None and is_exempt_from_scps(caller):
        why = (
            "the role belongs to a service"
            if caller.is_service_linked
            else "the caller is a principal of no account"
        )
        found.append((Layer.SCP, why))
    if policies.rcps is not None and (why := rcp_exemption_reason(request)):
        found.append((Layer.RCP, why))
    if caller.account != request.resource_account or not decision.allowed:
        return found
    if decision.grant is Grant.DIRECT:
        limits = ((Layer.BOUNDARY, policies.boundary), (Layer.SESSION, policies.session))
        skipped = (
            Layer.IDENTITY,
            *(layer for layer, policy_set in limits if policy_set is not None),
        )
        found += [(layer, "the resource's policy names the caller itself") for layer in skipped]
    elif decision.grant is Grant.ENTITY:
        found.append(
            (Layer.IDENTITY, "the resource's policy names the role or user behind the caller")
        )
    return found
