"""Simulating: what policies would decide, and which keys they ask for. The engine is the one that decides everything else.

Source: IAM API reference, "SimulateCustomPolicy", "SimulatePrincipalPolicy", "GetContextKeysForCustomPolicy" and
"GetContextKeysForPrincipalPolicy"; IAM user guide, "IAM policy testing with the IAM policy simulator".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from daypass.core import arn, quotas
from daypass.core.account_ids import is_account_id
from daypass.core.arn import Arn
from daypass.core.faults import Invalid, Malformed
from daypass.core.jsontext import values_max
from daypass.core.policy.checks.validate import unknown_operators
from daypass.core.policy.decision.compile import Form, compile_in_steps
from daypass.core.policy.decision.decide import Decision, Layer, Outcome, Policies, Request
from daypass.core.policy.decision.levels import Levels
from daypass.core.policy.decision.policy_sets import PolicySet, Rule, Source
from daypass.core.policy.explanation.explain import Explanation, explain
from daypass.core.policy.explanation.question_files import is_on_a_key, is_on_a_role
from daypass.core.policy.explanation.trace import missing_keys
from daypass.core.policy.language import asked_keys, positions
from daypass.core.policy.language.model import Statement
from daypass.core.policy.language.parse import parse
from daypass.core.policy.language.principal import Kind, Principal
from daypass.core.slices import Steps
from daypass.core.timestamps import iso8601
from daypass.services.iam import resources
from daypass.services.iam.simulation import simulated_policies
from daypass.services.iam.simulation.simulated_policies import Held
from daypass.services.kit.context import Context
from daypass.services.kit.effective_policies import scps_above
from daypass.services.kit.operation import everything, operation
from daypass.wire.paginate import Computed

Req = Mapping[str, Any]
Answer = dict[str, Any]
WORDS = {
    Outcome.ALLOWED: "allowed",
    Outcome.IMPLICITLY_DENIED: "implicitDeny",
    Outcome.EXPLICITLY_DENIED: "explicitDeny",
}


@operation(on=everything, unread={"OrderedOrganizationPolicyInputList": None})
def simulate_custom_policy(ctx: Context, req: Req) -> Answer:
    """Simulate policies that are given."""
    given = [*_listed(req, "PolicyInputList")]
    caller = _caller(ctx, req["CallerArn"]) if "CallerArn" in req else None
    if "ResourcePolicy" in req and caller is None:
        raise Invalid("CallerArn is required where a ResourcePolicy is given.")
    boundary = [*_listed(req, "PermissionsBoundaryPolicyInputList")]
    nobody = Principal(Kind.USER, arn.iam(ctx.account.id, "user", "/", "simulated"), ctx.account.id)
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
    caller = _caller(ctx, req.get("CallerArn", req["PolicySourceArn"]))
    own_policies = [*policies, *_listed(req, "PolicyInputList")]
    world = _World(caller, own_policies, boundary or None, keys, _scps(ctx, caller))
    return _simulated(ctx, req, world)


def _scps(ctx: Context, caller: Principal) -> Levels | None:
    """Return the SCPs above a simulated caller, for its own account and for the one that manages its organization.

    Everybody else simulates any account as one outside of organizations: what stands above it is not for them.
    """
    above = ctx.directory.above(caller.account)
    own = ctx.account.id
    if above is None or own not in {caller.account, above.management}:
        return None
    return scps_above(caller, ctx.directory)


@operation(on=everything)
def get_context_keys_for_custom_policy(_ctx: Context, req: Req) -> Answer:
    """List the condition keys that policies ask for."""
    _check_size(req)
    return {"ContextKeyNames": _keys(_listed(req, "PolicyInputList"))}


@operation(on=resources.policy_source)
def get_context_keys_for_principal_policy(ctx: Context, req: Req) -> Answer:
    """List the condition keys that what a user, group or role holds asks for."""
    holder = simulated_policies.source(ctx, req["PolicySourceArn"])
    _check_size(req)
    return {
        "ContextKeyNames": _keys(
            [*simulated_policies.policies(ctx, holder), *_listed(req, "PolicyInputList")]
        )
    }


def _keys(policies: Iterable[Held]) -> list[str]:
    try:
        found = [(policy, parse(policy.text)) for policy in policies]
        for policy, document in found:
            _check_given(policy.kind, document.statements)
        return asked_keys.keys([document for _, document in found])
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
    scps: Levels | None = None


def _simulated(ctx: Context, req: Req, world: _World) -> Answer:
    resources = req.get("ResourceArns", ["*"])
    _check_resources(req.get("ResourceHandlingOption", ""), resources)
    if world.boundary is not None and len(world.boundary) > 1:
        raise Invalid("There is one permissions boundary at most.")
    _check_size(req)
    keys = {**_global(ctx, world), **_entries(req)}
    sets: dict[str, PolicySet] = {}
    places: Places = {}

    def prepare() -> Iterator[None]:
        for name, policies in (("identity", world.policies), ("boundary", world.boundary or ())):
            sources: list[Source] = []
            for each in policies:
                source = yield from _source(each)
                sources.append(source)
                yield
                places[each.text] = positions.statements(each.text)
                yield
            sets[name] = PolicySet(sources)
        if "ResourcePolicy" in req:
            for form in (Form.TRUST, Form.RESOURCE):
                sets[form.value] = yield from _resource_policy(req, form)
                yield
            places[req["ResourcePolicy"]] = positions.statements(req["ResourcePolicy"])
            yield

    def result(at: int) -> Answer:
        action, resource = divmod(at, len(resources))
        asked_of = req["ActionNames"][action], resources[resource]
        return _result(*_explained(req, world, sets, keys, *asked_of), places)

    return {
        "EvaluationResults": Computed(
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
) -> tuple[Explanation, Policies]:
    owner = _owner(req, resource, world.caller.account)
    known = keys if resource == "*" else {**keys, "aws:resourceaccount": owner}
    request = Request(world.caller, _action(action), resource, owner, known)
    on_role = is_on_a_role(request)
    policies = Policies(
        identity=sets["identity"],
        boundary=sets["boundary"] if world.boundary is not None else None,
        scps=world.scps,
        resource=sets.get((Form.TRUST if on_role else Form.RESOURCE).value),
        requires_grant="ResourcePolicy" in req and (on_role or is_on_a_key(request)),
        resource_layer=Layer.TRUST if on_role else Layer.RESOURCE,
    )
    return explain(request, policies), policies


_DOCUMENTS = ("PolicyInputList", "PermissionsBoundaryPolicyInputList")


_WEIGHTS = {"?": 7, "*": 0.15, "$": 1, "{": 4, ".": 0.75, "::": 3}
"""What costs more than a value: patterns, variables, statements, addresses of both versions."""


def _work(text: str) -> int:
    """Return what compiling a policy costs at most, in values."""
    return values_max(text) + int(sum(text.count(mark) * by for mark, by in _WEIGHTS.items()))


def _check_size(req: Req) -> None:
    """Raise `Invalid` for more policies than one call may bring."""
    texts = [text for name in _DOCUMENTS for text in req.get(name, ())]
    texts += [req["ResourcePolicy"]] if "ResourcePolicy" in req else []
    size = sum(map(_work, texts))
    if size > quotas.SIMULATED_WORK_MAX:
        raise Invalid("The policies of the request are too large together.")
    for entry in req.get("ContextEntries", ()):
        count = len(entry.get("ContextKeyValues", ()))
        if (
            count > quotas.SIMULATED_KEY_VALUES_MAX
            or count * size > quotas.SIMULATED_COMPARISONS_MAX
        ):
            raise Invalid("A context entry has more values than can be compared with the policies.")


def _source(policy: Held) -> Steps[Source]:
    """Compile a policy for this call alone: no cache keeps what a caller made up."""
    try:
        document = parse(policy.text)
        yield
        _check_given(policy.kind, document.statements)
        compiled = yield from compile_in_steps(document, Form.IDENTITY, policy.text)
        return Source(compiled, policy.id, policy.arn)
    except Malformed as fault:
        raise Invalid(f"{fault.message} ({fault.path})") from None


def _resource_policy(req: Req, form: Form) -> Steps[PolicySet]:
    text = req["ResourcePolicy"]
    try:
        document = parse(text)
        _check_given(_GIVEN, document.statements)
        yield
        compiled = yield from compile_in_steps(document, form, text)
        return PolicySet([Source(compiled, "ResourcePolicy")])
    except Malformed as fault:
        raise Invalid(f"ResourcePolicy: {fault.message} ({fault.path})") from None


def _action(text: str) -> str:
    service, colon, name = text.partition(":")
    if not (service and colon and name) or set("*? \t") & set(text):
        raise Invalid(f"Invalid Action Name: {text}")
    return text


def _caller(ctx: Context, caller_arn: str) -> Principal:
    """Return the simulated caller: a user, a session of a role, or somebody with a group's policies.

    Only of the own account is it looked at whether there is such a one, and which unique id it has.
    """
    parts = Arn.parse(caller_arn)
    kind, _, path = parts.resource.partition("/")
    if parts.service != "iam" or kind not in {"user", "group", "role"} or not path:
        raise Invalid(f"Invalid Caller ARN: {caller_arn}")
    is_own = parts.account == ctx.account.id
    found = ctx.directory.principal_by_arn(caller_arn) if is_own else None
    unique_id = found.unique_id if found is not None else ""
    if kind != "role":
        return Principal(Kind.USER, caller_arn, parts.account, unique_id=unique_id)
    session = f"arn:{parts.partition}:sts::{parts.account}:assumed-role/{parts.name}/simulated"
    return Principal(
        Kind.ROLE_SESSION, session, parts.account, unique_id=unique_id, role_arn=caller_arn
    )


def _global(ctx: Context, world: _World) -> dict[str, str | tuple[str, ...]]:
    caller = world.caller
    is_user = caller.kind is Kind.USER
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:currenttime": iso8601(ctx.now),
        "aws:epochtime": str(ctx.now),
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.role_arn or caller.arn,
        "aws:principaltype": "User" if is_user else "AssumedRole",
    }
    if is_user:
        keys["aws:username"] = arn.name_in(caller.arn)
    return {**keys, **world.keys}


def _entries(req: Req) -> dict[str, str | tuple[str, ...]]:
    """Return the keys that the request gives; an entry without a value is no key."""
    found: dict[str, str | tuple[str, ...]] = {}
    names: set[str] = set()
    for entry in req.get("ContextEntries", ()):
        name, kind = entry.get("ContextKeyName", ""), entry.get("ContextKeyType", "string")
        values = tuple(entry.get("ContextKeyValues", ()))
        if not name or name.lower() in names:
            raise Invalid("Each context entry needs a ContextKeyName of its own.")
        names.add(name.lower())
        if kind.endswith("List"):
            found[name.lower()] = values
        elif len(values) > 1:
            raise Invalid(f"{name} is of type {kind}, and has several values.")
        elif values:
            found[name.lower()] = values[0]
    return found


def _owner(req: Req, resource: str, account: str) -> str:
    parts = arn.six_parts(resource)
    if parts is not None and parts[4]:
        return parts[4]
    given: str = req.get("ResourceOwner", "")
    if not given:
        return account
    parts = arn.six_parts(given)
    owner = parts[4] if parts is not None and parts[0] == "arn" else given
    if not is_account_id(owner):
        raise Invalid(f"Invalid ResourceOwner: {given}")
    return owner


_ALWAYS = ("instance", "image", "security-group", "network-interface")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "EC2-VPC-InstanceStore": _ALWAYS,
    "EC2-VPC-InstanceStore-Subnet": (*_ALWAYS, "subnet"),
    "EC2-VPC-EBS": (*_ALWAYS, "volume"),
    "EC2-VPC-EBS-Subnet": (*_ALWAYS, "subnet", "volume"),
}


def _check_resources(option: str, resources: Iterable[str]) -> None:
    """Raise `Invalid` where a scenario lacks a resource that it is about."""
    if not option:
        return
    if option not in _NEEDED:
        raise Invalid(f"Invalid ResourceHandlingOption: {option}")
    kinds = set(map(arn.kind_in, resources))
    missing = [kind for kind in _NEEDED[option] if kind not in kinds]
    if missing:
        raise Invalid(f"{option} needs a resource of each of these kinds: {', '.join(missing)}")


# The result.


Places = dict[str, tuple[tuple[positions.Place, positions.Place], ...]]
"""Where everything stands in each policy's text: found once for a call, and not for each statement."""


