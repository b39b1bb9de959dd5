"""The results of a simulation: one entry of `EvaluationResults` per action and resource.

An entry has the decision, the statements that made it, and the keys that the policies ask for and
the request lacks.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from daypass.core.policy.decision.model import (
    Decision,
    DecisionOutcome,
    EffectivePolicies,
    Layer,
)
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.explain import Explanation
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
    explanation: Explanation,
    policies: EffectivePolicies,
    places: StatementPositions,
    referenced_keys: Iterable[str],
    *,
    is_specific: bool,
) -> Answer:
    """Return an entry of `EvaluationResults`; `is_specific` if the request names the resource.

    What the organization decides stands on the entry alone, not on its `ResourceSpecificResults`.
    The missing values are those of all simulated policies' keys (`referenced_keys`), whichever
    statements apply; accounts may not see which keys their organization's policies ask for.
    Source: IAM's model, "EvaluationResult" and "ResourceSpecificResult".
    """
    request, decision = explanation.request, explanation.decision
    missing = [key for key in referenced_keys if key.lower() not in request.context]
    matched = [
        _matched_statement(rule, layer, places) for rule, layer in _deciding_statements(explanation)
    ]
    result: Answer = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": DECISION_WORDS[decision.outcome],
        "MatchedStatements": matched,
        "MissingContextValues": missing,
    }
    bounded: Answer = {}
    if policies.boundary is not None:
        bounded["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": _allows(explanation, Layer.BOUNDARY)
        }
    if policies.scps is not None:
        result["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": Layer.SCP not in explanation.refused_by
        }
    if is_specific:
        details = _decision_details(explanation)
        result["EvalDecisionDetails"] = details
        specific = {
            "EvalResourceName": request.resource,
            "EvalResourceDecision": DECISION_WORDS[decision.outcome],
            "MatchedStatements": matched,
            "MissingContextValues": missing,
            **bounded,
        }
        if details:
            specific["EvalDecisionDetails"] = details
        result["ResourceSpecificResults"] = [specific]
    return {**result, **bounded}


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
