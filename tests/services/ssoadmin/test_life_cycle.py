"""What accounts that come and go, and organizations that end, mean for people with access to them.

A test for each line of the life cycle, by boto3 on a running authority: people and assignments by
API, credentials from the portal.
"""

import time

import boto3
import botocore.config
import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError
from tests.services.organizations.conftest import fresh
from tests.services.organizations.conftest import refused as refused_by_organizations
from tests.services.ssoadmin.conftest import SERVICE, Center, founded

from daypass.core import quotas
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import Person
from daypass.core.time.steady_time import Moment
from daypass.server import clock
from daypass.server.jobs import vanished_accounts
from daypass.server.jobs.job import JobInput
from daypass.services.kit.identity_center.organization_instances import organization_instance
from daypass.services.kit.identity_center.portal_sessions import open_portal_session
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.tracking_directory import TrackingDirectory

SSO = "sso.amazonaws.com"
SERVICE_ROLE = "AWSServiceRoleForSSO"
ACCESS_ROLE, ORGANIZATIONS_ROLE = "OrganizationAccountAccessRole", "AWSServiceRoleForOrganizations"
NO_ACCESS = ("AccessDeniedException", 400)
EXPIRED = ("ExpiredToken", 403)


def refusal(call, **params):
    """Make a call that must be refused; return its code and status."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


class Access:
    """A person with a permission set, assigned in accounts and used there."""

    def __init__(self, center):
        self.center = center
        shown = center.sso.list_instances()["Instances"][0]
        self.arn, self.store = shown["InstanceArn"], shown["IdentityStoreId"]
        self.people = center.client("identitystore")
        self.person = self.people.create_user(IdentityStoreId=self.store, UserName=fresh("person"))[
            "UserId"
        ]
        made = center.sso.create_permission_set(InstanceArn=self.arn, Name="Readers")
        self.set = {
            "InstanceArn": self.arn,
            "PermissionSetArn": made["PermissionSet"]["PermissionSetArn"],
        }
        self.token = self._opened()

    def _opened(self):
        """Open a portal session as the operator's command does; return its token."""
        now = time.time()
        opened = open_portal_session(
            self.center.directory,
            self.center.directory.identity_store(self.store).of(Person).get(self.person),
            moment=Moment(now, now),
            opened_by="operator",
            entropy=clock.entropy,
            ring=self.center.live.data.keyring,
        )
        self.center.put(opened.session)
        return opened.token

    def assign(self, account):
        """Assign the set to the person in an account; return the outcome and its reason."""
        request = self.center.sso.create_account_assignment(
            **self.set,
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PrincipalType="USER",
            PrincipalId=self.person,
        )["AccountAssignmentCreationStatus"]["RequestId"]
        found = self.center.sso.describe_account_assignment_creation_status(
            InstanceArn=self.arn, AccountAssignmentCreationRequestId=request
        )["AccountAssignmentCreationStatus"]
        return found["Status"], found.get("FailureReason")

    def assigned(self, account):
        """Return how many assignments of the set are listed in an account."""
        return len(
            self.center.sso.list_account_assignments(**self.set, AccountId=account)[
                "AccountAssignments"
            ]
        )

    def provisioned(self):
        """Return the accounts in which the set is provisioned."""
        return self.center.sso.list_accounts_for_provisioned_permission_set(**self.set)[
            "AccountIds"
        ]

    def portal(self):
        return boto3.session.Session().client(
            "sso",
            region_name="us-east-1",
            endpoint_url=self.center.live.url,
            config=botocore.config.Config(
                retries={"total_max_attempts": 1}, signature_version=UNSIGNED
            ),
        )

    def accounts(self):
        """Return the accounts that the portal shows the person."""
        shown = self.portal().list_accounts(accessToken=self.token)["accountList"]
        return [each["accountId"] for each in shown]

    def ask(self, account):
        """Ask the portal for credentials in an account."""
        return self.portal().get_role_credentials(
            accountId=account, roleName="Readers", accessToken=self.token
        )["roleCredentials"]

    def signed_in(self, account):
        """Return a client of STS with credentials that the portal gives in an account."""
        found = self.ask(account)
        key = {
            "AccessKeyId": found["accessKeyId"],
            "SecretAccessKey": found["secretAccessKey"],
            "SessionToken": found["sessionToken"],
        }
        sts = self.center.client("sts", key=key)
        assert sts.get_caller_identity()["Account"] == account
        return sts


def roles_in(center, account):
    """Return the names of an account's roles: those of people as `AWSReservedSSO_`."""
    names = [each["RoleName"] for each in center.client("iam", account).list_roles()["Roles"]]
    return ["AWSReservedSSO_" if each.startswith("AWSReservedSSO_") else each for each in names]


def providers_in(center, account):
    return center.client("iam", account).list_saml_providers()["SAMLProviderList"]


