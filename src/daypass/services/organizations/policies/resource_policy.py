"""The organization's resource policy: what it delegates of policies and tree to members."""

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
    """Create or replace the resource policy; tags are accepted only when it is created."""
    owner = organization_record(ctx)
    membership_changes.check_all_features(owner)

    def is_member(account: str) -> bool:
        return account in caller_organization(ctx).of(Member) and account != owner.management

    resource_policies.parse_resource_policy(
        req["Content"], is_member=is_member, organization=owner.id
    )
    content = _with_unique_ids(ctx, req["Content"])
    policy = next(iter(caller_organization(ctx).of(ResourcePolicy)), None)
    tags = passed_tags(req)
    if policy is not None and tags:
        raise organizations_fault(
            InputReason.INVALID_LIST_MEMBER,
            "Tags can be given only when the resource policy is made.",
        )
    if policy is not None:
        policy = replace(policy, content=content)
    else:
        policy = ResourcePolicy(
            account=owner.id,
            id=ids.resource_policy(ctx.entropy(ids.ENTROPY_BYTES)),
            content=content,
            tags=new_tags.with_request_tags(ctx, "resourcepolicy", req),
        )
    ctx.put(policy)
    return {"ResourcePolicy": _view(ctx, policy)}


def _with_unique_ids(ctx: Context, text: str) -> str:
    """Return a policy text with users and roles by unique id, as it is stored.

    A new user or role of an old name therefore inherits no permission. Raises a refusal for a
    principal that does not exist.
    """
    try:
        return stored_principals.with_unique_ids(text, ctx.directory.id_of_principal)
    except Malformed as fault:
        raise organizations_fault(InputReason.INVALID_PRINCIPAL, fault.message) from None


@operation(on=organization_readers(any_resource))
def describe_resource_policy(ctx: Context, _req: Req) -> Answer:
    """Return the resource policy."""
    return {"ResourcePolicy": _view(ctx, _existing_policy(ctx))}


@operation(on=management_only(any_resource))
def delete_resource_policy(ctx: Context, _req: Req) -> None:
    """Delete the resource policy, and with it all permissions that it grants."""
    ctx.remove(_existing_policy(ctx))


def _existing_policy(ctx: Context) -> ResourcePolicy:
    """Return the resource policy; raises a refusal without one."""
    policy = next(iter(caller_organization(ctx).of(ResourcePolicy)), None)
    if policy is None:
        raise organizations_fault(
            ErrorCode.RESOURCE_POLICY_NOT_FOUND, "The organization has no resource policy."
        )
    return policy


def _view(ctx: Context, policy: ResourcePolicy) -> Answer:
    """Return a `ResourcePolicy`, with ARNs in place of unique ids."""
    owner = organization_record(ctx)
    arn = f"{owner.prefix}:resourcepolicy/{owner.id}/{policy.id}"
    content = stored_principals.with_arns(policy.content, ctx.directory.arn_of_principal)
    return {"ResourcePolicySummary": {"Id": policy.id, "Arn": arn}, "Content": content}
