"""The SCPs and RCPs above an account, of each level from the root down to the account itself."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from daypass.aws.api_calls import list_all
from daypass.core.organizations.policies.policy_types import RCP, SCP


class AttachedPolicy(NamedTuple):
    """A policy where it is attached: `target` is the id of the root, a unit or an account."""

    name: str
    target: str
    content: str


PolicyLevels = tuple[tuple[AttachedPolicy, ...], ...]
"""The attached policies of one type, a level for each target, the root's first."""


@dataclass(frozen=True, slots=True)
class AccountControlPolicies:
    """An account's organization, and the policies of each level.

    None: the type is disabled, or the account is exempt.
    """

    organization: str
    management_account: str
    parent_path: str
    """The path of the account's parent, as `aws:PrincipalOrgPaths` has it."""
    scps: PolicyLevels | None
    rcps: PolicyLevels | None


def read_control_policies(organizations: Any, account: str) -> AccountControlPolicies:
    """Return what stands above an account.

    A policy that is attached to several targets is read once.

    Raises `ClientError` if the caller may not read the organization, as a member without delegation
    may not.
    """
    organization = organizations.describe_organization()["Organization"]
    targets = _target_ids(organizations, account)
    # A type that is being enabled or disabled counts, so that an explanation never allows what AWS
    # still denies.
    enabled = {each["Type"] for each in organizations.list_roots()["Roots"][0]["PolicyTypes"]}
    # No SCP and no RCP bears on the management account.
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
    """Return the ids from the root down to an account."""
    targets = [account]
    while not targets[0].startswith("r-"):
        parents = organizations.list_parents(ChildId=targets[0])["Parents"]
        targets.insert(0, parents[0]["Id"])
    return targets


def _attached_policies(
    organizations: Any, target: str, policy_type: str, contents: dict[str, str]
) -> tuple[AttachedPolicy, ...]:
    """Return the policies of a type that are attached to a target.

    `contents` keeps texts by the policy's id.
    """
    summaries = list_all(
        organizations, "list_policies_for_target", "Policies", TargetId=target, Filter=policy_type
    )
    for each in summaries:
        if each["Id"] not in contents:
            answer = organizations.describe_policy(PolicyId=each["Id"])
            contents[each["Id"]] = answer["Policy"]["Content"]
    return tuple(AttachedPolicy(each["Name"], target, contents[each["Id"]]) for each in summaries)
