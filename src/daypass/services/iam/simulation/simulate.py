"""The operations of IAM's policy simulator: simulated decisions, and the keys of policies.

Source: IAM API reference, "SimulateCustomPolicy", "SimulatePrincipalPolicy",
"GetContextKeysForCustomPolicy" and "GetContextKeysForPrincipalPolicy"; IAM user guide, "IAM policy
testing with the IAM policy simulator".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from daypass.core import arn
from daypass.core.faults import Invalid, Malformed
from daypass.core.policy.checks.validate import unknown_operators
from daypass.core.policy.decision.compile import PolicyGrammar, compile_document_in_steps
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.model import (
    AuthorizationRequest,
    EffectivePolicies,
    Layer,
)
from daypass.core.policy.decision.policy_sets import NamedPolicy, PolicySet
from daypass.core.policy.explanation.explain import Explanation, explain
from daypass.core.policy.explanation.question_files import acts_on_kms_key, acts_on_role
from daypass.core.policy.global_keys import OWNERLESS_RESOURCES
from daypass.core.policy.language import positions, referenced_keys
from daypass.core.policy.language.model import Statement
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.policy.language.resources import requested_resource
from daypass.core.slices import Steps
from daypass.core.time.timestamps import iso8601
from daypass.services.iam import resources
from daypass.services.iam.simulation import simulated_policies
from daypass.services.iam.simulation.evaluation_results import (
    Answer,
    StatementPositions,
    evaluation_result,
)
from daypass.services.iam.simulation.simulated_policies import SimulatedPolicy
from daypass.services.iam.simulation.simulated_request import (
    Req,
    check_policies_size,
    check_scenario_resources,
    checked_action_name,
    requested_context_keys,
    resource_owner,
    simulated_caller,
)
from daypass.services.kit.context import Context
from daypass.services.kit.effective_policies import scps_above
from daypass.services.kit.operation import any_resource, operation
from daypass.wire.paginate import ComputedList


@operation(on=any_resource, unread={"OrderedOrganizationPolicyInputList": None})
def simulate_custom_policy(ctx: Context, req: Req) -> Answer:
    """Return the simulated decisions of policies that the request contains."""
    request_policies = [*_input_policies(req, "PolicyInputList")]
    caller = simulated_caller(ctx, req["CallerArn"]) if "CallerArn" in req else None
    if "ResourcePolicy" in req and caller is None:
        raise Invalid("CallerArn is required where a ResourcePolicy is given.")
    boundary = [*_input_policies(req, "PermissionsBoundaryPolicyInputList")]
    simulated_user = Principal(
        PrincipalKind.USER, arn.iam(ctx.account.id, "user", "/", "simulated"), ctx.account.id
    )
    return _simulation_answer(
        ctx, req, _Simulation(caller or simulated_user, request_policies, boundary or None, {})
    )


@operation(on=resources.policy_source)
def simulate_principal_policy(ctx: Context, req: Req) -> Answer:
    """Return the simulated decisions of a user's, group's or role's policies.

    The request may add policies and exclude some.
    """
    entity = simulated_policies.policy_entity(ctx, req["PolicySourceArn"])
    excluded = req.get("PolicyExclusionList", ())
    policies = simulated_policies.without_excluded(
        simulated_policies.entity_policies(ctx, entity), excluded
    )
    boundary = [*_input_policies(req, "PermissionsBoundaryPolicyInputList")]
    boundary_arn = getattr(entity, "boundary", "")
    if boundary_arn and not boundary and not simulated_policies.excludes_boundary(excluded):
        found = simulated_policies.managed_policy(ctx, boundary_arn)
        boundary = [found] if found else []
    keys: dict[str, str | tuple[str, ...]] = {
        f"aws:principaltag/{tag.key.lower()}": tag.value for tag in getattr(entity, "tags", ())
    }
    caller = simulated_caller(ctx, req.get("CallerArn", req["PolicySourceArn"]))
    own_policies = [*policies, *_input_policies(req, "PolicyInputList")]
    simulation = _Simulation(
        caller, own_policies, boundary or None, keys, _simulated_scps(ctx, caller)
    )
    return _simulation_answer(ctx, req, simulation)


def _simulated_scps(ctx: Context, caller: Principal) -> OrganizationLevels | None:
    """Return the SCPs above a simulated caller; None if the real caller may not see them.

    The caller's own account and the organization's management account see them. For everybody else
    the caller is simulated as outside of organizations.
    """
    policies_above = ctx.directory.control_policies_of(caller.account)
    viewer = ctx.account.id
    if policies_above is None or viewer not in {caller.account, policies_above.management}:
        return None
    return scps_above(caller, ctx.directory)


@operation(on=any_resource)
def get_context_keys_for_custom_policy(_ctx: Context, req: Req) -> Answer:
    """Return the condition keys that the request's policies refer to."""
    check_policies_size(req)
    return {"ContextKeyNames": _referenced_keys(_input_policies(req, "PolicyInputList"))}


