"""The decision: every kind of policy that bears on a request, put together.

An explicit deny anywhere wins. Above the grant stand the ceilings of organizations and endpoints, each of which must allow. A
resource's policy that names the caller itself suffices in its own account; one that names the role or user behind it suffices
within boundary and session policies; one that names the account lets the caller's own policies decide. Across accounts both
sides must allow. Source: IAM user guide, "Policy evaluation logic".
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.policy_sets import NO_POLICIES, PolicySet, Rule
from daypass.core.policy.language import undocumented_rules
from daypass.core.policy.language.patterns import RequestContext
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Principal, PrincipalKind
from daypass.core.policy.language.principal_element import Grant, account_in_entry

EXEMPT_ACTIONS = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions that no policy can take away."""


class Layer(enum.StrEnum):
    """A kind of policy, as AWS's messages call it, in the order in which one of several refusals is named."""

    RCP = "resource control policy"
    SCP = "service control policy"
    ENDPOINT = "VPC endpoint policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    UNREADABLE = "policy that cannot be read"
    ROOT = "account root user"
    """Needs no policy of its own."""
    EXEMPTION = "exemption"
    """An action that every authenticated caller may call."""


class DecisionOutcome(enum.Enum):
    """How a decision ends; both denials are the same to a caller but for the words."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What is asked. `resource` is `*` for an action without resource-level permissions; context keys in lower case."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: RequestContext


@dataclass(frozen=True, slots=True)
class EffectivePolicies:
    """What is in force: nothing where there is none of a kind, an empty set where there is one that says nothing.

    SCPs and RCPs have levels; there are none for the management account and outside organizations.
    RCPFullAWSAccess is on every level and need not be given.
    """

    identity: PolicySet = NO_POLICIES
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource: PolicySet | None = None
    scps: OrganizationLevels | None = None
    rcps: OrganizationLevels | None = None
    endpoint: PolicySet | None = None
    requires_grant: bool = False
    """The resource's policy must name the caller or its account: roles and KMS keys."""
    resource_layer: Layer = Layer.RESOURCE
    """What the resource's policy is called: `TRUST` for a role's."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome, the kind of policy that decided, and the statement that did, if one did.

    `lacking` are all the kinds that would have had to allow and did not, in the order of `Layer`.
    """

    outcome: DecisionOutcome
    layer: Layer
    rule: Rule | None = None
    grant: Grant | None = None
    missing_layers: tuple[Layer, ...] = ()

    @property
    def allowed(self) -> bool:
        """Say whether the request may go on."""
        return self.outcome is DecisionOutcome.ALLOWED


_NO_GRANTS: Mapping[Grant, Rule] = MappingProxyType({})


class LayerVerdict(NamedTuple):
    """What the policies of one kind say: a deny that applies, or an allow; for a resource's policy each kind of grant."""

    deny: Rule | None = None
    allow: Rule | None = None
    grants: Mapping[Grant, Rule] = _NO_GRANTS


NO_MATCH = LayerVerdict()
LayerVerdicts = list[tuple[Layer, LayerVerdict]]


def decide(request: AuthorizationRequest, policies: EffectivePolicies) -> Decision:
    """Decide one action on one resource for one caller, as quickly as may be."""
    if is_exempt(request):
        return ALLOWED_BY_EXEMPTION
    action = request.action.lower()
    has_boundary = policies.boundary is not None
    verdicts: LayerVerdicts = []
    for layer, policy_set, limits in _evaluation_sets_in_order(request, policies):
        if policy_set.is_unreadable:
            return DENIED_AS_UNREADABLE
        if layer in LAYERS_WITH_PRINCIPALS:
            verdict = _evaluate_with_principals(
                policy_set, action, request, has_boundary=has_boundary
            )
        else:
            verdict = _evaluate(policy_set, action, request)
        if verdict.deny is not None:
            return Decision(DecisionOutcome.EXPLICITLY_DENIED, layer, verdict.deny)
        if limits:
            verdicts.append((layer, verdict))
    return decide_without_deny(request, policies, verdicts)


