"""Session policies as a call names them: one document, and managed policies by ARN."""

from typing import Any

from daypass.core import quotas
from daypass.core.arn import Arn
from daypass.core.domain.record import AWS
from daypass.core.faults import Invalid, Malformed
from daypass.core.policy.validate import DocumentKind, validate
from daypass.services.kit.context import Context


def named_by(ctx: Context, req: dict[str, Any], *, account: str) -> tuple[str, ...] | None:
    """Return the inline document and `arn@version` of each managed policy, or nothing where none is passed.

    A managed policy is frozen at the version that is in force now. Raises `Malformed` for a document that cannot be
    understood or a policy that is not the account's, and `Invalid` for more ARNs or text than STS takes.
    """
    inline: str | None = req.get("Policy")
    arns: list[str] = [entry["arn"] for entry in req.get("PolicyArns", ()) if "arn" in entry]
    if inline is None and not arns:
        return None
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
    texts = []
    if inline is not None:
        validate(inline, DocumentKind.SESSION)
        texts.append(inline)
    return (*texts, *(_frozen(ctx, arn, account) for arn in arns))


def _frozen(ctx: Context, text: str, account: str) -> str:
    owner = Arn.parse(text).account
    policy = ctx.directory.policy(text) if owner in {account, AWS} else None
    if policy is None:
        raise Malformed(f"The policy {text} does not exist or is not attachable.")
    return f"{text}@{policy.default}"
