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

from daypass.core.policy.decision.levels import Levels
from daypass.core.policy.decision.policy_sets import NONE, PolicySet, Rule
from daypass.core.policy.language import qualifiers
from daypass.core.policy.language.match import Context
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Kind, Principal
from daypass.core.policy.language.principal_element import Grant, account_of

EXEMPT = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
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


class Outcome(enum.Enum):
    """How a decision ends; both denials are the same to a caller but for the words."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `resource` is `*` for an action without resource-level permissions; context keys in lower case."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: Context


@dataclass(frozen=True, slots=True)
class Policies:
    """What is in force: nothing where there is none of a kind, an empty set where there is one that says nothing.

    SCPs and RCPs have levels; there are none for the management account and outside organizations.
    RCPFullAWSAccess is on every level and need not be given.
    """

    identity: PolicySet = NONE
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource: PolicySet | None = None
    scps: Levels | None = None
    rcps: Levels | None = None
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

    outcome: Outcome
    layer: Layer
    rule: Rule | None = None
    grant: Grant | None = None
    lacking: tuple[Layer, ...] = ()

    @property
    def allowed(self) -> bool:
        """Say whether the request may go on."""
        return self.outcome is Outcome.ALLOWED


_NO_GRANTS: Mapping[Grant, Rule] = MappingProxyType({})


class Verdict(NamedTuple):
    """What the policies of one kind say: a deny that applies, or an allow; for a resource's policy each kind of grant."""

    deny: Rule | None = None
    allow: Rule | None = None
    grants: Mapping[Grant, Rule] = _NO_GRANTS


SILENT = Verdict()
Verdicts = list[tuple[Layer, Verdict]]


def decide(request: Request, policies: Policies) -> Decision:
    """Decide one action on one resource for one caller, as quickly as may be."""
    if is_exempt(request):
        return EXEMPTED
    action = request.action.lower()
    has_boundary = policies.boundary is not None
    verdicts: Verdicts = []
    for layer, policy_set, limits in _quick(request, policies):
        if policy_set.is_broken:
            return UNREADABLE
        if layer in NAMING:
            verdict = _first_named(policy_set, action, request, has_boundary=has_boundary)
        else:
            verdict = _first(policy_set, action, request)
        if verdict.deny is not None:
            return Decision(Outcome.EXPLICITLY_DENIED, layer, verdict.deny)
        if limits:
            verdicts.append((layer, verdict))
    return granted(request, policies, verdicts)


NAMING = frozenset({Layer.RCP, Layer.ENDPOINT, Layer.RESOURCE, Layer.TRUST})
"""Kinds of policy whose statements name principals."""
EXEMPTED = Decision(Outcome.ALLOWED, Layer.EXEMPTION)
UNREADABLE = Decision(Outcome.EXPLICITLY_DENIED, Layer.UNREADABLE)


def is_exempt(request: Request) -> bool:
    """Say whether the action is one that no policy can take away from an authenticated caller."""
    return request.action.lower() in EXEMPT and request.principal.kind is not Kind.ANONYMOUS


def ladder(request: Request, policies: Policies) -> list[tuple[Layer, PolicySet]]:
    """Return the sets that bear on the request, in AWS's order; those of organizations stand once for each level."""
    return [
        *((layer, level) for layer, levels in _above(request, policies) for level in levels),
        *_own(policies),
    ]


def _quick(request: Request, policies: Policies) -> list[tuple[Layer, PolicySet, bool]]:
    """Return the same, what an organization's levels have in common put together, with whether each set limits."""
    found: list[tuple[Layer, PolicySet, bool]] = []
    if policies.scps is not None or policies.rcps is not None:
        for above, levels in _above(request, policies):
            found += [(above, policy_set, limits) for policy_set, limits in levels.asked]
    for layer, own in _own(policies):
        found.append((layer, own, True))
    return found


def _above(request: Request, policies: Policies) -> list[tuple[Layer, Levels]]:
    """Return what organizations say of the request."""
    caller = request.principal
    found = []
    if policies.rcps is not None and not without_rcps(request):
        found.append((Layer.RCP, policies.rcps))
    if policies.scps is not None and not without_scps(caller):
        found.append((Layer.SCP, policies.scps))
    return found


def _own(policies: Policies) -> list[tuple[Layer, PolicySet]]:
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


def without_scps(caller: Principal) -> bool:
    """Say whether SCPs never reach a caller: one of no account, or a role that belongs to a service."""
    return caller.kind in WITHOUT_ACCOUNT or caller.is_service_linked


