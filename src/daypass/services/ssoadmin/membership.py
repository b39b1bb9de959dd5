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
from daypass.core.faults import Denied
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.network import check_network
from daypass.services.kit.identity_center.standing import Standing, standing_of
from daypass.services.kit.operation import ResourceLocator, ResourceTarget
from daypass.services.ssoadmin.lookup import find_instance, instance_arn_in

Req = Mapping[str, Any]
NO_ACCESS = "You do not have sufficient access to perform this action."
"""The message for every account that may not call an operation, whether or not the instance exists.
Source: IAM Identity Center API reference, "AccessDeniedException"."""
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


readers = administrators
"""Returns a locator that admits the accounts that may read an instance: a delegated administrator
may read what it may not change, and another member account nothing."""


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


def instance_arns(req: Req) -> Sequence[str]:
    """Return the ARNs of the instances that a request names, in `InstanceArn` or `ResourceArn`."""
    named = [instance_arn_in(req[each]) for each in ("InstanceArn", "ResourceArn") if each in req]
    return list(dict.fromkeys(named))


def no_access(standing: Standing) -> Denied:
    """Return the refusal of an account that may not call the operation, without saying why."""
    return Denied(NO_ACCESS, operator=f"standing to the instance: {standing.value}")
