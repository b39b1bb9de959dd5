"""The session policies of a request: one inline document, and managed policies by ARN."""

from typing import Any

from daypass.core import quotas
from daypass.core.arn import Arn
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.partition import AWS
from daypass.core.faults import Invalid, Malformed
from daypass.core.policy.checks.validate import DocumentKind, validate_document
from daypass.services.kit.context import Context


def resolve_session_policies(
    ctx: Context, req: dict[str, Any], *, account: str
) -> tuple[str, ...] | None:
    """Return a request's session policies, resolved; None if it passes none.

    They are the inline document and `arn@version` for each managed policy, pinned to its present
    default version. Called only after the session was allowed, because it discloses which policies
    the account has. Raises `Malformed` for a policy that does not exist.
    """
    if "Policy" not in req and "PolicyArns" not in req:
        return None
    inline, arns = _inline_and_arns(req)
    if inline is None and not arns:
        return None
    texts = () if inline is None else (inline,)
    return (*texts, *(_pinned(ctx, arn, account) for arn in arns))


def check_session_policies(req: dict[str, Any], *, account: str) -> None:
    """Raise a fault for session policies that are wrong by themselves; no policy is looked up.

    Raises `Malformed` for a document that is not a policy, or an ARN of an account other than the
    session's or AWS's, and `Invalid` for more ARNs or text than STS accepts.
    """
    if "Policy" not in req and "PolicyArns" not in req:
        return
    inline, arns = _inline_and_arns(req)
    if len(arns) > quotas.SESSION_POLICY_ARNS_MAX:
        raise Invalid(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {quotas.SESSION_POLICY_ARNS_MAX}"
        )
    if sum(map(len, (inline or "", *arns))) > quotas.SESSION_POLICY_CHARACTERS_MAX:
        raise Invalid(
            "The plaintext of the session policies is longer than"
            f" {quotas.SESSION_POLICY_CHARACTERS_MAX} characters"
        )
    if inline is not None:
        validate_document(inline, DocumentKind.SESSION)
    for text in arns:
        if not _is_of_account_or_aws(text, account):
            raise _not_attachable(text)


def _inline_and_arns(req: dict[str, Any]) -> tuple[str | None, list[str]]:
    """Return a request's inline session policy, None without one, and its policy ARNs."""
    return req.get("Policy"), [
        entry["arn"] for entry in req.get("PolicyArns", ()) if "arn" in entry
    ]


def _is_of_account_or_aws(policy_arn: str, account: str) -> bool:
    """Return whether a policy's ARN is of an account, or of AWS."""
    return Arn.parse(policy_arn).account in {account, AWS}


def _pinned(ctx: Context, policy_arn: str, account: str) -> str:
    """Return a managed policy as `arn@version`; raises `Malformed` if it does not exist."""
    policy = (
        ctx.directory.by_arn(ManagedPolicy, policy_arn)
        if _is_of_account_or_aws(policy_arn, account)
        else None
    )
    if policy is None:
        raise _not_attachable(policy_arn)
    return f"{policy_arn}@{policy.default}"


def _not_attachable(policy_arn: str) -> Malformed:
    return Malformed(f"The policy {policy_arn} does not exist or is not attachable.")
