"""Reads an organization as it is, through AWS's API, into the words that the file has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from daypass.blueprint.api_clients import Ids, Reach, code_of
from daypass.blueprint.observe.principals import Reading
from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    ROOT,
    Account,
    HolderKey,
    Node,
    Organization,
    Policy,
    PolicyKey,
    Principals,
    child,
)
from daypass.core.organizations.membership_roles import ACCESS_ROLE
from daypass.core.organizations.policies.policy_types import FULL_ACCESS as PUBLISHED
from daypass.core.organizations.policies.policy_types import SCP

Told = Callable[[str], None]
"""Hears what is being read."""


class NotManagement(Exception):
    """The caller's account is in an organization, and does not manage it."""

    def __init__(self, account: str, management: str) -> None:
        super().__init__(
            f"account {account} is a member; account {management} manages the organization"
        )
        self.hint = "--profile names credentials of the management account"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read of an account's IAM: all of it, or who is named; and by which role."""

    holders: frozenset[HolderKey] | None
    managed: frozenset[str] | None
    access_role: str = ACCESS_ROLE


def observe(reach: Reach, told: Told) -> tuple[Organization, Ids]:
    """Return the organization that the caller manages, or one that does not exist yet. Raises `NotManagement`."""
    caller = reach.caller_account()
    try:
        shown = reach.call("describe_organization")["Organization"]
    except ClientError as error:
        if code_of(error) != "AWSOrganizationsNotInUseException":
            raise
        mine = Account(id=caller, name=MANAGEMENT)
        return Organization(exists=False, accounts={MANAGEMENT: mine}), Ids(
            accounts={MANAGEMENT: caller}
        )
    if shown["MasterAccountId"] != caller:
        raise NotManagement(caller, shown["MasterAccountId"])
    return _Observing(reach, shown, told).organization()


def observe_principals(
    reach: Reach, ids: Ids, wanted: Mapping[str, Wanted], told: Told
) -> dict[str, Principals]:
    """Return the IAM of accounts, as far as it is wanted, by their keys."""
    found = {}
    for key, each in wanted.items():
        if key in ids.accounts:
            told(f"roles and users of {key}")
            account = ids.accounts[key]
            iam = reach.iam(key, account, each.access_role)
            found[key] = Reading(iam, account).principals(each.holders, each.managed)
    return found


class _Observing:
    """One organization in the reading."""

    def __init__(self, reach: Reach, shown: Mapping[str, Any], told: Told) -> None:
        self.reach = reach
        self.shown = shown
        self.told = told
        self.ids = Ids(organization=shown["Id"])
        self.parents: dict[str, str] = {}
        self.accounts: dict[str, Any] = {}

    def organization(self) -> tuple[Organization, Ids]:
        """Return it, with the ids of what it has."""
        root = self.reach.pages("list_roots", "Roots")[0]
        self.ids.root = root["Id"]
        types = frozenset(
            each["Type"] for each in root["PolicyTypes"] if each["Status"] == "ENABLED"
        )
        self.told("units and accounts")
        self._walk(ROOT, root["Id"])
        has_policies = self.shown["FeatureSet"] == "ALL"
        policies = self._policies() if has_policies else {}
        hanging = self._hanging(types)
        content = self._resource_policy() if has_policies else None
        found = Organization(
            id=self.shown["Id"],
            features=self.shown["FeatureSet"],
            root=self._node(ROOT, hanging, types),
            units={path: self._node(path, hanging, types) for path in self.ids.units},
            accounts=self._members(hanging, types),
            policies=policies,
            types=types,
            services=self._services() if has_policies else frozenset(),
            resource_policy=content or "",
            has_resource_policy=content is not None,
        )
        return found, self.ids

    def _walk(self, path: str, identifier: str) -> None:
        for each in self.reach.pages("list_accounts_for_parent", "Accounts", ParentId=identifier):
            key = (
                MANAGEMENT if each["Id"] == self.shown["MasterAccountId"] else each["Email"].lower()
            )
            self.ids.accounts[key] = each["Id"]
            self.parents[key] = path
            self.accounts[key] = each
        units = self.reach.pages(
            "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=identifier
        )
        for each in units:
            below = child(path, each["Name"])
            self.ids.units[below] = each["Id"]
            self._walk(below, each["Id"])

    def _policies(self) -> dict[PolicyKey, Policy]:
        found: dict[PolicyKey, Policy] = {}
        # The model names what there may be; the types that are off may have policies too.
        kinds = self.reach.organizations.meta.service_model.shape_for("PolicyType").enum
        for kind in kinds:
            self.told(f"policies of type {kind}")
            for each in self.reach.pages("list_policies", "Policies", Filter=kind):
                if each["AwsManaged"]:
                    continue
                key = PolicyKey(kind, each["Name"])
                self.ids.policies[key] = each["Id"]
                content = self.reach.call("describe_policy", PolicyId=each["Id"])["Policy"]
                found[key] = Policy(
                    type=kind,
                    name=each["Name"],
                    content=content["Content"],
                    description=each.get("Description", ""),
                    tags=self._tags(each["Id"]),
                )
        return found

    def _hanging(self, types: frozenset[str]) -> dict[str, set[PolicyKey]]:
        """Return what hangs on each id."""
        found: dict[str, set[PolicyKey]] = {}
        asked = {key: each for key, each in self.ids.policies.items() if key.type in types}
        if SCP in types:
            asked[FULL_ACCESS] = PUBLISHED[SCP]
        for key, identifier in asked.items():
            self.told(f"where {key.name} hangs")
            for each in self.reach.pages("list_targets_for_policy", "Targets", PolicyId=identifier):
                found.setdefault(each["TargetId"], set()).add(key)
        return found

    def _node(
        self, place: str, hanging: Mapping[str, set[PolicyKey]], types: frozenset[str]
    ) -> Node:
        identifier = self.ids.place(place)
        here = hanging.get(identifier, set())
        self.told(f"tags of {place}")
        return Node(
            tags=self._tags(identifier),
            policies=frozenset(here - {FULL_ACCESS}),
            has_full_access=FULL_ACCESS in here if SCP in types else None,
        )

    def _tags(self, identifier: str) -> dict[str, str]:
        listed = self.reach.pages("list_tags_for_resource", "Tags", ResourceId=identifier)
        return {each["Key"]: each["Value"] for each in listed}

    def _members(
        self, hanging: Mapping[str, set[PolicyKey]], types: frozenset[str]
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
                node=self._node(key, hanging, types),
                administers=administers.get(each["Id"], frozenset()),
                is_open=state in {"ACTIVE", "PENDING_ACTIVATION"},
            )
        return found

    def _administrators(self) -> dict[str, frozenset[str]]:
        if self.shown["FeatureSet"] != "ALL":
            return {}
        listed = self.reach.pages("list_delegated_administrators", "DelegatedAdministrators")
        return {
            each["Id"]: frozenset(
                service["ServicePrincipal"]
                for service in self.reach.pages(
                    "list_delegated_services_for_account", "DelegatedServices", AccountId=each["Id"]
                )
            )
            for each in listed
        }

    def _services(self) -> frozenset[str]:
        listed = self.reach.pages(
            "list_aws_service_access_for_organization", "EnabledServicePrincipals"
        )
        return frozenset(each["ServicePrincipal"] for each in listed)

    def _resource_policy(self) -> str | None:
        try:
            return str(self.reach.call("describe_resource_policy")["ResourcePolicy"]["Content"])
        except ClientError as error:
            if code_of(error) != "ResourcePolicyNotFoundException":
                raise
            return None
