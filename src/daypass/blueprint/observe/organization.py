"""Read the existing organization through the AWS API as an `Organization`, with its ids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws.api_calls import error_code
from daypass.aws.entities import EntityKey
from daypass.aws.tags import tag_mapping
from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.observe.account import AccountReader
from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    ROOT,
    Account,
    AccountIAM,
    Organization,
    OrganizationPolicy,
    PolicyKey,
    PolicyTarget,
    child_path,
)
from daypass.blueprint.organization_ids import OrganizationIds
from daypass.core.organizations.membership_roles import ACCESS_ROLE
from daypass.core.organizations.policies.policy_types import FULL_ACCESS as PUBLISHED
from daypass.core.organizations.policies.policy_types import SCP

ReportProgress = Callable[[str], None]
"""Called with a text for people that says what is read next."""


class NotManagementAccount(Exception):
    """The caller's account is a member of an organization, not its management account."""

    def __init__(self, account: str, management: str) -> None:
        super().__init__(
            f"account {account} is a member; account {management} manages the organization"
        )
        self.hint = "--profile names credentials of the management account"


@dataclass(frozen=True, slots=True)
class IAMSelection:
    """The entities and managed policies of an account to read, None for all, and the role."""

    entities: frozenset[EntityKey] | None
    managed: frozenset[str] | None
    access_role: str = ACCESS_ROLE


def observe_organization(
    clients: ApiClients, progress: ReportProgress
) -> tuple[Organization, OrganizationIds]:
    """Return the organization that the caller manages, with its ids.

    Without an organization, `exists` is False. Raises `NotManagementAccount`.
    """
    caller = clients.caller_account()
    try:
        description = clients.call("describe_organization")["Organization"]
    except ClientError as error:
        if error_code(error) != "AWSOrganizationsNotInUseException":
            raise
        mine = Account(id=caller, name=MANAGEMENT)
        return Organization(exists=False, accounts={MANAGEMENT: mine}), OrganizationIds(
            accounts={MANAGEMENT: caller}
        )
    if description["MasterAccountId"] != caller:
        raise NotManagementAccount(caller, description["MasterAccountId"])
    return _OrganizationReader(clients, description, progress).organization()


def observe_iam(
    clients: ApiClients,
    ids: OrganizationIds,
    wanted: Mapping[str, IAMSelection],
    progress: ReportProgress,
) -> dict[str, AccountIAM]:
    """Return the selected IAM by account key; accounts that do not exist are left out."""
    found = {}
    for key, each in wanted.items():
        if key in ids.accounts:
            progress(f"roles and users of {key}")
            account = ids.accounts[key]
            iam = clients.iam(key, account, each.access_role)
            found[key] = AccountReader(iam, account).read_iam(each.entities, each.managed)
    return found


