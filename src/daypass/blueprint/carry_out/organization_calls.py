"""The Organizations call of each class in `organization_steps`.

A change that was made before counts as done.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws.api_calls import error_code, ignore_error_codes
from daypass.aws.tags import tag_list
from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.carry_out.account_creation import create_account
from daypass.blueprint.observe.organization import observe_organization
from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    Organization,
    PolicyKey,
    parent_path,
    unit_name,
)
from daypass.blueprint.organization_ids import OrganizationIds
from daypass.blueprint.plan import organization_steps
from daypass.blueprint.plan.steps import PlanStep
from daypass.blueprint.policy_texts import ACCOUNT_PREFIX, ORGANIZATION_REFERENCE, fill_references
from daypass.core.organizations.policies.policy_types import FULL_ACCESS as PUBLISHED
from daypass.core.organizations.policies.policy_types import SCP


class OrganizationCalls:
    """Makes the calls of Organizations, and adds the ids of created things to `ids`."""

    def __init__(self, clients: ApiClients, ids: OrganizationIds, wanted: Organization) -> None:
        self.clients = clients
        self.call = clients.call
        self.ids = ids
        self.wanted = wanted
        self.created_accounts: set[str] = set()

    def fill_references(self, text: str) -> str:
        """Return a document with references replaced by ids, new accounts' included."""
        known = {f"{ACCOUNT_PREFIX}{key}": each for key, each in self.ids.accounts.items()}
        names: dict[str, list[str]] = {}
        for key, account in self.wanted.accounts.items():
            names.setdefault(account.name, []).append(key)
        for name, keys in names.items():
            if name and len(keys) == 1 and keys[0] in self.ids.accounts:
                known.setdefault(f"{ACCOUNT_PREFIX}{name}", self.ids.accounts[keys[0]])
        return fill_references(text, known | {ORGANIZATION_REFERENCE: self.ids.organization})

    def iam_client(self, key: str) -> tuple[Any, str]:
        """Return a client of an account's IAM, and the account's id."""
        account = self.ids.accounts[key]
        role = self.wanted.accounts[key].access_role
        return self.clients.iam(key, account, role, is_new=key in self.created_accounts), account

    def policy_id(self, key: PolicyKey) -> str:
        """Return the id of a policy, FullAWSAccess included."""
        return PUBLISHED[SCP] if key == FULL_ACCESS else self.ids.policies[key]

    def tagged_id(self, thing: str | PolicyKey) -> str:
        """Return the id of a tagged policy or target."""
        return self.policy_id(thing) if isinstance(thing, PolicyKey) else self.ids.target_id(thing)

    def create_organization(self, _step: organization_steps.CreateOrganization) -> None:
        """Create the organization, and add its ids."""
        with ignore_error_codes("AlreadyInOrganizationException"):
            self.call("create_organization", FeatureSet="ALL")
        _, found = observe_organization(self.clients, lambda _: None)
        self.ids.organization, self.ids.root = found.organization, found.root
        self.ids.accounts[MANAGEMENT] = found.accounts[MANAGEMENT]

    def create_unit(self, step: organization_steps.CreateUnit) -> None:
        """Create a unit below its parent, and add its id."""
        above, name = self.ids.target_id(parent_path(step.path)), unit_name(step.path)
        with ignore_error_codes("DuplicateOrganizationalUnitException"):
            self.call(
                "create_organizational_unit", ParentId=above, Name=name, Tags=tag_list(step.tags)
            )
        listed = self.clients.list_all(
            "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=above
        )
        self.ids.units[step.path] = next(each["Id"] for each in listed if each["Name"] == name)

    def create_account(self, step: organization_steps.CreateAccount) -> None:
        """Create an account, wait for it, and add its id.

        Raises `AccountCreationFailed`.
        """
        self.ids.accounts[step.key] = create_account(self.clients, step.account)
        self.created_accounts.add(step.key)

    def create_policy(self, step: organization_steps.CreatePolicy) -> None:
        """Create a policy, or update one of the same name, and add its id."""
        policy = step.policy
        try:
            created = self.call(
                "create_policy",
                Content=self.fill_references(policy.content),
                Description=policy.description,
                Name=policy.name,
                Type=policy.type,
                Tags=tag_list(policy.tags),
            )
            self.ids.policies[policy.key] = created["Policy"]["PolicySummary"]["Id"]
        except ClientError as error:
            if error_code(error) != "DuplicatePolicyException":
                raise
            listed = self.clients.list_all("list_policies", "Policies", Filter=policy.type)
            self.ids.policies[policy.key] = next(
                each["Id"] for each in listed if each["Name"] == policy.name
            )
            self.update_policy(organization_steps.UpdatePolicy(policy))

    def update_policy(self, step: organization_steps.UpdatePolicy) -> None:
        """Update a policy's document and description."""
        self.call(
            "update_policy",
            PolicyId=self.policy_id(step.policy.key),
            Content=self.fill_references(step.policy.content),
            Description=step.policy.description,
        )

    def attach(self, step: organization_steps.Attach) -> None:
        """Attach a policy to the root, a unit or an account."""
        with ignore_error_codes("DuplicatePolicyAttachmentException"):
            self.call(
                "attach_policy",
                PolicyId=self.policy_id(step.key),
                TargetId=self.ids.target_id(step.place),
            )

    def detach(self, step: organization_steps.Detach) -> None:
        """Detach a policy from the root, a unit or an account."""
        with ignore_error_codes("PolicyNotAttachedException"):
            self.call(
                "detach_policy",
                PolicyId=self.policy_id(step.key),
                TargetId=self.ids.target_id(step.place),
            )

    def move(self, step: organization_steps.MoveAccount) -> None:
        """Move an account to another unit."""
        with ignore_error_codes("DuplicateAccountException"):
            self.call(
                "move_account",
                AccountId=self.ids.accounts[step.key],
                SourceParentId=self.ids.target_id(step.source),
                DestinationParentId=self.ids.target_id(step.destination),
            )

    def close(self, step: organization_steps.CloseAccount) -> None:
        """Close an account."""
        with ignore_error_codes("AccountAlreadyClosedException"):
            self.call("close_account", AccountId=self.ids.accounts[step.key])

    def call_ignoring(self, operation: str, *codes: str, **params: Any) -> None:
        """Call an operation, ignoring error codes that mean that it was done before."""
        with ignore_error_codes(*codes):
            self.call(operation, **params)


