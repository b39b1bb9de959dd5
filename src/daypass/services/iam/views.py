"""IAM's structures made from records: all Get, List and Create operations answer with these."""

from typing import Any
from urllib.parse import quote

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.policy.language import stored_principals
from daypass.services.kit.context import Context
from daypass.services.kit.tags import tags_member

View = dict[str, Any]


def encoded_document(text: str) -> str:
    """Return a policy document as IAM answers it: percent-encoded (RFC 3986)."""
    return quote(text, safe="")


def boundary(arn: str) -> View:
    """Return the member `PermissionsBoundary` for a boundary's ARN; empty without a boundary."""
    if not arn:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": arn,
        }
    }


def user_summary(user: User) -> View:
    """Return a `User` as list operations answer it: without tags and boundary."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.unique_id,
        "Arn": user.arn,
        "CreateDate": user.created,
    }


def user(record: User) -> View:
    """Return a `User` with boundary and tags."""
    return user_summary(record) | boundary(record.boundary) | tags_member(record.tags)


def group(record: Group) -> View:
    """Return a `Group`."""
    return {
        "Path": record.path,
        "GroupName": record.name,
        "GroupId": record.unique_id,
        "Arn": record.arn,
        "CreateDate": record.created,
    }


def trust_policy(ctx: Context, role: Role) -> str:
    """Return a role's trust policy with ARNs in place of the unique ids of existing principals.

    Unique ids of deleted principals stay as they are.
    """
    return stored_principals.with_arns(role.trust, ctx.directory.arn_of_principal)


def role_summary(ctx: Context, role: Role) -> View:
    """Return a `Role` as list operations answer it: without tags, boundary and last use."""
    view: View = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.unique_id,
        "Arn": role.arn,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": encoded_document(trust_policy(ctx, role)),
        "MaxSessionDuration": role.session_seconds_max,
    }
    return view | ({"Description": role.description} if role.description else {})


def role(ctx: Context, record: Role) -> View:
    """Return a `Role` as GetRole answers it, with boundary, tags and last use."""
    used = ctx.usage.last_use(record.unique_id)
    last = {"LastUsedDate": used.when, "Region": used.region} if used else {}
    view = role_summary(ctx, record) | boundary(record.boundary) | tags_member(record.tags)
    return view | {"RoleLastUsed": last}


def policy(record: ManagedPolicy, *, attached: int, boundaries: int) -> View:
    """Return a `Policy`; `attached` and `boundaries` count the account's entities that have it."""
    view: View = {
        "PolicyName": record.name,
        "PolicyId": record.unique_id,
        "Arn": record.arn,
        "Path": record.path,
        "DefaultVersionId": record.default,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": boundaries,
        "IsAttachable": True,
        "CreateDate": record.created,
        "UpdateDate": record.updated,
    }
    return view


def policy_version(record: ManagedPolicy, version: PolicyVersion) -> View:
    """Return a `PolicyVersion` without its document, as list operations answer it."""
    return {
        "VersionId": version.id,
        "IsDefaultVersion": version.id == record.default,
        "CreateDate": version.created,
    }


def access_key(key: AccessKey, owner: str) -> View:
    """Return an access key without its secret.

    `owner` is the user's name, or `<root_account>` for root's.
    """
    return {
        "UserName": owner,
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": key.created,
    }


def virtual_device(device: MFADevice, owner: User | None) -> View:
    """Return a `VirtualMFADevice`; `owner` is None unless it is enabled for a user."""
    view: View = {"SerialNumber": device.arn}
    if device.enabled:
        view["EnableDate"] = device.enabled
    if owner is not None:
        view["User"] = user(owner)
    return view | tags_member(device.tags)
