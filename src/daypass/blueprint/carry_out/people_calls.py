"""The call of each class in `plan.people.steps`, of `identitystore` or `sso-admin`.

A change that was made before counts as done.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws.api_calls import error_code, ignore_error_codes
from daypass.aws.tags import tag_list
from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.identity_center import (
    CUSTOMER_POLICY,
    Assignment,
    PermissionSet,
    Person,
    PrincipalKind,
)
from daypass.blueprint.observe.identity_center import NOT_FOUND, find_instance
from daypass.blueprint.organization_ids import IdentityCenterIds, OrganizationIds
from daypass.blueprint.plan.people import steps
from daypass.blueprint.plan.steps import PlanStep

CONFLICT = "ConflictException"
WAIT_SECONDS = 1.0
"""How long is waited before a request's status is asked for again; ours."""
WAITS_MAX = 600
"""How often a request's status is asked for; ours."""
_ATTRIBUTE_PATHS = {
    "display_name": "displayName",
    "given_name": "name.givenName",
    "family_name": "name.familyName",
    "email": "emails",
}


class RequestFailed(Exception):
    """An assignment or a provisioning ended with `FAILED`, for the reason that AWS gives."""


class PeopleCalls:
    """Makes the calls, and adds the ids of created things to `ids`."""

    def __init__(
        self, clients: ApiClients, ids: OrganizationIds, fill_references: Callable[[str], str]
    ) -> None:
        self.clients = clients
        self.all_ids = ids
        self.fill_references = fill_references

    @property
    def ids(self) -> IdentityCenterIds:
        """Return the ids of the instance, which is found first if the organization was new."""
        if not self.all_ids.center.instance:
            find_instance(self.clients, self.all_ids)
        return self.all_ids.center

    def store(self, operation: str, **params: Any) -> Any:
        """Call an operation of the identity store."""
        client = self.clients.service("identitystore")
        return getattr(client, operation)(IdentityStoreId=self.ids.store, **params)

    def admin(self, operation: str, **params: Any) -> Any:
        """Call an operation of the instance."""
        client = self.clients.service("sso-admin")
        return getattr(client, operation)(InstanceArn=self.ids.instance, **params)

    def on_set(self, operation: str, name: str, **params: Any) -> Any:
        """Call an operation on a permission set."""
        return self.admin(operation, PermissionSetArn=self.ids.permission_sets[name], **params)

    def create_group(self, step: steps.CreatePeopleGroup) -> None:
        """Create a group, and add its id."""
        params = {"DisplayName": step.group.name}
        if step.group.description:
            params["Description"] = step.group.description
        self.ids.groups[step.group.name] = self._create_or_find(
            "create_group", params, ("group", "displayName", step.group.name)
        )

    def create_person(self, step: steps.CreatePerson) -> None:
        """Create a person, and add the id."""
        person = step.person
        self.ids.people[person.name] = self._create_or_find(
            "create_user",
            {"UserName": person.name, **_attributes(person)},
            ("user", "userName", person.name),
        )

    def _create_or_find(
        self, operation: str, params: Mapping[str, Any], named: tuple[str, str, str]
    ) -> str:
        """Create a person or a group unless there is one of that name; return the id.

        A conflict about anything else, such as an e-mail address that somebody else has, is raised.
        """
        try:
            self.store(operation, **params)
        except ClientError as conflict:
            if error_code(conflict) != CONFLICT:
                raise
            try:
                return self._find(*named)
            except ClientError as missing:
                if error_code(missing) != NOT_FOUND:
                    raise
                raise conflict from None
        return self._find(*named)

    def _find(self, kind: str, path: str, name: str) -> str:
        """Return the id of a group or a user by name."""
        unique = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": name}}
        found = self.store(f"get_{kind}_id", AlternateIdentifier=unique)
        return str(found[f"{kind.title()}Id"])

    def update_person(self, step: steps.UpdatePerson) -> None:
        """Update the attributes that differ, in one call."""
        operations = [
            {
                "AttributePath": _ATTRIBUTE_PATHS[each],
                "AttributeValue": _emails(step.person)
                if each == "email"
                else getattr(step.person, each),
            }
            for each in step.attributes
        ]
        self.store("update_user", UserId=self.ids.people[step.person.name], Operations=operations)

    def update_group(self, step: steps.UpdatePeopleGroup) -> None:
        """Update a group's description."""
        change = {"AttributePath": "description", "AttributeValue": step.group.description}
        self.store("update_group", GroupId=self.ids.groups[step.group.name], Operations=[change])

    def join(self, step: steps.JoinPeopleGroup) -> None:
        """Make a person a member of a group."""
        with ignore_error_codes(CONFLICT):
            self.store("create_group_membership", **self._membership(step.person, step.group))

    def leave(self, step: steps.LeavePeopleGroup) -> None:
        """Remove a person from a group."""
        with ignore_error_codes(NOT_FOUND):
            found = self.store(
                "get_group_membership_id", **self._membership(step.person, step.group)
            )
            self.store("delete_group_membership", MembershipId=found["MembershipId"])

    def _membership(self, person: str, group: str) -> dict[str, Any]:
        return {
            "GroupId": self.ids.groups[group],
            "MemberId": {"UserId": self.ids.people[person]},
        }

    def create_set(self, step: steps.CreatePermissionSet) -> None:
        """Create a permission set, and add its ARN."""
        wanted = step.permission_set
        tags = {"Tags": tag_list(wanted.tags)} if wanted.tags else {}
        try:
            made = self.admin(
                "create_permission_set", Name=wanted.name, **_properties(wanted), **tags
            )
        except ClientError as error:
            if error_code(error) != CONFLICT:
                raise
            self._find_sets()
        else:
            arn = made["PermissionSet"]["PermissionSetArn"]
            self.ids.permission_sets[wanted.name] = arn

    def _find_sets(self) -> None:
        client = self.clients.service("sso-admin")
        pages = client.get_paginator("list_permission_sets").paginate(InstanceArn=self.ids.instance)
        for arn in (each for page in pages for each in page["PermissionSets"]):
            found = self.admin("describe_permission_set", PermissionSetArn=arn)["PermissionSet"]
            self.ids.permission_sets[found["Name"]] = arn

    def attach(self, step: steps.AttachToSet) -> None:
        """Attach an AWS managed policy, or a reference to a customer managed one."""
        with ignore_error_codes(CONFLICT):
            self._change_policy(step, "attach_managed_policy_to_", "attach_{}_to_")

    def detach(self, step: steps.DetachFromSet) -> None:
        """Detach an AWS managed policy, or a reference to a customer managed one."""
        with ignore_error_codes(NOT_FOUND):
            self._change_policy(step, "detach_managed_policy_from_", "detach_{}_from_")

    def _change_policy(self, step: Any, managed: str, customer: str) -> None:
        reference = self.fill_references(step.reference)
        if reference.startswith(CUSTOMER_POLICY):
            self.on_set(
                f"{customer.format('customer_managed_policy_reference')}permission_set",
                step.permission_set,
                CustomerManagedPolicyReference=_customer_policy(reference),
            )
            return
        self.on_set(f"{managed}permission_set", step.permission_set, ManagedPolicyArn=reference)

    def put_boundary(self, step: steps.PutSetBoundary) -> None:
        """Set a permission set's boundary."""
        reference = self.fill_references(step.reference)
        boundary: dict[str, Any] = {"ManagedPolicyArn": reference}
        if reference.startswith(CUSTOMER_POLICY):
            boundary = {"CustomerManagedPolicyReference": _customer_policy(reference)}
        self.on_set(
            "put_permissions_boundary_to_permission_set",
            step.permission_set,
            PermissionsBoundary=boundary,
        )

    def provision(self, step: steps.ProvisionPermissionSet) -> None:
        """Provision a permission set wherever it is provisioned; raises `RequestFailed`."""
        begun = self.on_set(
            "provision_permission_set", step.permission_set, TargetType="ALL_PROVISIONED_ACCOUNTS"
        )
        self._await(begun, "PermissionSetProvisioningStatus", "ProvisionPermissionSetRequestId")

    def assign(self, step: steps.Assign) -> None:
        """Create an assignment; raises `RequestFailed`."""
        self._change_assignment(step.assignment, "create", "Creation")

    def unassign(self, step: steps.Unassign) -> None:
        """Delete an assignment; raises `RequestFailed`."""
        with ignore_error_codes(NOT_FOUND):
            self._change_assignment(step.assignment, "delete", "Deletion")

    def _change_assignment(self, assignment: Assignment, verb: str, noun: str) -> None:
        is_person = assignment.kind is PrincipalKind.PERSON
        principals = self.ids.people if is_person else self.ids.groups
        begun = self.on_set(
            f"{verb}_account_assignment",
            assignment.permission_set,
            TargetType="AWS_ACCOUNT",
            TargetId=self.all_ids.accounts[assignment.account],
            PrincipalType="USER" if is_person else "GROUP",
            PrincipalId=principals[assignment.principal],
        )
        name = f"AccountAssignment{noun}"
        self._await(begun, f"{name}Status", f"{name}RequestId")

    def _await(self, begun: Mapping[str, Any], member: str, parameter: str) -> None:
        """Wait until a request has ended; raises `RequestFailed` unless it succeeded."""
        status = begun[member]
        words = "".join(f"_{each.lower()}" if each.isupper() else each for each in member)
        for _ in range(WAITS_MAX):
            if status["Status"] == "SUCCEEDED":
                return
            if status["Status"] == "FAILED":
                raise RequestFailed(status.get("FailureReason", "no reason was given"))
            answer = self.admin(f"describe{words}", **{parameter: status["RequestId"]})
            status = answer[member]
            if status["Status"] == "IN_PROGRESS":
                self.clients.wait(WAIT_SECONDS)
        raise RequestFailed(f"request {status['RequestId']} is still in progress")


