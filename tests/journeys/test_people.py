"""People from outside: what their access is, when it ends, and what ends with what.

Each test has an organization of its own on a running authority with a gate, and uses AWS's API,
the portal and the operator's commands alone.
"""

from functools import partial

import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import allow
from tests.journeys.firm import Firm
from tests.services.organizations.conftest import fresh

ENDED = "ExpiredToken"
NO_ACCESS = ("ForbiddenException", "No access")
DEAD_TOKEN = ("UnauthorizedException", "Session token not found or invalid")


@pytest.fixture(scope="module")
def served(store_url, tmp_path_factory):
    path = tmp_path_factory.mktemp("firms") / "data"
    yield from serving(path, store_url, accounts_max=1_000)


@pytest.fixture(scope="module")
def first(served):
    """The organization that the authority starts with; it lends its accounts to others."""
    return Firm(served, served.account)


@pytest.fixture
def firm(first):
    made = Firm(first.live, first.standalone())
    made.o.create_organization(FeatureSet="ALL")
    return made


def refusal(call, **parameters):
    """Make a call that must be refused; return the code and the message."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def outcome(call, **parameters):
    """Return the code with which a call is refused, or `allowed`."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"


class Uses:
    """A role session of a person, two that are chained from it, and a GET by each at the gate."""

    def __init__(self, firm, account, credentials):
        live = firm.live
        self.bucket = fresh("bucket")
        own = live.client("s3", live.root(account=account))
        own.create_bucket(Bucket=self.bucket)
        own.put_object(Bucket=self.bucket, Key="k", Body=b"content")
        trusted = f"arn:aws:iam::{account}:root"
        found = [credentials]
        for _ in range(2):
            arn = firm.role(account, trusted, may=allow())
            sts = live.client("sts", found[-1])
            found.append(sts.assume_role(RoleArn=arn, RoleSessionName="chained")["Credentials"])
        self.clients = [(live.client("sts", each), live.client("s3", each)) for each in found]

    def outcomes(self):
        """Return all that becomes of the calls, each outcome once."""
        return {
            each
            for sts, s3 in self.clients
            for each in (
                outcome(sts.get_caller_identity),
                outcome(s3.get_object, Bucket=self.bucket, Key="k"),
            )
        }


def by_command(*words):
    return lambda firm, given: firm.operator("person", *words, given["name"], "--yes")


def by_people_api(call, *names):
    def end(firm, given):
        ids = {"UserId": given["person"], "GroupId": given["group"]}
        ids["MembershipId"] = given["membership"]
        getattr(firm.people, call)(**firm.store, **{each: ids[each] for each in names})

    return end


ENDINGS = {
    "the operator disables the person": by_command("disable"),
    "the operator signs the person out": by_command("sign-out"),
    "the operator deletes the person": by_command("delete"),
    "the user is deleted": by_people_api("delete_user", "UserId"),
    "the user leaves the group": by_people_api("delete_group_membership", "MembershipId"),
    "the group is deleted": by_people_api("delete_group", "GroupId"),
    "the group's assignment is deleted": lambda firm, given: firm.unassign(
        given["set"], given["account"], given["group"], "GROUP"
    ),
}


def given_by_a_group(firm):
    """Return a person who has a set in an account as a member of a group, and all their ids."""
    account, name = firm.account(), fresh("person")
    person = firm.person(name)
    group, [membership] = firm.group("Workers", person)
    named = firm.permission_set()
    assert firm.assign(named, account, group, "GROUP") == "SUCCEEDED"
    return {
        "account": account,
        "name": name,
        "person": person,
        "group": group,
        "membership": membership,
        "set": named,
    }


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_t424_priv_role_session_chained_ones_and_the_gate_end_with_the_access(firm, end) -> None:
    given = given_by_a_group(firm)
    uses = Uses(
        firm, given["account"], firm.credentials(firm.token(given["name"]), given["account"])
    )

    before = uses.outcomes()
    end(firm, given)

    assert before == {"allowed"}
    assert uses.outcomes() == {ENDED}


def test_t424_priv_a_second_assignment_keeps_all_of_it_until_it_ends_too(firm) -> None:
    given = given_by_a_group(firm)
    firm.assign(given["set"], given["account"], given["person"])
    uses = Uses(
        firm, given["account"], firm.credentials(firm.token(given["name"]), given["account"])
    )

    ENDINGS["the user leaves the group"](firm, given)
    kept = uses.outcomes()
    firm.unassign(given["set"], given["account"], given["person"])

    assert kept == {"allowed"}
    assert uses.outcomes() == {ENDED}


