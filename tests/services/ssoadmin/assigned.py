"""A snapshot with an Identity Center instance, people and a group, in which roles are really made.

Calls of the operations that ask for more permissions of the caller are authorized, as on a server.
"""

import json

from tests.services.organizations.organized import MEMBER
from tests.services.ssoadmin.centered import ARN, INSTANCE, MANAGEMENT, STORE, Centered
from tests.services.support import NOW, role

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.assignment import Assignment
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.person import Person
from daypass.services.ssoadmin.assignments import account_assignments, request_status
from daypass.services.ssoadmin.permission_sets import sets
from daypass.services.ssoadmin.provisioning import requests
from daypass.state.changes import Remove

ALICE, BOB = "a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"
TEAM, OTHERS = "b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_S3 = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}'
)
ANOTHER_INLINE = READ_S3.replace("s3:Get*", "s3:List*")
ROLES = f"arn:aws:iam::{MANAGEMENT}:role/aws-reserved/sso.amazonaws.com/*"
PROVIDERS = f"arn:aws:iam::{MANAGEMENT}:saml-provider/AWSSSO_*"
NINE = (
    "iam:CreateRole",
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateSAMLProvider",
)
"""The actions that Identity Center's own role denies itself in the management account."""


class Assigned(Centered):
    """An instance with Alice and Bob, a team that Bob is in, and a group without members."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.put(*(a_person(each) for each in (ALICE, BOB)))
        self.put(*(a_group(each) for each in (TEAM, OTHERS)))
        self.join(TEAM, BOB)

    def join(self, group, person):
        """Put a membership of a person in a group."""
        self.put(
            GroupMembership(
                account=STORE,
                id=f"m-{group}-{person}",
                group=group,
                member=person,
                created=1,
                created_by="test",
            )
        )

    def remove(self, record):
        """Delete a record."""
        self.directory = self.directory.changed([Remove(record)], self.directory.revision + 1)

    def new_set(self, name="Reader", caller=None, **parameters):
        """Create a permission set; return its ARN."""
        answer = self.call(
            sets.create_permission_set, caller, InstanceArn=ARN, Name=name, **parameters
        )
        return answer["PermissionSet"]["PermissionSetArn"]

    def on_set(self, function, arn, caller=None, **parameters):
        """Call an operation on a permission set."""
        return self.call(function, caller, InstanceArn=ARN, PermissionSetArn=arn, **parameters)

    def assign(self, arn, target=MEMBER, principal=ALICE, kind="USER", caller=None):
        """Create an assignment; return the status of the request as it is described."""
        answer = self.on_set(
            account_assignments.create_account_assignment,
            arn,
            caller,
            TargetId=target,
            TargetType="AWS_ACCOUNT",
            PrincipalType=kind,
            PrincipalId=principal,
        )["AccountAssignmentCreationStatus"]
        return self.call(
            request_status.describe_account_assignment_creation_status,
            InstanceArn=ARN,
            AccountAssignmentCreationRequestId=answer["RequestId"],
        )["AccountAssignmentCreationStatus"]

    def unassign(self, arn, target=MEMBER, principal=ALICE, kind="USER", caller=None):
        """Delete an assignment; return the status of the request as it is described."""
        answer = self.on_set(
            account_assignments.delete_account_assignment,
            arn,
            caller,
            TargetId=target,
            TargetType="AWS_ACCOUNT",
            PrincipalType=kind,
            PrincipalId=principal,
        )["AccountAssignmentDeletionStatus"]
        return self.call(
            request_status.describe_account_assignment_deletion_status,
            InstanceArn=ARN,
            AccountAssignmentDeletionRequestId=answer["RequestId"],
        )["AccountAssignmentDeletionStatus"]

    def provision(self, arn, target="", caller=None):
        """Provision a set in an account, or in all; return the status as it is described."""
        where = {"TargetId": target} if target else {}
        answer = self.on_set(
            requests.provision_permission_set,
            arn,
            caller,
            TargetType="AWS_ACCOUNT" if target else "ALL_PROVISIONED_ACCOUNTS",
            **where,
        )["PermissionSetProvisioningStatus"]
        return self.status(answer["RequestId"])

    def status(self, request):
        """Return the status of a request to provision a permission set."""
        return self.call(
            requests.describe_permission_set_provisioning_status,
            InstanceArn=ARN,
            ProvisionPermissionSetRequestId=request,
        )["PermissionSetProvisioningStatus"]

    def set(self, arn):
        """Return the record of a permission set."""
        return self.directory.instance(INSTANCE).of(PermissionSet).get(arn.rpartition("/")[2])

    def role(self, arn, target=MEMBER):
        """Return the role of a permission set in an account, or None."""
        known = self.provisioned_set(arn, target)
        return self.directory.account(target).by_id(Role, known.role_id) if known else None

    def provisioned_set(self, arn, target=MEMBER):
        """Return a permission set as it is provisioned in an account, or None."""
        view = self.directory.instance(INSTANCE)
        return view.provisioned_set(target, arn.rpartition("/")[2])

    def providers(self, target=MEMBER):
        """Return the SAML providers of an account."""
        return list(self.directory.account(target).of(SamlProvider))

    def assignments(self):
        """Return all assignments as account, set, principal."""
        return [each.key for each in self.directory.instance(INSTANCE).of(Assignment)]

    def administrator(self, *actions, account=MANAGEMENT, statements=()):
        """Return a caller who administers Identity Center and may take some actions of IAM."""
        allowed = [
            {"Effect": "Allow", "Action": "sso:*", "Resource": "*"},
            *(
                {"Effect": "Allow", "Action": each, "Resource": [ROLES, PROVIDERS]}
                for each in actions
            ),
            *statements,
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        found = role("administrator", account, inline=(InlinePolicy("all", document),))
        return self.caller(self.put(found))


def a_person(identifier, account=STORE, name=""):
    """Return a person, who is named like the id unless told otherwise."""
    return Person(
        account=account,
        id=identifier,
        name=name or identifier,
        folded_name=name or identifier,
        created=NOW,
        created_by="test",
        updated=NOW,
        updated_by="test",
    )


def a_group(identifier, account=STORE):
    """Return a group of people, which is named like the id."""
    return PeopleGroup(
        account=account,
        id=identifier,
        name=identifier,
        folded_name=identifier,
        created=NOW,
        created_by="test",
        updated=NOW,
        updated_by="test",
    )