def _attributes(person: Person) -> dict[str, Any]:
    """Return the parameters of CreateUser for the attributes that a file mentions."""
    parts = {"GivenName": person.given_name, "FamilyName": person.family_name}
    names = {key: value for key, value in parts.items() if value}
    found: dict[str, Any] = {"Name": names} if names else {}
    if person.display_name:
        found["DisplayName"] = person.display_name
    if person.email:
        found["Emails"] = [{"Value": person.email, "Primary": True}]
    return found


def _emails(person: Person) -> list[dict[str, Any]]:
    return [{"value": person.email, "primary": True}]


def _properties(given: PermissionSet) -> dict[str, str]:
    """Return the parameters for what a set's update takes; one that is left out is cleared."""
    found = {"SessionDuration": given.session_duration}
    if given.description:
        found["Description"] = given.description
    if given.relay_state:
        found["RelayState"] = given.relay_state
    return found


def _customer_policy(reference: str) -> dict[str, str]:
    """Return the name and path of a customer managed policy's reference, `policy/…`."""
    path, _, name = reference.removeprefix("policy").rpartition("/")
    return {"Name": name, "Path": f"{path}/"}


PEOPLE_CALLS: Mapping[type[PlanStep], Callable[[PeopleCalls, Any], None]] = {
    steps.CreatePeopleGroup: PeopleCalls.create_group,
    steps.UpdatePeopleGroup: PeopleCalls.update_group,
    steps.CreatePerson: PeopleCalls.create_person,
    steps.UpdatePerson: PeopleCalls.update_person,
    steps.JoinPeopleGroup: PeopleCalls.join,
    steps.LeavePeopleGroup: PeopleCalls.leave,
    steps.CreatePermissionSet: PeopleCalls.create_set,
    steps.UpdatePermissionSet: lambda of, step: of.on_set(
        "update_permission_set", step.permission_set.name, **_properties(step.permission_set)
    ),
    steps.PutSetPolicy: lambda of, step: of.on_set(
        "put_inline_policy_to_permission_set",
        step.permission_set,
        InlinePolicy=of.fill_references(step.content),
    ),
    steps.DeleteSetPolicy: lambda of, step: of.on_set(
        "delete_inline_policy_from_permission_set", step.permission_set
    ),
    steps.AttachToSet: PeopleCalls.attach,
    steps.DetachFromSet: PeopleCalls.detach,
    steps.PutSetBoundary: PeopleCalls.put_boundary,
    steps.DeleteSetBoundary: lambda of, step: of.on_set(
        "delete_permissions_boundary_from_permission_set", step.permission_set
    ),
    steps.TagPermissionSet: lambda of, step: of.admin(
        "tag_resource",
        ResourceArn=of.ids.permission_sets[step.permission_set],
        Tags=tag_list(step.tags),
    ),
    steps.UntagPermissionSet: lambda of, step: of.admin(
        "untag_resource",
        ResourceArn=of.ids.permission_sets[step.permission_set],
        TagKeys=list(step.keys),
    ),
    steps.ProvisionPermissionSet: PeopleCalls.provision,
    steps.Assign: PeopleCalls.assign,
    steps.Unassign: PeopleCalls.unassign,
    steps.DeletePermissionSet: lambda of, step: of.on_set(
        "delete_permission_set", step.permission_set
    ),
}
