"""Tags of a request, checked against the tag policy of the management account, which owns them."""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import add_tags
from daypass.core.organizations import tagging
from daypass.core.organizations.policies import tag_policies
from daypass.core.organizations.refusals import ConstraintReason, organizations_fault
from daypass.services.kit.context import Context
from daypass.services.kit.tags import passed_tags
from daypass.services.organizations.membership import organization_record

Req = Mapping[str, Any]
_KINDS = {"r-": "root", "ou": "ou", "p-": "policy", "rp": "resourcepolicy", "rt": "transfer"}


def tag_policy_resource_type(identifier: str) -> str:
    """Return the resource type of an id, as tag policies name it."""
    return _KINDS.get(identifier[:2], "account")


def with_request_tags(
    ctx: Context, resource_type: str, req: Req, existing: tuple[Tag, ...] = ()
) -> tuple[Tag, ...]:
    """Return the tags `existing` with a request's `Tags` added.

    Raises a refusal for tags that are malformed, or that the tag policy forbids.
    """
    passed = passed_tags(req)
    tags = add_tags(existing, passed, tagging.TAG_FAULTS)
    policy = ctx.directory.tag_policy(organization_record(ctx).management)
    for problem in tag_policies.tag_violations(policy, f"organizations:{resource_type}", passed):
        raise organizations_fault(ConstraintReason.TAG_POLICY_VIOLATION, problem)
    return tags
