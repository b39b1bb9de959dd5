"""A simulation's caller, action, owner and condition keys, read from the request.

All raise `Invalid` for values without a meaning, and for more than one call may contain.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from daypass.core import arn, quotas
from daypass.core.account_ids import is_account_id
from daypass.core.arn import Arn
from daypass.core.faults import Invalid
from daypass.core.jsontext import count_values_max
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.services.kit.context import Context

Req = Mapping[str, Any]


_POLICY_PARAMETERS = ("PolicyInputList", "PermissionsBoundaryPolicyInputList")


_COSTS = {"?": 7, "*": 0.15, "$": 1, "{": 4, ".": 0.75, "::": 3}
"""Cost of compiling marks in a policy, in values: patterns, variables, statements, addresses."""


def _compilation_cost(text: str) -> int:
    """Return an upper bound for the cost of compiling a policy, in values."""
    return count_values_max(text) + int(sum(text.count(mark) * by for mark, by in _COSTS.items()))


def check_policies_size(req: Req) -> None:
    """Raise `Invalid` for more policies, or more values to compare, than one call may contain."""
    texts = [text for name in _POLICY_PARAMETERS for text in req.get(name, ())]
    texts += [req["ResourcePolicy"]] if "ResourcePolicy" in req else []
    size = sum(map(_compilation_cost, texts))
    if size > quotas.SIMULATED_WORK_MAX:
        raise Invalid("The policies of the request are too large together.")
    for entry in req.get("ContextEntries", ()):
        count = len(entry.get("ContextKeyValues", ()))
        if (
            count > quotas.SIMULATED_KEY_VALUES_MAX
            or count * size > quotas.SIMULATED_COMPARISONS_MAX
        ):
            raise Invalid("A context entry has more values than can be compared with the policies.")


def checked_action_name(text: str) -> str:
    """Return an action's name; raises `Invalid` for a malformed one or one with wildcards."""
    service, colon, name = text.partition(":")
    if not (service and colon and name) or set("*? \t") & set(text):
        raise Invalid(f"Invalid Action Name: {text}")
    return text


def simulated_caller(ctx: Context, caller_arn: str) -> Principal:
    """Return the simulated caller: a user, a role's session, or a user with a group's policies.

    Existence and unique id are looked up only in the real caller's own account.
    """
    parts = Arn.parse(caller_arn)
    kind, _, path = parts.resource.partition("/")
    if parts.service != "iam" or kind not in {"user", "group", "role"} or not path:
        raise Invalid(f"Invalid Caller ARN: {caller_arn}")
    is_own = parts.account == ctx.account.id
    found = ctx.directory.principal_by_arn(caller_arn) if is_own else None
    unique_id = found.unique_id if found is not None else ""
    if kind != "role":
        return Principal(PrincipalKind.USER, caller_arn, parts.account, unique_id=unique_id)
    session = f"arn:{parts.partition}:sts::{parts.account}:assumed-role/{parts.name}/simulated"
    return Principal(
        PrincipalKind.ROLE_SESSION, session, parts.account, unique_id=unique_id, role_arn=caller_arn
    )


def requested_context_keys(req: Req) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of `ContextEntries`; an entry without values is left out."""
    keys: dict[str, str | tuple[str, ...]] = {}
    names: set[str] = set()
    for entry in req.get("ContextEntries", ()):
        name, kind = entry.get("ContextKeyName", ""), entry.get("ContextKeyType", "string")
        values = tuple(entry.get("ContextKeyValues", ()))
        if not name or name.lower() in names:
            raise Invalid("Each context entry needs a ContextKeyName of its own.")
        names.add(name.lower())
        if kind.endswith("List"):
            keys[name.lower()] = values
        elif len(values) > 1:
            raise Invalid(f"{name} is of type {kind}, and has several values.")
        elif values:
            keys[name.lower()] = values[0]
    return keys


def resource_owner(req: Req, resource: str, account: str) -> str:
    """Return the account that owns a resource: the ARN's, `ResourceOwner`'s, or `account`."""
    parts = arn.arn_parts(resource)
    if parts is not None and parts[4]:
        return parts[4]
    requested: str = req.get("ResourceOwner", "")
    if not requested:
        return account
    parts = arn.arn_parts(requested)
    owner = parts[4] if parts is not None and parts[0] == "arn" else requested
    if not is_account_id(owner):
        raise Invalid(f"Invalid ResourceOwner: {requested}")
    return owner


_COMMON_KINDS = ("instance", "image", "security-group", "network-interface")
"""Kinds of resources that every EC2 scenario needs."""


_SCENARIO_KINDS: Mapping[str, tuple[str, ...]] = {
    "EC2-VPC-InstanceStore": _COMMON_KINDS,
    "EC2-VPC-InstanceStore-Subnet": (*_COMMON_KINDS, "subnet"),
    "EC2-VPC-EBS": (*_COMMON_KINDS, "volume"),
    "EC2-VPC-EBS-Subnet": (*_COMMON_KINDS, "subnet", "volume"),
}
"""Kinds of resources that each `ResourceHandlingOption` needs."""


def check_scenario_resources(option: str, resources: Iterable[str]) -> None:
    """Raise `Invalid` if a scenario lacks a resource of a kind that it needs."""
    if not option:
        return
    if option not in _SCENARIO_KINDS:
        raise Invalid(f"Invalid ResourceHandlingOption: {option}")
    kinds = set(map(arn.resource_kind, resources))
    missing = [kind for kind in _SCENARIO_KINDS[option] if kind not in kinds]
    if missing:
        raise Invalid(f"{option} needs a resource of each of these kinds: {', '.join(missing)}")
