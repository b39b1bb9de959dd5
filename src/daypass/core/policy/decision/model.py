"""The values of a decision: the request, the policies that apply to it, and the outcome."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from daypass.core.enums import with_plain_members
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.policy_sets import NO_POLICIES, PolicySet, Rule
from daypass.core.policy.language.patterns import RequestContext
from daypass.core.policy.language.principal import Principal
from daypass.core.policy.language.principal_element import Grant


@with_plain_members
class Layer(enum.StrEnum):
    """A kind of policy, by the name that AWS's messages give it.

    The order is the one in which the first of several refusing kinds is named.
    """

    RCP = "resource control policy"
    SCP = "service control policy"
    ENDPOINT = "VPC endpoint policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SCOPE_DOWN = "scope-down policy"
    """What a session was narrowed to: it limits even what a resource's policy gives the session."""
    UNREADABLE = "policy that cannot be read"
    """A stored document that cannot be read; every decision with it is a denial."""
    ROOT = "account root user"
    """Not a policy: the root user needs no identity policy."""
    EXEMPTION = "exemption"
    """Not a policy: an action that every authenticated caller may call."""


@with_plain_members
class DecisionOutcome(enum.Enum):
    """The outcome of a decision; a caller sees the two denials by their message alone."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


class AuthorizationRequest(NamedTuple):
    """A request to be authorized: one action of a caller on one resource.

    `resource` is `*` for an action without resource-level permissions; context keys are in lower
    case.
    """

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: RequestContext


class EffectivePolicies(NamedTuple):
    """All policies that apply to a request, by kind.

    None: no such policy. Empty set: a policy with no statements. SCPs and RCPs are None for the
    management account and outside organizations. AWS's own RCPFullAWSAccess, attached everywhere,
    may be left out.
    """

    identity: PolicySet = NO_POLICIES
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource: PolicySet | None = None
    scps: OrganizationLevels | None = None
    rcps: OrganizationLevels | None = None
    endpoint: PolicySet | None = None
    requires_grant: bool = False
    """Whether the resource's policy must name the caller or its account: roles and KMS keys."""
    resource_layer: Layer = Layer.RESOURCE
    """The kind of the resource's policy: `Layer.TRUST` for a role's."""
    scope_downs: tuple[PolicySet, ...] = ()
    """One set for each time that the caller's session was narrowed; every one must allow."""


class Decision(NamedTuple):
    """The outcome of a request, the kind of policy that decided, and the rule if a rule did.

    `grant` is how the resource's policy named the caller, if that policy allowed. `missing_layers`
    are all kinds of policy that would have had to allow and did not, in the order of `Layer`.
    """

    outcome: DecisionOutcome
    layer: Layer
    rule: Rule | None = None
    grant: Grant | None = None
    missing_layers: tuple[Layer, ...] = ()

    @property
    def allowed(self) -> bool:
        """Return whether the request is allowed."""
        return self.outcome is DecisionOutcome.ALLOWED


NO_GRANTS: Mapping[Grant, Rule] = MappingProxyType({})


class LayerVerdict(NamedTuple):
    """The result of evaluating the policies of one kind: a deny that applies, or an allow.

    For policies that name principals, `grants` has one rule for each kind of grant.
    """

    deny: Rule | None = None
    allow: Rule | None = None
    grants: Mapping[Grant, Rule] = NO_GRANTS


NO_MATCH = LayerVerdict()
"""The verdict if no statement applies."""
LayerVerdicts = list[tuple[Layer, LayerVerdict]]
"""The verdict of each kind of policy, in order of evaluation."""
