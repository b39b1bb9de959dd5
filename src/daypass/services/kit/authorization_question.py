"""The question that policies decide, and the circumstances of the request that it is part of."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.core.policy.decision.refusal_record import TagKeys

ContextKeys = Mapping[str, str | tuple[str, ...]]
"""Condition keys by name in lower case; a tuple is the value of a multivalued key."""

NO_KEYS: ContextKeys = MappingProxyType({})


class Circumstances(msgspec.Struct, frozen=True):
    """What condition keys need of a request beside its caller: time, address, TLS, region."""

    now: int
    """The wall clock's time, in seconds since 1970."""
    source_ip: str
    """The client's address; empty if it is unknown, and then `aws:SourceIp` is missing."""
    secure: bool
    region: str
    user_agent: str = ""
    referer: str = ""
    lead: int = 0
    """By how many seconds steady time, which never goes back, is ahead of the wall clock."""
    is_on_host: bool = False
    """Whether the call came by the control socket of the server's own host, and not by a network.
    """


class AuthorizationQuestion(msgspec.Struct, frozen=True):
    """One action on one resource that is allowed or denied.

    `resource` is `*` if the action has no resource-level permissions.
    """

    action: str
    resource: str
    account: str
    """The account that owns the resource."""
    keys: ContextKeys
    """The condition keys of this action on this resource, beside the global ones."""
    resource_policy: PolicySet | None = None
    policy_owner: str = ""
    """The account that wrote the resource policy, if it is not the resource's owner."""
    tags: TagKeys | None = None
    """Condition keys of the resource's tags, from the directory, none of which is in `keys`; a
    refusal's record holds only their hash."""
    requires_grant: bool = False
    """Whether the resource policy must name the caller or its account, as for roles and KMS keys.
    """
