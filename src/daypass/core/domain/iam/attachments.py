"""Policies on identities: how many may hang there, how long they may be, and how many hang where."""

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
    """Return what is attached, with one policy more; attaching again changes nothing. Raises `TooMany`."""
    if arn in identity.attached:
        return identity.attached
    if len(identity.attached) >= quotas.ATTACHED_POLICIES_MAX:
        kind = identity.kind.capitalize()
        raise TooMany(f"Cannot exceed quota for PoliciesPer{kind}: {quotas.ATTACHED_POLICIES_MAX}")
    return (*identity.attached, arn)


def put_inline_policy(identity: Identity, policy: InlinePolicy) -> tuple[InlinePolicy, ...]:
    """Return the inline policies with one added or replaced; raises `TooMany` for more text than the kind may have."""
    policies = with_inline(identity, policy)
    limit = INLINE_MAX[identity.kind]
    if sum(quota_characters(each.document) for each in policies) > limit:
        raise TooMany(
            f"Maximum policy size of {limit} bytes exceeded for {identity.kind} {identity.name}"
        )
    return policies
