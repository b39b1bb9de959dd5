"""Checking an organization's resource policy: which actions it may delegate, and to whom.

Source: Organizations user guide, "Delegated administrator for AWS Organizations" and "Supported
actions".
"""

from collections.abc import Callable, Sequence

from daypass.core.arn import Arn, arn_parts
from daypass.core.faults import Malformed
from daypass.core.organizations.policies.policy_types import POLICY_TYPE_KEY, POLICY_TYPES
from daypass.core.organizations.refusals import InputReason, organizations_fault
from daypass.core.policy.checks.validate import unknown_operators
from daypass.core.policy.language.actions import ActionPatterns
from daypass.core.policy.language.model import PolicyDocument, Statement
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.principal_element import account_in_entry, is_readable_entry

DELEGABLE_WRITES = frozenset(
    {
        "AttachPolicy", "CreatePolicy", "DeletePolicy", "DetachPolicy", "DisablePolicyType",
        "EnablePolicyType", "TagResource", "UntagResource", "UpdatePolicy",
    }
)  # fmt: skip
"""The actions that change something and may be delegated to member accounts."""
DELEGABLE_READS = frozenset(
    {
        "DescribeAccount", "DescribeCreateAccountStatus", "DescribeEffectivePolicy",
        "DescribeHandshake", "DescribeOrganization", "DescribeOrganizationalUnit", "DescribePolicy",
        "DescribeResourcePolicy", "ListAWSServiceAccessForOrganization", "ListAccounts",
        "ListAccountsForParent", "ListAccountsWithInvalidEffectivePolicy", "ListChildren",
        "ListCreateAccountStatus", "ListDelegatedAdministrators", "ListDelegatedServicesForAccount",
        "ListEffectivePolicyValidationErrors", "ListHandshakesForAccount",
        "ListHandshakesForOrganization", "ListOrganizationalUnitsForParent", "ListParents",
        "ListPolicies", "ListPoliciesForTarget", "ListRoots", "ListTagsForResource",
        "ListTargetsForPolicy",
    }
)  # fmt: skip
_NOT_DELEGABLE = frozenset(
    {
        "AcceptHandshake", "CancelHandshake", "CloseAccount", "CreateAccount",
        "CreateGovCloudAccount", "CreateOrganization", "CreateOrganizationalUnit",
        "DeclineHandshake", "DeleteOrganization", "DeleteOrganizationalUnit",
        "DeleteResourcePolicy", "DeregisterDelegatedAdministrator", "DisableAWSServiceAccess",
        "EnableAWSServiceAccess", "EnableAllFeatures", "InviteAccountToOrganization",
        "InviteOrganizationToTransferResponsibility", "LeaveOrganization", "MoveAccount",
        "PutResourcePolicy", "RegisterDelegatedAdministrator", "RemoveAccountFromOrganization",
        "TerminateResponsibilityTransfer", "UpdateOrganizationalUnit",
        "UpdateResponsibilityTransfer",
    }
)  # fmt: skip


def parse_resource_policy(
    text: str, *, is_member: Callable[[str], bool], organization: str
) -> PolicyDocument:
    """Return a valid resource policy's parsed document.

    Raises a refusal that says what is not allowed in it.

    `is_member` returns True for the id of a member other than the management account;
    `organization` is the organization's id.
    """
    try:
        document = parse_document(text)
    except Malformed as fault:
        raise organizations_fault(
            InputReason.INVALID_RESOURCE_POLICY_JSON, f"The policy cannot be read: {fault.message}"
        ) from None
    if not document.statements:
        raise organizations_fault(
            InputReason.INVALID_RESOURCE_POLICY_JSON, "The policy has no statement."
        )
    for unknown in unknown_operators(document.statements):
        raise organizations_fault(
            InputReason.INVALID_RESOURCE_POLICY_JSON,
            f"The policy cannot be read: {unknown.message} ({unknown.path})",
        )
    for statement in document.statements:
        _check_shape(statement)
        _check_principals(statement, is_member)
        _check_actions(statement)
        _check_resources(statement, organization)
        _check_policy_types(statement)
    return document


def _check_shape(statement: Statement) -> None:
    if statement.effect not in {"Allow", "Deny"}:
        raise organizations_fault(
            InputReason.INVALID_RESOURCE_POLICY_JSON, "Effect is neither Allow nor Deny."
        )
    if statement.not_actions is not None or statement.not_resources is not None:
        raise organizations_fault(
            InputReason.INVALID_RESOURCE_POLICY_JSON,
            "The policy may not use NotAction or NotResource.",
        )
    if not statement.actions or not statement.resources:
        raise organizations_fault(
            InputReason.INVALID_RESOURCE_POLICY_JSON, "A statement needs actions and resources."
        )


def _check_principals(statement: Statement, is_member: Callable[[str], bool]) -> None:
    entries = statement.principals.entries if statement.principals is not None else ()
    if not entries or not all(
        kind == "AWS" and is_readable_entry(kind, value) and is_member(_principal_account(value))
        for kind, value in entries
    ):
        raise organizations_fault(
            InputReason.INVALID_PRINCIPAL, "The principals must be of member accounts."
        )


def _principal_account(value: str) -> str:
    """Return the account id of a principal; empty for a principal without an account."""
    account = account_in_entry(value)
    if account:
        return account
    arn = Arn.parse_or_none(value)
    return arn.account if arn is not None else ""


def _check_actions(statement: Statement) -> None:
    for text in statement.actions or ():
        pattern = ActionPatterns([text])

        def matches_any(actions: frozenset[str], pattern: ActionPatterns = pattern) -> bool:
            return any(pattern.matches(f"organizations:{action}".lower()) for action in actions)

        if matches_any(_NOT_DELEGABLE) or not matches_any(DELEGABLE_WRITES | DELEGABLE_READS):
            raise organizations_fault(
                InputReason.UNSUPPORTED_ACTION_IN_RESOURCE_POLICY, f"{text} cannot be delegated."
            )


def _check_resources(statement: Statement, organization: str) -> None:
    for text in statement.resources or ():
        if text == "*":
            continue
        parts = arn_parts(text)
        if parts is None or not _is_in_organization(organization, parts):
            raise organizations_fault(
                InputReason.UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY,
                f"{text} is not of the organization.",
            )


def _is_in_organization(organization: str, parts: Sequence[str]) -> bool:
    """Return True if an ARN's parts name a resource of the organization, or AWS's own policy."""
    kind, _, rest = parts[5].partition("/")
    is_owned_by_aws = kind == "policy" and parts[4] == "aws"
    is_of_organization = rest.startswith((f"{organization}/", "*"))
    return (is_of_organization or is_owned_by_aws) and parts[:3] == ["arn", "aws", "organizations"]


def _check_policy_types(statement: Statement) -> None:
    for condition in statement.conditions:
        if condition.key.lower() != POLICY_TYPE_KEY:
            continue
        for value in condition.values:
            if value not in POLICY_TYPES and not set(value) & set("*?$"):
                raise organizations_fault(
                    InputReason.UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY,
                    f"{value} is not a type of policy.",
                )
