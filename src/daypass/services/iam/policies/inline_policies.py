"""Operations that embed inline policies in users, groups and roles, read, delete and list them."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.iam import attachments as rules
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.identity import InlinePolicy, inline_policy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import NotFound
from daypass.core.policy.checks.validate import DocumentKind, validate_document
from daypass.services.iam import lookup, resources, views
from daypass.services.iam.lookup import Entity
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation

Req = Mapping[str, Any]
Answer = dict[str, Any]


def _put_policy(ctx: Context, identity: Entity, req: Req) -> None:
    """Stage a user, group or role with the request's inline policy added or replaced."""
    validate_document(req["PolicyDocument"], DocumentKind.IDENTITY)
    policy = InlinePolicy(req["PolicyName"], req["PolicyDocument"])
    ctx.put(replace(identity, inline=rules.put_inline_policy(identity, policy)))


def _embedded_policy(identity: User | Group | Role, req: Req) -> InlinePolicy:
    """Return the inline policy that a request names; raises `NotFound`."""
    policy = inline_policy(identity, req["PolicyName"])
    if policy is None:
        kind = identity.kind
        raise NotFound(f"The {kind} policy with name {req['PolicyName']} cannot be found.")
    return policy


def _policy_answer(identity: User | Group | Role, req: Req) -> Answer:
    """Return the answer of Get…Policy."""
    policy = _embedded_policy(identity, req)
    return {
        f"{identity.kind.capitalize()}Name": identity.name,
        "PolicyName": policy.name,
        "PolicyDocument": views.encoded_document(policy.document),
    }


def _delete_policy(ctx: Context, identity: Entity, req: Req) -> None:
    """Stage a user, group or role without the named inline policy."""
    deleted = _embedded_policy(identity, req)
    ctx.put(replace(identity, inline=tuple(each for each in identity.inline if each != deleted)))


def _policy_names_answer(identity: User | Group | Role) -> Answer:
    """Return the answer of List…Policies."""
    return {"PolicyNames": [each.name for each in identity.inline]}


@operation(on=resources.user)
def put_user_policy(ctx: Context, req: Req) -> None:
    """Embed a policy in a user."""
    _put_policy(ctx, lookup.user(ctx, req), req)


@operation(on=resources.group)
def put_group_policy(ctx: Context, req: Req) -> None:
    """Embed a policy in a group."""
    _put_policy(ctx, lookup.group(ctx, req), req)


@operation(on=resources.role)
def put_role_policy(ctx: Context, req: Req) -> None:
    """Embed a policy in a role."""
    _put_policy(ctx, lookup.modifiable_role(ctx, req), req)


@operation(on=resources.user)
def get_user_policy(ctx: Context, req: Req) -> Answer:
    """Return a user's inline policy."""
    return _policy_answer(lookup.user(ctx, req), req)


@operation(on=resources.group)
def get_group_policy(ctx: Context, req: Req) -> Answer:
    """Return a group's inline policy."""
    return _policy_answer(lookup.group(ctx, req), req)


@operation(on=resources.role)
def get_role_policy(ctx: Context, req: Req) -> Answer:
    """Return a role's inline policy."""
    return _policy_answer(lookup.role(ctx, req), req)


@operation(on=resources.user)
def delete_user_policy(ctx: Context, req: Req) -> None:
    """Delete a user's inline policy."""
    _delete_policy(ctx, lookup.user(ctx, req), req)


@operation(on=resources.group)
def delete_group_policy(ctx: Context, req: Req) -> None:
    """Delete a group's inline policy."""
    _delete_policy(ctx, lookup.group(ctx, req), req)


@operation(on=resources.role)
def delete_role_policy(ctx: Context, req: Req) -> None:
    """Delete a role's inline policy."""
    _delete_policy(ctx, lookup.modifiable_role(ctx, req), req)


@operation(on=resources.user)
def list_user_policies(ctx: Context, req: Req) -> Answer:
    """Return the names of a user's inline policies."""
    return _policy_names_answer(lookup.user(ctx, req))


@operation(on=resources.group)
def list_group_policies(ctx: Context, req: Req) -> Answer:
    """Return the names of a group's inline policies."""
    return _policy_names_answer(lookup.group(ctx, req))


@operation(on=resources.role)
def list_role_policies(ctx: Context, req: Req) -> Answer:
    """Return the names of a role's inline policies."""
    return _policy_names_answer(lookup.role(ctx, req))