def _result(explanation: Explanation, policies: Policies, places: Places) -> Answer:
    request, decision = explanation.request, explanation.decision
    # Which keys an organization's policies ask for is not for those below them.
    own = tuple(each for each in explanation.looked if each.layer is not Layer.SCP)
    missing = list(missing_keys(replace(explanation, looked=own)))
    matched = [_statement(rule, layer, places) for rule, layer in _deciding(explanation)]
    is_specific = request.resource != "*"
    found: Answer = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": WORDS[decision.outcome],
        "MatchedStatements": matched,
        "MissingContextValues": [] if is_specific else missing,
    }
    details: Answer = {"EvalDecisionDetails": _details(explanation)} if is_specific else {}
    if policies.scps is not None:
        details["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": Layer.SCP not in explanation.refused_by
        }
    if policies.boundary is not None:
        details["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": _allows(explanation, Layer.BOUNDARY)
        }
    if is_specific:
        specific = {
            "EvalResourceName": request.resource,
            "EvalResourceDecision": WORDS[decision.outcome],
            "MatchedStatements": matched,
            "MissingContextValues": missing,
        }
        found["ResourceSpecificResults"] = [{**specific, **details}]
    return {**found, **details}


def _details(explanation: Explanation) -> dict[str, str]:
    """Return what each kind of policy says; within one account nothing."""
    request = explanation.request
    if request.principal.account == request.resource_account:
        return {}
    names = {
        Layer.IDENTITY: "IAM Policy",
        Layer.RESOURCE: "Resource Policy",
        Layer.TRUST: "Resource Policy",
        Layer.BOUNDARY: "Permissions Boundary Policy",
    }
    return {
        names[looked.layer]: WORDS[
            Outcome.EXPLICITLY_DENIED
            if looked.verdict.deny
            else Outcome.ALLOWED
            if looked.verdict.allow
            else Outcome.IMPLICITLY_DENIED
        ]
        for looked in explanation.looked
        if looked.layer in names
    }


