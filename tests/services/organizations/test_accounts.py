"""Accounts on the wire: created, reached, closed, removed, and the status of requests."""

import json
import re
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace
from tests.conftest import serving
from tests.services.organizations.conftest import ALL, FULL, HARMLESS, Org, founded, fresh, refused

from daypass.core.domain.organizations.member import Member

DAY = 24 * 60 * 60


def asked(org, **params):
    """Request an account; return the first answer, and the final status."""
    params = {"Email": f"{fresh()}@example.com", "AccountName": "x", **params}
    first = org.o.create_account(**params)["CreateAccountStatus"]
    told = org.o.describe_create_account_status(CreateAccountRequestId=first["Id"])
    return first, told["CreateAccountStatus"]


def test_an_account_is_in_progress_first_and_made_when_it_is_asked_for(org) -> None:
    first, told = asked(org, AccountName="Log archive", Email=f"{fresh('Logs+')}@example.com")

    assert set(first) == {"Id", "AccountName", "State", "RequestedTimestamp"}
    assert first["State"] == "IN_PROGRESS"
    assert re.fullmatch(r"car-[a-z0-9]{8,32}", first["Id"])
    assert told["State"] == "SUCCEEDED"
    assert set(told) == {*first, "CompletedTimestamp", "AccountId"}
    assert told["CompletedTimestamp"] >= told["RequestedTimestamp"]


def test_a_new_account_is_shown_with_everything_that_is_known_of_it(org) -> None:
    email = f"{fresh('Logs+')}@example.com"
    _, told = asked(org, AccountName="Log archive", Email=email)
    account = told["AccountId"]

    shown = org.o.describe_account(AccountId=account)["Account"]
    joined = shown.pop("JoinedTimestamp")
    assert joined >= told["RequestedTimestamp"]
    assert shown == {
        "Id": account,
        "Arn": org.arn(account),
        "Email": email,
        "Name": "Log archive",
        "State": "ACTIVE",
        "Status": "ACTIVE",
        "JoinedMethod": "CREATED",
        "Paths": [f"{org.id}/{org.root}/{account}/"],
    }
    assert org.on(account) == ["FullAWSAccess"]
    assert org.o.list_parents(ChildId=account)["Parents"] == [{"Id": org.root, "Type": "ROOT"}]