class _OrganizationReader:
    """Reads one organization; `description` is DescribeOrganization's answer."""

    def __init__(
        self, clients: ApiClients, description: Mapping[str, Any], progress: ReportProgress
    ) -> None:
        self.clients = clients
        self.description = description
        self.progress = progress
        self.ids = OrganizationIds(organization=description["Id"])
        self.parents: dict[str, str] = {}
        self.accounts: dict[str, Any] = {}

    def organization(self) -> tuple[Organization, OrganizationIds]:
        """Return the organization, and the ids of its root, units, accounts and policies."""
        root = self.clients.list_all("list_roots", "Roots")[0]
        self.ids.root = root["Id"]
        types = frozenset(
            each["Type"] for each in root["PolicyTypes"] if each["Status"] == "ENABLED"
        )
        self.progress("units and accounts")
        self._walk(ROOT, root["Id"])
        has_policies = self.description["FeatureSet"] == "ALL"
        policies = self._policies() if has_policies else {}
        attachments = self._attachments(types)
        content = self._resource_policy() if has_policies else None
        found = Organization(
            id=self.description["Id"],
            features=self.description["FeatureSet"],
            root=self._target(ROOT, attachments, types),
            units={path: self._target(path, attachments, types) for path in self.ids.units},
            accounts=self._members(attachments, types),
            policies=policies,
            types=types,
            services=self._services() if has_policies else frozenset(),
            resource_policy=content or "",
            has_resource_policy=content is not None,
        )
        return found, self.ids

    def _walk(self, path: str, identifier: str) -> None:
        for each in self.clients.list_all(
            "list_accounts_for_parent", "Accounts", ParentId=identifier
        ):
            key = (
                MANAGEMENT
                if each["Id"] == self.description["MasterAccountId"]
                else each["Email"].lower()
            )
            self.ids.accounts[key] = each["Id"]
            self.parents[key] = path
            self.accounts[key] = each
        units = self.clients.list_all(
            "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=identifier
        )
        for each in units:
            below = child_path(path, each["Name"])
            self.ids.units[below] = each["Id"]
            self._walk(below, each["Id"])

    def _policies(self) -> dict[PolicyKey, OrganizationPolicy]:
        found: dict[PolicyKey, OrganizationPolicy] = {}
        # All types of the model are read, because disabled types may have policies too.
        kinds = self.clients.organizations.meta.service_model.shape_for("PolicyType").enum
        for kind in kinds:
            self.progress(f"policies of type {kind}")
            for each in self.clients.list_all("list_policies", "Policies", Filter=kind):
                if each["AwsManaged"]:
                    continue
                key = PolicyKey(kind, each["Name"])
                self.ids.policies[key] = each["Id"]
                content = self.clients.call("describe_policy", PolicyId=each["Id"])["Policy"]
                found[key] = OrganizationPolicy(
                    type=kind,
                    name=each["Name"],
                    content=content["Content"],
                    description=each.get("Description", ""),
                    tags=self._tags(each["Id"]),
                )
        return found

    def _attachments(self, types: frozenset[str]) -> dict[str, set[PolicyKey]]:
        """Return the keys of attached policies by the id of their target."""
        found: dict[str, set[PolicyKey]] = {}
        asked = {key: each for key, each in self.ids.policies.items() if key.type in types}
        if SCP in types:
            asked[FULL_ACCESS] = PUBLISHED[SCP]
        for key, identifier in asked.items():
            self.progress(f"targets of {key.name}")
            for each in self.clients.list_all(
                "list_targets_for_policy", "Targets", PolicyId=identifier
            ):
                found.setdefault(each["TargetId"], set()).add(key)
        return found

    def _target(
        self, place: str, attachments: Mapping[str, set[PolicyKey]], types: frozenset[str]
    ) -> PolicyTarget:
        identifier = self.ids.target_id(place)
        here = attachments.get(identifier, set())
        self.progress(f"tags of {place}")
        return PolicyTarget(
            tags=self._tags(identifier),
            policies=frozenset(here - {FULL_ACCESS}),
            has_full_access=FULL_ACCESS in here if SCP in types else None,
        )

    def _tags(self, identifier: str) -> dict[str, str]:
        return tag_mapping(
            self.clients.list_all("list_tags_for_resource", "Tags", ResourceId=identifier)
        )

    def _members(
        self, attachments: Mapping[str, set[PolicyKey]], types: frozenset[str]
    ) -> dict[str, Account]:
        administers = self._administrators()
        found = {}
        for key, each in self.accounts.items():
            state = each.get("State") or each.get("Status")
            found[key] = Account(
                email=each["Email"],
                name=each["Name"],
                id=each["Id"],
                unit=self.parents[key],
                target=self._target(key, attachments, types),
                administers=administers.get(each["Id"], frozenset()),
                is_open=state in {"ACTIVE", "PENDING_ACTIVATION"},
            )
        return found

    def _administrators(self) -> dict[str, frozenset[str]]:
        if self.description["FeatureSet"] != "ALL":
            return {}
        listed = self.clients.list_all("list_delegated_administrators", "DelegatedAdministrators")
        return {
            each["Id"]: frozenset(
                service["ServicePrincipal"]
                for service in self.clients.list_all(
                    "list_delegated_services_for_account", "DelegatedServices", AccountId=each["Id"]
                )
            )
            for each in listed
        }

    def _services(self) -> frozenset[str]:
        listed = self.clients.list_all(
            "list_aws_service_access_for_organization", "EnabledServicePrincipals"
        )
        return frozenset(each["ServicePrincipal"] for each in listed)

    def _resource_policy(self) -> str | None:
        try:
            return str(self.clients.call("describe_resource_policy")["ResourcePolicy"]["Content"])
        except ClientError as error:
            if error_code(error) != "ResourcePolicyNotFoundException":
                raise
            return None
