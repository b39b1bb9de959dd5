"""The edits of a permission set, each within its quota; none of them reaches an account.

Every edit that changes something counts as a version, by which it is known in which accounts the
set is provisioned as it is now. Sources: IAM Identity Center API reference, "CreatePermissionSet"
and the operations on its policies; IAM Identity Center user guide, "Quotas". The words of refusals
are AWS's as moto and users' reports quote them, otherwise ours.
"""

from typing import Any

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.iam.role import SERVICE_ROLE_PATHS
from daypass.core.domain.identity_center.permission_set import CustomerPolicy, PermissionSet
from daypass.core.faults import AlreadyExists, InvalidParameterValue, NotFound, TooMany
from daypass.core.policy.checks.validate import DocumentKind, quota_characters, validate_document

_LIMITS_PAGE = "https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"


def edited(permission_set: PermissionSet, **changes: Any) -> PermissionSet:
    """Return a permission set with fields changed, and with the next version.

    Changes that leave every field as it was make no version.
    """
    after = replace(permission_set, **changes)
    if after == permission_set:
        return permission_set
    return replace(after, version=permission_set.version + 1)


def with_managed_policy(permission_set: PermissionSet, arn: str) -> PermissionSet:
    """Return a permission set with an AWS managed policy attached.

    Raises `AlreadyExists` if it is attached, `TooMany` beyond the quota.
    """
    if arn in permission_set.managed:
        raise AlreadyExists(
            f"Permission set with id {permission_set.id} already has a typed link attachment to a"
            f" manged policy with {arn}"
        )
    _check_policy_quota(permission_set)
    return edited(permission_set, managed=(*permission_set.managed, arn))


def without_managed_policy(permission_set: PermissionSet, arn: str) -> PermissionSet:
    """Return a permission set without an AWS managed policy; raises `NotFound` without it."""
    if arn not in permission_set.managed:
        raise NotFound(f"Could not find ManagedPolicy with arn {arn}")
    rest = tuple(each for each in permission_set.managed if each != arn)
    return edited(permission_set, managed=rest)


def with_customer_policy(permission_set: PermissionSet, policy: CustomerPolicy) -> PermissionSet:
    """Return a permission set with a customer managed policy attached by name and path.

    Raises `AlreadyExists` if it is attached, `TooMany` beyond the quota.
    """
    if policy in permission_set.customer:
        raise AlreadyExists(
            f"Given customer managed policy with name: {policy.name}  and path {policy.path}"
            " already attached"
        )
    _check_policy_quota(permission_set)
    return edited(permission_set, customer=(*permission_set.customer, policy))


def without_customer_policy(permission_set: PermissionSet, policy: CustomerPolicy) -> PermissionSet:
    """Return a permission set without a customer managed policy; raises `NotFound` without it."""
    if policy not in permission_set.customer:
        raise NotFound(
            f"Given managed policy with name: {policy.name}  and path {policy.path} does not exist"
            " on PermissionSet"
        )
    rest = tuple(each for each in permission_set.customer if each != policy)
    return edited(permission_set, customer=rest)


def with_inline_policy(permission_set: PermissionSet, document: str) -> PermissionSet:
    """Return a permission set with another inline policy.

    Raises `Malformed` for a text that is not a policy, `TooMany` for one that no role could have.
    """
    validate_document(document, DocumentKind.IDENTITY)
    if quota_characters(document) > quotas.PERMISSION_SET_INLINE_CHARACTERS_MAX:
        raise TooMany(
            "The inline policy has more than"
            f" {quotas.PERMISSION_SET_INLINE_CHARACTERS_MAX} characters without white space"
        )
    return edited(permission_set, inline=document)


def check_attachable(path: str, arn: str) -> None:
    """Raise `InvalidParameterValue` for a policy that AWS keeps for service roles, by its path."""
    if path.startswith(SERVICE_ROLE_PATHS):
        raise InvalidParameterValue(f"The policy {arn} is only for roles of AWS services.")


def _check_policy_quota(permission_set: PermissionSet) -> None:
    attached = len(permission_set.managed) + len(permission_set.customer)
    if attached >= quotas.PERMISSION_SET_POLICIES_MAX:
        raise TooMany(
            "You have exceeded AWS SSO limits. Cannot create ManagedPolicy more than"
            f" {quotas.PERMISSION_SET_POLICIES_MAX} for id {permission_set.id}. Please refer to"
            f" {_LIMITS_PAGE}"
        )