def test_a_new_account_sees_the_organization_that_it_is_in(org) -> None:
    member = org.client(account=org.account())

    seen = member.describe_organization()["Organization"]
    assert seen == org.o.describe_organization()["Organization"]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "OrganizationAccountAccessRole"),
        ({"RoleName": "Break=glass.+,@-_"}, "Break=glass.+,@-_"),
    ],
)
def test_the_management_account_reaches_a_new_account_by_its_role(org, more, name) -> None:
    account = org.account(**more)
    role = org.client("iam", account).get_role(RoleName=name)["Role"]

    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{org.management}:root"},
        "Action": "sts:AssumeRole",
    }
    assert role["AssumeRolePolicyDocument"] == {"Version": "2012-10-17", "Statement": [trust]}
    assert (role["Path"], role["MaxSessionDuration"]) == ("/", 3600)
    iam = org.client("iam", account)
    (inline,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    own = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
    assert inline == "AdministratorAccess"
    assert own["Statement"] == [ALL] or own["Statement"] == ALL
    sts = org.client("sts", key=org.user(None, ALL))
    key = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
    org.client("iam", key=key).create_user(UserName="made-from-above")
    assert iam.get_user(UserName="made-from-above")


def test_only_the_management_account_is_trusted_by_that_role(org) -> None:
    account, other = org.account(), org.account()
    sts = org.client("sts", key=org.user(other, ALL))

    arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    with pytest.raises(ClientError) as caught:
        sts.assume_role(RoleArn=arn, RoleSessionName="me")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_a_new_account_has_no_user_and_no_key(org) -> None:
    iam = org.client("iam", org.account())

    assert iam.list_users()["Users"] == []
    assert iam.get_account_summary is not None
    names = [each["RoleName"] for each in iam.list_roles()["Roles"]]
    assert sorted(names) == [
        "AWSServiceRoleForOrganizations",
        "AWSServiceRoleForSSO",
        "OrganizationAccountAccessRole",
    ]


@pytest.mark.parametrize("choice", ["ALLOW", "DENY"])
def test_whether_users_see_bills_is_kept(org, choice) -> None:
    account = org.account(IamUserAccessToBilling=choice)

    assert org.record(account).billing_access == choice


def test_tags_are_on_the_account_from_the_start(org) -> None:
    tags = [{"Key": "cost center", "Value": ""}, {"Key": "b", "Value": "2"}]
    account = org.account(Tags=tags)

    assert org.o.list_tags_for_resource(ResourceId=account)["Tags"] == tags


@pytest.mark.parametrize(
    ("tags", "code", "reason"),
    [
        ([("a", "1"), ("A", "2")], "InvalidInput", "DUPLICATE_TAG_KEY"),
        ([("aws:x", "1")], "InvalidInput", "INVALID_SYSTEM_TAGS_PARAMETER"),
        ([(f"k{at}", "") for at in range(51)], "ConstraintViolation", "MAX_TAG_LIMIT_EXCEEDED"),
        ([("k", "v" * 257)], "InvalidInput", "MAX_LENGTH_EXCEEDED"),
        ([("k" * 129, "v")], "InvalidInput", "MAX_LENGTH_EXCEEDED"),
        ([("", "v")], "InvalidInput", "MIN_LENGTH_EXCEEDED"),
        ([("k", "<")], "InvalidInput", "INVALID_PATTERN"),
    ],
)
def test_bad_tags_refuse_the_whole_request(org, tags, code, reason) -> None:
    tags = [{"Key": key, "Value": value} for key, value in tags]

    refused(
        code,
        org.unchecked.create_account,
        reason,
        Email=f"{fresh()}@example.com",
        AccountName="x",
        Tags=tags,
    )
    assert len(org.o.list_accounts()["Accounts"]) == 1
    assert org.o.list_create_account_status()["CreateAccountStatuses"] == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"RoleName": "AWSServiceRoleForMe"}, "INVALID_ROLE_NAME"),
        ({"RoleName": "awsservicerolefororganizations"}, "INVALID_ROLE_NAME"),
        ({"RoleName": "no/path"}, "INVALID_PATTERN"),
        ({"RoleName": "r" * 65}, "MAX_LENGTH_EXCEEDED"),
        ({"AccountName": ""}, "INVALID_PATTERN"),
        ({"AccountName": "ümlaut"}, "INVALID_PATTERN"),
        ({"AccountName": "n" * 51}, "MAX_LENGTH_EXCEEDED"),
        ({"AccountName": None}, "INPUT_REQUIRED"),
        ({"Email": "a@b.c"}, "MIN_LENGTH_EXCEEDED"),
        ({"Email": f"{'a' * 53}@example.com"}, "MAX_LENGTH_EXCEEDED"),
        ({"Email": "nobody.example.com"}, "INVALID_PATTERN"),
        ({"Email": "a b@example.com"}, "INVALID_PATTERN"),
        ({"IamUserAccessToBilling": "MAYBE"}, "INVALID_ENUM"),
    ],
)
def test_what_breaks_the_rules_of_an_account_is_refused_with_a_reason(
    shared, change, reason
) -> None:
    params = {"Email": f"{fresh()}@example.com", "AccountName": "x", **change}
    params = {name: value for name, value in params.items() if value is not None}

    answer = refused("InvalidInput", shared.unchecked.create_account, reason, **params)
    assert params["Email"] not in answer["Error"]["Message"]


