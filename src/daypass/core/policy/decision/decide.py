"""The decision: the evaluation of every kind of policy that applies to a request.

An explicit deny anywhere wins. SCPs, RCPs, endpoint policies and each scope-down policy of a
session are ceilings, each of which must allow. A resource's policy that names the caller itself
suffices in its own account; one that names the role or user behind the caller suffices within
boundary and session policies; one that names the account lets the caller's own policies decide.
Across accounts both sides must allow. Source: IAM user guide, "Policy evaluation logic"; STS API
reference, GetScopedCredentials.
"""

from collections.abc import Mapping

from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.model import (
    NO_GRANTS,
    NO_MATCH,
    AuthorizationRequest,
    Decision,
    DecisionOutcome,
    EffectivePolicies,
    Layer,
    LayerVerdict,
    LayerVerdicts,
)
from daypass.core.policy.decision.policy_sets import PolicySet, Rule
from daypass.core.policy.language import undocumented_rules
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Principal, PrincipalKind
from daypass.core.policy.language.principal_element import Grant, account_in_entry

EXEMPT_ACTIONS = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions that every authenticated caller may call: no policy can deny them."""


def decide(request: AuthorizationRequest, policies: EffectivePolicies) -> Decision:
    """Return the decision on one action, one resource and one caller."""
    action = request.action.lower()
    if action in EXEMPT_ACTIONS and is_exempt(request):
        return ALLOWED_BY_EXEMPTION
    verdicts: LayerVerdicts = []
    for layer, policy_set, must_allow in _evaluation_sets_in_order(request, policies):
        if policy_set.is_unreadable:
            return DENIED_AS_UNREADABLE
        if layer in LAYERS_WITH_PRINCIPALS:
            verdict = _evaluate_with_principals(
                policy_set, action, request, has_boundary=policies.boundary is not None
            )
        else:
            verdict = _evaluate(policy_set, action, request)
        if verdict.deny is not None:
            return Decision(DecisionOutcome.EXPLICITLY_DENIED, layer, verdict.deny)
        if must_allow:
            verdicts.append((layer, verdict))
    return decide_without_deny(request, policies, verdicts)


# Looked up once: a decision names most of them, and Python 3.11 takes its time to find a member.
_ENDPOINT, _IDENTITY = Layer.ENDPOINT, Layer.IDENTITY
_BOUNDARY, _SESSION, _SCOPE_DOWN = Layer.BOUNDARY, Layer.SESSION, Layer.SCOPE_DOWN
_ENTITY, _DIRECT = Grant.ENTITY, Grant.DIRECT
_CEILINGS = frozenset({Layer.SCP, Layer.ENDPOINT})
LAYERS_WITH_PRINCIPALS = frozenset({Layer.RCP, Layer.ENDPOINT, Layer.RESOURCE, Layer.TRUST})
"""Kinds of policy whose statements name principals."""
ALLOWED_BY_EXEMPTION = Decision(DecisionOutcome.ALLOWED, Layer.EXEMPTION)
DENIED_AS_UNREADABLE = Decision(DecisionOutcome.EXPLICITLY_DENIED, Layer.UNREADABLE)


def is_exempt(request: AuthorizationRequest) -> bool:
    """Return whether the action is allowed to every authenticated caller, and this is one."""
    return (
        request.action.lower() in EXEMPT_ACTIONS
        and request.principal.kind is not PrincipalKind.ANONYMOUS
    )


def policy_sets_in_order(
    request: AuthorizationRequest, policies: EffectivePolicies
) -> list[tuple[Layer, PolicySet]]:
    """Return the policy sets that apply to a request, in AWS's order of evaluation.

    SCPs and RCPs are there once for each level of the organization, scope-down policies once for
    each time that the session was narrowed.
    """
    return [
        *(
            (layer, level)
            for layer, levels in _organization_levels(request, policies)
            for level in levels
        ),
        *_sets_below_organization(policies),
    ]


def _evaluation_sets_in_order(
    request: AuthorizationRequest, policies: EffectivePolicies
) -> list[tuple[Layer, PolicySet, bool]]:
    """Return the same as `policy_sets_in_order`, with an organization's levels reduced.

    With each set: whether it must allow the request. See `OrganizationLevels.evaluation_sets`.
    """
    found: list[tuple[Layer, PolicySet, bool]] = []
    if policies.scps is not None or policies.rcps is not None:
        for layer, levels in _organization_levels(request, policies):
            found += [
                (layer, policy_set, must_allow) for policy_set, must_allow in levels.evaluation_sets
            ]
    found += [(layer, policy_set, True) for layer, policy_set in _sets_below_organization(policies)]
    return found


def _organization_levels(
    request: AuthorizationRequest, policies: EffectivePolicies
) -> list[tuple[Layer, OrganizationLevels]]:
    """Return the SCPs and RCPs that apply to a request."""
    caller = request.principal
    found = []
    if policies.rcps is not None and not rcp_exemption_reason(request):
        found.append((Layer.RCP, policies.rcps))
    if policies.scps is not None and not is_exempt_from_scps(caller):
        found.append((Layer.SCP, policies.scps))
    return found


def _sets_below_organization(policies: EffectivePolicies) -> list[tuple[Layer, PolicySet]]:
    """Return the policy sets of the endpoint, the resource and the caller, in order."""
    found: list[tuple[Layer, PolicySet]] = []
    if policies.endpoint is not None:
        found.append((_ENDPOINT, policies.endpoint))
    if policies.resource is not None:
        found.append((policies.resource_layer, policies.resource))
    found.append((_IDENTITY, policies.identity))
    if policies.boundary is not None:
        found.append((_BOUNDARY, policies.boundary))
    if policies.session is not None:
        found.append((_SESSION, policies.session))
    if policies.scope_downs:
        found += [(_SCOPE_DOWN, policy_set) for policy_set in policies.scope_downs]
    return found


def is_exempt_from_scps(caller: Principal) -> bool:
    """Return whether SCPs do not apply to a caller: one without account, or service-linked."""
    return caller.kind in WITHOUT_ACCOUNT or caller.is_service_linked


def rcp_exemption_reason(request: AuthorizationRequest) -> str:
    """Return why RCPs do not apply to a request; empty if they do."""
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
    """Return the decision if no policy denies: first the ceilings, then the grants."""
    allows: dict[Layer, Rule | None] = {}
    grants: Mapping[Grant, Rule] = NO_GRANTS
    silent_ceilings: list[Layer] = []
    is_scoped_out = False
    for layer, verdict in verdicts:
        if layer in _CEILINGS:
            if verdict.allow is None and layer not in silent_ceilings:
                silent_ceilings.append(layer)
        elif layer is policies.resource_layer:
            grants = verdict.grants
        elif layer is _SCOPE_DOWN:
            is_scoped_out = is_scoped_out or verdict.allow is None
        else:
            allows[layer] = verdict.allow
    decision = _decide_below_ceilings(request, policies, allows, grants)
    if is_scoped_out:
        # Of several kinds that refuse it is the last, as in the order of `Layer`.
        decision = _implicit_denial(*decision.missing_layers, _SCOPE_DOWN)
    if not silent_ceilings:
        return decision
    return Decision(
        DecisionOutcome.IMPLICITLY_DENIED,
        silent_ceilings[0],
        missing_layers=(*silent_ceilings, *decision.missing_layers),
    )


def _decide_below_ceilings(
    request: AuthorizationRequest,
    policies: EffectivePolicies,
    allows: dict[Layer, Rule | None],
    grants: Mapping[Grant, Rule],
) -> Decision:
    """Return the decision of the policies of the resource and of the caller."""
    caller = request.principal
    if caller.kind in WITHOUT_ACCOUNT:
        if Grant.DIRECT in grants:
            return _allowed_by_resource(policies, grants)
        return _implicit_denial(policies.resource_layer)
    identity_allows = allows[_IDENTITY] is not None or _acts_as_root(caller)
    missing = [] if identity_allows else [_IDENTITY]
    limits = _missing_limits(caller, allows)
    if caller.account != request.resource_account:
        if not grants:
            return _implicit_denial(policies.resource_layer, *missing, *limits)
        return (
            _implicit_denial(*missing, *limits)
            if missing or limits
            else _allowed_by_resource(policies, grants)
        )
    if _DIRECT in grants or (_ENTITY in grants and not limits):
        return _allowed_by_resource(policies, grants)
    needs = []
    if policies.requires_grant and not grants:
        needs.append(policies.resource_layer)
    if _ENTITY not in grants:
        needs += missing
    if needs or limits:
        return _implicit_denial(*needs, *limits)
    rule = allows[_IDENTITY]
    return Decision(DecisionOutcome.ALLOWED, Layer.ROOT if rule is None else Layer.IDENTITY, rule)


def _acts_as_root(caller: Principal) -> bool:
    """Return whether a caller is root, or a federated user of root.

    They have no identity policies that would have to allow.
    """
    return caller.kind is PrincipalKind.ROOT or (
        caller.kind is PrincipalKind.FEDERATED_USER and bool(account_in_entry(caller.user_arn))
    )


def _missing_limits(caller: Principal, allows: dict[Layer, Rule | None]) -> list[Layer]:
    """Return the caller's boundary and session policies that do not allow, by kind."""
    missing: list[Layer] = [
        layer for layer in (_BOUNDARY, _SESSION) if layer in allows and allows[layer] is None
    ]
    if caller.kind is PrincipalKind.FEDERATED_USER and _SESSION not in allows:
        # A federated user has only those permissions that its session policies allow.
        missing.append(_SESSION)
    return missing


def _implicit_denial(*layers: Layer) -> Decision:
    return Decision(DecisionOutcome.IMPLICITLY_DENIED, layers[0], missing_layers=layers)


def _allowed_by_resource(policies: EffectivePolicies, grants: Mapping[Grant, Rule]) -> Decision:
    strongest = max(grants)
    return Decision(DecisionOutcome.ALLOWED, policies.resource_layer, grants[strongest], strongest)


def _evaluate(policy_set: PolicySet, action: str, request: AuthorizationRequest) -> LayerVerdict:
    """Return the verdict of policies that name no principals.

    The first deny or else the first allow suffices.
    """
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
    """Return the verdict of policies that name principals.

    The first deny suffices; without a deny, one allow of each kind of grant.
    """
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
        grant = statement.grant_for(caller, has_boundary=has_boundary)
        if (
            grant is not None
            and grant not in grants
            and statement.matches_resource(resource, context)
            and statement.conditions_hold(context)
        ):
            grants[grant] = rule
    return LayerVerdict(allow=grants[max(grants)], grants=grants) if grants else NO_MATCH