def _tag(of: OrganizationCalls, step: organization_steps.Tag) -> None:
    of.call("tag_resource", ResourceId=of.tagged_id(step.thing), Tags=tag_list(step.tags))


def _untag(of: OrganizationCalls, step: organization_steps.Untag) -> None:
    of.call("untag_resource", ResourceId=of.tagged_id(step.thing), TagKeys=list(step.keys))


ORGANIZATION_CALLS: Mapping[type[PlanStep], Callable[[OrganizationCalls, Any], None]] = {
    organization_steps.CreateOrganization: OrganizationCalls.create_organization,
    organization_steps.TrustService: lambda of, step: of.call_ignoring(
        "enable_aws_service_access", ServicePrincipal=step.service
    ),
    organization_steps.DistrustService: lambda of, step: of.call_ignoring(
        "disable_aws_service_access", ServicePrincipal=step.service
    ),
    organization_steps.EnableType: lambda of, step: of.call_ignoring(
        "enable_policy_type",
        "PolicyTypeAlreadyEnabledException",
        RootId=of.ids.root,
        PolicyType=step.type,
    ),
    organization_steps.DisableType: lambda of, step: of.call_ignoring(
        "disable_policy_type",
        "PolicyTypeNotEnabledException",
        RootId=of.ids.root,
        PolicyType=step.type,
    ),
    organization_steps.CreateUnit: OrganizationCalls.create_unit,
    organization_steps.DeleteUnit: lambda of, step: of.call_ignoring(
        "delete_organizational_unit",
        "OrganizationalUnitNotFoundException",
        OrganizationalUnitId=of.ids.target_id(step.path),
    ),
    organization_steps.CreateAccount: OrganizationCalls.create_account,
    organization_steps.MoveAccount: OrganizationCalls.move,
    organization_steps.CloseAccount: OrganizationCalls.close,
    organization_steps.CreatePolicy: OrganizationCalls.create_policy,
    organization_steps.UpdatePolicy: OrganizationCalls.update_policy,
    organization_steps.DeletePolicy: lambda of, step: of.call_ignoring(
        "delete_policy", "PolicyNotFoundException", PolicyId=of.policy_id(step.key)
    ),
    organization_steps.Attach: OrganizationCalls.attach,
    organization_steps.Detach: OrganizationCalls.detach,
    organization_steps.Tag: _tag,
    organization_steps.Untag: _untag,
    organization_steps.Register: lambda of, step: of.call_ignoring(
        "register_delegated_administrator",
        "AccountAlreadyRegisteredException",
        AccountId=of.ids.accounts[step.key],
        ServicePrincipal=step.service,
    ),
    organization_steps.Deregister: lambda of, step: of.call_ignoring(
        "deregister_delegated_administrator",
        "AccountNotRegisteredException",
        AccountId=of.ids.accounts[step.key],
        ServicePrincipal=step.service,
    ),
    organization_steps.PutResourcePolicy: lambda of, step: of.call_ignoring(
        "put_resource_policy", Content=of.fill_references(step.content)
    ),
    organization_steps.DeleteResourcePolicy: lambda of, _: of.call_ignoring(
        "delete_resource_policy", "ResourcePolicyNotFoundException"
    ),
}
