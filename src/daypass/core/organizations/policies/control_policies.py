"""The control policies above an account: the compiled SCPs and RCPs of each level of the tree.

A call is allowed by a level if any of its policies allows it, and must be allowed by every level.
Source: Organizations user guide, "SCP evaluation" and "RCP evaluation".
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
    """The control policies above one account, with the ids that conditions compare.

    `scps` and `rcps` have one level for the root, each unit and the account itself; None if the
    type is not enabled.
    """

    organization: str
    management: str
    path: str
    """The path of the account's parent, as in `aws:PrincipalOrgPaths`."""
    scps: OrganizationLevels | None
    rcps: OrganizationLevels | None


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """An attached SCP or RCP: its document, and its name and ARN for explanations."""

    name: str
    arn: str
    content: str


AWS_OWNED_ATTACHMENTS: dict[str, AttachedPolicy] = {
    each.id: AttachedPolicy(each.name, each.arn, each.content)
    for each in AWS_OWNED_POLICIES.values()
}
"""AWS's own control policies, such as FullAWSAccess, by policy id."""


def compile_level(policies: Iterable[AttachedPolicy], grammar: PolicyGrammar) -> PolicySet:
    """Return the compiled policies of one level.

    Levels with the same policies share one cached set.
    """
    return _compile_level(tuple(policies), grammar)


@lru_cache(maxsize=CACHED_DOCUMENTS_MAX)
def _compile_level(policies: tuple[AttachedPolicy, ...], grammar: PolicyGrammar) -> PolicySet:
    return PolicySet(
        NamedPolicy(compile_stored_text(each.content, grammar), each.name, each.arn)
        for each in policies
    )