def invited(center, account):
    """Invite an account into an organization; return the id of the invitation."""
    return center.o.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"})[
        "Handshake"
    ]["Id"]


@pytest.fixture
def access(center):
    return Access(center)


WAYS_OUT = {
    "is removed": lambda center, account: center.o.remove_account_from_organization(
        AccountId=account
    ),
    "leaves": lambda center, account: center.client(account=account).leave_organization(),
}


@pytest.mark.parametrize("leave", WAYS_OUT.values(), ids=WAYS_OUT)
def test_an_account_that_leaves_ends_every_access_to_it_and_comes_back_without_it(
    access, leave
) -> None:
    center, account, other = access.center, access.center.account(), access.center.account()
    assert access.assign(account) == access.assign(other) == ("SUCCEEDED", None)
    session = access.signed_in(account)
    leave(center, account)

    assert refusal(session.get_caller_identity) == EXPIRED
    assert roles_in(center, account) == [ORGANIZATIONS_ROLE, ACCESS_ROLE]
    assert providers_in(center, account) == []
    assert access.accounts() == access.provisioned() == [other]
    assert refusal(access.ask, account=account) == ("ForbiddenException", 403)
    assert access.signed_in(other)

    handshake = invited(center, account)
    center.client(account=account).accept_handshake(HandshakeId=handshake)

    assert roles_in(center, account) == [ORGANIZATIONS_ROLE, SERVICE_ROLE, ACCESS_ROLE]
    assert providers_in(center, account) == []
    assert access.assigned(account) == 0
    assert access.accounts() == [other]
    assert refusal(session.get_caller_identity) == EXPIRED
    assert refusal(access.ask, account=account) == ("ForbiddenException", 403)


def test_an_account_that_goes_straight_to_another_organization_ends_every_access_to_it(
    access, first
) -> None:
    center, account, other = access.center, access.center.account(), founded(first)
    access.assign(account)
    session = access.signed_in(account)
    handshake = invited(other, account)
    center.client(account=account).accept_handshake(HandshakeId=handshake)

    assert refusal(session.get_caller_identity) == EXPIRED
    assert roles_in(center, account) == [ORGANIZATIONS_ROLE, SERVICE_ROLE, ACCESS_ROLE]
    assert access.accounts() == access.provisioned() == []
    listed = other.client(SERVICE, account).list_instances()["Instances"]
    assert [each["InstanceArn"] for each in listed] == [other.instance]


def test_a_closed_account_is_listed_and_grants_nothing_until_it_vanishes(access) -> None:
    center, account = access.center, access.center.account()
    access.assign(account)
    session = access.signed_in(account)
    center.o.close_account(AccountId=account)

    assert refusal(session.get_caller_identity) == EXPIRED
    assert refusal(access.ask, account=account) == ("ForbiddenException", 403)
    assert access.accounts() == []
    assert (access.assigned(account), access.provisioned()) == (1, [account])
    status, reason = access.assign(account)
    assert status == "FAILED"
    assert reason

    vanish(center, time.time() + quotas.CLOSED_ACCOUNT_SECONDS)

    assert access.provisioned() == []
    assert access.assigned(account) == 0


def vanish(center, now):
    """Run the job that clears accounts that were closed long ago, as it will run at a time."""
    committer = center.live.data.committer
    while True:
        directory = TrackingDirectory(committer.directory)
        work = vanished_accounts.JOB.propose(JobInput(directory, int(now), Leftovers()))
        if not work.changes:
            return
        committer.submit(directory.with_read_set(work.changes), b"{}").result()


def test_the_rights_of_a_delegated_administrator_end_and_what_it_made_stays(access) -> None:
    center, account = access.center, access.center.account()
    refused_by_organizations(
        "ConstraintViolation",
        center.o.register_delegated_administrator,
        "SERVICE_ACCESS_NOT_ENABLED",
        AccountId=account,
        ServicePrincipal=SSO,
    )
    center.delegate(account, SSO)
    theirs = center.client(SERVICE, account)
    made = theirs.create_permission_set(InstanceArn=access.arn, Name="Theirs")["PermissionSet"]
    center.o.deregister_delegated_administrator(AccountId=account, ServicePrincipal=SSO)

    for call, params in (
        (theirs.create_permission_set, {"InstanceArn": access.arn, "Name": "More"}),
        (theirs.list_permission_sets, {"InstanceArn": access.arn}),
        (theirs.describe_instance, {"InstanceArn": access.arn}),
    ):
        assert refusal(call, **params) == NO_ACCESS
    members = center.client("identitystore", account)
    assert refusal(members.create_user, IdentityStoreId=access.store, UserName="mine") == NO_ACCESS
    kept = center.sso.list_permission_sets(InstanceArn=access.arn)["PermissionSets"]
    assert made["PermissionSetArn"] in kept


