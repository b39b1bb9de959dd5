"""Which role a permission set makes in an account, and which IAM steps lie between two states.

Pure: what an account has is passed in, and who may take the steps is asked by the callers
(`services.ssoadmin.provisioning`). A refusal becomes the `FailureReason` of a request.

Sources: IAM Identity Center user guide, "Permission sets" and "Referencing permission sets in
resource policies"; the policy `AWSSSOServiceRolePolicy`; users' reports of reasons.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from daypass.core import arn, quotas
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.permission_set import CustomerPolicy, PermissionSet
from daypass.core.faults import Conflict, Denied, Fault, NotFound, TooMany
from daypass.core.identity_center import reserved_roles

FAILURES = (Conflict, Denied, NotFound, TooMany)
"""The faults that end work in an account, and make a request `FAILED`."""
HasPolicy = Callable[[str], bool]
"""Returns whether a managed policy of an ARN exists, of the account or of AWS."""


class IamStep(NamedTuple):
    """One action of IAM that work in an account takes, with its resource and condition keys.

    Only the actions that the service-linked role denies itself in the management account are
    steps: reading, deleting a role, detaching and deleting an inline policy are not.
    """

    action: str
    resource: str
    keys: dict[str, str]


POLICY_KEY = "iam:policyarn"
BOUNDARY_KEY = "iam:permissionsboundary"


def policy_arn(policy: str | CustomerPolicy, account: str) -> str:
    """Return the ARN of a policy that AWS manages, or of an account's own by name and path."""
    if isinstance(policy, str):
        return policy
    return arn.iam(account, "policy", policy.path, policy.name)


def role_as_described(
    role: Role, permission_set: PermissionSet, *, provider: str, has_policy: HasPolicy
) -> Role:
    """Return a role of an account with the content that a permission set describes.

    `provider` is the ARN of the instance's SAML provider there. Name, path and id stay. Raises
    `NotFound` if the account has not a policy of the set, and `TooMany` for more policies than a
    role may have.
    """
    account = role.account
    policies: tuple[str | CustomerPolicy, ...]
    policies = (*permission_set.managed, *permission_set.customer)
    attached = tuple(policy_arn(each, account) for each in policies)
    boundary = policy_arn(permission_set.boundary, account) if permission_set.boundary else ""
    for each in (*attached, *((boundary,) if boundary else ())):
        if not has_policy(each):
            raise NotFound(f"Not supported policy {each}.")
    if len(attached) > quotas.ATTACHED_POLICIES_MAX:
        raise TooMany(f"Cannot exceed quota for PoliciesPerRole: {quotas.ATTACHED_POLICIES_MAX}")
    inline = permission_set.inline
    return replace(
        role,
        trust=reserved_roles.trust_policy(provider),
        description=permission_set.description,
        session_seconds_max=reserved_roles.SESSION_SECONDS_MAX,
        attached=attached,
        inline=(InlinePolicy(reserved_roles.INLINE_POLICY, inline),) if inline else (),
        boundary=boundary,
    )


def provider_steps(provider: SamlProvider) -> Iterator[IamStep]:
    """Yield the step that makes an account's SAML provider."""
    yield IamStep("iam:CreateSAMLProvider", provider.arn, {})


def creation_steps(role: Role) -> Iterator[IamStep]:
    """Yield the steps that make a role; its boundary is set with it."""
    yield IamStep("iam:CreateRole", role.arn, _boundary_keys(role))
    yield from _policy_steps(None, role)


def update_steps(before: Role, after: Role) -> Iterator[IamStep]:
    """Yield the steps from a role as it is to the same role as it should be.

    The boundary comes first, so that policies are attached under the new one.
    """
    if after.boundary and after.boundary != before.boundary:
        yield IamStep("iam:PutRolePermissionsBoundary", after.arn, _boundary_keys(after))
    if before.boundary and not after.boundary:
        yield IamStep("iam:DeleteRolePermissionsBoundary", after.arn, _boundary_keys(before))
    yield from _policy_steps(before, after)
    keys = _boundary_keys(after)
    if after.description != before.description:
        yield IamStep("iam:UpdateRole", after.arn, keys)
        yield IamStep("iam:UpdateRoleDescription", after.arn, keys)
    elif after.session_seconds_max != before.session_seconds_max:
        yield IamStep("iam:UpdateRole", after.arn, keys)
    if after.trust != before.trust:
        yield IamStep("iam:UpdateAssumeRolePolicy", after.arn, keys)


def _policy_steps(before: Role | None, after: Role) -> Iterator[IamStep]:
    """Yield the steps that attach policies and write the inline one; None: the role is new."""
    keys = _boundary_keys(after)
    for each in after.attached:
        if before is None or each not in before.attached:
            yield IamStep("iam:AttachRolePolicy", after.arn, {**keys, POLICY_KEY: each})
    for policy in after.inline:
        if before is None or policy not in before.inline:
            yield IamStep("iam:PutRolePolicy", after.arn, keys)


def _boundary_keys(role: Role) -> dict[str, str]:
    return {BOUNDARY_KEY: role.boundary} if role.boundary else {}


def failure_reason(fault: Fault) -> str:
    """Return the `FailureReason` of a request whose work a fault ended, in AWS's words."""
    if isinstance(fault, Denied):
        return (
            "Received a 403 status error: Access denied by IAM. Please check your policy, or wait"
            f" for role propagation to complete. IAM Error: {fault.message}"
        )
    status = 404 if isinstance(fault, NotFound) else 409
    return f"Received a {status} status error: {fault.message}"


def failures_text(failures: str, account: str, reason: str) -> str:
    """Return the text of failures with one account's added: `ACCOUNT: reason; ACCOUNT: reason`.

    Once it is long, further accounts are only counted: `…; and in 3 accounts more`.
    """
    named, _, rest = failures.partition(_MORE)
    added = f"{named}; {account}: {reason}" if named else f"{account}: {reason}"
    if not rest and len(added) <= quotas.FAILURE_REASON_CHARACTERS_MAX:
        return added
    counted = int(rest.partition(" ")[0]) if rest else 0
    return f"{named}{_MORE}{counted + 1} accounts more"


_MORE = "; and in "
