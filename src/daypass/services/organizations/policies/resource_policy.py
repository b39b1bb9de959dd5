"""The organization's resource policy: which member accounts may manage its policies and read its tree."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.faults import Malformed
from daypass.core.organizations import ids
from daypass.core.organizations.policies import resource_policies
from daypass.core.organizations.refusals import ErrorCode, InputReason, organizations_fault
from daypass.core.policy.language import stored_principals
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation
from daypass.services.kit.tags import passed_tags
from daypass.services.organizations import new_tags, resources
from daypass.services.organizations.handshakes import membership_changes
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_readers,
    organization_record,
)

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=management_only(resources.with_tag_permission(resources.resource_policy)))
def put_resource_policy(ctx: Context, req: Req) -> Answer:
    """Write the resource policy, in place of the one that there is; tags are taken only with the first."""
    owner = organization_record(ctx)
    membership_changes.check_all_features(owner)

    def is_member(account: str) -> bool:
        return account in caller_organization(ctx).of(Member) and account != owner.management

    resource_policies.parse_resource_policy(
        req["Content"], is_member=is_member, organization=owner.id
    )
    content = _with_unique_ids(ctx, req["Content"])
    kept = next(iter(caller_organization(ctx).of(ResourcePolicy)), None)
    tags = passed_tags(req)
    if kept is not None and tags:
        raise organizations_fault(
            InputReason.INVALID_LIST_MEMBER,
            "Tags can be given only when the resource policy is made.",
        )
    if kept is not None:
        kept = replace(kept, content=content)
    else:
        kept = ResourcePolicy(
            account=owner.id,
            id=ids.resource_policy(ctx.entropy(ids.ENTROPY_BYTES)),
            content=content,
            tags=new_tags.with_request_tags(ctx, "resourcepolicy", req),
        )
    ctx.put(kept)
    return {"ResourcePolicy": _view(ctx, kept)}


def _with_unique_ids(ctx: Context, text: str) -> str:
    """Return a resource policy that names users and roles by id, so that a new one of an old name inherits nothing."""
    try:
        return stored_principals.with_unique_ids(text, ctx.directory.id_of_principal)
    except Malformed as fault:
        raise organizations_fault(InputReason.INVALID_PRINCIPAL, fault.message) from None


@operation(on=organization_readers(any_resource))
def describe_resource_policy(ctx: Context, _req: Req) -> Answer:
    """Show the resource policy."""
    return {"ResourcePolicy": _view(ctx, _existing_policy(ctx))}


@operation(on=management_only(any_resource))
def delete_resource_policy(ctx: Context, _req: Req) -> None:
    """Forget the resource policy; what it delegated is the management account's alone again."""
    ctx.remove(_existing_policy(ctx))


def _existing_policy(ctx: Context) -> ResourcePolicy:
    kept = next(iter(caller_organization(ctx).of(ResourcePolicy)), None)
    if kept is None:
        raise organizations_fault(
            ErrorCode.RESOURCE_POLICY_NOT_FOUND, "The organization has no resource policy."
        )
    return kept


def _view(ctx: Context, kept: ResourcePolicy) -> Answer:
    owner = organization_record(ctx)
    arn = f"{owner.prefix}:resourcepolicy/{owner.id}/{kept.id}"
    content = stored_principals.with_arns(kept.content, ctx.directory.arn_of_principal)
    return {"ResourcePolicySummary": {"Id": kept.id, "Arn": arn}, "Content": content}
