"""The resources that the operations of `sso-admin` act on: ARNs with their condition keys.

The action must be allowed on each of an operation's resources. Their owner is the caller's account,
even for a delegated administrator: the ARNs name no account, and `membership` has decided whose
instance may be administered by whom.

Source: service authorization reference, "Actions, resources, and condition keys for AWS IAM
Identity Center".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.record import Tag
from daypass.core.identity_center import ids
from daypass.services.kit.context import Context
from daypass.services.kit.context_keys import request_tag_keys, tag_keys
from daypass.services.kit.operation import ResourceLocator, ResourceTarget
from daypass.services.kit.tags import passed_tags
from daypass.services.ssoadmin import lookup

Req = Mapping[str, Any]
PRIMARY_REGION = "sso:primaryregion"
ANY_INSTANCE = "arn:aws:sso:::instance/*"


def condition_keys(
    req: Req, region: str, tags: tuple[Tag, ...] = ()
) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of an instance's region, a resource's tags and the request's."""
    keys = {
        **tag_keys("aws:resourcetag", tags),
        **request_tag_keys(passed_tags(req)),
        PRIMARY_REGION: region,
    }
    if "TagKeys" in req:
        keys["aws:tagkeys"] = tuple(req["TagKeys"])
    return keys


def any_resource_with_region(ctx: Context, req: Req) -> ResourceTarget:
    """Return the target `*`, for lists that have no resource."""
    return ResourceTarget("*", condition_keys(req, ctx.settings.identity_center_region))


def new_instance(ctx: Context, req: Req) -> ResourceTarget:
    """Return any instance as the target, since the new one has no id yet."""
    return ResourceTarget(ANY_INSTANCE, condition_keys(req, ctx.settings.identity_center_region))


def instance(ctx: Context, req: Req) -> ResourceTarget:
    """Return the instance in `InstanceArn` as the target."""
    return _instance_target(req, lookup.instance(ctx, req))


def permission_set(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
    """Return the instance, and the set in `PermissionSetArn` whether or not it exists."""
    arn = req["PermissionSetArn"]
    return (instance(ctx, req), _set_target(ctx, req, lookup.instance(ctx, req), arn))


def new_permission_set(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
    """Return the instance, and any set of it, since the new one has no id yet."""
    found = lookup.instance(ctx, req)
    arn = f"arn:aws:sso:::permissionSet/{found.id}/*"
    return (_instance_target(req, found), ResourceTarget(arn, condition_keys(req, found.region)))


def account_in_parameter(parameter: str) -> ResourceLocator:
    """Return a locator of the account in a parameter; every account without the parameter."""

    def locate_account(ctx: Context, req: Req) -> ResourceTarget:
        arn = ids.account_arn(req.get(parameter, "*"))
        return ResourceTarget(arn, condition_keys(req, lookup.instance(ctx, req).region))

    return locate_account


def all_of(*locators: ResourceLocator) -> ResourceLocator:
    """Return a locator of the targets of several locators, each of which must be allowed."""

    def locate_all(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
        found: list[ResourceTarget] = []
        for locate in locators:
            one = locate(ctx, req)
            found += [one] if isinstance(one, ResourceTarget) else one
        return found

    return locate_all


def tagged_resource(ctx: Context, req: Req) -> ResourceTarget:
    """Return the instance or permission set in `ResourceArn` as the target.

    Any other resource is located too, whether or not it exists.
    """
    arn = req["ResourceArn"]
    found = lookup.find_instance(ctx, lookup.instance_arn_in(arn))
    assert found is not None  # noqa: S101 - the locator around this one refuses every other ARN
    return _instance_target(req, found) if arn == found.arn else _set_target(ctx, req, found, arn)


def _instance_target(req: Req, found: Instance) -> ResourceTarget:
    return ResourceTarget(found.arn, condition_keys(req, found.region, found.tags))


def _set_target(ctx: Context, req: Req, instance: Instance, arn: str) -> ResourceTarget:
    found = lookup.find_permission_set(ctx.directory.instance(instance.id), arn)
    tags = found.tags if found is not None else ()
    return ResourceTarget(arn, condition_keys(req, instance.region, tags))
