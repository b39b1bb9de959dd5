"""Checks before an organization's policy is written, attached to a node, or detached from it.

Source: Organizations user guide, "Managing organization policies" and "Quotas and service limits
for AWS Organizations".
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
    """Raise unless a document is valid for a policy type, such as `SERVICE_CONTROL_POLICY`.

    Raises a refusal for a document that is too long, `Malformed` for one that is not valid.
    """
    length_max = POLICY_TYPES[kind].length_max
    if len(content) > length_max:
        raise organizations_fault(
            ConstraintReason.POLICY_CONTENT_LIMIT_EXCEEDED,
            f"The content of a policy of type {kind} has at most {length_max} characters.",
        )
    if kind in _KINDS:
        validate_document(content, _KINDS[kind])
    elif kind == TAG:
        tag_policies.check_tag_policy(inheritance.parse_management_policy(content))
    else:
        inheritance.parse_management_policy(content)


def attach_policy(
    attached: tuple[str, ...], policy: str, same_type_count: int, policy_type: PolicyType
) -> tuple[str, ...]:
    """Return a node's attached policy ids with one added.

    `same_type_count` is the number of policies of its type that are attached to the node already.
    Raises a refusal for a policy that is attached already, and for one too many.
    """
    if policy in attached:
        raise organizations_fault(
            ErrorCode.DUPLICATE_ATTACHMENT,
            "The selected policy is already attached to the specified target.",
        )
    if same_type_count >= policy_type.attached_max:
        raise organizations_fault(
            ConstraintReason.MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED, refusals.ATTACHMENTS_FULL
        )
    return (*attached, policy)


def detach_policy(
    attached: tuple[str, ...], policy: str, same_type_count: int, policy_type: PolicyType
) -> tuple[str, ...]:
    """Return a node's attached policy ids without one.

    `same_type_count` is the number of policies of its type attached to the node, this one included.
    Raises a refusal for a policy that is not attached, for RCPFullAWSAccess, and for the last one
    of a type that needs one.
    """
    if policy not in attached:
        raise organizations_fault(
            ErrorCode.NOT_ATTACHED, "The policy isn't attached to the specified target."
        )
    if policy == FULL_ACCESS[RCP]:
        raise organizations_fault(
            InputReason.NON_DETACHABLE_POLICY, "You can't detach the policy RCPFullAWSAccess."
        )
    if same_type_count <= policy_type.attached_min:
        raise organizations_fault(
            ConstraintReason.MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED, refusals.LAST_POLICY
        )
    return tuple(each for each in attached if each != policy)
