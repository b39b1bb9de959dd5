"""The message of an access denied error, as AWS words it.

Source: IAM user guide, "Troubleshoot access denied error messages".
"""

from daypass.core.policy.decision.model import AuthorizationRequest, Decision, DecisionOutcome


def refusal_message(
    request: AuthorizationRequest, decision: Decision, *, is_ours: bool | None = None
) -> str:
    """Return the message of a refusal.

    It names the kind of policy that refused only if `is_ours`: caller and resource belong to the
    same account or organization. Other callers learn no reason. If `is_ours` is None, the accounts
    are compared.
    """
    if is_ours is None:
        is_ours = request.principal.account == request.resource_account
    message = (
        f"User: {request.principal.arn} is not authorized to perform: {request.action}"
        f" on resource: {request.resource}"
    )
    if not is_ours:
        return message
    return f"{message} {refusal_reason(request, decision)}"


def refusal_reason(request: AuthorizationRequest, decision: Decision) -> str:
    """Return the part of the message that names the kind of policy that refused.

    A policy that denies explicitly and has an ARN is named by it.
    """
    layer = decision.layer
    if decision.outcome is DecisionOutcome.EXPLICITLY_DENIED:
        article = "an" if layer[:1] in {"a", "e", "i", "o"} else "a"
        named = (
            f": {decision.rule.policy.arn}" if decision.rule and decision.rule.policy.arn else ""
        )
        return f"with an explicit deny in {article} {layer}{named}"
    return f"because no {layer} allows the {request.action} action"
