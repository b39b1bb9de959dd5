"""Read the SCPs and RCPs that apply to an account, by level from the root down to the account."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from daypass.aws.api_calls import list_all
from daypass.core.organizations.policies.policy_types import RCP, SCP


class AttachedPolicy(NamedTuple):
    """An attached SCP or RCP; `target` is the id of the root, unit or account that has it."""

    name: str
    target: str
    content: str


PolicyLevels = tuple[tuple[AttachedPolicy, ...], ...]
"""The attached policies of one type: one level for each target, the root's first."""


@dataclass(frozen=True, slots=True)
class AccountControlPolicies:
    """An account's organization, and the SCPs and RCPs of each level above the account.

    `scps` or `rcps` is None if the policy type is disabled, and for the management account, which
    both types exempt.
    """

    organization: str
    management_account: str
    parent_path: str
    """The path of the account's parent, in the format of `aws:PrincipalOrgPaths`."""
    scps: PolicyLevels | None
    rcps: PolicyLevels | None


def read_control_policies(organizations: Any, account: str) -> AccountControlPolicies:
    """Return the SCPs and RCPs that apply to an account.

    The document of a policy that is attached to several targets is read once. Raises `ClientError`
    if the caller may not read the organization, as a member without delegation may not.
    """
    organization = organizations.describe_organization()["Organization"]
    targets = _target_ids(organizations, account)
    # A type that is being enabled or disabled counts as enabled: an explanation must never allow
    # what AWS still denies.
    enabled = {each["Type"] for each in organizations.list_roots()["Roots"][0]["PolicyTypes"]}
    # SCPs and RCPs do not apply to the management account.
    is_member = account != organization["MasterAccountId"]
    contents: dict[str, str] = {}

    def levels(policy_type: str) -> PolicyLevels | None:
        if policy_type not in enabled or not is_member:
            return None
        return tuple(
            _attached_policies(organizations, each, policy_type, contents) for each in targets
        )

    return AccountControlPolicies(
        organization=organization["Id"],
        management_account=organization["MasterAccountId"],
        parent_path="".join(f"{each}/" for each in [organization["Id"], *targets[:-1]]),
        scps=levels(SCP),
        rcps=levels(RCP),
    )


def _target_ids(organizations: Any, account: str) -> list[str]:
    """Return the ids of the root, the units below and the account, in that order."""
    targets = [account]
    while not targets[0].startswith("r-"):
        parents = organizations.list_parents(ChildId=targets[0])["Parents"]
        targets.insert(0, parents[0]["Id"])
    return targets


def _attached_policies(
    organizations: Any, target: str, policy_type: str, contents: dict[str, str]
) -> tuple[AttachedPolicy, ...]:
    """Return the policies of a type that are attached to a target.

    `contents` caches documents by policy id; missing ones are read and added.
    """
    summaries = list_all(
        organizations, "list_policies_for_target", "Policies", TargetId=target, Filter=policy_type
    )
    for each in summaries:
        if each["Id"] not in contents:
            answer = organizations.describe_policy(PolicyId=each["Id"])
            contents[each["Id"]] = answer["Policy"]["Content"]
    return tuple(AttachedPolicy(each["Name"], target, contents[each["Id"]]) for each in summaries)