@operation(on=resources.policy_source)
def get_context_keys_for_principal_policy(ctx: Context, req: Req) -> Answer:
    """Return the condition keys that an entity's policies refer to."""
    entity = simulated_policies.policy_entity(ctx, req["PolicySourceArn"])
    check_policies_size(req)
    return {
        "ContextKeyNames": _referenced_keys(
            [
                *simulated_policies.entity_policies(ctx, entity),
                *_input_policies(req, "PolicyInputList"),
            ]
        )
    }


def _referenced_keys(policies: Iterable[SimulatedPolicy]) -> list[str]:
    """Return the condition keys that policies refer to; raises `Invalid`."""
    try:
        found = [(policy, parse_document(policy.text)) for policy in policies]
        for policy, document in found:
            _check_operators(policy.kind, document.statements)
        return referenced_keys.referenced_keys([document for _, document in found])
    except Malformed as fault:
        raise Invalid(f"{fault.message} ({fault.path})") from None


_REQUEST_POLICY = "none"
"""The kind of a policy that the request contains."""


def _input_policies(req: Req, name: str) -> Iterator[SimulatedPolicy]:
    """Yield the policies of one parameter, each with the id that results use."""
    for at, text in enumerate(req.get(name, ()), start=1):
        yield SimulatedPolicy(f"{name}.{at}", _REQUEST_POLICY, text)


def _check_operators(kind: str, statements: Iterable[Statement]) -> None:
    """Raise `Malformed` for an unknown operator in a policy of the request.

    A stored policy may have one: it is decided as in a real request.
    """
    if kind == _REQUEST_POLICY:
        for fault in unknown_operators(statements):
            raise fault


# The simulation.


@dataclass(frozen=True, slots=True)
class _Simulation:
    """The simulated caller, its policies, and the condition keys that follow from it."""

    caller: Principal
    policies: list[SimulatedPolicy]
    boundary: list[SimulatedPolicy] | None
    keys: Mapping[str, str | tuple[str, ...]]
    scps: OrganizationLevels | None = None


def _simulation_answer(ctx: Context, req: Req, simulation: _Simulation) -> Answer:
    """Return the answer: results that are computed page by page, in steps."""
    resources = req.get("ResourceArns", ["*"])
    check_scenario_resources(req.get("ResourceHandlingOption", ""), resources)
    if simulation.boundary is not None and len(simulation.boundary) > 1:
        raise Invalid("There is one permissions boundary at most.")
    check_policies_size(req)
    keys = {**_global_context_keys(ctx, simulation), **requested_context_keys(req)}
    sets: dict[str, PolicySet] = {}
    places: StatementPositions = {}
    asked_keys: dict[str, str] = {}

    def prepare() -> Iterator[None]:
        for name, policies in (
            ("identity", simulation.policies),
            ("boundary", simulation.boundary or ()),
        ):
            sources: list[NamedPolicy] = []
            for each in policies:
                source = yield from _compile_policy(each)
                sources.append(source)
                yield
                places[each.text] = positions.statement_positions(each.text)
                yield
                _add_keys(asked_keys, source)
                yield
            sets[name] = PolicySet(sources)
        if "ResourcePolicy" in req:
            for form in (PolicyGrammar.TRUST, PolicyGrammar.RESOURCE):
                source = yield from _compile_resource_policy(req, form)
                sets[form.value] = PolicySet([source])
                yield
            _add_keys(asked_keys, source)
            yield
            places[req["ResourcePolicy"]] = positions.statement_positions(req["ResourcePolicy"])
            yield

    def result(at: int) -> Answer:
        action, resource = divmod(at, len(resources))
        action_and_resource = req["ActionNames"][action], resources[resource]
        return evaluation_result(
            *_explain_call(req, simulation, sets, keys, *action_and_resource),
            places,
            asked_keys.values(),
            is_specific=resources[resource] != "*",
        )

    return {
        "EvaluationResults": ComputedList(
            count=len(req["ActionNames"]) * len(resources),
            entry=result,
            prepare=prepare,
            weigh=lambda found: 1 + len(found["MatchedStatements"]),
        )
    }


