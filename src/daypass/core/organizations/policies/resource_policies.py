"""Checking an organization's resource policy: which actions it may delegate, and to whom.

Source: Organizations user guide, "Delegated administrator for AWS Organizations" and "Supported
actions".
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from daypass.core.arn import Arn, arn_parts
from daypass.core.faults import Malformed
from daypass.core.organizations.policies.policy_types import POLICY_TYPE_KEY, POLICY_TYPES
from daypass.core.organizations.refusals import InputReason, organizations_fault
from daypass.core.policy.checks.syntax import syntax_violations
from daypass.core.policy.checks.validate import unknown_operators
from daypass.core.policy.language.actions import ActionPatterns
from daypass.core.policy.language.model import PolicyDocument, Statement
from daypass.core.policy.language.parse import InvalidJson, parse_document_value, read_json
from daypass.core.policy.language.principal_element import account_in_entry
from daypass.core.policy.language.stored_principals import is_storable_entry

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


Violation = tuple[InputReason, Malformed]
"""What is wrong in a resource policy: AWS's reason, and a message with its place."""


def parse_resource_policy(
    text: str, *, is_member: Callable[[str], bool], organization: str
) -> PolicyDocument:
    """Return a valid resource policy's parsed document.

    Raises a refusal that says what is not allowed in it.

    `is_member` returns True for the id of a member other than the management account;
    `organization` is the organization's id.
    """
    document, violations = find_resource_policy_violations(
        text, is_member=is_member, organization=organization
    )
    for reason, fault in violations:
        raise organizations_fault(reason, fault.message)
    assert document is not None  # noqa: S101 - what cannot be read is a violation
    return document


def find_resource_policy_violations(
    text: str, *, is_member: Callable[[str], bool], organization: str
) -> tuple[PolicyDocument | None, Iterator[Violation]]:
    """Return a resource policy's document, and everything that is not allowed in it.

    The document is None if it cannot be read. `organization` is empty if it is not known: then the
    first organization that a resource names is taken for it.
    """
    try:
        value = read_json(text)
    except InvalidJson as fault:
        return None, iter([_unreadable(fault)])
    try:
        document = parse_document_value(value)
    except Malformed:
        return None, map(_unreadable, syntax_violations(value))
    if not document.statements:
        empty = Malformed(
            "The policy has no statement.", path="Statement", hint="add at least one statement"
        )
        return document, iter([(InputReason.INVALID_RESOURCE_POLICY_JSON, empty)])
    unreadable = map(_unreadable, unknown_operators(document.statements))
    return document, itertools.chain(unreadable, _violations(document, is_member, organization))


def _violations(
    document: PolicyDocument, is_member: Callable[[str], bool], organization: str
) -> Iterator[Violation]:
    organization = organization or _first_organization(document)
    for at, statement in enumerate(document.statements):
        path = f"Statement[{at}]"
        yield from _check_shape(statement, path)
        yield from _check_principals(statement, path, is_member)
        yield from _check_actions(statement, path)
        yield from _check_resources(statement, path, organization)
        yield from _check_policy_types(statement, path)


def _unreadable(fault: Malformed) -> Violation:
    where = f" ({fault.path})" if fault.path else ""
    message = f"The policy cannot be read: {fault.message}{where}"
    return InputReason.INVALID_RESOURCE_POLICY_JSON, Malformed(
        message, path=fault.path, hint=fault.hint, is_about_name=fault.is_about_name
    )


def _check_shape(statement: Statement, path: str) -> Iterator[Violation]:
    reason = InputReason.INVALID_RESOURCE_POLICY_JSON
    if statement.effect not in {"Allow", "Deny"}:
        message = "Effect is neither Allow nor Deny."
        hint = f'the case counts: write "{statement.effect.capitalize()}"'
        yield reason, Malformed(message, path=f"{path}.Effect", hint=hint)
    for name, element in (
        ("NotAction", statement.not_actions),
        ("NotResource", statement.not_resources),
    ):
        if element is not None:
            message = "The policy may not use NotAction or NotResource."
            hint = f"write {name.removeprefix('Not')} instead of {name}"
            yield reason, Malformed(message, path=f"{path}.{name}", hint=hint, is_about_name=True)
    for name, element in (("Action", statement.actions), ("Resource", statement.resources)):
        if not element:
            message = "A statement needs actions and resources."
            yield reason, Malformed(message, path=f"{path}.{name}", hint=f"add {name}")


