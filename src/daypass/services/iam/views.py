"""Our records as IAM shows them: Get, List and Create all answer through these."""

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


def document(text: str) -> str:
    """Show a policy document as IAM does: percent-encoded (RFC 3986)."""
    return quote(text, safe="")


def boundary(arn: str) -> View:
    """Show a permissions boundary, or nothing where there is none."""
    if not arn:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": arn,
        }
    }


def user_summary(user: User) -> View:
    """Show a user as the list operations do: without tags and boundary."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.unique_id,
        "Arn": user.arn,
        "CreateDate": user.created,
    }


def user(record: User) -> View:
    """Show a user in full."""
    return user_summary(record) | boundary(record.boundary) | tags_member(record.tags)


def group(record: Group) -> View:
    """Show a group."""
    return {
        "Path": record.path,
        "GroupName": record.name,
        "GroupId": record.unique_id,
        "Arn": record.arn,
        "CreateDate": record.created,
    }


def trust_text(ctx: Context, role: Role) -> str:
    """Show a trust policy with ARNs for the ids of those who still exist, and raw ids for the rest."""
    return stored_principals.with_arns(role.trust, ctx.directory.arn_of_principal)


def role_summary(ctx: Context, role: Role) -> View:
    """Show a role as the list operations do: without tags, boundary and last use."""
    view: View = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.unique_id,
        "Arn": role.arn,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": document(trust_text(ctx, role)),
        "MaxSessionDuration": role.session_seconds_max,
    }
    return view | ({"Description": role.description} if role.description else {})


def role(ctx: Context, record: Role) -> View:
    """Show a role in full, with its last use in the form of GetRole."""
    used = ctx.usage.last_use(record.unique_id)
    last = {"LastUsedDate": used.when, "Region": used.region} if used else {}
    view = role_summary(ctx, record) | boundary(record.boundary) | tags_member(record.tags)
    return view | {"RoleLastUsed": last}


def policy(record: ManagedPolicy, *, attached: int, boundaries: int) -> View:
    """Show a managed policy; the counts are of this account's entities."""
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
    """Show a version without its text, as the list operations do."""
    return {
        "VersionId": version.id,
        "IsDefaultVersion": version.id == record.default,
        "CreateDate": version.created,
    }


def access_key(key: AccessKey, owner: str) -> View:
    """Show an access key without its secret; `owner` is the user's name, `<root_account>` for root's."""
    return {
        "UserName": owner,
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": key.created,
    }


def virtual_device(device: MFADevice, owner: User | None) -> View:
    """Show a virtual MFA device; the owner only where it is enabled for a user."""
    view: View = {"SerialNumber": device.arn}
    if device.enabled:
        view["EnableDate"] = device.enabled
    if owner is not None:
        view["User"] = user(owner)
    return view | tags_member(device.tags)