def _add_keys(asked_keys: dict[str, str], policy: NamedPolicy) -> None:
    """Add the condition keys that a policy refers to, by their lower case."""
    for statement in policy.document.statements:
        for key in referenced_keys.statement_keys(
            statement.syntax, variables=statement.has_variables
        ):
            asked_keys.setdefault(key.lower(), key)


def _explain_call(
    req: Req,
    simulation: _Simulation,
    sets: Mapping[str, PolicySet],
    keys: Mapping[str, str | tuple[str, ...]],
    action: str,
    resource: str,
) -> tuple[Explanation, EffectivePolicies]:
    """Return the explained decision about one action on one resource, and its policies."""
    name = checked_action_name(action)
    resource = requested_resource(name, resource)
    owner = resource_owner(req, resource, simulation.caller.account)
    is_owned = resource not in OWNERLESS_RESOURCES
    context = {**keys, "aws:resourceaccount": owner} if is_owned else keys
    request = AuthorizationRequest(simulation.caller, name, resource, owner, context)
    on_role = acts_on_role(request)
    policies = EffectivePolicies(
        identity=sets["identity"],
        boundary=sets["boundary"] if simulation.boundary is not None else None,
        scps=simulation.scps,
        resource=sets.get((PolicyGrammar.TRUST if on_role else PolicyGrammar.RESOURCE).value),
        requires_grant="ResourcePolicy" in req and (on_role or acts_on_kms_key(request)),
        resource_layer=Layer.TRUST if on_role else Layer.RESOURCE,
    )
    return explain(request, policies), policies


def _compile_policy(policy: SimulatedPolicy) -> Steps[NamedPolicy]:
    """Compile a policy for this call alone; the cache is not filled with callers' inputs."""
    try:
        document = parse_document(policy.text)
        yield
        _check_operators(policy.kind, document.statements)
        compiled = yield from compile_document_in_steps(
            document, PolicyGrammar.IDENTITY, policy.text
        )
        return NamedPolicy(compiled, policy.id, policy.arn)
    except Malformed as fault:
        raise Invalid(f"{fault.message} ({fault.path})") from None


def _compile_resource_policy(req: Req, form: PolicyGrammar) -> Steps[NamedPolicy]:
    """Compile the request's resource policy under a grammar; raises `Invalid`."""
    text = req["ResourcePolicy"]
    try:
        document = parse_document(text)
        _check_operators(_REQUEST_POLICY, document.statements)
        yield
        compiled = yield from compile_document_in_steps(document, form, text)
        return NamedPolicy(compiled, "ResourcePolicy")
    except Malformed as fault:
        raise Invalid(f"ResourcePolicy: {fault.message} ({fault.path})") from None


def _global_context_keys(ctx: Context, simulation: _Simulation) -> dict[str, str | tuple[str, ...]]:
    """Return the global condition keys of the simulated caller."""
    caller = simulation.caller
    is_user = caller.kind is PrincipalKind.USER
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:currenttime": iso8601(ctx.now),
        "aws:epochtime": str(ctx.now),
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.role_arn or caller.arn,
        "aws:principaltype": "User" if is_user else "AssumedRole",
    }
    if is_user:
        keys["aws:username"] = arn.resource_name(caller.arn)
    return {**keys, **simulation.keys}
