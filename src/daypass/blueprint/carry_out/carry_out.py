"""Carries a plan out, one call for each step. Whatever is there already is taken as done, so that it may be begun again at any point."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws.api_calls import code_of, unless
from daypass.aws.tags import tag_list
from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.carry_out.carry_principals import PRINCIPALS, Carrying
from daypass.blueprint.ids import Ids
from daypass.blueprint.observe.organization import observe
from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    Account,
    Organization,
    PolicyKey,
    name_of,
    parent,
)
from daypass.blueprint.plan import steps as do
from daypass.blueprint.policy_texts import ACCOUNT, ORGANIZATION, filled
from daypass.core.organizations.policies.policy_types import FULL_ACCESS as PUBLISHED
from daypass.core.organizations.policies.policy_types import SCP

CREATION_TRIES = 120  # looks at an account that is being made
CREATION_SECONDS = 5.0  # between two of them
"""AWS makes an account in minutes, mostly; ten of them are waited for."""


class Failed(Exception):
    """A step that AWS accepted and did not bring to its end."""


def carry_out(
    steps: tuple[do.Step, ...],
    clients: ApiClients,
    ids: Ids,
    wanted: Organization,
    done: Callable[[int, do.Step], None],
) -> None:
    """Do every step in order, telling `done` of each before it begins; raises what the client raises, and `Failed`."""
    carrying = _Organization(clients, ids, wanted)
    principals = Carrying(carrying.iam, carrying.filled)
    for at, step in enumerate(steps):
        done(at, step)
        if type(step) in PRINCIPALS:
            PRINCIPALS[type(step)](principals, step)
        else:
            _DONE[type(step)](carrying, step)


class _Organization:
    """The calls of Organizations."""

    def __init__(self, clients: ApiClients, ids: Ids, wanted: Organization) -> None:
        self.clients = clients
        self.call = clients.call
        self.ids = ids
        self.wanted = wanted
        self.made: set[str] = set()

    def filled(self, text: str) -> str:
        """Put the ids into a document that were not known when it was planned."""
        known = {f"{ACCOUNT}{key}": each for key, each in self.ids.accounts.items()}
        names: dict[str, list[str]] = {}
        for key, account in self.wanted.accounts.items():
            names.setdefault(account.name, []).append(key)
        for name, keys in names.items():
            if name and len(keys) == 1 and keys[0] in self.ids.accounts:
                known.setdefault(f"{ACCOUNT}{name}", self.ids.accounts[keys[0]])
        return filled(text, known | {ORGANIZATION: self.ids.organization})

    def iam(self, key: str) -> tuple[Any, str]:
        """Return a client of an account's IAM, and the account's id."""
        account = self.ids.accounts[key]
        role = self.wanted.accounts[key].access_role
        return self.clients.iam(key, account, role, is_new=key in self.made), account

    def policy(self, key: PolicyKey) -> str:
        """Return the id of a policy."""
        return PUBLISHED[SCP] if key == FULL_ACCESS else self.ids.policies[key]

    def thing(self, thing: str | PolicyKey) -> str:
        """Return the id of what has tags."""
        return self.policy(thing) if isinstance(thing, PolicyKey) else self.ids.place(thing)

    def create_organization(self, _step: do.CreateOrganization) -> None:
        with unless("AlreadyInOrganizationException"):
            self.call("create_organization", FeatureSet="ALL")
        _, found = observe(self.clients, lambda _: None)
        self.ids.organization, self.ids.root = found.organization, found.root
        self.ids.accounts[MANAGEMENT] = found.accounts[MANAGEMENT]

    def create_unit(self, step: do.CreateUnit) -> None:
        above, name = self.ids.place(parent(step.path)), name_of(step.path)
        with unless("DuplicateOrganizationalUnitException"):
            self.call(
                "create_organizational_unit", ParentId=above, Name=name, Tags=tag_list(step.tags)
            )
        listed = self.clients.pages(
            "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=above
        )
        self.ids.units[step.path] = next(each["Id"] for each in listed if each["Name"] == name)

    def create_account(self, step: do.CreateAccount) -> None:
        account = step.account
        status = (
            self._begun(account)
            or self.call(
                "create_account",
                Email=account.email,
                AccountName=account.name,
                RoleName=account.access_role,
                Tags=tag_list(account.node.tags),
            )["CreateAccountStatus"]
        )
        status = self._ended(status)
        identifier = status.get("AccountId", "")
        if status["State"] != "SUCCEEDED" or not identifier:
            reason = status.get("FailureReason", "no reason was given")
            if reason != "EMAIL_ALREADY_EXISTS":
                raise Failed(f"account {account.email} was not made: {reason}")
            identifier = self._by_address(account)
        self.ids.accounts[step.key] = identifier
        self.made.add(step.key)

    def _begun(self, account: Account) -> dict[str, Any] | None:
        """Return a request of the same name that is under way: one that was begun before an interruption."""
        listed = self.clients.pages(
            "list_create_account_status", "CreateAccountStatuses", States=["IN_PROGRESS"]
        )
        return next((each for each in listed if each["AccountName"] == account.name), None)

    def _ended(self, status: dict[str, Any]) -> dict[str, Any]:
        for _ in range(CREATION_TRIES):
            status = self.call(
                "describe_create_account_status", CreateAccountRequestId=status["Id"]
            )["CreateAccountStatus"]
            if status["State"] != "IN_PROGRESS":
                return status
            self.clients.wait(CREATION_SECONDS)
        raise Failed(f"account {status['AccountName']} is still being made; run it again later")

    def _by_address(self, account: Account) -> str:
        listed = self.clients.pages("list_accounts", "Accounts")
        for each in listed:
            if each["Email"].lower() == account.email.lower():
                return str(each["Id"])
        raise Failed(
            f"account {account.email} was not made: an account of another organization has its address"
        )

    def create_policy(self, step: do.CreatePolicy) -> None:
        policy = step.policy
        try:
            made = self.call(
                "create_policy",
                Content=self.filled(policy.content),
                Description=policy.description,
                Name=policy.name,
                Type=policy.type,
                Tags=tag_list(policy.tags),
            )
            self.ids.policies[policy.key] = made["Policy"]["PolicySummary"]["Id"]
        except ClientError as error:
            if code_of(error) != "DuplicatePolicyException":
                raise
            listed = self.clients.pages("list_policies", "Policies", Filter=policy.type)
            self.ids.policies[policy.key] = next(
                each["Id"] for each in listed if each["Name"] == policy.name
            )
            self.update_policy(do.UpdatePolicy(policy))

    def update_policy(self, step: do.UpdatePolicy) -> None:
        self.call(
            "update_policy",
            PolicyId=self.policy(step.policy.key),
            Content=self.filled(step.policy.content),
            Description=step.policy.description,
        )

    def attach(self, step: do.Attach) -> None:
        with unless("DuplicatePolicyAttachmentException"):
            self.call(
                "attach_policy",
                PolicyId=self.policy(step.key),
                TargetId=self.ids.place(step.place),
            )

    def detach(self, step: do.Detach) -> None:
        with unless("PolicyNotAttachedException"):
            self.call(
                "detach_policy",
                PolicyId=self.policy(step.key),
                TargetId=self.ids.place(step.place),
            )

    def move(self, step: do.MoveAccount) -> None:
        with unless("DuplicateAccountException"):
            self.call(
                "move_account",
                AccountId=self.ids.accounts[step.key],
                SourceParentId=self.ids.place(step.source),
                DestinationParentId=self.ids.place(step.destination),
            )

    def close(self, step: do.CloseAccount) -> None:
        with unless("AccountAlreadyClosedException"):
            self.call("close_account", AccountId=self.ids.accounts[step.key])

    def tolerant(self, operation: str, *codes: str, **params: Any) -> None:
        """Call an operation whose named answers mean that it was done before."""
        with unless(*codes):
            self.call(operation, **params)


def _tags(of: _Organization, step: do.Tag) -> None:
    of.call("tag_resource", ResourceId=of.thing(step.thing), Tags=tag_list(step.tags))


def _untag(of: _Organization, step: do.Untag) -> None:
    of.call("untag_resource", ResourceId=of.thing(step.thing), TagKeys=list(step.keys))


_DONE: Mapping[type[do.Step], Callable[[_Organization, Any], None]] = {
    do.CreateOrganization: _Organization.create_organization,
    do.TrustService: lambda of, step: of.tolerant(
        "enable_aws_service_access", ServicePrincipal=step.service
    ),
    do.DistrustService: lambda of, step: of.tolerant(
        "disable_aws_service_access", ServicePrincipal=step.service
    ),
    do.EnableType: lambda of, step: of.tolerant(
        "enable_policy_type",
        "PolicyTypeAlreadyEnabledException",
        RootId=of.ids.root,
        PolicyType=step.type,
    ),
    do.DisableType: lambda of, step: of.tolerant(
        "disable_policy_type",
        "PolicyTypeNotEnabledException",
        RootId=of.ids.root,
        PolicyType=step.type,
    ),
    do.CreateUnit: _Organization.create_unit,
    do.DeleteUnit: lambda of, step: of.tolerant(
        "delete_organizational_unit",
        "OrganizationalUnitNotFoundException",
        OrganizationalUnitId=of.ids.place(step.path),
    ),
    do.CreateAccount: _Organization.create_account,
    do.MoveAccount: _Organization.move,
    do.CloseAccount: _Organization.close,
    do.CreatePolicy: _Organization.create_policy,
    do.UpdatePolicy: _Organization.update_policy,
    do.DeletePolicy: lambda of, step: of.tolerant(
        "delete_policy", "PolicyNotFoundException", PolicyId=of.policy(step.key)
    ),
    do.Attach: _Organization.attach,
    do.Detach: _Organization.detach,
    do.Tag: _tags,
    do.Untag: _untag,
    do.Register: lambda of, step: of.tolerant(
        "register_delegated_administrator",
        "AccountAlreadyRegisteredException",
        AccountId=of.ids.accounts[step.key],
        ServicePrincipal=step.service,
    ),
    do.Deregister: lambda of, step: of.tolerant(
        "deregister_delegated_administrator",
        "AccountNotRegisteredException",
        AccountId=of.ids.accounts[step.key],
        ServicePrincipal=step.service,
    ),
    do.PutResourcePolicy: lambda of, step: of.tolerant(
        "put_resource_policy", Content=of.filled(step.content)
    ),
    do.DeleteResourcePolicy: lambda of, _: of.tolerant(
        "delete_resource_policy", "ResourcePolicyNotFoundException"
    ),
}
