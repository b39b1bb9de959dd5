"""The body that Tag…, Untag… and List…Tags share; each noun keeps its own three functions."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from daypass.core.domain import tagging
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.faults import Invalid
from daypass.core.organizations.policies import tag_policies
from daypass.services.iam import views
from daypass.services.iam.resources import passed_tags
from daypass.services.kit.context import Context

Req = Mapping[str, Any]
Tagged = TypeVar("Tagged", User, Role, ManagedPolicy, MFADevice)


def passed(ctx: Context, kind: str, req: Req, known: tuple[Tag, ...] = ()) -> tuple[Tag, ...]:
    """Return known tags with the passed ones added; raises `Invalid` for what the organization's tag policy has against them."""
    found = passed_tags(req)
    policy = ctx.directory.tag_policy(ctx.account.id)
    for problem in tag_policies.violations(policy, f"iam:{kind}", found):
        raise Invalid(problem)
    return tagging.merged(known, found)


def tag(ctx: Context, record: Tagged, req: Req) -> None:
    """Stage the record with the passed tags added."""
    kind = _KINDS.get(record.kind, record.kind)
    ctx.put(msgspec.structs.replace(record, tags=passed(ctx, kind, req, record.tags)))


_KINDS = {"mfa_device": "mfa"}


def untag(ctx: Context, record: Tagged, req: Req) -> None:
    """Stage the record without the tags of the passed keys."""
    ctx.put(msgspec.structs.replace(record, tags=tagging.without(record.tags, req["TagKeys"])))


def listed(record: Tagged) -> dict[str, Any]:
    """Answer the record's tags."""
    return {"Tags": views.tags(record.tags)}