@pytest.mark.parametrize(
    "email",
    [
        "a'b@example.com",
        'a"b@example.com',
        "a(b@example.com",
        "a)b@example.com",
        "a<b@example.com",
        "a>b@example.com",
        "a[b@example.com",
        "a]b@example.com",
        "a:b@example.com",
        "a;b@example.com",
        "a,b@example.com",
        "a\\b@example.com",
        "a|b@example.com",
        "a%b@example.com",
        "a&b@example.com",
        ".ab@example.com",
        "ä@example.com",
        "a@exämple.com",
        "a@-example.com",
        "a@example.com-",
        "a@exam_ple.com",
        "a@.example.com",
        "a@example..com",
    ],
)
def test_an_address_against_the_rules_fails_as_invalid(shared, email) -> None:
    first, told = asked(shared, Email=email)

    assert first["State"] == "IN_PROGRESS"
    assert (told["State"], told["FailureReason"]) == ("FAILED", "INVALID_EMAIL")
    assert "AccountId" not in told


def test_an_address_is_one_accounts_whatever_its_case_and_organization(org, first) -> None:
    email = f"{fresh('Root')}@example.com"
    org.account(Email=email)
    other = founded(first)

    for each in (org, other):
        _, told = asked(each, Email=email.upper())
        assert told["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    own = org.o.describe_organization()["Organization"]["MasterAccountEmail"]
    assert asked(other, Email=own)[1]["FailureReason"] == "EMAIL_ALREADY_EXISTS"


def test_an_address_is_free_again_ninety_days_after_its_account_was_closed(org) -> None:
    email = f"{fresh()}@example.com"
    account = org.account(Email=email)
    org.o.close_account(AccountId=account)
    assert asked(org, Email=email)[1]["FailureReason"] == "EMAIL_ALREADY_EXISTS"

    org.put(replace(org.record(account), closed=org.record(account).closed - 90 * DAY))
    assert asked(org, Email=email)[1]["State"] == "SUCCEEDED"


def test_there_are_ten_accounts_unless_the_operator_says_otherwise(store_url, tmp_path) -> None:
    for live in serving(tmp_path / "data", store_url):
        org = Org(live, live.account)
        members = [org.account() for _ in range(9)]
        assert asked(org)[1]["FailureReason"] == "ACCOUNT_LIMIT_EXCEEDED"
        # A closed one counts for ninety days, one that is gone does not.
        org.o.close_account(AccountId=members[0])
        assert asked(org)[1]["FailureReason"] == "ACCOUNT_LIMIT_EXCEEDED"
        org.o.remove_account_from_organization(AccountId=members[1])
        assert asked(org)[1]["State"] == "SUCCEEDED"
        closed = org.record(members[0])
        org.put(replace(closed, closed=closed.closed - 90 * DAY))
        assert asked(org)[1]["State"] == "SUCCEEDED"
        assert asked(org)[1]["FailureReason"] == "ACCOUNT_LIMIT_EXCEEDED"


def test_requests_are_listed_by_what_became_of_them(org) -> None:
    _, made = asked(org, AccountName="made")
    _, failed = asked(org, AccountName="failed", Email=".x@example.com")

    def listed(**params):
        return org.o.list_create_account_status(**params)["CreateAccountStatuses"]

    assert listed() == [made, failed]
    assert listed(States=["SUCCEEDED"]) == [made]
    assert listed(States=["FAILED"]) == [failed]
    assert listed(States=["IN_PROGRESS"]) == []
    assert listed(States=["FAILED", "SUCCEEDED"]) == [made, failed]
    refused(
        "CreateAccountStatusNotFound",
        org.o.describe_create_account_status,
        CreateAccountRequestId="car-00000000",
    )
    refused(
        "InvalidInput",
        org.unchecked.list_create_account_status,
        "INVALID_LIST_MEMBER",
        States=["DONE"],
    )


def test_accounts_that_are_asked_for_at_once_are_all_made(org) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _at: org.account(), range(16)))

    listed = [each["Id"] for each in org.o.list_accounts()["Accounts"]]
    assert sorted(listed) == sorted([org.management, *made])


def test_organizations_do_not_overtake_each_other(first) -> None:
    orgs = [founded(first) for _ in range(12)]

    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(lambda org: org.account(), orgs * 2))
    assert len(set(made)) == 24
    assert {len(org.o.list_accounts()["Accounts"]) for org in orgs} == {3}


