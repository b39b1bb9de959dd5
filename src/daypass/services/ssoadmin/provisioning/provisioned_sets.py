"""Operations that list where a permission set is provisioned, and which sets an account has."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from daypass.core.domain.identity_center.permission_set import PermissionSet, permission_set_arn
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup, membership, resources
from daypass.state.snapshot.instance_view import InstanceView
from daypass.wire.paginate import SortedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
LATEST = "LATEST_PERMISSION_SET_PROVISIONED"
NOT_LATEST = "LATEST_PERMISSION_SET_NOT_PROVISIONED"


@operation(on=membership.readers(resources.permission_set))
def list_accounts_for_provisioned_permission_set(ctx: Context, req: Req) -> Answer:
    """Return the accounts that have a permission set, in order of id."""
    permission_set = lookup.permission_set(ctx, req)
    view = lookup.instance_view(ctx, req)
    found = view.provisionings_of(permission_set.id)
    listed = _listed(
        view,
        req,
        lambda key: found[bisect_right(found, key, key=attrgetter("key")) :],
        attrgetter("target"),
    )
    return {"AccountIds": listed}


@operation(
    on=membership.readers(
        resources.all_of(resources.instance, resources.account_in_parameter("AccountId"))
    )
)
def list_permission_sets_provisioned_to_account(ctx: Context, req: Req) -> Answer:
    """Return the ARNs of the permission sets that an account has, in order of id."""
    view = lookup.view_with_sets(ctx, req)
    prefix = f"{req['AccountId']}/"
    listed = _listed(
        view,
        req,
        lambda key: view.of(ProvisionedSet).beginning_with(prefix, key),
        lambda each: permission_set_arn(view.id, each.permission_set),
    )
    return {"PermissionSets": listed}


def _listed(
    view: InstanceView,
    req: Req,
    provisioned_after: Callable[[str], Iterable[ProvisionedSet]],
    show: Callable[[ProvisionedSet], str],
) -> SortedList[ProvisionedSet]:
    """Return provisioned sets as they are listed: all, or those that `ProvisioningStatus` names."""
    wanted = req.get("ProvisioningStatus")

    def after(key: str) -> Iterator[ProvisionedSet]:
        for each in provisioned_after(key):
            if wanted is None or wanted == (LATEST if _is_latest(view, each) else NOT_LATEST):
                yield each

    return SortedList(after=after, key=attrgetter("key"), show=show)


def _is_latest(view: InstanceView, provisioned: ProvisionedSet) -> bool:
    """Return whether the role has the permission set as it is now."""
    permission_set = view.of(PermissionSet).get(provisioned.permission_set)
    return permission_set is not None and permission_set.version == provisioned.version
