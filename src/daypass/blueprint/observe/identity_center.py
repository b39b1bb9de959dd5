"""Read people, groups, permission sets and assignments through the AWS API, with their ids."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws.api_calls import error_code, list_all
from daypass.aws.tags import tag_mapping
from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.identity_center import (
    CUSTOMER_POLICY,
    SESSION_DURATION,
    Assignment,
    IdentityCenter,
    PeopleGroup,
    PermissionSet,
    Person,
    PrincipalKind,
)
from daypass.blueprint.observe.organization import ReportProgress
from daypass.blueprint.organization import MANAGEMENT
from daypass.blueprint.organization_ids import OrganizationIds
from daypass.core.identity_center.folding import fold_name

NOT_FOUND = "ResourceNotFoundException"
OUTDATED = "LATEST_PERMISSION_SET_NOT_PROVISIONED"
KINDS = {"USER": PrincipalKind.PERSON, "GROUP": PrincipalKind.GROUP}


class NoInstance(Exception):
    """The organization has no instance of IAM Identity Center, or none in the client's region."""

    hint = "daypass sign-in enable makes one; on AWS enable it, and name its region in the profile"

    def __init__(self) -> None:
        super().__init__("there is no instance of IAM Identity Center of the management account")


def find_instance(clients: ApiClients, ids: OrganizationIds) -> None:
    """Add the ids of the management account's instance; raises `NoInstance` without one."""
    for each in list_all(clients.service("sso-admin"), "list_instances", "Instances"):
        if each["OwnerAccountId"] == ids.accounts[MANAGEMENT]:
            ids.center.instance, ids.center.store = each["InstanceArn"], each["IdentityStoreId"]
            return
    raise NoInstance


def observe_identity_center(
    clients: ApiClients,
    wanted: IdentityCenter | None,
    ids: OrganizationIds,
    progress: ReportProgress,
) -> IdentityCenter:
    """Return what a file mentions of the existing instance; all of it if `wanted` is None.

    The ids are added to `ids`. Raises `NoInstance`.
    """
    find_instance(clients, ids)
    return _Reader(clients, ids, progress).read(wanted)