def test_one_address_that_is_asked_for_at_once_is_one_account(org) -> None:
    email = f"{fresh()}@example.com"
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _at: asked(org, Email=email)[1], range(8)))

    states = sorted(each.get("FailureReason", each["State"]) for each in told)
    assert states == ["EMAIL_ALREADY_EXISTS"] * 7 + ["SUCCEEDED"]


def test_no_account_is_linked_to_govcloud(shared) -> None:
    refused(
        "ConstraintViolation",
        shared.o.create_gov_cloud_account,
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        Email=f"{fresh()}@example.com",
        AccountName="x",
    )


# Closing.


def test_an_account_is_closed_at_once_and_stays_listed(org) -> None:
    account, unit = org.account(), org.unit()
    org.move(account, unit)
    org.o.close_account(AccountId=account)

    shown = org.o.describe_account(AccountId=account)["Account"]
    assert (shown["State"], shown["Status"]) == ("CLOSED", "SUSPENDED")
    assert shown in org.o.list_accounts()["Accounts"]
    assert shown in org.o.list_accounts_for_parent(ParentId=unit)["Accounts"]
    assert org.o.list_parents(ChildId=account)["Parents"][0]["Id"] == unit
    refused("AccountAlreadyClosed", org.o.close_account, AccountId=account)


def test_a_closed_account_vanishes_after_ninety_days(org) -> None:
    account, unit = org.account(), org.unit()
    org.move(account, unit)
    policy = org.policy(HARMLESS, on=account)["Id"]
    org.o.close_account(AccountId=account)
    closed = org.record(account)

    org.put(replace(closed, closed=closed.closed - 90 * DAY + 60))
    assert org.o.describe_account(AccountId=account)
    refused(
        "OrganizationalUnitNotEmpty", org.o.delete_organizational_unit, OrganizationalUnitId=unit
    )
    refused("PolicyInUse", org.o.delete_policy, PolicyId=policy)

    org.put(replace(closed, closed=closed.closed - 90 * DAY))
    refused("AccountNotFound", org.o.describe_account, AccountId=account)
    refused("ChildNotFound", org.o.list_parents, ChildId=account)
    refused("AccountNotFound", org.o.close_account, AccountId=account)
    assert len(org.o.list_accounts()["Accounts"]) == 1
    assert org.o.list_children(ParentId=unit, ChildType="ACCOUNT")["Children"] == []
    assert org.o.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    # What nobody sees holds nothing up.
    org.o.delete_policy(PolicyId=policy)
    org.o.delete_organizational_unit(OrganizationalUnitId=unit)
    org.account()
    org.o.remove_account_from_organization(AccountId=org.o.list_accounts()["Accounts"][-1]["Id"])
    org.o.delete_organization()


