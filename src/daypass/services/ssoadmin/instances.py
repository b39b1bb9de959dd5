"""Operations on instances: create, describe, list, update, delete."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.faults import AlreadyExists, Conflict, Denied, InvalidParameterValue
from daypass.core.identity_center import idempotency
from daypass.core.identity_center.instances import new_instances
from daypass.core.identity_center.network_lock import IS_REQUIRED, read_network_lock
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.departures import stage_instance_deletion
from daypass.services.kit.identity_center.network import check_network
from daypass.services.kit.identity_center.organization_instances import stage_service_role
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup, new_tags, resources, views
from daypass.services.ssoadmin.membership import (
    administrators,
    instance_creators,
    owners_of_instance,
    readers,
)

Req = Mapping[str, Any]
Answer = dict[str, Any]
_CURRENT_REGION = "CURRENT_REGION"
_CUSTOMER_KEY = "CUSTOMER_MANAGED_KEY"
_UNENFORCED = ("RestrictSourceVpcs", "ExcludeApplicationArns")
"""Lists of a network configuration about VPCs, from which no request comes here, and about
applications."""
_CONFIGURATIONS = ("EncryptionConfiguration", "PermissionSetsEnabled", "NetworkConfiguration")


@operation(on=instance_creators(resources.new_instance))
def create_instance(ctx: Context, req: Req) -> Answer:
    """Create the caller's account instance, with an empty identity store; it is active at once."""
    account = ctx.account.record
    assert account is not None  # noqa: S101 - a caller has an account
    digest = idempotency.arguments_digest(req)
    existing = ctx.directory.instance(account.instance).record if account.instance else None
    if existing is not None:
        _check_repeated(existing, req.get("ClientToken", ""), digest)
        return {"InstanceArn": existing.arn}
    instance, store = new_instances.new_instance(
        account.account,
        organization="",
        region=ctx.settings.identity_center_region,
        now=ctx.now,
        entropy=ctx.entropy,
    )
    instance = replace(
        instance,
        name=req.get("Name", ""),
        tags=new_tags.with_request_tags(ctx, new_tags.INSTANCE, account.account, req),
        client_token=req.get("ClientToken", ""),
        creation_digest=digest,
    )
    ctx.put(instance)
    ctx.put(store)
    ctx.put(replace(account, instance=instance.id))
    stage_service_role(ctx, account.account)
    return {"InstanceArn": instance.arn}


@operation(on=readers(resources.instance))
def describe_instance(ctx: Context, req: Req) -> Answer:
    """Return an instance with its regions and configurations."""
    instance = lookup.instance(ctx, req)
    return views.instance_details(instance, _store_of(ctx, instance))


@operation(on=resources.any_resource_with_region)
def list_instances(ctx: Context, req: Req) -> Answer:
    """Return the account's own instance and that of its organization.

    An instance whose network lock refuses the caller's address is left out. If every instance is,
    the call is refused, so that a list without instances means that there are none.
    """
    known = [each for each in _visible_instances(ctx) if _is_in_scope(ctx, req, each)]
    shown = [each for each in known if _is_open_to_caller(ctx, each)]
    if known and not shown:
        check_network(ctx, known[0].network)
    return {"Instances": [views.instance_metadata(each, _store_of(ctx, each)) for each in shown]}


@operation(on=administrators(resources.instance))
def update_instance(ctx: Context, req: Req) -> None:
    """Change an instance's name, and one of its three configurations."""
    named = [each for each in _CONFIGURATIONS if each in req]
    if len(named) > 1:
        raise InvalidParameterValue(
            f"Only one of {', '.join(_CONFIGURATIONS)} can be specified in a request."
        )
    if not named and "Name" not in req:
        raise InvalidParameterValue(f"One of Name, {', '.join(_CONFIGURATIONS)} must be specified.")
    instance = lookup.instance(ctx, req)
    if "EncryptionConfiguration" in req:
        instance = _with_encryption(instance, req["EncryptionConfiguration"])
    if "PermissionSetsEnabled" in req:
        instance = _with_permission_sets(instance, is_enabled=req["PermissionSetsEnabled"])
    if "NetworkConfiguration" in req:
        instance = _with_network(instance, req["NetworkConfiguration"])
    ctx.put(replace(instance, name=req.get("Name", instance.name)))


@operation(on=owners_of_instance(resources.instance))
def delete_instance(ctx: Context, req: Req) -> None:
    """Delete an instance with its identity store and everything that came of them.

    From this commit on nobody reaches any of it, and it is an instance that does not exist.
    """
    stage_instance_deletion(ctx, lookup.instance(ctx, req))


def _check_repeated(existing: Instance, client_token: str, digest: str) -> None:
    """Raise unless a call to create an instance repeats the one that created the existing one."""
    if not client_token or client_token != existing.client_token:
        raise AlreadyExists("An instance already exists in this account.")
    if digest != existing.creation_digest:
        raise Conflict("The ClientToken was used before in a request with other parameters.")


def _store_of(ctx: Context, instance: Instance) -> IdentityStore:
    store = ctx.directory.identity_store(instance.store).record
    assert store is not None  # noqa: S101 - an instance and its store come and go together
    return store


def _visible_instances(ctx: Context) -> Iterator[Instance]:
    """Yield the instances that the caller's account may know of."""
    account, organization = ctx.account.record, ctx.directory.organization_of(ctx.caller.account)
    above = organization.record.instance if organization and organization.record else ""
    for identifier in (above, account.instance if account else ""):
        found = ctx.directory.instance(identifier).record if identifier else None
        if found is not None:
            yield found


def _is_in_scope(ctx: Context, req: Req, instance: Instance) -> bool:
    """Return whether an instance is in the regions that a request asks for.

    The current region is that of the server's instances, whatever region a request is signed for.
    """
    if req.get("RegionScope", _CURRENT_REGION) != _CURRENT_REGION:
        return True
    regions = {instance.region, *(each.name for each in instance.regions)}
    return ctx.settings.identity_center_region in regions


def _is_open_to_caller(ctx: Context, instance: Instance) -> bool:
    try:
        check_network(ctx, instance.network)
    except Denied:
        return False
    return True


def _with_encryption(instance: Instance, configuration: Mapping[str, str]) -> Instance:
    """Return an instance with an encryption configuration, which is stored and has no effect."""
    kind, key = configuration["KeyType"], configuration.get("KmsKeyArn", "")
    if (kind == _CUSTOMER_KEY) != bool(key):
        raise InvalidParameterValue(
            "KmsKeyArn is required if KeyType is CUSTOMER_MANAGED_KEY, and cannot be specified"
            " otherwise."
        )
    return replace(instance, kms_key_type=kind, kms_key=key)


def _with_permission_sets(instance: Instance, *, is_enabled: bool) -> Instance:
    if not is_enabled:
        raise InvalidParameterValue("The only accepted value of PermissionSetsEnabled is true.")
    return replace(instance, has_permission_sets=True)


def _with_network(instance: Instance, configuration: Mapping[str, Any]) -> Instance:
    lock = read_network_lock(
        configuration[IS_REQUIRED],
        {name: configuration.get(name, ()) for name in (*_UNENFORCED, views.ADDRESSES)},
        addresses=views.ADDRESSES,
        unenforced=_UNENFORCED,
    )
    return replace(instance, network=lock)
