"""Writing and attaching an organization's policies: what may be written, how much may hang where, what stays.

Source: Organizations user guide, "Managing organization policies" and "Quotas and service limits for AWS Organizations".
"""

from daypass.core.organizations import refusals
from daypass.core.organizations.policies import inheritance, tag_policies
from daypass.core.organizations.policies.policy_types import (
    FULL_ACCESS,
    POLICY_TYPES,
    RCP,
    SCP,
    TAG,
    PolicyType,
)
from daypass.core.organizations.refusals import (
    ConstraintReason,
    ErrorCode,
    InputReason,
    organizations_fault,
)
from daypass.core.policy.checks.validate import DocumentKind, validate_document

_KINDS = {SCP: DocumentKind.SCP, RCP: DocumentKind.RCP}


def check_policy_content(kind: str, content: str) -> None:
    """Raise a refusal for more text than a policy of that type may have, `Malformed` for what it may not say."""
    longest = POLICY_TYPES[kind].length_max
    if len(content) > longest:
        raise organizations_fault(
            ConstraintReason.POLICY_CONTENT_LIMIT_EXCEEDED,
            f"The content of a policy of type {kind} has at most {longest} characters.",
        )
    if kind in _KINDS:
        validate_document(content, _KINDS[kind])
    elif kind == TAG:
        tag_policies.check_tag_policy(inheritance.parse_management_policy(content))
    else:
        inheritance.parse_management_policy(content)


def attach_policy(
    node: tuple[str, ...], policy: str, siblings: int, kind: PolicyType
) -> tuple[str, ...]:
    """Return what hangs in a place with a policy more; `siblings` are those of its type that hang there already."""
    if policy in node:
        raise organizations_fault(
            ErrorCode.DUPLICATE_ATTACHMENT,
            "The selected policy is already attached to the specified target.",
        )
    if siblings >= kind.attached_max:
        raise organizations_fault(
            ConstraintReason.MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED, refusals.ATTACHMENTS_FULL
        )
    return (*node, policy)


def detach_policy(
    node: tuple[str, ...], policy: str, siblings: int, kind: PolicyType
) -> tuple[str, ...]:
    """Return what hangs in a place without a policy."""
    if policy not in node:
        raise organizations_fault(
            ErrorCode.NOT_ATTACHED, "The policy isn't attached to the specified target."
        )
    if policy == FULL_ACCESS[RCP]:
        raise organizations_fault(
            InputReason.NON_DETACHABLE_POLICY, "You can't detach the policy RCPFullAWSAccess."
        )
    if siblings <= kind.attached_min:
        raise organizations_fault(
            ConstraintReason.MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED, refusals.LAST_POLICY
        )
    return tuple(each for each in node if each != policy)