def test_logout_leaves_role_credentials_and_an_operators_sign_out_ends_both(firm) -> None:
    given = given_by_a_group(firm)
    first, second = firm.token(given["name"]), firm.token(given["name"])
    uses = Uses(firm, given["account"], firm.credentials(first, given["account"]))

    firm.portal.logout(accessToken=first)
    after_logout = uses.outcomes()
    assert refusal(firm.accounts, token=first) == DEAD_TOKEN
    assert firm.accounts(second) == [given["account"]]
    firm.operator("person", "sign-out", given["name"], "--yes")

    assert after_logout == {"allowed"}
    assert uses.outcomes() == {ENDED}
    assert refusal(firm.accounts, token=second) == DEAD_TOKEN


def test_a_deleted_group_leaves_an_assignment_that_grants_nothing_and_can_be_deleted(firm) -> None:
    given = given_by_a_group(firm)
    token = firm.token(given["name"])
    firm.people.delete_group(**firm.store, GroupId=given["group"])
    firm.join(firm.group("Workers")[0], given["person"])

    listed = firm.assigned(given["set"], given["account"])
    shown = firm.operator("assign", "list")
    seen = firm.accounts(token)
    asked = refusal(firm.credentials, token=token, account=given["account"])
    ended = firm.unassign(given["set"], given["account"], given["group"], "GROUP")

    assert listed == [("GROUP", given["group"])]
    assert f"deleted group {given['group']}" in shown
    assert (seen, asked) == ([], NO_ACCESS)
    assert ended == "SUCCEEDED"
    assert firm.assigned(given["set"], given["account"]) == []
    assert firm.reserved_roles(given["account"]) == ["AWSServiceRoleForSSO"]


def test_an_attribute_that_cannot_be_a_tag_is_a_bad_request_that_names_it(firm) -> None:
    given = given_by_a_group(firm)
    token = firm.token(given["name"])
    attribute = {"Key": "cost-center", "Value": {"Source": ["${path:title}"]}}
    firm.sso.create_instance_access_control_attribute_configuration(
        InstanceArn=given["set"]["InstanceArn"],
        InstanceAccessControlAttributeConfiguration={"AccessControlAttributes": [attribute]},
    )

    def titled(title):
        change = {"AttributePath": "title", "AttributeValue": title}
        firm.people.update_user(**firm.store, UserId=given["person"], Operations=[change])
        return partial(firm.credentials, token=token, account=given["account"])

    code, message = refusal(titled("<core>"))
    too_long, _ = refusal(titled("x" * 257))

    assert (code, too_long) == ("InvalidRequestException", "InvalidRequestException")
    assert "cost-center" in message
    assert titled("core")()["AccessKeyId"].startswith("ASIA")


# The life of accounts, delegations and instances.


def test_an_account_that_leaves_takes_all_of_it_along_and_comes_back_without(firm) -> None:
    given = given_by_a_group(firm)
    account, token = given["account"], firm.token(given["name"])
    uses = Uses(firm, account, firm.credentials(token, account))
    roles_before = firm.reserved_roles(account)

    firm.o.remove_account_from_organization(AccountId=account)
    gone = uses.outcomes(), firm.accounts(token), firm.reserved_roles(account)
    assigned = firm.assigned(given["set"], account)
    asked = refusal(firm.credentials, token=token, account=account)
    invitation = firm.o.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"})
    firm.client(account=account).accept_handshake(HandshakeId=invitation["Handshake"]["Id"])
    back = uses.outcomes(), firm.accounts(token), firm.reserved_roles(account)

    assert roles_before == ["AWSReservedSSO_Worke", "AWSServiceRoleForSSO"]
    assert gone == ({ENDED}, [], [])
    assert (assigned, asked) == ([], NO_ACCESS)
    assert back == ({ENDED}, [], ["AWSServiceRoleForSSO"])
    assert firm.assign(given["set"], account, given["group"], "GROUP") == "SUCCEEDED"
    assert firm.accounts(token) == [account]
    assert uses.outcomes() == {ENDED}
    firm.credentials(token, account)