LAYERS_WITH_PRINCIPALS = frozenset({Layer.RCP, Layer.ENDPOINT, Layer.RESOURCE, Layer.TRUST})
"""Kinds of policy whose statements name principals."""
ALLOWED_BY_EXEMPTION = Decision(DecisionOutcome.ALLOWED, Layer.EXEMPTION)
DENIED_AS_UNREADABLE = Decision(DecisionOutcome.EXPLICITLY_DENIED, Layer.UNREADABLE)


def is_exempt(request: AuthorizationRequest) -> bool:
    """Say whether the action is one that no policy can take away from an authenticated caller."""
    return (
        request.action.lower() in EXEMPT_ACTIONS
        and request.principal.kind is not PrincipalKind.ANONYMOUS
    )


def policy_sets_in_order(
    request: AuthorizationRequest, policies: EffectivePolicies
) -> list[tuple[Layer, PolicySet]]:
    """Return the sets that bear on the request, in AWS's order; those of organizations stand once for each level."""
    return [
        *(
            (layer, level)
            for layer, levels in _organization_levels(request, policies)
            for level in levels
        ),
        *_policy_sets_below_organization(policies),
    ]


def _evaluation_sets_in_order(
    request: AuthorizationRequest, policies: EffectivePolicies
) -> list[tuple[Layer, PolicySet, bool]]:
    """Return the same, what an organization's levels have in common put together, with whether each set limits."""
    found: list[tuple[Layer, PolicySet, bool]] = []
    if policies.scps is not None or policies.rcps is not None:
        for above, levels in _organization_levels(request, policies):
            found += [(above, policy_set, limits) for policy_set, limits in levels.evaluation_sets]
    for layer, own in _policy_sets_below_organization(policies):
        found.append((layer, own, True))
    return found


def _organization_levels(
    request: AuthorizationRequest, policies: EffectivePolicies
) -> list[tuple[Layer, OrganizationLevels]]:
    """Return what organizations say of the request."""
    caller = request.principal
    found = []
    if policies.rcps is not None and not rcp_exemption_reason(request):
        found.append((Layer.RCP, policies.rcps))
    if policies.scps is not None and not is_exempt_from_scps(caller):
        found.append((Layer.SCP, policies.scps))
    return found


def _policy_sets_below_organization(policies: EffectivePolicies) -> list[tuple[Layer, PolicySet]]:
    """Return what hangs on the request's way, on the resource and on the caller."""
    found: list[tuple[Layer, PolicySet]] = []
    if policies.endpoint is not None:
        found.append((Layer.ENDPOINT, policies.endpoint))
    if policies.resource is not None:
        found.append((policies.resource_layer, policies.resource))
    found.append((Layer.IDENTITY, policies.identity))
    if policies.boundary is not None:
        found.append((Layer.BOUNDARY, policies.boundary))
    if policies.session is not None:
        found.append((Layer.SESSION, policies.session))
    return found


def is_exempt_from_scps(caller: Principal) -> bool:
    """Say whether SCPs never reach a caller: one of no account, or a role that belongs to a service."""
    return caller.kind in WITHOUT_ACCOUNT or caller.is_service_linked


def rcp_exemption_reason(request: AuthorizationRequest) -> str:
    """Return why RCPs are not asked for a request; empty where they are."""
    if request.principal.is_service_linked:
        return "the role belongs to a service"
    return (
        ""
        if undocumented_rules.is_subject_to_rcps(request.action)
        else f"none reaches {request.action}"
    )


def decide_without_deny(
    request: AuthorizationRequest, policies: EffectivePolicies, verdicts: LayerVerdicts
) -> Decision:
    """Decide where nothing denies: the ceilings, then who grants."""
    allows: dict[Layer, Rule | None] = {}
    grants: Mapping[Grant, Rule] = _NO_GRANTS
    low: list[Layer] = []
    for layer, verdict in verdicts:
        if layer in {Layer.SCP, Layer.ENDPOINT}:
            if verdict.allow is None and layer not in low:
                low.append(layer)
        elif layer is policies.resource_layer:
            grants = verdict.grants
        else:
            allows[layer] = verdict.allow
    decision = _decide_below_ceilings(request, policies, allows, grants)
    if not low:
        return decision
    return Decision(
        DecisionOutcome.IMPLICITLY_DENIED, low[0], missing_layers=(*low, *decision.missing_layers)
    )


