"""The resources that IAM's operations act on: ARNs with the condition keys of resource and request.

Source: service authorization reference, "Actions, resources, and condition keys for AWS IAM".
"""

from collections.abc import Mapping
from typing import Any

from daypass.core import arn
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import AWS
from daypass.core.domain.record import Tag
from daypass.core.faults import Invalid
from daypass.services.iam import lookup
from daypass.services.kit.context import Context
from daypass.services.kit.context_keys import request_tag_keys, tag_keys
from daypass.services.kit.mfa import device_by_serial
from daypass.services.kit.operation import ResourceTarget
from daypass.services.kit.tags import passed_tags

Req = Mapping[str, Any]
Keys = dict[str, str | tuple[str, ...]]


def _condition_keys(req: Req, tags: tuple[Tag, ...] = ()) -> Keys:
    """Return the condition keys of a resource's tags and of a request's parameters."""
    keys: Keys = {**tag_keys("aws:resourcetag", tags), **tag_keys("iam:resourcetag", tags)}
    keys |= request_tag_keys(passed_tags(req))
    if "TagKeys" in req:
        keys["aws:tagkeys"] = tuple(req["TagKeys"])
    if "PermissionsBoundary" in req:
        keys["iam:permissionsboundary"] = req["PermissionsBoundary"]
    if "PolicyArn" in req:
        keys["iam:policyarn"] = req["PolicyArn"]
    return keys


def user(ctx: Context, req: Req) -> ResourceTarget:
    """Return the user in `UserName` as the target, or the calling user without it."""
    name = req.get("UserName") or lookup.calling_user_name(ctx)
    found = ctx.account.of(User).find(name)
    if found is None:
        return ResourceTarget(arn.iam(ctx.account.id, "user", "/", name), _condition_keys(req))
    return _with_boundary(found, req)


def user_or_root(ctx: Context, req: Req) -> ResourceTarget:
    """Return the user that a request is about as the target, or root if it calls for itself."""
    if "UserName" not in req and lookup.is_root_caller(ctx):
        return ResourceTarget(arn.root(ctx.account.id), _condition_keys(req))
    return user(ctx, req)


def group(ctx: Context, req: Req) -> ResourceTarget:
    """Return the group in `GroupName` as the target, whether or not it exists."""
    found = ctx.account.of(Group).find(req["GroupName"])
    name = found.arn if found else arn.iam(ctx.account.id, "group", "/", req["GroupName"])
    return ResourceTarget(name, _condition_keys(req))


def role(ctx: Context, req: Req) -> ResourceTarget:
    """Return the role in `RoleName` as the target, whether or not it exists."""
    found = ctx.account.of(Role).find(req["RoleName"])
    if found is None:
        return ResourceTarget(
            arn.iam(ctx.account.id, "role", "/", req["RoleName"]), _condition_keys(req)
        )
    return _with_boundary(found, req)


def _with_boundary(record: User | Role, req: Req) -> ResourceTarget:
    """Return a user or role as the target, with the key of its permissions boundary."""
    keys = _condition_keys(req, record.tags)
    if record.boundary:
        keys.setdefault("iam:permissionsboundary", record.boundary)
    return ResourceTarget(record.arn, keys)


def policy(ctx: Context, req: Req) -> ResourceTarget:
    """Return the managed policy in `PolicyArn` as the target, whether or not it exists."""
    keys = _condition_keys(req)
    keys.pop("iam:policyarn", None)
    try:
        found = ctx.directory.by_arn(ManagedPolicy, req["PolicyArn"])
    except Invalid:
        found = None
    # Another account's policy is treated as one that does not exist.
    tags = found.tags if found and found.account in {ctx.account.id, AWS} else ()
    keys |= tag_keys("aws:resourcetag", tags) | tag_keys("iam:resourcetag", tags)
    return ResourceTarget(req["PolicyArn"], keys)


def mfa_device(ctx: Context, req: Req) -> ResourceTarget:
    """Return the MFA device in `SerialNumber` as the target, whether or not it exists."""
    found = device_by_serial(ctx, req["SerialNumber"])
    # Another account's device is treated as one that does not exist.
    tags = found.tags if found and found.account == ctx.account.id else ()
    return ResourceTarget(req["SerialNumber"], _condition_keys(req, tags))


def saml_provider(ctx: Context, req: Req) -> ResourceTarget:
    """Return the SAML provider in `SAMLProviderArn` as the target, whether or not it exists."""
    try:
        found = ctx.directory.by_arn(SamlProvider, req["SAMLProviderArn"])
    except Invalid:
        found = None
    # Another account's provider is treated as one that does not exist.
    tags = found.tags if found and found.account == ctx.account.id else ()
    return ResourceTarget(req["SAMLProviderArn"], _condition_keys(req, tags))


def new_user(ctx: Context, req: Req) -> ResourceTarget:
    """Return the user that is to be created as the target, by its future ARN."""
    return _new_resource(ctx, req, "user", req["UserName"])


def new_group(ctx: Context, req: Req) -> ResourceTarget:
    """Return the group that is to be created as the target, by its future ARN."""
    return _new_resource(ctx, req, "group", req["GroupName"])


def new_role(ctx: Context, req: Req) -> ResourceTarget:
    """Return the role that is to be created as the target, by its future ARN."""
    return _new_resource(ctx, req, "role", req["RoleName"])


def new_policy(ctx: Context, req: Req) -> ResourceTarget:
    """Return the managed policy that is to be created as the target, by its future ARN."""
    return _new_resource(ctx, req, "policy", req["PolicyName"])


def _new_resource(ctx: Context, req: Req, kind: str, name: str) -> ResourceTarget:
    """Return the target of a resource that is to be created, by its future ARN."""
    return ResourceTarget(
        arn.iam(ctx.account.id, kind, req.get("Path", "/"), name), _condition_keys(req)
    )


def new_mfa_device(ctx: Context, req: Req) -> ResourceTarget:
    """Return the MFA device that is to be created as the target, by its future ARN."""
    path, name = req.get("Path", "/"), req["VirtualMFADeviceName"]
    return ResourceTarget(arn.iam(ctx.account.id, "mfa", path, name), _condition_keys(req))


def policy_source(_ctx: Context, req: Req) -> ResourceTarget:
    """Return the user, group or role in `PolicySourceArn` as the target."""
    return ResourceTarget(req["PolicySourceArn"], _condition_keys(req))