class _Reader:
    """Reads one instance."""

    def __init__(self, clients: ApiClients, ids: OrganizationIds, progress: ReportProgress) -> None:
        self.admin = clients.service("sso-admin")
        self.store = clients.service("identitystore")
        self.ids = ids.center
        self.keys = {account: key for key, account in ids.accounts.items()}
        self.progress = progress
        self.names: dict[str, str] = {}
        """The names of people and groups by id."""
        self.people: dict[str, Person] = {}
        self.groups: dict[str, PeopleGroup] = {}

    def read(self, wanted: IdentityCenter | None) -> IdentityCenter:
        """Return the instance."""
        if wanted is None:
            self._read_everybody()
        else:
            self._read_named(wanted)
        names = self._permission_set_names()
        listed = set(names if wanted is None else wanted.permission_sets or ())
        sets = {name: self._permission_set(name, in_full=name in listed) for name in names}
        provisioned = {name: self._provisioned(name) for name in names}
        is_assigned = wanted is None or wanted.assignments is not None
        return IdentityCenter(
            people=self.people,
            groups=self.groups,
            permission_sets=sets,
            assignments=frozenset(self._assignments(provisioned)) if is_assigned else None,
            provisioned={name: self._keys_of(found) for name, found in provisioned.items()},
            outdated=frozenset(name for name in listed & set(names) if self._is_outdated(name)),
        )

    # People and groups.

    def _read_everybody(self) -> None:
        self.progress("people and groups")
        here = {"IdentityStoreId": self.ids.store}
        for each in list_all(self.store, "list_groups", "Groups", **here):
            self._add_group(each)
        for each in list_all(self.store, "list_users", "Users", **here):
            self._add_person(each, with_groups=True)

    def _read_named(self, wanted: IdentityCenter) -> None:
        """Read the people and groups that a file names, and the groups of those it lists."""
        people = {fold_name(name): name for name in wanted.people or ()}
        groups = {fold_name(name): name for name in wanted.groups or ()}
        for person in (wanted.people or {}).values():
            for name in sorted(person.groups or ()):
                groups.setdefault(fold_name(name), name)
        for each in sorted(wanted.assignments or ()):
            named = people if each.kind is PrincipalKind.PERSON else groups
            named.setdefault(fold_name(each.principal), each.principal)
        for name in groups.values():
            self.progress(f"group {name}")
            found = self._find("get_group_id", "displayName", name, "GroupId")
            if found:
                self._add_group(self._describe("describe_group", GroupId=found))
        for name in people.values():
            self.progress(f"person {name}")
            found = self._find("get_user_id", "userName", name, "UserId")
            if found:
                listed = (wanted.people or {}).get(name)
                with_groups = listed is not None and listed.groups is not None
                self._add_person(
                    self._describe("describe_user", UserId=found), with_groups=with_groups
                )

    def _find(self, operation: str, path: str, name: str, key: str) -> str:
        """Return the id of a person or a group by its name; empty without one."""
        unique = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": name}}
        try:
            found = getattr(self.store, operation)(
                IdentityStoreId=self.ids.store, AlternateIdentifier=unique
            )
        except ClientError as error:
            if error_code(error) != NOT_FOUND:
                raise
            return ""
        return str(found[key])

    def _describe(self, operation: str, **params: str) -> Any:
        return getattr(self.store, operation)(IdentityStoreId=self.ids.store, **params)

    def _add_group(self, given: Mapping[str, Any]) -> None:
        name = given["DisplayName"]
        self.groups[name] = PeopleGroup(name, given.get("Description", ""))
        self.ids.groups[name] = given["GroupId"]
        self.names[given["GroupId"]] = name

    def _add_person(self, given: Mapping[str, Any], *, with_groups: bool) -> None:
        name, parts = given["UserName"], given.get("Name", {})
        groups = frozenset(self._groups_of(given["UserId"])) if with_groups else None
        self.people[name] = Person(
            name=name,
            display_name=given.get("DisplayName", ""),
            given_name=parts.get("GivenName", ""),
            family_name=parts.get("FamilyName", ""),
            email=next((each.get("Value", "") for each in given.get("Emails", ())), ""),
            groups=groups,
        )
        self.ids.people[name] = given["UserId"]
        self.names[given["UserId"]] = name

    def _groups_of(self, person: str) -> Iterator[str]:
        for each in list_all(
            self.store,
            "list_group_memberships_for_member",
            "GroupMemberships",
            IdentityStoreId=self.ids.store,
            MemberId={"UserId": person},
        ):
            name = self._name(each["GroupId"], "describe_group", "GroupId", "DisplayName")
            self.ids.groups.setdefault(name, each["GroupId"])
            self.groups.setdefault(name, PeopleGroup(name, ""))
            yield name

    def _name(self, identifier: str, operation: str, parameter: str, member: str) -> str:
        """Return the name of a person or group by id; the id of a deleted one."""
        if identifier not in self.names:
            try:
                found = self._describe(operation, **{parameter: identifier})
            except ClientError as error:
                if error_code(error) != NOT_FOUND:
                    raise
                found = {member: identifier}
            self.names[identifier] = found[member]
        return self.names[identifier]

    # Permission sets.

    def _permission_set_names(self) -> list[str]:
        self.progress("permission sets")
        for arn in self._listed("list_permission_sets", "PermissionSets"):
            found = self.admin.describe_permission_set(
                InstanceArn=self.ids.instance, PermissionSetArn=arn
            )["PermissionSet"]
            self.ids.permission_sets[found["Name"]] = arn
        return sorted(self.ids.permission_sets)

    def _listed(self, operation: str, key: str, **params: Any) -> list[Any]:
        return list_all(self.admin, operation, key, InstanceArn=self.ids.instance, **params)

    def _call(self, operation: str, name: str) -> Any:
        """Return the answer of an operation on a permission set."""
        return getattr(self.admin, operation)(
            InstanceArn=self.ids.instance, PermissionSetArn=self.ids.permission_sets[name]
        )

    def _permission_set(self, name: str, *, in_full: bool) -> PermissionSet:
        """Return a permission set; with nothing but its name unless `in_full`."""
        if not in_full:
            return PermissionSet(name)
        self.progress(f"permission set {name}")
        arn = {"PermissionSetArn": self.ids.permission_sets[name]}
        found = self._call("describe_permission_set", name)["PermissionSet"]
        managed = self._listed(
            "list_managed_policies_in_permission_set", "AttachedManagedPolicies", **arn
        )
        customer = self._listed(
            "list_customer_managed_policy_references_in_permission_set",
            "CustomerManagedPolicyReferences",
            **arn,
        )
        tags = self._listed(
            "list_tags_for_resource", "Tags", ResourceArn=self.ids.permission_sets[name]
        )
        return PermissionSet(
            name=name,
            description=found.get("Description", ""),
            session_duration=found.get("SessionDuration", SESSION_DURATION),
            relay_state=found.get("RelayState", ""),
            inline=self._call("get_inline_policy_for_permission_set", name).get("InlinePolicy", ""),
            attached=frozenset(each["Arn"] for each in managed)
            | frozenset(map(_reference, customer)),
            boundary=self._boundary(name),
            tags=tag_mapping(tags),
        )

    def _boundary(self, name: str) -> str:
        try:
            found = self._call("get_permissions_boundary_for_permission_set", name)
        except ClientError as error:
            if error_code(error) != NOT_FOUND:
                raise
            return ""
        boundary = found.get("PermissionsBoundary", {})
        if "CustomerManagedPolicyReference" in boundary:
            return _reference(boundary["CustomerManagedPolicyReference"])
        return str(boundary.get("ManagedPolicyArn", ""))

    def _provisioned(self, name: str) -> list[str]:
        """Return the ids of the accounts in which a permission set is provisioned."""
        return self._listed(
            "list_accounts_for_provisioned_permission_set",
            "AccountIds",
            PermissionSetArn=self.ids.permission_sets[name],
        )

    def _is_outdated(self, name: str) -> bool:
        found = self.admin.list_accounts_for_provisioned_permission_set(
            InstanceArn=self.ids.instance,
            PermissionSetArn=self.ids.permission_sets[name],
            ProvisioningStatus=OUTDATED,
        )
        return bool(found["AccountIds"])

    def _keys_of(self, accounts: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(self.keys.get(each, each) for each in accounts))

    # Assignments.

    def _assignments(self, provisioned: Mapping[str, list[str]]) -> Iterator[Assignment]:
        describe: Mapping[str, Callable[[str], str]] = {
            "USER": lambda each: self._name(each, "describe_user", "UserId", "UserName"),
            "GROUP": lambda each: self._name(each, "describe_group", "GroupId", "DisplayName"),
        }
        ids = {PrincipalKind.PERSON: self.ids.people, PrincipalKind.GROUP: self.ids.groups}
        for name, accounts in provisioned.items():
            for account in accounts:
                self.progress(f"assignments of {name} in {account}")
                for each in self._listed(
                    "list_account_assignments",
                    "AccountAssignments",
                    PermissionSetArn=self.ids.permission_sets[name],
                    AccountId=account,
                ):
                    principal = describe[each["PrincipalType"]](each["PrincipalId"])
                    kind = KINDS[each["PrincipalType"]]
                    ids[kind].setdefault(principal, each["PrincipalId"])
                    yield Assignment(name, self.keys.get(account, account), kind, principal)


def _reference(given: Mapping[str, str]) -> str:
    """Return a customer managed policy as files name it: `policy/…`, with its path and name."""
    return f"{CUSTOMER_POLICY.rstrip('/')}{given.get('Path', '/')}{given['Name']}"