def without_rcps(request: Request) -> str:
    """Return why RCPs are not asked for a request; empty where they are."""
    if request.principal.is_service_linked:
        return "the role belongs to a service"
    return "" if qualifiers.is_under_rcps(request.action) else f"none reaches {request.action}"


def granted(request: Request, policies: Policies, verdicts: Verdicts) -> Decision:
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
    decision = _within(request, policies, allows, grants)
    if not low:
        return decision
    return Decision(Outcome.IMPLICITLY_DENIED, low[0], lacking=(*low, *decision.lacking))


def _within(
    request: Request,
    policies: Policies,
    allows: dict[Layer, Rule | None],
    grants: Mapping[Grant, Rule],
) -> Decision:
    """Decide below the ceilings."""
    caller = request.principal
    if caller.kind in WITHOUT_ACCOUNT:
        if Grant.DIRECT in grants:
            return _by_resource(policies, grants)
        return _lacking(policies.resource_layer)
    identity_allows = allows[Layer.IDENTITY] is not None or _is_roots(caller)
    missing = [] if identity_allows else [Layer.IDENTITY]
    caps = _missing_caps(caller, allows)
    if caller.account != request.resource_account:
        if not grants:
            return _lacking(policies.resource_layer, *missing, *caps)
        return _lacking(*missing, *caps) if missing or caps else _by_resource(policies, grants)
    if Grant.DIRECT in grants or (Grant.ENTITY in grants and not caps):
        return _by_resource(policies, grants)
    needs = []
    if policies.requires_grant and not grants:
        needs.append(policies.resource_layer)
    if Grant.ENTITY not in grants:
        needs += missing
    if needs or caps:
        return _lacking(*needs, *caps)
    rule = allows[Layer.IDENTITY]
    return Decision(Outcome.ALLOWED, Layer.ROOT if rule is None else Layer.IDENTITY, rule)


def _is_roots(caller: Principal) -> bool:
    """Say whether a caller is root, or a federated user of root: they have no identity policies that would have to allow."""
    return caller.kind is Kind.ROOT or (
        caller.kind is Kind.FEDERATED_USER and bool(account_of(caller.user_arn))
    )


def _missing_caps(caller: Principal, allows: dict[Layer, Rule | None]) -> list[Layer]:
    """Return the ceilings of the caller itself that do not allow."""
    missing: list[Layer] = [
        layer
        for layer in (Layer.BOUNDARY, Layer.SESSION)
        if layer in allows and allows[layer] is None
    ]
    if caller.kind is Kind.FEDERATED_USER and Layer.SESSION not in allows:
        # A federated user has no permissions but those that its session policies pass on.
        missing.append(Layer.SESSION)
    return missing


def _lacking(*layers: Layer) -> Decision:
    return Decision(Outcome.IMPLICITLY_DENIED, layers[0], lacking=layers)


def _by_resource(policies: Policies, grants: Mapping[Grant, Rule]) -> Decision:
    strongest = max(grants)
    return Decision(Outcome.ALLOWED, policies.resource_layer, grants[strongest], strongest)


def _first(policy_set: PolicySet, action: str, request: Request) -> Verdict:
    """Evaluate policies that name no principals: one deny, or one allow, is enough."""
    denies, allows = policy_set.about(action)
    resource, context = request.resource, request.context
    for rule in denies:
        statement = rule.statement
        if statement.covers(resource, context) and statement.holds(context):
            return Verdict(deny=rule)
    for rule in allows:
        statement = rule.statement
        if statement.covers(resource, context) and statement.holds(context):
            return Verdict(allow=rule)
    return SILENT


def _first_named(
    policy_set: PolicySet, action: str, request: Request, *, has_boundary: bool
) -> Verdict:
    """Evaluate policies that name principals: one deny is enough; of the allows, one of each kind of grant."""
    denies, allows = policy_set.about(action)
    caller, resource, context = request.principal, request.resource, request.context
    for rule in denies:
        statement = rule.statement
        if (
            statement.names(caller, has_boundary=has_boundary) is not None
            and statement.covers(resource, context)
            and statement.holds(context)
        ):
            return Verdict(deny=rule)
    grants: dict[Grant, Rule] = {}
    for rule in allows:
        statement = rule.statement
        how = statement.names(caller, has_boundary=has_boundary)
        if (
            how is not None
            and how not in grants
            and statement.covers(resource, context)
            and statement.holds(context)
        ):
            grants[how] = rule
    return Verdict(allow=grants[max(grants)], grants=grants) if grants else SILENT
