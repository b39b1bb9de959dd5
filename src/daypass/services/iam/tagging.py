"""The body that Tag…, Untag… and List…Tags share; each noun keeps its own three functions."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from daypass.core.domain import tagging
from daypass.core.domain.mfa_device import MFADevice
from daypass.core.domain.policy import ManagedPolicy
from daypass.core.domain.role import Role
from daypass.core.domain.user import User
from daypass.services.iam import views
from daypass.services.iam.targets import passed_tags
from daypass.services.kit.context import Context

Req = Mapping[str, Any]
Tagged = TypeVar("Tagged", User, Role, ManagedPolicy, MFADevice)


def tag(ctx: Context, record: Tagged, req: Req) -> None:
    """Stage the record with the passed tags added."""
    ctx.put(msgspec.structs.replace(record, tags=tagging.merged(record.tags, passed_tags(req))))


def untag(ctx: Context, record: Tagged, req: Req) -> None:
    """Stage the record without the tags of the passed keys."""
    ctx.put(msgspec.structs.replace(record, tags=tagging.without(record.tags, req["TagKeys"])))


def listed(record: Tagged) -> dict[str, Any]:
    """Answer the record's tags."""
    return {"Tags": views.tags(record.tags)}
