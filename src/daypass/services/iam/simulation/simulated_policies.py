"""The policies of a user, group or role as the simulator names them, without excluded ones.

Source: IAM API reference, "SimulatePrincipalPolicy" and "PolicyIdentifier".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from daypass.core.arn import Arn
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import AWS
from daypass.core.faults import Invalid, NotFound
from daypass.core.policy.language.patterns import compile_wildcards
from daypass.services.kit.context import Context

Req = Mapping[str, Any]
PolicyEntity = User | Group | Role
"""A record that policies are attached to or embedded in."""


@dataclass(frozen=True, slots=True)
class SimulatedPolicy:
    """A policy that is simulated; `id` is its name in results, `kind` its simulator type."""

    id: str
    kind: str
    text: str
    arn: str = ""
    embedded_in: tuple[str, str] = ("", "")
    """For an inline policy: the kind and the name of its entity; empty otherwise."""
    name: str = ""


def policy_entity(ctx: Context, arn: str) -> PolicyEntity:
    """Return the caller's account's user, group or role of an ARN.

    Raises `NotFound`, and `Invalid` for an ARN of another kind.
    """
    parts = Arn.parse(arn)
    kind, name = parts.kind, parts.name
    if parts.service != "iam" or kind not in {"user", "group", "role"}:
        raise Invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    account = ctx.account
    found: PolicyEntity | None = {
        "user": account.of(User).find,
        "group": account.of(Group).find,
        "role": account.of(Role).find,
    }[kind](name)
    if found is None or found.arn != arn:
        raise NotFound(f"The {kind} with name {name} cannot be found.")
    return found


def entity_policies(ctx: Context, entity: PolicyEntity) -> list[SimulatedPolicy]:
    """Return an entity's own policies, and for a user those of its groups."""
    entities: list[PolicyEntity] = [entity]
    if isinstance(entity, User):
        entities += [group for name in entity.groups if (group := ctx.account.by_id(Group, name))]
    return [policy for each in entities for policy in _policies_of(ctx, each)]


def _policies_of(ctx: Context, entity: PolicyEntity) -> Iterable[SimulatedPolicy]:
    """Yield the inline and attached policies of one record."""
    kind = type(entity).__name__.lower()
    for inline in entity.inline:
        name = f"{kind}_{entity.name}_{inline.name}"
        yield SimulatedPolicy(
            name, "inline", inline.document, embedded_in=(kind, entity.name), name=inline.name
        )
    for arn in entity.attached:
        found = managed_policy(ctx, arn)
        if found is not None:
            yield found


def managed_policy(ctx: Context, arn: str) -> SimulatedPolicy | None:
    """Return a managed policy with its default version's text; None if it does not exist."""
    policy = ctx.directory.by_arn(ManagedPolicy, arn)
    if policy is None:
        return None
    kind = "aws-managed" if policy.account == AWS else "user-managed"
    return SimulatedPolicy(policy.name, kind, policy.document, arn=arn)


def without_excluded(
    policies: Iterable[SimulatedPolicy], excluded: Iterable[Req]
) -> list[SimulatedPolicy]:
    """Return the policies that match no identifier of `PolicyExclusionList`.

    Raises `Invalid` for a malformed identifier.
    """
    excludes = [_exclusion_filter(each) for each in excluded]
    return [each for each in policies if not any(exclude(each) for exclude in excludes)]


def excludes_boundary(excluded: Iterable[Req]) -> bool:
    """Return whether `PolicyExclusionList` excludes the permissions boundary."""
    return any(each.get("PolicyType") == "permission-boundary" for each in excluded)


def _exclusion_filter(identifier: Req) -> Any:
    """Return a predicate: whether an identifier excludes a policy; raises `Invalid`."""
    if len(identifier) != 1:
        raise Invalid(
            "Specify exactly one of PolicyType, PolicyArn, or InlinePolicyIdentifier in each "
            "PolicyIdentifier."
        )
    if "PolicyType" in identifier:
        return lambda policy: policy.kind == identifier["PolicyType"]
    if "PolicyArn" in identifier:
        head, _, name = identifier["PolicyArn"].partition(":policy/")
        if "*" in head or "?" in head or not name or name.count("*") > 1:
            raise Invalid(f"Invalid policy ARN in PolicyExclusionList: {identifier['PolicyArn']}")
        matches_arn = compile_wildcards(identifier["PolicyArn"])
        return lambda policy: bool(policy.arn) and matches_arn(policy.arn)
    inline = identifier["InlinePolicyIdentifier"]
    if inline["AttachmentName"].count("*") > 1:
        raise Invalid("An AttachmentName may hold one * at most.")
    matches_name = compile_wildcards(inline["AttachmentName"])
    return lambda policy: (
        policy.kind == "inline"
        and policy.name == inline["PolicyName"]
        and policy.embedded_in[0] == inline["AttachmentType"]
        and matches_name(policy.embedded_in[1])
    )
