"""The steps that IAM's Tag…, Untag… and List…Tags operations share."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from daypass.core import quotas
from daypass.core.domain import tagging
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import TagFaults
from daypass.core.faults import Invalid, TooMany
from daypass.core.organizations.policies import tag_policies
from daypass.services.kit.context import Context
from daypass.services.kit.tags import passed_tags, tag_list

Req = Mapping[str, Any]
Tagged = TypeVar("Tagged", User, Role, ManagedPolicy, MFADevice)


_KINDS_WITHOUT_CASE = frozenset({"user", "role"})
"""Kinds of resources, as tag policies name them, whose tag keys ignore case.

Source: IAM user guide, "Tags for IAM resources": "Case sensitivity".
"""


def _reserved() -> Invalid:
    return Invalid("Tag keys beginning with aws: are reserved for system use.")


def _too_many() -> TooMany:
    return TooMany(f"Cannot exceed quota for TagsPerResource: {quotas.TAGS_MAX}")


_WITHOUT_CASE = TagFaults(
    duplicate=lambda: Invalid(
        "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    ),
    reserved=_reserved,
    too_many=_too_many,
)
_WITH_CASE = TagFaults(
    duplicate=lambda: Invalid("Duplicate tag keys found."),
    reserved=_reserved,
    too_many=_too_many,
    is_case_sensitive=True,
)


def with_request_tags(
    ctx: Context, resource_type: str, req: Req, existing: tuple[Tag, ...] = ()
) -> tuple[Tag, ...]:
    """Return the tags `existing` with a request's `Tags` added.

    Raises `Invalid` for tags that are malformed or that the organization's tag policy forbids, and
    `TooMany` for more tags than a resource may have.
    """
    passed = passed_tags(req)
    policy = ctx.directory.tag_policy(ctx.account.id)
    for problem in tag_policies.tag_violations(policy, f"iam:{resource_type}", passed):
        raise Invalid(problem)
    faults = _WITHOUT_CASE if resource_type in _KINDS_WITHOUT_CASE else _WITH_CASE
    return tagging.add_tags(existing, passed, faults)


def stage_tags(ctx: Context, record: Tagged, req: Req) -> None:
    """Stage the record with a request's `Tags` added; raises as `with_request_tags` does."""
    kind = _kind(record)
    ctx.put(msgspec.structs.replace(record, tags=with_request_tags(ctx, kind, req, record.tags)))


def _kind(record: User | Role | ManagedPolicy | MFADevice) -> str:
    """Return the kind of a record as tag policies name it."""
    return "mfa" if isinstance(record, MFADevice) else record.kind


def stage_without_tags(ctx: Context, record: Tagged, req: Req) -> None:
    """Stage the record without the tags in a request's `TagKeys`."""
    is_case_sensitive = _kind(record) not in _KINDS_WITHOUT_CASE
    rest = tagging.remove_tags(record.tags, req["TagKeys"], is_case_sensitive=is_case_sensitive)
    ctx.put(msgspec.structs.replace(record, tags=rest))


def tags_answer(record: Tagged) -> dict[str, Any]:
    """Return the answer of List…Tags for a record."""
    return {"Tags": tag_list(record.tags)}
