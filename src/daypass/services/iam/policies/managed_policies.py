"""Operations on managed policies, the account's own and those that AWS manages."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from daypass.core import quotas
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import AWS
from daypass.core.faults import AlreadyExists, InUse, TooMany
from daypass.core.policy.checks.validate import DocumentKind, quota_characters, validate_document
from daypass.core.sessions.keyids import unique_id
from daypass.services.iam import lookup, resources, tagging, views
from daypass.services.iam.policies.attached_entities import attached_entities, bounded_entities
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation
from daypass.services.kit.tags import tags_member

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=resources.new_policy)
def create_policy(ctx: Context, req: Req) -> Answer:
    """Create a managed policy with its first version; return it."""
    name = req["PolicyName"]
    if ctx.account.of(ManagedPolicy).is_taken(name):
        raise AlreadyExists(
            f"A policy called {name} already exists. Duplicate names are not allowed."
        )
    if len(ctx.account.of(ManagedPolicy)) >= quotas.POLICIES_MAX:
        raise TooMany(f"Cannot exceed quota for PoliciesPerAccount: {quotas.POLICIES_MAX}")
    policy = ManagedPolicy(
        account=ctx.account.id,
        name=name,
        path=req.get("Path", "/"),
        unique_id=unique_id("ANPA", ctx.entropy(11)),
        created=ctx.now,
        updated=ctx.now,
        default="v1",
        versions=(
            PolicyVersion(
                id="v1", document=checked_document(req["PolicyDocument"]), created=ctx.now
            ),
        ),
        description=req.get("Description", ""),
        tags=tagging.with_request_tags(ctx, "policy", req),
    )
    ctx.put(policy)
    return {"Policy": views.policy(policy, attached=0, boundaries=0) | tags_member(policy.tags)}


def checked_document(text: str) -> str:
    """Return the document unchanged if a managed policy may have it.

    Raises `Malformed` for a text that is not a policy, `TooMany` for one that is too long.
    """
    validate_document(text, DocumentKind.MANAGED)
    if quota_characters(text) > quotas.MANAGED_POLICY_CHARACTERS_MAX:
        raise TooMany(f"Cannot exceed quota for PolicySize: {quotas.MANAGED_POLICY_CHARACTERS_MAX}")
    return text


def _view(ctx: Context, policy: ManagedPolicy) -> Answer:
    """Return a `Policy` with the number of entities that have it."""
    return views.policy(
        policy,
        attached=sum(1 for _ in attached_entities(ctx.account, policy.arn)),
        boundaries=sum(1 for _ in bounded_entities(ctx.account, policy.arn)),
    )


@operation(on=resources.policy)
def get_policy(ctx: Context, req: Req) -> Answer:
    """Return a managed policy, with its description and tags."""
    policy = lookup.policy(ctx, req["PolicyArn"])
    return {"Policy": views.described_policy(_view(ctx, policy), policy)}


@operation(on=resources.policy)
def delete_policy(ctx: Context, req: Req) -> None:
    """Delete a managed policy; raises `InUse` while it is attached or has several versions."""
    policy = lookup.modifiable_policy(ctx, req["PolicyArn"], change="delete policies")
    entities = chain(
        attached_entities(ctx.account, policy.arn), bounded_entities(ctx.account, policy.arn)
    )
    if next(entities, None) is not None:
        raise InUse("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise InUse(
            "This policy has more than one version. Before you delete a policy, you must delete the"
            " policy's versions. The default version is deleted with the policy."
        )
    ctx.remove(policy)


@operation(on=any_resource)
def list_policies(ctx: Context, req: Req) -> Answer:
    """Return managed policies by scope: the account's own, those of AWS, or both."""
    scope = req.get("Scope", "All")
    account_policies: Iterable[ManagedPolicy] = (
        ctx.account.of(ManagedPolicy) if scope in {"All", "Local"} else ()
    )
    aws_policies: Iterable[ManagedPolicy] = (
        ctx.directory.partition(AWS).of(ManagedPolicy) if scope in {"All", "AWS"} else ()
    )
    policies = lookup.with_path_prefix(
        chain(account_policies, aws_policies), req.get("PathPrefix", "/")
    )
    policy_views = (_view(ctx, policy) for policy in policies)
    return {"Policies": (view for view in policy_views if _matches_filters(view, req))}


def _matches_filters(view: Answer, req: Req) -> bool:
    """Return whether a policy is used as the request's filters ask."""
    used = req.get("PolicyUsageFilter")
    attached, boundaries = view["AttachmentCount"], view["PermissionsBoundaryUsageCount"]
    if req.get("OnlyAttached") and not (boundaries if used == "PermissionsBoundary" else attached):
        return False
    if used == "PermissionsBoundary":
        return bool(boundaries)
    return bool(attached) if used == "PermissionsPolicy" else True


@operation(on=resources.policy)
def list_entities_for_policy(ctx: Context, req: Req) -> Answer:
    """Return the users, groups and roles that a managed policy is attached to or bounds."""
    policy = lookup.policy(ctx, req["PolicyArn"], not_found_message=lookup.POLICY_NOT_ATTACHABLE)
    usage, kind = req.get("PolicyUsageFilter"), req.get("EntityFilter")
    entities: dict[str, User | Group | Role] = {}
    if usage != "PermissionsBoundary":
        entities |= {each.unique_id: each for each in attached_entities(ctx.account, policy.arn)}
    if usage != "PermissionsPolicy":
        entities |= {each.unique_id: each for each in bounded_entities(ctx.account, policy.arn)}
    matching = list(lookup.with_path_prefix(entities.values(), req.get("PathPrefix", "/")))

    def entity_list(record: type[User | Group | Role], entity_type: str) -> list[Answer]:
        is_listed = kind in {None, entity_type}
        return [
            {f"{entity_type}Name": each.name, f"{entity_type}Id": each.unique_id}
            for each in matching
            if is_listed and isinstance(each, record)
        ]

    return {
        "PolicyGroups": entity_list(Group, "Group"),
        "PolicyUsers": entity_list(User, "User"),
        "PolicyRoles": entity_list(Role, "Role"),
    }


@operation(on=resources.policy)
def tag_policy(ctx: Context, req: Req) -> None:
    """Add tags to a managed policy."""
    tagging.stage_tags(ctx, lookup.modifiable_policy(ctx, req["PolicyArn"]), req)


@operation(on=resources.policy)
def untag_policy(ctx: Context, req: Req) -> None:
    """Remove tags from a managed policy."""
    tagging.stage_without_tags(ctx, lookup.modifiable_policy(ctx, req["PolicyArn"]), req)


@operation(on=resources.policy)
def list_policy_tags(ctx: Context, req: Req) -> Answer:
    """Return a managed policy's tags."""
    return tagging.tags_answer(lookup.policy(ctx, req["PolicyArn"]))