def test_the_management_account_is_neither_closed_nor_removed(org) -> None:
    o, own = org.o, {"AccountId": org.management}

    refused("ConstraintViolation", o.close_account, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", **own)
    refused("MasterCannotLeaveOrganization", o.remove_account_from_organization, **own)
    refused("MasterCannotLeaveOrganization", o.leave_organization)


def test_what_is_not_in_the_organization_is_neither_closed_nor_removed(org) -> None:
    gone = org.standalone()

    for account in (gone, "000000000000"):
        refused("AccountNotFound", org.o.close_account, AccountId=account)
        refused("AccountNotFound", org.o.remove_account_from_organization, AccountId=account)


def test_two_hundred_and_fifty_accounts_are_closed_in_thirty_days_and_no_more(org) -> None:
    one, two, three = org.account(), org.account(), org.account()
    record, member = org.record(one), org.view().of(Member).get(one)
    now = int(org.o.describe_account(AccountId=one)["Account"]["JoinedTimestamp"].timestamp())
    # They only have to be there: twelve digits that end in a letter are nobody else's.
    for at in range(249):
        account = f"{one[:8]}{at:03}x"
        old = replace(record, account=account, email=f"{account}@example.com", closed=now)
        org.put(old, replace(member, id=account, serial=10_000 + at))

    org.o.close_account(AccountId=one)
    refused(
        "ConstraintViolation", org.o.close_account, "CLOSE_ACCOUNT_QUOTA_EXCEEDED", AccountId=two
    )
    closed = org.record(one)
    org.put(replace(closed, closed=closed.closed - 30 * DAY - 1))
    org.o.close_account(AccountId=two)
    refused(
        "ConstraintViolation", org.o.close_account, "CLOSE_ACCOUNT_QUOTA_EXCEEDED", AccountId=three
    )


# Leaving.


@pytest.mark.parametrize("way", ["removed by the management account", "leaves by itself"])
def test_an_account_that_goes_is_standalone_and_keeps_what_is_its_own(org, way) -> None:
    account = org.account(Tags=[{"Key": "a", "Value": "b"}])
    policy = org.policy(HARMLESS, on=account)["Id"]
    own = org.client(account=account)
    if way == "leaves by itself":
        own.leave_organization()
    else:
        org.o.remove_account_from_organization(AccountId=account)

    refused("AWSOrganizationsNotInUse", own.describe_organization)
    refused("AccountNotFound", org.o.describe_account, AccountId=account)
    refused("TargetNotFound", org.o.list_tags_for_resource, ResourceId=account)
    assert org.o.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    roles = org.client("iam", account).list_roles()["Roles"]
    assert {each["RoleName"] for each in roles} == {
        "AWSServiceRoleForOrganizations",
        "OrganizationAccountAccessRole",
    }
    assert own.create_organization()["Organization"]["MasterAccountId"] == account
    refused("TargetNotFound", org.o.attach_policy, PolicyId=FULL, TargetId=account)


def test_a_closed_account_may_be_removed(org) -> None:
    account = org.account()
    org.o.close_account(AccountId=account)
    org.o.remove_account_from_organization(AccountId=account)

    assert len(org.o.list_accounts()["Accounts"]) == 1


def test_a_delegated_administrator_stays_until_it_is_one_no_longer(org) -> None:
    account = org.account()
    org.delegate(account)

    why = "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    refused("ConstraintViolation", org.o.remove_account_from_organization, why, AccountId=account)
    refused("ConstraintViolation", org.client(account=account).leave_organization, why)
    org.o.deregister_delegated_administrator(
        AccountId=account, ServicePrincipal="account.amazonaws.com"
    )
    org.o.remove_account_from_organization(AccountId=account)


def test_a_created_account_waits_as_long_as_the_operator_says(store_url, tmp_path) -> None:
    more = {"removal_wait_days": 4}
    for live in serving(tmp_path / "data", store_url, **more):
        org = Org(live, live.account)
        account = org.account()
        why = "WAIT_PERIOD_ACTIVE"
        refused(
            "ConstraintViolation", org.o.remove_account_from_organization, why, AccountId=account
        )
        refused("ConstraintViolation", org.client(account=account).leave_organization, why)
        member = org.view().of(Member).get(account)
        org.put(replace(member, joined=member.joined - 4 * DAY + 60))
        refused(
            "ConstraintViolation", org.o.remove_account_from_organization, why, AccountId=account
        )
        org.put(replace(member, joined=member.joined - 4 * DAY))
        org.o.remove_account_from_organization(AccountId=account)


def test_a_role_document_reaches_clients_as_they_expect_it(org) -> None:
    account = org.account()
    seen = {}
    iam = org.client("iam", account, key=org.live.root(account=account))
    iam.meta.events.register(
        "before-parse.iam.GetRole", lambda response_dict, **_: seen.update(response_dict)
    )
    iam.get_role(RoleName="OrganizationAccountAccessRole")

    text = re.search(rb"<AssumeRolePolicyDocument>(.*?)</", seen["body"])[1].decode()
    assert json.loads(urllib.parse.unquote(text))["Version"] == "2012-10-17"
