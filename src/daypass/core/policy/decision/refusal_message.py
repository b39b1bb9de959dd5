"""The one line by which AWS refuses.

Source: IAM user guide, "Troubleshoot access denied error messages".
"""

from daypass.core.policy.decision.decide import AuthorizationRequest, Decision, DecisionOutcome


def refusal_message(
    request: AuthorizationRequest, decision: Decision, *, is_ours: bool | None = None
) -> str:
    """Return the line, with the kind of policy that refused, where caller and resource are of one account or organization.

    Others are told no reason. Without `is_ours` the accounts alone say whether it is one.
    """
    if is_ours is None:
        is_ours = request.principal.account == request.resource_account
    words = (
        f"User: {request.principal.arn} is not authorized to perform: {request.action}"
        f" on resource: {request.resource}"
    )
    if not is_ours:
        return words
    return f"{words} {refusal_reason(request, decision)}"


def refusal_reason(request: AuthorizationRequest, decision: Decision) -> str:
    """Return why, in AWS's words; a document that denies and has an ARN is named by it."""
    layer = decision.layer
    if decision.outcome is DecisionOutcome.EXPLICITLY_DENIED:
        article = "an" if layer[:1] in {"a", "e", "i", "o"} else "a"
        named = (
            f": {decision.rule.policy.arn}" if decision.rule and decision.rule.policy.arn else ""
        )
        return f"with an explicit deny in {article} {layer}{named}"
    return f"because no {layer} allows the {request.action} action"