def _check_principals(
    statement: Statement, path: str, is_member: Callable[[str], bool]
) -> Iterator[Violation]:
    message = "The principals must be of member accounts."
    hint = 'name a member account, as in {"AWS": "111122223333"}, or a user or role of one'
    entries = statement.principals.entries if statement.principals is not None else ()
    if not entries:
        path = f"{path}.NotPrincipal" if statement.not_principals else f"{path}.Principal"
        yield InputReason.INVALID_PRINCIPAL, Malformed(message, path=path, hint=hint)
    for kind, value in entries:
        is_storable = kind == "AWS" and is_storable_entry(kind, value)
        if not (is_storable and is_member(_principal_account(value))):
            fault = Malformed(message, path=f"{path}.Principal.{kind}", hint=hint)
            yield InputReason.INVALID_PRINCIPAL, fault


def _principal_account(value: str) -> str:
    """Return the account id of a principal; empty for a principal without an account."""
    account = account_in_entry(value)
    if account:
        return account
    arn = Arn.parse_or_none(value)
    return arn.account if arn is not None else ""


def _check_actions(statement: Statement, path: str) -> Iterator[Violation]:
    for at, text in enumerate(statement.actions or ()):
        pattern = ActionPatterns([text])

        def matches_any(actions: frozenset[str], pattern: ActionPatterns = pattern) -> bool:
            return any(pattern.matches(f"organizations:{action}".lower()) for action in actions)

        if matches_any(_NOT_DELEGABLE) or not matches_any(DELEGABLE_WRITES | DELEGABLE_READS):
            fault = Malformed(
                f"{text} cannot be delegated.",
                path=f"{path}.Action[{at}]",
                hint="name actions on policies, or ones that only read, one by one",
            )
            yield InputReason.UNSUPPORTED_ACTION_IN_RESOURCE_POLICY, fault


def _check_resources(statement: Statement, path: str, organization: str) -> Iterator[Violation]:
    for at, text in enumerate(statement.resources or ()):
        if text == "*":
            continue
        parts = arn_parts(text)
        if parts is None or not _is_in_organization(organization, parts):
            fault = Malformed(
                f"{text} is not of the organization.",
                path=f"{path}.Resource[{at}]",
                hint='write "*", or an ARN as in'
                ' "arn:aws:organizations::111122223333:policy/o-example/*"',
            )
            yield InputReason.UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY, fault


def _first_organization(document: PolicyDocument) -> str:
    """Return the id of the first organization that a resource names; of none if none does."""
    for statement in document.statements:
        for text in statement.resources or ():
            parts = arn_parts(text)
            found = (
                re.match("o-[a-z0-9]{10,32}(?=/)", parts[5].partition("/")[2]) if parts else None
            )
            if found:
                return found[0]
    return "o-"


def _is_in_organization(organization: str, parts: Sequence[str]) -> bool:
    """Return True if an ARN's parts name a resource of the organization, or AWS's own policy."""
    kind, _, rest = parts[5].partition("/")
    is_owned_by_aws = kind == "policy" and parts[4] == "aws"
    is_of_organization = rest.startswith((f"{organization}/", "*"))
    return (is_of_organization or is_owned_by_aws) and parts[:3] == ["arn", "aws", "organizations"]


def _check_policy_types(statement: Statement, path: str) -> Iterator[Violation]:
    for condition in statement.conditions:
        if condition.key.lower() != POLICY_TYPE_KEY:
            continue
        for value in condition.values:
            if value not in POLICY_TYPES and not set(value) & set("*?$"):
                fault = Malformed(
                    f"{value} is not a type of policy.",
                    path=f"{path}.Condition.{condition.operator}.{condition.key}",
                    hint=f"write one of {', '.join(POLICY_TYPES)}",
                )
                yield InputReason.UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY, fault