def _allows(explanation: Explanation, layer: Layer) -> bool:
    return any(
        looked.layer is layer and looked.verdict.deny is None and looked.verdict.allow is not None
        for looked in explanation.looked
    )


def _deciding(explanation: Explanation) -> Iterator[tuple[Rule, Layer]]:
    """Give the statements that decided: each deny that applies, or else each allow, or none."""
    decision: Decision = explanation.decision
    if decision.outcome is Outcome.IMPLICITLY_DENIED:
        return
    for looked in explanation.looked:
        if looked.layer is Layer.SCP or (decision.allowed and looked.layer is Layer.BOUNDARY):
            # A ceiling lets through what something else grants; what an SCP says is its organization's.
            continue
        for each in looked.statements:
            if each.stopped_by is None and each.rule.statement.is_allow is decision.allowed:
                yield each.rule, looked.layer


def _statement(rule: Rule, layer: Layer, places: Places) -> Answer:
    found: Answer = {
        "SourcePolicyId": rule.source.name,
        "SourcePolicyType": "Resource Policy"
        if layer in {Layer.RESOURCE, Layer.TRUST}
        else "IAM Policy",
    }
    statements = places[rule.source.document.text]
    place = statements[rule.statement.index]
    for name, at in zip(("StartPosition", "EndPosition"), place, strict=True):
        found[name] = {"Line": at.line, "Column": at.column}
    return found
