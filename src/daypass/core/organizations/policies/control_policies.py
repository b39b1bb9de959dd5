"""What stands above an account: the SCPs and RCPs on each level from the root down, compiled.

A level's policies hold together, the levels one by one. Source: Organizations user guide, "SCP evaluation" and "RCP evaluation".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from daypass.core.organizations.policies.policy_types import AWS_OWNED_POLICIES
from daypass.core.policy.decision.compile import (
    CACHED_DOCUMENTS_MAX,
    PolicyGrammar,
    compile_stored_text,
)
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.policy_sets import NamedPolicy, PolicySet


@dataclass(frozen=True, slots=True)
class ControlPolicies:
    """What stands above one account; `scps` and `rcps` have a level for each place, and are nothing where the type is off."""

    organization: str
    management: str
    path: str
    """The path of the account's parent, as `aws:PrincipalOrgPaths` has it."""
    scps: OrganizationLevels | None
    rcps: OrganizationLevels | None


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A policy that hangs somewhere, as far as a decision wants to know it."""

    name: str
    arn: str
    content: str


AWS_OWNED_ATTACHMENTS: dict[str, AttachedPolicy] = {
    each.id: AttachedPolicy(each.name, each.arn, each.content)
    for each in AWS_OWNED_POLICIES.values()
}


def compile_level(policies: Iterable[AttachedPolicy], form: PolicyGrammar) -> PolicySet:
    """Return the policies of one level; levels with the same policies share one set."""
    return _compile_level(tuple(policies), form)


@lru_cache(maxsize=CACHED_DOCUMENTS_MAX)
def _compile_level(policies: tuple[AttachedPolicy, ...], form: PolicyGrammar) -> PolicySet:
    return PolicySet(
        NamedPolicy(compile_stored_text(each.content, form), each.name, each.arn)
        for each in policies
    )