def test_switching_trusted_access_off_takes_nobodys_access(access) -> None:
    center, account = access.center, access.center.account()
    access.assign(account)
    session = access.signed_in(account)
    assert center.o.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []
    center.delegate(account, SSO)
    center.o.disable_aws_service_access(ServicePrincipal=SSO)

    assert session.get_caller_identity()["Account"] == account
    assert access.accounts() == [account]
    theirs = center.client(SERVICE, account)
    assert refusal(theirs.list_permission_sets, InstanceArn=access.arn) == NO_ACCESS


def test_an_organization_has_its_instance_once_it_has_all_features(first) -> None:
    center = Center(first.live, first.standalone())
    center.o.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    account = center.account()
    assert center.sso.list_instances()["Instances"] == []
    assert SERVICE_ROLE not in roles_in(center, account)
    center.o.enable_all_features()

    [instance] = center.sso.list_instances()["Instances"]
    assert instance["OwnerAccountId"] == center.management
    assert instance["Status"] == "ACTIVE"
    assert SERVICE_ROLE in roles_in(center, account)
    assert SERVICE_ROLE in roles_in(center, center.management)
    assert Access(center).assign(account) == ("SUCCEEDED", None)


def test_an_organization_is_deleted_with_its_instance_and_every_access(access) -> None:
    center = access.center
    access.assign(center.management)
    session = access.signed_in(center.management)
    center.o.delete_organization()

    assert refusal(session.get_caller_identity) == EXPIRED
    assert refusal(access.accounts) == ("UnauthorizedException", 401)
    assert "AWSReservedSSO_" not in roles_in(center, center.management)
    assert SERVICE_ROLE not in roles_in(center, center.management)
    assert providers_in(center, center.management) == []
    assert center.sso.list_instances()["Instances"] == []
    assert refusal(center.sso.describe_instance, InstanceArn=access.arn) == NO_ACCESS
    people = access.people
    assert refusal(people.list_users, IdentityStoreId=access.store) == NO_ACCESS
    left = {each.id for each in center.directory.all_records(Instance)}
    assert access.arn.rpartition("/")[2] not in left


def test_a_deleted_instance_ends_every_access_and_a_new_one_has_none_of_it(access) -> None:
    center, account = access.center, access.center.account()
    access.assign(account)
    session = access.signed_in(account)
    center.sso.delete_instance(InstanceArn=access.arn)

    assert refusal(session.get_caller_identity) == EXPIRED
    assert refusal(access.accounts) == ("UnauthorizedException", 401)
    assert roles_in(center, account) == [ORGANIZATIONS_ROLE, ACCESS_ROLE]
    # An account that joins meanwhile gets nothing of an instance that is not there.
    assert SERVICE_ROLE not in roles_in(center, center.account())

    enable(center)

    [shown] = center.sso.list_instances()["Instances"]
    people = access.people.list_users(IdentityStoreId=shown["IdentityStoreId"])["Users"]
    sets = center.sso.list_permission_sets(InstanceArn=shown["InstanceArn"])["PermissionSets"]
    assert shown["InstanceArn"] != access.arn
    assert shown["IdentityStoreId"] != access.store
    assert people == sets == []
    assert roles_in(center, account) == [ORGANIZATIONS_ROLE, SERVICE_ROLE, ACCESS_ROLE]
    assert refusal(session.get_caller_identity) == EXPIRED
    assert refusal(access.accounts) == ("UnauthorizedException", 401)
    again = Access(center)
    assert again.assign(account) == ("SUCCEEDED", None)
    assert again.signed_in(account)


def enable(center):
    """Give the organization a new instance, as the operator's command does."""
    organization, records = organization_instance(
        center.directory,
        center.view().record,
        region="us-east-1",
        now=int(time.time()),
        entropy=clock.entropy,
    )
    center.put(organization, *records)


def test_two_organizations_see_nothing_of_each_other(access, first) -> None:
    # T421-PRIV
    other = Access(founded(first))
    theirs, people = other.center.sso, other.people
    account = other.center.account()

    listed = theirs.list_instances()["Instances"]
    assert [each["InstanceArn"] for each in listed] == [other.arn]
    for call, params in (
        (theirs.describe_instance, {"InstanceArn": access.arn}),
        (theirs.list_permission_sets, {"InstanceArn": access.arn}),
        (theirs.describe_permission_set, access.set),
        (theirs.delete_instance, {"InstanceArn": access.arn}),
        (people.list_users, {"IdentityStoreId": access.store}),
        (people.describe_user, {"IdentityStoreId": access.store, "UserId": access.person}),
        (people.create_user, {"IdentityStoreId": access.store, "UserName": "mine"}),
    ):
        assert refusal(call, **params) == NO_ACCESS
    # A set of the one is none in the other, and its accounts are no targets.
    assert refusal(theirs.describe_permission_set, **(access.set | {"InstanceArn": other.arn}))[
        0
    ] in {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}
    assert access.assign(account)[0] == "FAILED"
    assert refusal(access.ask, account=account) == ("ForbiddenException", 403)
