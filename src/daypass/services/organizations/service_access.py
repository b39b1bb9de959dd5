"""Operations on trusted services and on delegated administrators, which administer them."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.member import Delegation, Member
from daypass.core.domain.organizations.organization import ServiceAccess
from daypass.core.organizations.policies.policy_types import POLICY_TYPES
from daypass.core.organizations.refusals import (
    ConstraintReason,
    ErrorCode,
    InputReason,
    organizations_fault,
)
from daypass.core.organizations.trusted_services import ONE_ADMINISTRATOR, is_service_principal
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.organizations import lookup, resources, tree_nodes, views
from daypass.services.organizations.handshakes import membership_changes
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_readers,
    organization_record,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=management_only(resources.any_resource_with_keys))
def enable_aws_service_access(ctx: Context, req: Req) -> None:
    """Trust a service in the whole organization; a second time keeps the first date."""
    found, service = organization_record(ctx), _service_principal(req)
    membership_changes.check_all_features(found)
    if service not in {each.principal for each in found.trusted}:
        serial, counted = tree_nodes.take_serial(found)
        access = ServiceAccess(service, ctx.now, serial)
        ctx.put(replace(counted, trusted=(*found.trusted, access)))


def _service_principal(req: Req) -> str:
    """Return the request's service principal; raises a refusal for an unknown one."""
    name: str = req["ServicePrincipal"]
    if not is_service_principal(name):
        raise organizations_fault(
            InputReason.UNRECOGNIZED_SERVICE_PRINCIPAL,
            "You specified a service principal that isn't recognized.",
        )
    return name


@operation(on=management_only(resources.any_resource_with_keys))
def disable_aws_service_access(ctx: Context, req: Req) -> None:
    """End the trust in a service, and with it all delegations of its administration."""
    found, service = organization_record(ctx), _service_principal(req)
    membership_changes.check_all_features(found)
    if any(POLICY_TYPES[each].service == service for each in found.policy_types):
        raise organizations_fault(
            ConstraintReason.POLICY_TYPE_ENABLED_FOR_THIS_SERVICE,
            "Disable the service's policy types before its trusted access.",
        )
    remaining = tuple(each for each in found.trusted if each.principal != service)
    ctx.put(replace(found, trusted=remaining))
    for member in caller_organization(ctx).of(Member):
        if any(each.service == service for each in member.delegations):
            ctx.put(_without_delegation(member, service))


@operation(on=organization_readers(resources.any_resource_with_keys))
def list_aws_service_access_for_organization(ctx: Context, _req: Req) -> Answer:
    """Return the trusted services, in order of their date."""
    found = [
        (each.serial, {"ServicePrincipal": each.principal, "DateEnabled": each.enabled})
        for each in organization_record(ctx).trusted
    ]
    return {"EnabledServicePrincipals": KeyedList(found)}


@operation(on=management_only(resources.node_in_parameter("AccountId")))
def register_delegated_administrator(ctx: Context, req: Req) -> None:
    """Make an account an administrator of a trusted service."""
    owner, service = organization_record(ctx), _service_principal(req)
    membership_changes.check_all_features(owner)
    member = lookup.member(ctx, req["AccountId"])
    _check_may_administer(ctx, member, service)
    serial, counted = tree_nodes.take_serial(owner)
    ctx.put(counted)
    delegation = Delegation(service, ctx.now, serial)
    ctx.put(replace(member, delegations=(*member.delegations, delegation)))


def _check_may_administer(ctx: Context, member: Member, service: str) -> None:
    """Raise a refusal if a member may not become the administrator of a service."""
    owner = organization_record(ctx)
    if member.id == owner.management:
        raise organizations_fault(
            ConstraintReason.CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR,
            "The management account cannot be a delegated administrator.",
        )
    if not lookup.account_record(ctx, member.id).is_open:
        raise organizations_fault(
            ConstraintReason.CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR,
            "A closed account cannot be a delegated administrator.",
        )
    if service not in {each.principal for each in owner.trusted}:
        raise organizations_fault(
            ConstraintReason.SERVICE_ACCESS_NOT_ENABLED,
            "Enable trusted access of the service first.",
        )
    if _delegation_for(member, service) is not None:
        raise organizations_fault(
            ErrorCode.ACCOUNT_REGISTERED,
            "The account is already a delegated administrator of this service.",
        )
    others = any(
        _delegation_for(each, service) and lookup.is_listed_account(ctx, each)
        for each in caller_organization(ctx).of(Member)
    )
    if service in ONE_ADMINISTRATOR and others:
        raise organizations_fault(
            ConstraintReason.MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED,
            "The service has a delegated administrator, and may have only one.",
        )


def _delegation_for(member: Member, service: str) -> Delegation | None:
    """Return a member's delegation for a service; None without one."""
    return next((each for each in member.delegations if each.service == service), None)


def _without_delegation(member: Member, service: str) -> Member:
    return replace(
        member, delegations=tuple(each for each in member.delegations if each.service != service)
    )


@operation(on=management_only(resources.node_in_parameter("AccountId")))
def deregister_delegated_administrator(ctx: Context, req: Req) -> None:
    """End an account's administration of a service."""
    member, service = lookup.member(ctx, req["AccountId"]), _service_principal(req)
    if _delegation_for(member, service) is None:
        raise organizations_fault(
            ErrorCode.ACCOUNT_NOT_REGISTERED,
            "The account isn't a delegated administrator of this service.",
        )
    ctx.put(_without_delegation(member, service))


@operation(on=organization_readers(resources.any_resource_with_keys))
def list_delegated_administrators(ctx: Context, req: Req) -> Answer:
    """Return the accounts that administer any service, or the named one.

    `DelegationEnabledDate` is the date of an account's first delegation.
    """
    service = req.get("ServicePrincipal")
    found = []
    for member in sorted(caller_organization(ctx).of(Member), key=lambda each: each.serial):
        since = [each.enabled for each in member.delegations if service in {None, each.service}]
        if since and lookup.is_listed_account(ctx, member):
            found.append(
                (member.serial, views.delegated_administrator(ctx, member, enabled=min(since)))
            )
    return {"DelegatedAdministrators": KeyedList(found)}


@operation(on=organization_readers(resources.node_in_parameter("AccountId")))
def list_delegated_services_for_account(ctx: Context, req: Req) -> Answer:
    """Return the services that an account administers, in order of their date."""
    member = lookup.member(ctx, req["AccountId"])
    if not member.delegations:
        raise organizations_fault(
            ErrorCode.ACCOUNT_NOT_REGISTERED, "The account isn't a delegated administrator."
        )
    found = [
        (each.serial, {"ServicePrincipal": each.service, "DelegationEnabledDate": each.enabled})
        for each in member.delegations
    ]
    return {"DelegatedServices": KeyedList(found)}
