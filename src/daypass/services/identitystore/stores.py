"""Operations on identity stores themselves, which instances are made with."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.identity_center.network_lock import read_store_network
from daypass.services.identitystore import lookup, resources, views
from daypass.services.identitystore.admission import administrators, standing_to_store
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.standing import Standing, no_access
from daypass.services.kit.operation import ResourceTarget, operation
from daypass.state.snapshot.identity_store_view import IdentityStoreView

Req = Mapping[str, Any]
Answer = dict[str, Any]


def any_administrator(ctx: Context, _req: Req) -> ResourceTarget:
    """Return the target `*` for an account that administers a store; raises `Denied` for others."""
    if not _administered_stores(ctx):
        raise no_access(Standing.OUTSIDE)
    return ResourceTarget("*")


@operation(on=any_administrator)
def list_identity_stores(ctx: Context, _req: Req) -> Answer:
    """Return the stores that the caller's account owns or administers."""
    found = [store.record for store in _administered_stores(ctx)]
    return {"IdentityStores": [views.store_ids(each) for each in found if each is not None]}


@operation(on=administrators(resources.the_store))
def describe_identity_store(ctx: Context, req: Req) -> Answer:
    """Return a store with its network configuration."""
    record = lookup.store(ctx, req).record
    assert record is not None  # noqa: S101 - the request is admitted to the store
    return {**views.store_ids(record), "NetworkConfiguration": views.network(record)}


@operation(on=administrators(resources.the_store))
def update_identity_store(ctx: Context, req: Req) -> Answer:
    """Replace a store's network configuration whole; without one, change nothing."""
    record = lookup.store(ctx, req).record
    assert record is not None  # noqa: S101 - the request is admitted to the store
    if "NetworkConfiguration" in req:
        network, scim = read_store_network(req["NetworkConfiguration"])
        ctx.put(replace(record, network=network, scim_source_ips=scim))
    return views.store_ids(record)


def _administered_stores(ctx: Context) -> list[IdentityStoreView]:
    """Return the stores that the caller's account owns or administers, its organization's first."""
    account = ctx.account.record
    if account is None:
        return []
    instances = [account.instance]
    organization = ctx.directory.organization_of(account.account)
    if organization is not None and organization.record is not None:
        instances.insert(0, organization.record.instance)
    found = []
    for each in filter(None, instances):
        instance = ctx.directory.instance(each).record
        if instance is not None:
            store = ctx.directory.identity_store(instance.store)
            if standing_to_store(ctx, store) in {Standing.OWNER, Standing.DELEGATED}:
                found.append(store)
    return found
