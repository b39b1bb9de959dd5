"""One thing that is asked of the policies, and what is known of the request besides its caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.core.policy.decision.refusal_record import TagKeys

ContextKeys = Mapping[str, str | tuple[str, ...]]
"""Context keys in lower case; a tuple is a multivalued key."""

NO_KEYS: ContextKeys = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a request besides its caller: the clock, the peer, the hop."""

    now: int
    """What the wall clock says, in seconds since 1970."""
    source_ip: str
    """The client's address; empty where it is not known, and then no policy has `aws:SourceIp`."""
    secure: bool
    region: str
    user_agent: str = ""
    referer: str = ""
    lead: int = 0
    """By how many seconds steady time, which never goes back, is ahead of the wall clock."""


@dataclass(frozen=True, slots=True)
class AuthorizationQuestion:
    """One thing that is to be allowed or not; `resource` is `*` where an action has no resource-level permissions."""

    action: str
    resource: str
    account: str
    """The account that owns the resource."""
    keys: ContextKeys
    """The context keys of this action on this resource."""
    resource_policy: PolicySet | None = None
    policy_owner: str = ""
    """The account of the resource policy, where it is another than the resource's."""
    tags: TagKeys | None = None
    """Tags of the resource that come from the directory, and that a refusal does not repeat."""
    requires_grant: bool = False
    """Whether the resource policy must name the caller or its account: roles and KMS keys."""