def test_a_closed_account_grants_nothing_and_shows_its_assignments_until_it_is_reopened(
    firm,
) -> None:
    given = given_by_a_group(firm)
    account, token = given["account"], firm.token(given["name"])
    sts = firm.live.client("sts", firm.credentials(token, account))

    firm.o.close_account(AccountId=account)
    closed = outcome(sts.get_caller_identity), firm.accounts(token)
    asked = refusal(firm.credentials, token=token, account=account)
    assigned = firm.assigned(given["set"], account)
    again = firm.assign(given["set"], account, given["person"])
    provisioned = provision(firm, given["set"])
    firm.reopen(account)
    renewed = firm.credentials(token, account)

    assert closed == (ENDED, [])
    assert (asked, assigned) == (NO_ACCESS, [("GROUP", given["group"])])
    assert (again, provisioned) == ("FAILED", "FAILED")
    assert outcome(firm.live.client("sts", renewed).get_caller_identity) == "allowed"
    assert provision(firm, given["set"]) == "SUCCEEDED"


def provision(firm, named):
    """Provision a set in all its accounts; return how the request ended."""
    asked = firm.sso.provision_permission_set(**named, TargetType="ALL_PROVISIONED_ACCOUNTS")
    return firm.sso.describe_permission_set_provisioning_status(
        InstanceArn=named["InstanceArn"],
        ProvisionPermissionSetRequestId=asked["PermissionSetProvisioningStatus"]["RequestId"],
    )["PermissionSetProvisioningStatus"]["Status"]


def test_what_a_delegated_administrator_made_stays_when_its_delegation_ends(firm) -> None:
    delegated, account = firm.account(), firm.account()
    firm.delegate(delegated, "sso.amazonaws.com")
    there = Firm(firm.live, delegated)
    person = there.person("dana")
    named = there.permission_set()
    assert there.assign(named, account, person) == "SUCCEEDED"
    token = firm.token("dana")
    sts = firm.live.client("sts", firm.credentials(token, account))

    firm.o.deregister_delegated_administrator(
        AccountId=delegated, ServicePrincipal="sso.amazonaws.com"
    )

    assert outcome(there.sso.list_permission_sets, InstanceArn=named["InstanceArn"]) == (
        "AccessDeniedException"
    )
    assert outcome(there.people.delete_user, **firm.store, UserId=person) == (
        "AccessDeniedException"
    )
    assert outcome(there.people.describe_user, **firm.store, UserId=person) == "allowed"
    assert outcome(sts.get_caller_identity) == "allowed"
    assert firm.accounts(token) == [account]
    assert firm.assigned(named, account) == [("USER", person)]


def test_a_deleted_instance_takes_people_and_sessions_and_comes_back_empty(firm) -> None:
    given = given_by_a_group(firm)
    account, token = given["account"], firm.token(given["name"])
    uses = Uses(firm, account, firm.credentials(token, account))
    [before] = firm.sso.list_instances()["Instances"]

    firm.sso.delete_instance(InstanceArn=before["InstanceArn"])
    gone = uses.outcomes(), firm.reserved_roles(account)
    dead = refusal(firm.accounts, token=token)
    firm.operator("sign-in", "enable", "--yes")
    [after] = firm.sso.list_instances()["Instances"]

    assert gone == ({ENDED}, [])
    assert dead == DEAD_TOKEN
    assert after["InstanceArn"] != before["InstanceArn"]
    assert after["IdentityStoreId"] != before["IdentityStoreId"]
    assert firm.people.list_users(**firm.store)["Users"] == []
    assert firm.sso.list_permission_sets(InstanceArn=after["InstanceArn"])["PermissionSets"] == []
    assert firm.reserved_roles(account) == ["AWSServiceRoleForSSO"]
    assert refusal(firm.accounts, token=token) == DEAD_TOKEN
    assert uses.outcomes() == {ENDED}
    # The same name is another person there.
    firm.person(given["name"])
    assert firm.accounts(firm.token(given["name"])) == []


def test_two_organizations_see_nothing_of_each_other(first, firm) -> None:
    other = Firm(first.live, first.standalone())
    other.o.create_organization(FeatureSet="ALL")
    given, theirs = given_by_a_group(firm), other.account()
    token = firm.token(given["name"])
    named = other.permission_set()

    assert other.people.list_users(**other.store)["Users"] == []
    assert outcome(other.people.list_users, **firm.store) == "AccessDeniedException"
    assert outcome(other.sso.describe_permission_set, **given["set"]) == "AccessDeniedException"
    # Neither a person nor an account of one organization is one for the other.
    assert other.assign(named, theirs, given["person"]) == "FAILED"
    assert other.assign(named, given["account"], other.person("pat")) == "FAILED"
    assert firm.assign(given["set"], theirs, given["person"]) == "FAILED"
    assert refusal(firm.credentials, token=token, account=theirs) == NO_ACCESS
    assert firm.accounts(token) == [given["account"]]
    assert other.operator("person", "list").split()[0] == "pat"
