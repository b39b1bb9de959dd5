"""The results of a simulation: one entry of `EvaluationResults` per action and resource.

An entry has the decision, the statements that made it, and the keys that the policies ask for and
the request lacks.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from daypass.core.policy.decision.model import (
    Decision,
    DecisionOutcome,
    EffectivePolicies,
    Layer,
)
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.explain import Explanation
from daypass.core.policy.explanation.trace import missing_keys
from daypass.core.policy.language import positions

Answer = dict[str, Any]


DECISION_WORDS = {
    DecisionOutcome.ALLOWED: "allowed",
    DecisionOutcome.IMPLICITLY_DENIED: "implicitDeny",
    DecisionOutcome.EXPLICITLY_DENIED: "explicitDeny",
}


StatementPositions = dict[str, tuple[tuple[positions.TextPosition, positions.TextPosition], ...]]
"""Start and end of each statement, by the policy's text: found once per call."""


def evaluation_result(
    explanation: Explanation, policies: EffectivePolicies, places: StatementPositions
) -> Answer:
    """Return an entry of `EvaluationResults`."""
    request, decision = explanation.request, explanation.decision
    # Accounts may not see which keys their organization's policies ask for.
    visible = tuple(each for each in explanation.evaluations if each.layer is not Layer.SCP)
    missing = list(missing_keys(replace(explanation, evaluations=visible)))
    matched = [
        _matched_statement(rule, layer, places) for rule, layer in _deciding_statements(explanation)
    ]
    is_specific = request.resource != "*"
    result: Answer = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": DECISION_WORDS[decision.outcome],
        "MatchedStatements": matched,
        "MissingContextValues": [] if is_specific else missing,
    }
    details: Answer = {"EvalDecisionDetails": _decision_details(explanation)} if is_specific else {}
    if policies.scps is not None:
        details["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": Layer.SCP not in explanation.refused_by
        }
    if policies.boundary is not None:
        details["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": _allows(explanation, Layer.BOUNDARY)
        }
    if is_specific:
        specific = {
            "EvalResourceName": request.resource,
            "EvalResourceDecision": DECISION_WORDS[decision.outcome],
            "MatchedStatements": matched,
            "MissingContextValues": missing,
        }
        result["ResourceSpecificResults"] = [{**specific, **details}]
    return {**result, **details}


def _decision_details(explanation: Explanation) -> dict[str, str]:
    """Return the decision of each kind of policy; empty within one account."""
    request = explanation.request
    if request.principal.account == request.resource_account:
        return {}
    names = {
        Layer.IDENTITY: "IAM Policy",
        Layer.RESOURCE: "Resource Policy",
        Layer.TRUST: "Resource Policy",
        Layer.BOUNDARY: "Permissions Boundary Policy",
    }
    return {
        names[evaluation.layer]: DECISION_WORDS[
            DecisionOutcome.EXPLICITLY_DENIED
            if evaluation.verdict.deny
            else DecisionOutcome.ALLOWED
            if evaluation.verdict.allow
            else DecisionOutcome.IMPLICITLY_DENIED
        ]
        for evaluation in explanation.evaluations
        if evaluation.layer in names
    }


def _allows(explanation: Explanation, layer: Layer) -> bool:
    """Return whether the policies of a kind allow, and none of them denies."""
    return any(
        evaluation.layer is layer
        and evaluation.verdict.deny is None
        and evaluation.verdict.allow is not None
        for evaluation in explanation.evaluations
    )


def _deciding_statements(explanation: Explanation) -> Iterator[tuple[Rule, Layer]]:
    """Yield the statements that decided: every deny that applies, or else every allow."""
    decision: Decision = explanation.decision
    if decision.outcome is DecisionOutcome.IMPLICITLY_DENIED:
        return
    for evaluation in explanation.evaluations:
        if evaluation.layer is Layer.SCP or (
            decision.allowed and evaluation.layer is Layer.BOUNDARY
        ):
            # A boundary allows only what another policy grants; SCPs are the organization's secret.
            continue
        for each in evaluation.statements:
            if each.stopped_by is None and each.rule.statement.is_allow is decision.allowed:
                yield each.rule, evaluation.layer


def _matched_statement(rule: Rule, layer: Layer, places: StatementPositions) -> Answer:
    """Return an entry of `MatchedStatements`: a statement's policy and its position."""
    found: Answer = {
        "SourcePolicyId": rule.policy.name,
        "SourcePolicyType": "Resource Policy"
        if layer in {Layer.RESOURCE, Layer.TRUST}
        else "IAM Policy",
    }
    statements = places[rule.policy.document.text]
    place = statements[rule.statement.index]
    for name, at in zip(("StartPosition", "EndPosition"), place, strict=True):
        found[name] = {"Line": at.line, "Column": at.column}
    return found