def _decide_below_ceilings(
    request: AuthorizationRequest,
    policies: EffectivePolicies,
    allows: dict[Layer, Rule | None],
    grants: Mapping[Grant, Rule],
) -> Decision:
    """Decide below the ceilings."""
    caller = request.principal
    if caller.kind in WITHOUT_ACCOUNT:
        if Grant.DIRECT in grants:
            return _allowed_by_resource(policies, grants)
        return _implicit_denial(policies.resource_layer)
    identity_allows = allows[Layer.IDENTITY] is not None or _acts_as_root(caller)
    missing = [] if identity_allows else [Layer.IDENTITY]
    caps = _missing_limits(caller, allows)
    if caller.account != request.resource_account:
        if not grants:
            return _implicit_denial(policies.resource_layer, *missing, *caps)
        return (
            _implicit_denial(*missing, *caps)
            if missing or caps
            else _allowed_by_resource(policies, grants)
        )
    if Grant.DIRECT in grants or (Grant.ENTITY in grants and not caps):
        return _allowed_by_resource(policies, grants)
    needs = []
    if policies.requires_grant and not grants:
        needs.append(policies.resource_layer)
    if Grant.ENTITY not in grants:
        needs += missing
    if needs or caps:
        return _implicit_denial(*needs, *caps)
    rule = allows[Layer.IDENTITY]
    return Decision(DecisionOutcome.ALLOWED, Layer.ROOT if rule is None else Layer.IDENTITY, rule)


def _acts_as_root(caller: Principal) -> bool:
    """Say whether a caller is root, or a federated user of root: they have no identity policies that would have to allow."""
    return caller.kind is PrincipalKind.ROOT or (
        caller.kind is PrincipalKind.FEDERATED_USER and bool(account_in_entry(caller.user_arn))
    )


def _missing_limits(caller: Principal, allows: dict[Layer, Rule | None]) -> list[Layer]:
    """Return the ceilings of the caller itself that do not allow."""
    missing: list[Layer] = [
        layer
        for layer in (Layer.BOUNDARY, Layer.SESSION)
        if layer in allows and allows[layer] is None
    ]
    if caller.kind is PrincipalKind.FEDERATED_USER and Layer.SESSION not in allows:
        # A federated user has no permissions but those that its session policies pass on.
        missing.append(Layer.SESSION)
    return missing


def _implicit_denial(*layers: Layer) -> Decision:
    return Decision(DecisionOutcome.IMPLICITLY_DENIED, layers[0], missing_layers=layers)


def _allowed_by_resource(policies: EffectivePolicies, grants: Mapping[Grant, Rule]) -> Decision:
    strongest = max(grants)
    return Decision(DecisionOutcome.ALLOWED, policies.resource_layer, grants[strongest], strongest)


def _evaluate(policy_set: PolicySet, action: str, request: AuthorizationRequest) -> LayerVerdict:
    """Evaluate policies that name no principals: one deny, or one allow, is enough."""
    denies, allows = policy_set.rules_for(action)
    resource, context = request.resource, request.context
    for rule in denies:
        statement = rule.statement
        if statement.matches_resource(resource, context) and statement.conditions_hold(context):
            return LayerVerdict(deny=rule)
    for rule in allows:
        statement = rule.statement
        if statement.matches_resource(resource, context) and statement.conditions_hold(context):
            return LayerVerdict(allow=rule)
    return NO_MATCH


def _evaluate_with_principals(
    policy_set: PolicySet, action: str, request: AuthorizationRequest, *, has_boundary: bool
) -> LayerVerdict:
    """Evaluate policies that name principals: one deny is enough; of the allows, one of each kind of grant."""
    denies, allows = policy_set.rules_for(action)
    caller, resource, context = request.principal, request.resource, request.context
    for rule in denies:
        statement = rule.statement
        if (
            statement.grant_for(caller, has_boundary=has_boundary) is not None
            and statement.matches_resource(resource, context)
            and statement.conditions_hold(context)
        ):
            return LayerVerdict(deny=rule)
    grants: dict[Grant, Rule] = {}
    for rule in allows:
        statement = rule.statement
        how = statement.grant_for(caller, has_boundary=has_boundary)
        if (
            how is not None
            and how not in grants
            and statement.matches_resource(resource, context)
            and statement.conditions_hold(context)
        ):
            grants[how] = rule
    return LayerVerdict(allow=grants[max(grants)], grants=grants) if grants else NO_MATCH
