"""Tags of a request, checked against the quota and the tag policy of the instance's owner."""

from collections.abc import Mapping
from typing import Any

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import TagFaults, add_tags
from daypass.core.faults import InvalidParameterValue, TooMany
from daypass.core.organizations.policies import tag_policies
from daypass.services.kit.context import Context
from daypass.services.kit.tags import passed_tags

Req = Mapping[str, Any]
INSTANCE = "sso:instance"
"""The type of an instance in tag policies."""
PERMISSION_SET = "sso:permissionSet"

# AWS compares these keys with regard to case; here they are compared without, because condition
# keys are.
TAG_FAULTS = TagFaults(
    duplicate=lambda: InvalidParameterValue(
        "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    ),
    reserved=lambda: InvalidParameterValue(
        "Tag keys beginning with aws: are reserved for system use."
    ),
    too_many=lambda: TooMany(f"Cannot exceed quota for tags per resource: {quotas.TAGS_MAX}"),
)


def with_request_tags(
    ctx: Context, resource_type: str, owner: str, req: Req, existing: tuple[Tag, ...] = ()
) -> tuple[Tag, ...]:
    """Return the tags `existing` with a request's `Tags` added; `owner` owns the instance.

    Raises `InvalidParameterValue` for tags that are malformed or that the owner's tag policy
    forbids, and `TooMany` for more tags than a resource may have.
    """
    passed = passed_tags(req)
    tags = add_tags(existing, passed, TAG_FAULTS)
    policy = ctx.directory.tag_policy(owner)
    for problem in tag_policies.tag_violations(policy, resource_type, passed):
        raise InvalidParameterValue(problem)
    return tags
