"""An organization on a running authority, administered as its owner would: by API and commands."""

import json
from functools import cached_property

import boto3
import botocore.config
from botocore import UNSIGNED
from tests.documents import allow, policy
from tests.installed import run_installed
from tests.services.ssoadmin.conftest import Center

ROLE = "Worker"


class Firm(Center):
    """An organization with people; nothing in it is changed but by API or the operator."""

    def operator(self, *arguments):
        """Run a command about people beside the server; return what it printed."""
        return self._command(*arguments, "--account", self.management)

    def reopen(self, account):
        """Reopen a closed account."""
        self._command("account", "reopen", account, "--yes")

    def _command(self, *arguments):
        done = run_installed(*arguments, "--data", self.live.data.path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @cached_property
    def people(self):
        """The management account's client of the identity store."""
        return self.client("identitystore")

    @property
    def store(self):
        return {"IdentityStoreId": self.sso.list_instances()["Instances"][0]["IdentityStoreId"]}

    def person(self, name, **more):
        """Create a user; return the id."""
        return self.people.create_user(**self.store, UserName=name, **more)["UserId"]

    def group(self, name, *members):
        """Create a group with members; return its id and the ids of the memberships."""
        group = self.people.create_group(**self.store, DisplayName=name)["GroupId"]
        return group, [self.join(group, each) for each in members]

    def join(self, group, person):
        """Create a membership; return its id."""
        return self.people.create_group_membership(
            **self.store, GroupId=group, MemberId={"UserId": person}
        )["MembershipId"]

    def permission_set(self, *statements, name=ROLE, **more):
        """Create a set that allows everything, or what is stated; return what names it."""
        named = {"InstanceArn": self.sso.list_instances()["Instances"][0]["InstanceArn"]}
        made = self.sso.create_permission_set(**named, Name=name, **more)["PermissionSet"]
        named["PermissionSetArn"] = made["PermissionSetArn"]
        document = policy(*(statements or [allow()]))
        self.sso.put_inline_policy_to_permission_set(**named, InlinePolicy=document)
        return named

    def assign(self, named, account, principal, kind="USER"):
        """Create an assignment; return how the request ended."""
        made = self.sso.create_account_assignment(
            **named, **target(account), PrincipalId=principal, PrincipalType=kind
        )["AccountAssignmentCreationStatus"]
        return self.sso.describe_account_assignment_creation_status(
            InstanceArn=named["InstanceArn"],
            AccountAssignmentCreationRequestId=made["RequestId"],
        )["AccountAssignmentCreationStatus"]["Status"]

    def unassign(self, named, account, principal, kind="USER"):
        """Delete an assignment; return how the request ended."""
        made = self.sso.delete_account_assignment(
            **named, **target(account), PrincipalId=principal, PrincipalType=kind
        )["AccountAssignmentDeletionStatus"]
        return self.sso.describe_account_assignment_deletion_status(
            InstanceArn=named["InstanceArn"],
            AccountAssignmentDeletionRequestId=made["RequestId"],
        )["AccountAssignmentDeletionStatus"]["Status"]

    def assigned(self, named, account):
        """Return who is assigned in an account, by type and id."""
        found = self.sso.list_account_assignments(**named, AccountId=account)
        return [
            (each["PrincipalType"], each["PrincipalId"]) for each in found["AccountAssignments"]
        ]

    def token_file(self, name):
        """Open a portal session by `daypass person token`; return what it prints for a file."""
        return json.loads(self.operator("person", "token", name, "--json"))

    def token(self, name):
        """Open a portal session; return its access token."""
        return self.token_file(name)["accessToken"]

    @cached_property
    def portal(self):
        """A client of the portal, which signs nothing."""
        return boto3.session.Session().client(
            "sso",
            region_name="us-east-1",
            endpoint_url=self.live.url,
            config=botocore.config.Config(
                retries={"total_max_attempts": 1}, signature_version=UNSIGNED
            ),
        )

    def accounts(self, token):
        """Return the ids of the accounts that a token's person sees."""
        found = self.portal.list_accounts(accessToken=token)["accountList"]
        return [each["accountId"] for each in found]

    def credentials(self, token, account, role=ROLE):
        """Return a role's credentials under the names of STS."""
        found = self.portal.get_role_credentials(
            accountId=account, roleName=role, accessToken=token
        )["roleCredentials"]
        return {
            "AccessKeyId": found["accessKeyId"],
            "SecretAccessKey": found["secretAccessKey"],
            "SessionToken": found["sessionToken"],
        }

    def reserved_roles(self, account):
        """Return the names of Identity Center's roles in an account, without what is random."""
        roles = self.client("iam", account).list_roles()["Roles"]
        names = [each["RoleName"] for each in roles]
        reserved = ("AWSReservedSSO_", "AWSServiceRoleForSSO")
        return sorted(each[:20] for each in names if each.startswith(reserved))


def target(account):
    """Return an account as the target of an assignment."""
    return {"TargetId": account, "TargetType": "AWS_ACCOUNT"}
