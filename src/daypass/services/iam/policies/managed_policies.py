"""Managed policies: the account's own, and those that AWS manages."""

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
from daypass.services.iam.policies.attached_entities import attached_to, bounded_by
from daypass.services.kit.context import Context
from daypass.services.kit.operation import everything, operation
from daypass.services.kit.tags import tags_member

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=resources.new_policy)
def create_policy(ctx: Context, req: Req) -> Answer:
    """Make a managed policy with its first version."""
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
            PolicyVersion(id="v1", document=acceptable(req["PolicyDocument"]), created=ctx.now),
        ),
        description=req.get("Description", ""),
        tags=tagging.with_passed_tags(ctx, "policy", req),
    )
    ctx.put(policy)
    return {"Policy": views.policy(policy, attached=0, boundaries=0) | tags_member(policy.tags)}


def acceptable(text: str) -> str:
    """Return a document that a managed policy may have."""
    validate_document(text, DocumentKind.MANAGED)
    if quota_characters(text) > quotas.MANAGED_POLICY_CHARACTERS_MAX:
        raise TooMany(f"Cannot exceed quota for PolicySize: {quotas.MANAGED_POLICY_CHARACTERS_MAX}")
    return text


def _view(ctx: Context, policy: ManagedPolicy) -> Answer:
    return views.policy(
        policy,
        attached=sum(1 for _ in attached_to(ctx.account, policy.arn)),
        boundaries=sum(1 for _ in bounded_by(ctx.account, policy.arn)),
    )


@operation(on=resources.policy)
def get_policy(ctx: Context, req: Req) -> Answer:
    """Show a managed policy."""
    policy = lookup.policy(ctx, req["PolicyArn"])
    described = {"Description": policy.description} if policy.description else {}
    return {"Policy": _view(ctx, policy) | described | tags_member(policy.tags)}


@operation(on=resources.policy)
def delete_policy(ctx: Context, req: Req) -> None:
    """Forget a managed policy that nobody holds and that has one version left."""
    policy = lookup.own_policy(ctx, req["PolicyArn"])
    holders = chain(attached_to(ctx.account, policy.arn), bounded_by(ctx.account, policy.arn))
    if next(holders, None) is not None:
        raise InUse("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise InUse(
            "This policy has more than one version. Before you delete a policy, you must delete the"
            " policy's versions. The default version is deleted with the policy."
        )
    ctx.remove(policy)


@operation(on=everything)
def list_policies(ctx: Context, req: Req) -> Answer:
    """Show managed policies: the account's own, AWS's, or both."""
    scope = req.get("Scope", "All")
    mine: Iterable[ManagedPolicy] = (
        ctx.account.of(ManagedPolicy) if scope in {"All", "Local"} else ()
    )
    awss: Iterable[ManagedPolicy] = (
        ctx.directory.partition(AWS).of(ManagedPolicy) if scope in {"All", "AWS"} else ()
    )
    policies = lookup.under(chain(mine, awss), req.get("PathPrefix", "/"))
    views_ = (_view(ctx, policy) for policy in policies)
    return {"Policies": (view for view in views_ if _is_wanted(view, req))}


def _is_wanted(view: Answer, req: Req) -> bool:
    """Say whether a policy is used in the way that the filters ask for."""
    used = req.get("PolicyUsageFilter")
    attached, boundaries = view["AttachmentCount"], view["PermissionsBoundaryUsageCount"]
    if req.get("OnlyAttached") and not (boundaries if used == "PermissionsBoundary" else attached):
        return False
    if used == "PermissionsBoundary":
        return bool(boundaries)
    return bool(attached) if used == "PermissionsPolicy" else True


@operation(on=resources.policy)
def list_entities_for_policy(ctx: Context, req: Req) -> Answer:
    """Show who holds a managed policy."""
    policy = lookup.policy(ctx, req["PolicyArn"])
    usage, kind = req.get("PolicyUsageFilter"), req.get("EntityFilter")
    holders: dict[str, User | Group | Role] = {}
    if usage != "PermissionsBoundary":
        holders |= {each.unique_id: each for each in attached_to(ctx.account, policy.arn)}
    if usage != "PermissionsPolicy":
        holders |= {each.unique_id: each for each in bounded_by(ctx.account, policy.arn)}
    under = list(lookup.under(holders.values(), req.get("PathPrefix", "/")))

    def shown(record: type[User | Group | Role], word: str) -> list[Answer]:
        wanted = kind in {None, word}
        return [
            {f"{word}Name": each.name, f"{word}Id": each.unique_id}
            for each in under
            if wanted and isinstance(each, record)
        ]

    return {
        "PolicyGroups": shown(Group, "Group"),
        "PolicyUsers": shown(User, "User"),
        "PolicyRoles": shown(Role, "Role"),
    }


@operation(on=resources.policy)
def tag_policy(ctx: Context, req: Req) -> None:
    """Put tags on a managed policy."""
    tagging.tag(ctx, lookup.own_policy(ctx, req["PolicyArn"]), req)


@operation(on=resources.policy)
def untag_policy(ctx: Context, req: Req) -> None:
    """Take tags off a managed policy."""
    tagging.untag(ctx, lookup.own_policy(ctx, req["PolicyArn"]), req)


@operation(on=resources.policy)
def list_policy_tags(ctx: Context, req: Req) -> Answer:
    """Show a managed policy's tags."""
    return tagging.listed(lookup.policy(ctx, req["PolicyArn"]))
