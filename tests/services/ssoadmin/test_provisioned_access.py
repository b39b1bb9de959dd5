"""What a person's role session may do follows what is provisioned, not what is edited."""

import time

import boto3
import botocore.config
import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError
from tests.services.organizations.conftest import client
from tests.services.ssoadmin.assigned import ALICE, TEAM, a_group, a_person
from tests.services.ssoadmin.conftest import founded

from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.person import Person
from daypass.core.time.steady_time import Moment
from daypass.server import clock
from daypass.services.kit.identity_center.portal_sessions import open_portal_session

INLINE = '{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{}","Resource":"*"}}}}'
HOUR = 3_600


class Signed:
    """A person who has signed in to the portal, and an account with a permission set."""

    def __init__(self, center):
        self.center = center
        self.sso = center.sso
        self.store = self.sso.list_instances()["Instances"][0]["IdentityStoreId"]
        center.put(a_person(ALICE, account=self.store), a_group(TEAM, account=self.store))
        self.account = center.account()
        made = self.sso.create_permission_set(
            InstanceArn=center.instance, Name="Reader", SessionDuration="PT1H"
        )
        self.named = {
            "InstanceArn": center.instance,
            "PermissionSetArn": made["PermissionSet"]["PermissionSetArn"],
        }
        now = time.time()
        opened = open_portal_session(
            center.directory,
            center.directory.identity_store(self.store).of(Person).get(ALICE),
            moment=Moment(now, now),
            opened_by="operator",
            entropy=clock.entropy,
            ring=center.live.data.keyring,
        )
        center.put(opened.session)
        self.token = opened.token

    def may(self, action):
        self.sso.put_inline_policy_to_permission_set(
            **self.named, InlinePolicy=INLINE.format(action)
        )

    def change(self, call, principal=ALICE, kind="USER"):
        """Create or delete an assignment in the account."""
        getattr(self.sso, call)(
            **self.named,
            TargetId=self.account,
            TargetType="AWS_ACCOUNT",
            PrincipalType=kind,
            PrincipalId=principal,
        )

    def credentials(self):
        """Return the role's credentials, as the portal gives them, under the names of STS."""
        portal = boto3.session.Session().client(
            "sso",
            region_name="us-east-1",
            endpoint_url=self.center.live.url,
            config=botocore.config.Config(signature_version=UNSIGNED),
        )
        found = portal.get_role_credentials(
            accountId=self.account, roleName="Reader", accessToken=self.token
        )["roleCredentials"]
        return {
            "AccessKeyId": found["accessKeyId"],
            "SecretAccessKey": found["secretAccessKey"],
            "SessionToken": found["sessionToken"],
            "Seconds": round(found["expiration"] / 1_000 - time.time()),
        }

    def allowed(self, credentials):
        """Return which of two lists of IAM a session may read, or the code of another refusal."""
        iam = client(self.center.live, "iam", credentials)
        found = set()
        for call in ("list_users", "list_groups"):
            try:
                getattr(iam, call)()
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code != "AccessDenied":
                    return code
            else:
                found.add(call)
        return found


@pytest.fixture
def signed(first):
    return Signed(founded(first))


def test_t423_priv_an_edit_gives_a_live_session_nothing_and_provisioning_gives_it_all(
    signed,
) -> None:
    signed.may("iam:ListUsers")
    signed.change("create_account_assignment")
    session = signed.credentials()
    before = signed.allowed(session)

    signed.may("iam:ListGroups")
    signed.sso.update_permission_set(**signed.named, SessionDuration="PT4H")
    edited, again = signed.allowed(session), signed.credentials()
    signed.sso.provision_permission_set(**signed.named, TargetType="ALL_PROVISIONED_ACCOUNTS")
    renewed = signed.credentials()

    assert before == edited == {"list_users"}
    assert again["Seconds"] <= HOUR
    assert signed.allowed(session) == signed.allowed(renewed) == {"list_groups"}
    assert HOUR < renewed["Seconds"] <= 4 * HOUR


def test_a_second_assignment_of_the_set_keeps_the_session_until_it_ends_too(signed) -> None:
    membership = GroupMembership(
        account=signed.store, id="m", group=TEAM, member=ALICE, created=1, created_by="test"
    )
    signed.center.put(membership)
    signed.may("iam:ListUsers")
    signed.change("create_account_assignment")
    signed.change("create_account_assignment", TEAM, "GROUP")
    session = signed.credentials()

    signed.change("delete_account_assignment")
    kept = signed.allowed(session)
    signed.change("delete_account_assignment", TEAM, "GROUP")

    assert kept == {"list_users"}
    assert signed.allowed(session) == "ExpiredToken"
