"""The IAM call of each class in `iam_steps`. A change that was made before counts as done."""

from collections.abc import Callable, Mapping
from typing import Any

from daypass.aws.api_calls import ignore_error_codes
from daypass.aws.entities import EntityKind
from daypass.aws.tags import tag_list
from daypass.blueprint.organization import (
    CustomerManagedPolicy,
)
from daypass.blueprint.plan import iam_steps
from daypass.blueprint.plan.steps import PlanStep

VERSIONS_MAX = 5
"""Versions of a managed policy at most (IAM user guide, "IAM and AWS STS quotas")."""


class IAMCalls:
    """Makes the IAM calls in each account.

    `iam_client` returns an account's client and id by its key; `fill_references` replaces
    references by ids that were unknown when the plan was made.
    """

    def __init__(
        self, iam_client: Callable[[str], tuple[Any, str]], fill_references: Callable[[str], str]
    ) -> None:
        self.iam_client = iam_client
        self.fill_references = fill_references

    def call(self, who: iam_steps.AccountEntity, operation: str, **params: Any) -> Any:
        """Call an operation on an entity; its kind replaces `{}` in the operation's name."""
        iam, _ = self.iam_client(who.account)
        named = {f"{who.kind.title()}Name": who.name}
        return getattr(iam, operation.format(who.kind))(**named, **params)

    def arn(self, account: str, reference: str) -> str:
        """Return the ARN of a managed policy, from an ARN or a reference `policy/…`."""
        if reference.startswith("arn:"):
            return self.fill_references(reference)
        return f"arn:aws:iam::{self.iam_client(account)[1]}:{reference}"

    def managed_policy(self, step: Any) -> tuple[Any, dict[str, str]]:
        """Return the client, and the ARN parameter of a step's policy, whatever its path."""
        iam, _ = self.iam_client(step.account)
        policy: CustomerManagedPolicy = step.policy
        pages = iam.get_paginator("list_policies").paginate(Scope="Local")
        for page in pages:
            for each in page["Policies"]:
                if each["PolicyName"] == policy.name:
                    return iam, {"PolicyArn": each["Arn"]}
        return iam, {"PolicyArn": self.arn(step.account, policy.reference)}

    def create_managed(self, step: iam_steps.CreateManaged) -> None:
        """Create a customer managed policy."""
        iam, _ = self.iam_client(step.account)
        policy = step.policy
        with ignore_error_codes("EntityAlreadyExists"):
            iam.create_policy(
                PolicyName=policy.name,
                Path=policy.path,
                Description=policy.description,
                PolicyDocument=self.fill_references(policy.content),
                Tags=tag_list(policy.tags),
            )

    def update_managed(self, step: iam_steps.UpdateManaged) -> None:
        """Create a new default version, deleting the oldest version if there are too many."""
        iam, arn = self.managed_policy(step)
        versions = iam.list_policy_versions(**arn)["Versions"]
        if len(versions) >= VERSIONS_MAX:
            oldest = min(
                (each for each in versions if not each["IsDefaultVersion"]),
                key=lambda each: (each["CreateDate"], int(each["VersionId"][1:])),
            )
            iam.delete_policy_version(**arn, VersionId=oldest["VersionId"])
        iam.create_policy_version(
            **arn, PolicyDocument=self.fill_references(step.policy.content), SetAsDefault=True
        )

    def tag_managed(self, step: iam_steps.TagManaged) -> None:
        """Tag a customer managed policy."""
        iam, arn = self.managed_policy(step)
        iam.tag_policy(**arn, Tags=tag_list(step.tags))

    def untag_managed(self, step: iam_steps.UntagManaged) -> None:
        """Untag a customer managed policy."""
        iam, arn = self.managed_policy(step)
        iam.untag_policy(**arn, TagKeys=list(step.keys))

    def create(self, step: iam_steps.CreateEntity) -> None:
        """Create a role, user or group."""
        entity = step.entity
        who = iam_steps.AccountEntity(step.account, entity.kind, entity.name)
        params: dict[str, Any] = {"Path": entity.path}
        if entity.kind is not EntityKind.GROUP:
            params["Tags"] = tag_list(entity.tags)
            if entity.boundary:
                params["PermissionsBoundary"] = self.arn(step.account, entity.boundary)
        if entity.kind is EntityKind.ROLE:
            params |= {
                "AssumeRolePolicyDocument": self.fill_references(entity.trust),
                "Description": entity.description,
                "MaxSessionDuration": entity.max_session_seconds,
            }
        with ignore_error_codes("EntityAlreadyExists"):
            self.call(who, "create_{}", **params)

    def call_if_exists(self, who: iam_steps.AccountEntity, operation: str, **params: Any) -> None:
        """Call a removing operation on an entity; if it does not exist, there is no error."""
        with ignore_error_codes("NoSuchEntity"):
            self.call(who, operation, **params)


def _attach(of: IAMCalls, step: iam_steps.AttachManaged) -> None:
    arn = of.arn(step.who.account, step.reference)
    of.call(step.who, "attach_{}_policy", PolicyArn=arn)


def _detach(of: IAMCalls, step: iam_steps.DetachManaged) -> None:
    arn = of.arn(step.who.account, step.reference)
    of.call_if_exists(step.who, "detach_{}_policy", PolicyArn=arn)


def _set_boundary(of: IAMCalls, step: iam_steps.SetBoundary) -> None:
    arn = of.arn(step.who.account, step.reference)
    of.call(step.who, "put_{}_permissions_boundary", PermissionsBoundary=arn)


def _update_role(of: IAMCalls, step: iam_steps.UpdateRole) -> None:
    of.call(
        step.who,
        "update_{}",
        Description=step.description,
        MaxSessionDuration=step.max_session_seconds,
    )


IAM_CALLS: Mapping[type[PlanStep], Callable[[IAMCalls, Any], None]] = {
    iam_steps.CreateManaged: IAMCalls.create_managed,
    iam_steps.UpdateManaged: IAMCalls.update_managed,
    iam_steps.TagManaged: IAMCalls.tag_managed,
    iam_steps.UntagManaged: IAMCalls.untag_managed,
    iam_steps.CreateEntity: IAMCalls.create,
    iam_steps.UpdateRole: _update_role,
    iam_steps.SetTrust: lambda of, step: of.call(
        step.who, "update_assume_role_policy", PolicyDocument=of.fill_references(step.trust)
    ),
    iam_steps.PutInline: lambda of, step: of.call(
        step.who,
        "put_{}_policy",
        PolicyName=step.policy,
        PolicyDocument=of.fill_references(step.content),
    ),
    iam_steps.DeleteInline: lambda of, step: of.call_if_exists(
        step.who, "delete_{}_policy", PolicyName=step.policy
    ),
    iam_steps.AttachManaged: _attach,
    iam_steps.DetachManaged: _detach,
    iam_steps.SetBoundary: _set_boundary,
    iam_steps.DeleteBoundary: lambda of, step: of.call_if_exists(
        step.who, "delete_{}_permissions_boundary"
    ),
    iam_steps.JoinGroup: lambda of, step: of.call(
        step.who, "add_user_to_group", GroupName=step.group
    ),
    iam_steps.LeaveGroup: lambda of, step: of.call_if_exists(
        step.who, "remove_user_from_group", GroupName=step.group
    ),
    iam_steps.TagEntity: lambda of, step: of.call(step.who, "tag_{}", Tags=tag_list(step.tags)),
    iam_steps.UntagEntity: lambda of, step: of.call(step.who, "untag_{}", TagKeys=list(step.keys)),
}
