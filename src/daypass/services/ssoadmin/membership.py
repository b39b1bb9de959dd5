"""Which accounts may call an operation on an instance: checked before any policy is evaluated.

Each operation's locator is wrapped by one of these, which raises in this order: the caller's
account has no part in the instance, or not one that may call the operation; the network lock of the
instance refuses the caller's address. Policies come next, and only then is a resource looked up, so
that an account learns of no instance of others, and a member account's administrator of no
resource.

Source: IAM Identity Center user guide, "Delegated administration" and "Organization and account
instances of IAM Identity Center".
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.faults import Denied, InvalidParameterValue
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.network import check_network
from daypass.services.kit.identity_center.standing import (
    NO_ACCESS,
    Standing,
    no_access,
    standing_of,
)
from daypass.services.kit.operation import ResourceLocator, ResourceTarget
from daypass.services.ssoadmin.lookup import find_instance, find_permission_set, instance_arn_in
from daypass.state.snapshot.instance_view import InstanceView

Req = Mapping[str, Any]
StandingCheck = Callable[[Context, Req, Instance, Standing], None]
"""Raises `Denied` for a request that an account of some standing may not make of an instance."""


def owners_of_instance(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that admits the account alone that owns the instance in the request."""
    return admitting(locate, {Standing.OWNER})


def administrators(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that admits the owner of an instance and its delegated administrator.

    It is for operations that a delegated administrator may call without exception: those that read,
    and those that change neither a permission set nor an assignment.
    """
    return admitting(locate, {Standing.OWNER, Standing.DELEGATED})


def set_administrators(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that admits whoever may change the permission set in the request.

    A delegated administrator may not change a set that is provisioned in the management account,
    because that would reach the whole organization. A request about the instance itself, such as
    one for its tags, is not about a set.
    """
    return admitting(locate, {Standing.OWNER, Standing.DELEGATED}, check=_check_set_is_elsewhere)


readers = administrators
"""Returns a locator that admits the accounts that may read an instance: a delegated administrator
may read what it may not change, and another member account nothing."""


def instance_creators(locate: ResourceLocator) -> ResourceLocator:
    """Return a locator that refuses a management account, which has its organization's instance."""

    def locate_for_creation(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
        account, organization = (
            ctx.caller.account,
            ctx.directory.organization_of(ctx.caller.account),
        )
        if organization and organization.record and organization.record.management == account:
            raise InvalidParameterValue(
                "An account instance cannot be created in the management account of an"
                " organization."
            )
        own = ctx.account.record.instance if ctx.account.record else ""
        existing = ctx.directory.instance(own).record if own else None
        if existing is not None:
            check_network(ctx, existing.network)
        return locate(ctx, req)

    return locate_for_creation


def admitting(
    locate: ResourceLocator, standings: Collection[Standing], *, check: StandingCheck | None = None
) -> ResourceLocator:
    """Return a locator that admits accounts of some standings to the instance in the request.

    `check` raises for what an account of such a standing may not do nevertheless.
    """

    def locate_if_admitted(ctx: Context, req: Req) -> ResourceTarget | Sequence[ResourceTarget]:
        for arn in instance_arns(req):
            instance = find_instance(ctx, arn)
            standing = standing_of(ctx, ctx.caller.account, instance)
            if instance is None or standing not in standings:
                raise no_access(standing)
            if check is not None:
                check(ctx, req, instance, standing)
            check_network(ctx, instance.network)
        return locate(ctx, req)

    return locate_if_admitted


def is_set_in_owners_account(view: InstanceView, permission_set: str) -> bool:
    """Return whether a permission set is provisioned or assigned in the instance owner's account.

    `permission_set` is its id. For an organization's instance that is the management account.
    """
    owner = view.record.owner if view.record else ""
    return view.provisioned_set(owner, permission_set) is not None or any(
        True for _ in view.assignments_in(owner, permission_set)
    )


def _check_set_is_elsewhere(ctx: Context, req: Req, instance: Instance, standing: Standing) -> None:
    """Raise `Denied` for a delegated administrator's change of a set of the management account."""
    if standing is not Standing.DELEGATED:
        return
    arn = req.get("PermissionSetArn") or req.get("ResourceArn", "")
    view = ctx.directory.instance(instance.id)
    found = find_permission_set(view, arn)
    if found is not None and is_set_in_owners_account(view, found.id):
        raise Denied(NO_ACCESS, operator="the set is provisioned in the management account")


def instance_arns(req: Req) -> Sequence[str]:
    """Return the ARNs of the instances that a request names, in `InstanceArn` or `ResourceArn`."""
    named = [instance_arn_in(req[each]) for each in ("InstanceArn", "ResourceArn") if each in req]
    return list(dict.fromkeys(named))
