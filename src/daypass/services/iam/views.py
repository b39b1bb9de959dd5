"""IAM's structures made from records: all Get, List and Create operations answer with these."""

from typing import Any
from urllib.parse import quote

from daypass.core import arn
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.iam.user import User
from daypass.core.policy.language import stored_principals
from daypass.services.kit.context import Context
from daypass.services.kit.tags import tag_list, tags_member
from daypass.state.snapshot.account_view import AccountView

View = dict[str, Any]


def encoded_document(text: str) -> str:
    """Return a policy document as IAM answers it: percent-encoded (RFC 3986)."""
    return quote(text, safe="")


def boundary(policy_arn: str) -> View:
    """Return the member `PermissionsBoundary` for a boundary's ARN; empty without a boundary.

    Its type is what AWS answers, not the value of the model's enum.
    """
    if not policy_arn:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": policy_arn,
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


def root_user(account: AccountView) -> View:
    """Return root as a `User`: without a name and a path, as AWS answers it."""
    record = account.record
    return {
        "UserId": account.id,
        "Arn": arn.root(account.id),
        "CreateDate": record.created if record else 0,
    }


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


def _role_identity(ctx: Context, role: Role) -> View:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.unique_id,
        "Arn": role.arn,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": encoded_document(trust_policy(ctx, role)),
    }


def _description(record: Role | ManagedPolicy) -> View:
    return {"Description": record.description} if record.description else {}


def new_role(ctx: Context, role: Role) -> View:
    """Return a `Role` as CreateRole answers it: without description, longest session and use."""
    return _role_identity(ctx, role) | boundary(role.boundary) | tags_member(role.tags)


def described_role(ctx: Context, role: Role) -> View:
    """Return a `Role` as UpdateRoleDescription answers it: without longest session and use."""
    return new_role(ctx, role) | _description(role)


def role_summary(ctx: Context, role: Role) -> View:
    """Return a `Role` as list operations answer it: without tags, boundary and last use."""
    seconds: View = {"MaxSessionDuration": role.session_seconds_max}
    return _role_identity(ctx, role) | seconds | _description(role)


def role(ctx: Context, record: Role) -> View:
    """Return a `Role` as GetRole answers it, with boundary, tags and last use."""
    used = ctx.usage.last_use(record.unique_id)
    last = {"LastUsedDate": used.when, "Region": used.region} if used else {}
    view = role_summary(ctx, record) | boundary(record.boundary) | tags_member(record.tags)
    return view | {"RoleLastUsed": last}


def saml_provider_summary(record: SamlProvider) -> View:
    """Return a `SAMLProviderListEntry`: without metadata and tags."""
    return {"Arn": record.arn, "ValidUntil": record.valid_until, "CreateDate": record.created}


def saml_provider(record: SamlProvider) -> View:
    """Return a SAML provider as GetSAMLProvider answers it."""
    return {
        "SAMLProviderUUID": record.uuid,
        "SAMLMetadataDocument": record.metadata,
        "CreateDate": record.created,
        "ValidUntil": record.valid_until,
        "Tags": tag_list(record.tags),
    }


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


def described_policy(view: View, record: ManagedPolicy) -> View:
    """Return the `Policy` of a view as GetPolicy answers it: with description and tags.

    Alone among the answers about IAM it has an empty list where there are no tags.
    """
    return view | _description(record) | {"Tags": tag_list(record.tags)}


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


def virtual_device_summary(ctx: Context, device: MFADevice) -> View:
    """Return a `VirtualMFADevice` as ListVirtualMFADevices answers it: without tags."""
    view: View = {"SerialNumber": device.arn}
    if device.enabled:
        view["EnableDate"] = device.enabled
    owner = ctx.account.by_id(User, device.owner)
    if owner is not None:
        view["User"] = user_summary(owner)
    elif device.owner == ctx.account.id:
        view["User"] = root_user(ctx.account)
    return view
