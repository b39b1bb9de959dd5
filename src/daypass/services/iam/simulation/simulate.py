"""Simulating: what policies would decide, and which keys they ask for. The engine is the one that decides everything else.

Source: IAM API reference, "SimulateCustomPolicy", "SimulatePrincipalPolicy", "GetContextKeysForCustomPolicy" and
"GetContextKeysForPrincipalPolicy"; IAM user guide, "IAM policy testing with the IAM policy simulator".
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
from daypass.core.policy.language import positions, referenced_keys
from daypass.core.policy.language.model import Statement
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.slices import Steps
from daypass.core.timestamps import iso8601
from daypass.services.iam import resources
from daypass.services.iam.simulation import simulated_policies
from daypass.services.iam.simulation.results import Answer, Places, result_of
from daypass.services.iam.simulation.simulated_policies import Held
from daypass.services.iam.simulation.simulated_request import (
    Req,
    check_resources,
    check_size,
    checked_action,
    given_keys,
    owner_of,
    simulated_caller,
)
from daypass.services.kit.context import Context
from daypass.services.kit.effective_policies import scps_above
from daypass.services.kit.operation import everything, operation
from daypass.wire.paginate import ComputedList


@operation(on=everything, unread={"OrderedOrganizationPolicyInputList": None})
def simulate_custom_policy(ctx: Context, req: Req) -> Answer:
    """Simulate policies that are given."""
    given = [*_listed(req, "PolicyInputList")]
    caller = simulated_caller(ctx, req["CallerArn"]) if "CallerArn" in req else None
    if "ResourcePolicy" in req and caller is None:
        raise Invalid("CallerArn is required where a ResourcePolicy is given.")
    boundary = [*_listed(req, "PermissionsBoundaryPolicyInputList")]
    nobody = Principal(
        PrincipalKind.USER, arn.iam(ctx.account.id, "user", "/", "simulated"), ctx.account.id
    )
    return _simulated(ctx, req, _World(caller or nobody, given, boundary or None, {}))


@operation(on=resources.policy_source)
def simulate_principal_policy(ctx: Context, req: Req) -> Answer:
    """Simulate what a user, group or role holds, with policies added and left out."""
    holder = simulated_policies.source(ctx, req["PolicySourceArn"])
    excluded = req.get("PolicyExclusionList", ())
    policies = simulated_policies.without(simulated_policies.policies(ctx, holder), excluded)
    boundary = [*_listed(req, "PermissionsBoundaryPolicyInputList")]
    own = getattr(holder, "boundary", "")
    if own and not boundary and not simulated_policies.excludes_boundary(excluded):
        found = simulated_policies.managed(ctx, own)
        boundary = [found] if found else []
    keys: dict[str, str | tuple[str, ...]] = {
        f"aws:principaltag/{tag.key.lower()}": tag.value for tag in getattr(holder, "tags", ())
    }
    caller = simulated_caller(ctx, req.get("CallerArn", req["PolicySourceArn"]))
    own_policies = [*policies, *_listed(req, "PolicyInputList")]
    world = _World(caller, own_policies, boundary or None, keys, _scps(ctx, caller))
    return _simulated(ctx, req, world)


def _scps(ctx: Context, caller: Principal) -> OrganizationLevels | None:
    """Return the SCPs above a simulated caller, for its own account and for the one that manages its organization.

    Everybody else simulates any account as one outside of organizations: what stands above it is not for them.
    """
    above = ctx.directory.control_policies_of(caller.account)
    own = ctx.account.id
    if above is None or own not in {caller.account, above.management}:
        return None
    return scps_above(caller, ctx.directory)


@operation(on=everything)
def get_context_keys_for_custom_policy(_ctx: Context, req: Req) -> Answer:
    """List the condition keys that policies ask for."""
    check_size(req)
    return {"ContextKeyNames": _keys(_listed(req, "PolicyInputList"))}


@operation(on=resources.policy_source)
def get_context_keys_for_principal_policy(ctx: Context, req: Req) -> Answer:
    """List the condition keys that what a user, group or role holds asks for."""
    holder = simulated_policies.source(ctx, req["PolicySourceArn"])
    check_size(req)
    return {
        "ContextKeyNames": _keys(
            [*simulated_policies.policies(ctx, holder), *_listed(req, "PolicyInputList")]
        )
    }


def _keys(policies: Iterable[Held]) -> list[str]:
    try:
        found = [(policy, parse_document(policy.text)) for policy in policies]
        for policy, document in found:
            _check_given(policy.kind, document.statements)
        return referenced_keys.referenced_keys([document for _, document in found])
    except Malformed as fault:
        raise Invalid(f"{fault.message} ({fault.path})") from None


_GIVEN = "none"


def _listed(req: Req, name: str) -> Iterator[Held]:
    for at, text in enumerate(req.get(name, ()), start=1):
        yield Held(f"{name}.{at}", _GIVEN, text)


def _check_given(kind: str, statements: Iterable[Statement]) -> None:
    """Raise `Malformed` for an operator that there is not in a policy that is given; a stored one is decided about."""
    if kind == _GIVEN:
        for fault in unknown_operators(statements):
            raise fault


# The simulation.


@dataclass(frozen=True, slots=True)
class _World:
    """Who is simulated, with which policies, and the keys that follow from that."""

    caller: Principal
    policies: list[Held]
    boundary: list[Held] | None
    keys: Mapping[str, str | tuple[str, ...]]
    scps: OrganizationLevels | None = None


def _simulated(ctx: Context, req: Req, world: _World) -> Answer:
    resources = req.get("ResourceArns", ["*"])
    check_resources(req.get("ResourceHandlingOption", ""), resources)
    if world.boundary is not None and len(world.boundary) > 1:
        raise Invalid("There is one permissions boundary at most.")
    check_size(req)
    keys = {**_global(ctx, world), **given_keys(req)}
    sets: dict[str, PolicySet] = {}
    places: Places = {}

    def prepare() -> Iterator[None]:
        for name, policies in (("identity", world.policies), ("boundary", world.boundary or ())):
            sources: list[NamedPolicy] = []
            for each in policies:
                source = yield from _source(each)
                sources.append(source)
                yield
                places[each.text] = positions.statement_positions(each.text)
                yield
            sets[name] = PolicySet(sources)
        if "ResourcePolicy" in req:
            for form in (PolicyGrammar.TRUST, PolicyGrammar.RESOURCE):
                sets[form.value] = yield from _resource_policy(req, form)
                yield
            places[req["ResourcePolicy"]] = positions.statement_positions(req["ResourcePolicy"])
            yield

    def result(at: int) -> Answer:
        action, resource = divmod(at, len(resources))
        asked_of = req["ActionNames"][action], resources[resource]
        return result_of(*_explained(req, world, sets, keys, *asked_of), places)

    return {
        "EvaluationResults": ComputedList(
            count=len(req["ActionNames"]) * len(resources),
            entry=result,
            prepare=prepare,
            weigh=lambda found: 1 + len(found["MatchedStatements"]),
        )
    }


def _explained(
    req: Req,
    world: _World,
    sets: Mapping[str, PolicySet],
    keys: Mapping[str, str | tuple[str, ...]],
    action: str,
    resource: str,
) -> tuple[Explanation, EffectivePolicies]:
    owner = owner_of(req, resource, world.caller.account)
    known = keys if resource == "*" else {**keys, "aws:resourceaccount": owner}
    request = AuthorizationRequest(world.caller, checked_action(action), resource, owner, known)
    on_role = acts_on_role(request)
    policies = EffectivePolicies(
        identity=sets["identity"],
        boundary=sets["boundary"] if world.boundary is not None else None,
        scps=world.scps,
        resource=sets.get((PolicyGrammar.TRUST if on_role else PolicyGrammar.RESOURCE).value),
        requires_grant="ResourcePolicy" in req and (on_role or acts_on_kms_key(request)),
        resource_layer=Layer.TRUST if on_role else Layer.RESOURCE,
    )
    return explain(request, policies), policies


def _source(policy: Held) -> Steps[NamedPolicy]:
    """Compile a policy for this call alone: no cache keeps what a caller made up."""
    try:
        document = parse_document(policy.text)
        yield
        _check_given(policy.kind, document.statements)
        compiled = yield from compile_document_in_steps(
            document, PolicyGrammar.IDENTITY, policy.text
        )
        return NamedPolicy(compiled, policy.id, policy.arn)
    except Malformed as fault:
        raise Invalid(f"{fault.message} ({fault.path})") from None


def _resource_policy(req: Req, form: PolicyGrammar) -> Steps[PolicySet]:
    text = req["ResourcePolicy"]
    try:
        document = parse_document(text)
        _check_given(_GIVEN, document.statements)
        yield
        compiled = yield from compile_document_in_steps(document, form, text)
        return PolicySet([NamedPolicy(compiled, "ResourcePolicy")])
    except Malformed as fault:
        raise Invalid(f"ResourcePolicy: {fault.message} ({fault.path})") from None


def _global(ctx: Context, world: _World) -> dict[str, str | tuple[str, ...]]:
    caller = world.caller
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
    return {**keys, **world.keys}
