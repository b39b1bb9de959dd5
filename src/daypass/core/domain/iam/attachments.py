"""Attaching managed policies to users, groups and roles, and embedding inline ones, in quotas."""

from collections.abc import Mapping

from daypass.core import quotas
from daypass.core.domain.iam.identity import Identity, InlinePolicy, with_inline
from daypass.core.faults import TooMany
from daypass.core.policy.checks.validate import quota_characters

INLINE_MAX: Mapping[str, int] = {
    "user": quotas.USER_INLINE_CHARACTERS_MAX,
    "group": quotas.GROUP_INLINE_CHARACTERS_MAX,
    "role": quotas.ROLE_INLINE_CHARACTERS_MAX,
}


def attach_policy(identity: Identity, arn: str) -> tuple[str, ...]:
    """Return an identity's attached policy ARNs with one added.

    A policy that is attached already changes nothing.

    Raises `TooMany` if the identity has as many as it may.
    """
    if arn in identity.attached:
        return identity.attached
    if len(identity.attached) >= quotas.ATTACHED_POLICIES_MAX:
        kind = identity.kind.capitalize()
        raise TooMany(f"Cannot exceed quota for PoliciesPer{kind}: {quotas.ATTACHED_POLICIES_MAX}")
    return (*identity.attached, arn)


def put_inline_policy(identity: Identity, policy: InlinePolicy) -> tuple[InlinePolicy, ...]:
    """Return an identity's inline policies with one added or replaced.

    Raises `TooMany` if they have more characters together than a user, group or role may have.
    """
    policies = with_inline(identity, policy)
    limit = INLINE_MAX[identity.kind]
    if sum(quota_characters(each.document) for each in policies) > limit:
        raise TooMany(
            f"Maximum policy size of {limit} bytes exceeded for {identity.kind} {identity.name}"
        )
    return policies
