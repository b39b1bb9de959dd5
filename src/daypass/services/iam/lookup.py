"""Records that a request names, found in the account, or the refusal in IAM's words."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from daypass.core.arn import Arn
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import SERVICE_ROLE_PATHS, Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import AWS
from daypass.core.faults import Denied, Invalid, NotFound, ServiceFault, Unmodifiable, Violation
from daypass.core.policy.language.principal import PrincipalKind
from daypass.services.kit.context import Context
from daypass.services.kit.mfa import device_by_serial

Req = Mapping[str, Any]
Entity = TypeVar("Entity", User, Group, Role)
"""IAM's word for what policies are attached to: a user, a group or a role."""
RecordWithPath = TypeVar("RecordWithPath", bound=User | Group | Role | ManagedPolicy | MFADevice)


def is_root_caller(ctx: Context) -> bool:
    """Return whether the caller is the account's root."""
    return ctx.caller.principal.kind is PrincipalKind.ROOT


def calling_user_name(ctx: Context) -> str:
    """Return the calling user's name; raises `Violation` for callers that are not users."""
    record = ctx.caller.record
    if isinstance(record, User):
        return record.name
    raise Violation("Must specify userName when calling with non-User credentials")


def user(ctx: Context, req: Req) -> User:
    """Return the user in `UserName`, or the calling user without it; raises `NotFound`."""
    return _record_by_name(ctx, User, req.get("UserName") or calling_user_name(ctx))


def group(ctx: Context, req: Req) -> Group:
    """Return the group in `GroupName`; raises `NotFound`."""
    return _record_by_name(ctx, Group, req["GroupName"])


def role(ctx: Context, req: Req) -> Role:
    """Return the role in `RoleName`; raises `NotFound`."""
    return _record_by_name(ctx, Role, req["RoleName"])


def _record_by_name(ctx: Context, record: type[Entity], name: str) -> Entity:
    """Return the account's record of a class and name, ignoring case; raises `NotFound`."""
    found = ctx.account.of(record).find(name)
    if found is None:
        raise NotFound(f"The {record.kind} with name {name} cannot be found.")
    return found


def modifiable_role(ctx: Context, req: Req) -> Role:
    """Return the role in `RoleName`; raises `Unmodifiable` if it belongs to an AWS service."""
    found = role(ctx, req)
    if found.is_protected:
        raise Unmodifiable(
            f"Cannot perform the operation on the protected role '{found.name}' -"
            " this role is only modifiable by AWS"
        )
    return found


POLICY_NOT_FOUND = "Policy {arn} was not found."
POLICY_NOT_ATTACHABLE = "Policy {arn} does not exist or is not attachable."


def check_arn(text: str) -> None:
    """Raise `Violation` for a text that is no ARN, whether or not it names something."""
    if Arn.parse_or_none(text) is None:
        raise Violation(f"ARN {text} is not valid.")


def policy(ctx: Context, arn: str, *, not_found_message: str = POLICY_NOT_FOUND) -> ManagedPolicy:
    """Return a managed policy of the account or of AWS by its ARN.

    Raises `Violation` for a text that is no ARN, and `NotFound` with `not_found_message`, for
    another account's policies too.
    """
    check_arn(arn)
    found = ctx.directory.by_arn(ManagedPolicy, arn)
    if found is None or found.account not in {ctx.account.id, AWS}:
        raise NotFound(not_found_message.format(arn=arn))
    return found


def modifiable_policy(
    ctx: Context,
    arn: str,
    *,
    change: str = "update policies",
    not_found_message: str = POLICY_NOT_FOUND,
) -> ManagedPolicy:
    """Return a managed policy of the account; raises `Denied` for one that AWS manages.

    `change` is what the caller wants to do, in AWS's words.
    """
    found = policy(ctx, arn, not_found_message=not_found_message)
    if found.account == AWS:
        raise Denied(f"Cannot {change} outside your own account.")
    return found


def attachable_policy(ctx: Context, arn: str) -> ManagedPolicy:
    """Return a managed policy that may be attached to a user, group or role.

    Raises `NotFound`, and `ServiceFault` for a policy that AWS reserves for service roles.
    """
    found = policy(ctx, arn, not_found_message=POLICY_NOT_ATTACHABLE)
    if found.path.startswith(SERVICE_ROLE_PATHS):
        raise ServiceFault(
            "Cannot attach a Service Role Policy to a Customer Role.", code="PolicyNotAttachable"
        )
    return found


def boundary_arn(ctx: Context, arn: str) -> str:
    """Return `arn` unchanged if a managed policy of that ARN exists.

    Raises `NotFound`, and `Invalid` for a text that is no policy's ARN.
    """
    parsed = Arn.parse_or_none(arn)
    if parsed is None or (parsed.service, parsed.kind) != ("iam", "policy"):
        raise Invalid(f"ARN {arn} is not valid.")
    policy(ctx, arn, not_found_message="Scope ARN: {arn} does not exist or is not attachable.")
    return arn


def mfa_device(ctx: Context, serial: str) -> MFADevice:
    """Return the account's virtual MFA device of a serial number; raises `NotFound`."""
    found = device_by_serial(ctx, serial)
    if found is None or found.account != ctx.account.id:
        raise missing_device(serial)
    return found


def saml_provider(ctx: Context, arn: str) -> SamlProvider:
    """Return the account's SAML provider of an ARN.

    Raises `Violation` for a text that is no ARN, and `NotFound`, for another account's too.
    """
    check_arn(arn)
    found = ctx.directory.by_arn(SamlProvider, arn)
    if found is None or found.account != ctx.account.id:
        raise NotFound(f"Manifest not found for arn {arn}")
    return found


def missing_device(serial: str) -> NotFound:
    """Return the fault to raise for a device that does not exist, or is not to be known of."""
    return NotFound(f"MFA Device with serial number {serial} does not exist.")


def with_path_prefix(records: Iterable[RecordWithPath], prefix: str) -> Iterable[RecordWithPath]:
    """Return the records whose path begins with a prefix."""
    return (record for record in records if record.path.startswith(prefix))
