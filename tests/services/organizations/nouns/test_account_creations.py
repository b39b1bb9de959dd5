"""Creating accounts: the records, the status of requests, and reasons for failures."""

import json

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SECOND,
    STRANGER,
    TAG,
    Organized,
    constraint,
    invalid,
    passed,
    refuses,
    tags,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.account import Account
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.account_creation import AccountCreation
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.core.organizations import ids
from daypass.core.organizations.settings import OrganizationSettings
from daypass.services.organizations import account_creations

SERVICE_ROLE = "AWSServiceRoleForOrganizations"


@pytest.fixture
def known():
    return Organized()


def asked(known, *, email="logs@example.com", name="Log archive", **more):
    return known.call(account_creations.create_account, Email=email, AccountName=name, **more)[
        "CreateAccountStatus"
    ]


def told(known, asked_for):
    found = known.call(
        account_creations.describe_create_account_status, CreateAccountRequestId=asked_for["Id"]
    )
    return found["CreateAccountStatus"]


def new(known, kind):
    return [each for each in known.new if isinstance(each, kind)]


def test_the_answer_says_that_it_is_in_progress_and_no_more(known) -> None:
    answer = asked(known)

    assert answer == {
        "Id": answer["Id"],
        "AccountName": "Log archive",
        "RequestedTimestamp": NOW,
        "State": "IN_PROGRESS",
    }
    assert answer["Id"].startswith("car-")


def test_what_is_told_afterwards_names_the_account(known) -> None:
    answer = asked(known)
    (account,) = new(known, Account)

    assert told(known, answer) == {
        "Id": answer["Id"],
        "AccountName": "Log archive",
        "State": "SUCCEEDED",
        "RequestedTimestamp": NOW,
        "CompletedTimestamp": NOW,
        "AccountId": account.account,
    }


def test_a_new_account_has_its_place_its_address_and_two_roles(known) -> None:
    record = known.record
    asked(known, email="Logs@Example.com", IamUserAccessToBilling="DENY", Tags=passed(Team="a"))

    (account,), (member,) = new(known, Account), new(known, Member)
    number = account.account
    assert account == Account(
        account=number,
        name="Log archive",
        created=NOW,
        canonical_user=account.canonical_user,
        email="Logs@Example.com",
        organization=ORGANIZATION,
        billing_access="DENY",
    )
    assert len(account.canonical_user) == 64
    assert member == Member(
        account=ORGANIZATION,
        id=number,
        parent=ROOT,
        serial=2,
        joined=NOW,
        method="CREATED",
        attached=(FULL,),
        tags=tags(Team="a"),
    )
    assert new(known, RootEmail) == [
        RootEmail(account=GLOBAL, address="logs@example.com", owner=number)
    ]
    assert {each.name: each.account for each in new(known, Role)} == {
        "OrganizationAccountAccessRole": number,
        SERVICE_ROLE: number,
    }
    assert known.gone == {record}
    assert known.record == replace(record, made=3)
    assert len(known.new) == 7


def test_the_management_account_alone_may_assume_the_role_that_may_do_everything(known) -> None:
    asked(known, RoleName="BreakGlass")

    role = next(each for each in new(known, Role) if each.name == "BreakGlass")
    assert json.loads(role.trust)["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
            "Action": "sts:AssumeRole",
        }
    ]
    assert [(each.name, json.loads(each.document)["Statement"]) for each in role.inline] == [
        ("AdministratorAccess", [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    ]


def test_without_all_features_an_account_has_no_role_of_the_service_and_no_policy() -> None:
    known = Organized(features="CONSOLIDATED_BILLING")
    asked(known)

    assert [each.name for each in new(known, Role)] == ["OrganizationAccountAccessRole"]
    assert [each.attached for each in new(known, Member)] == [()]


def test_an_account_gets_a_number_that_nobody_has(known, monkeypatch) -> None:
    known.member(MEMBER)
    known.standalone(STRANGER)
    numbers = iter([MEMBER, STRANGER, MANAGEMENT, SECOND])
    monkeypatch.setattr(ids, "account", lambda _entropy: next(numbers))
    asked(known)

    assert [each.account for each in new(known, Account)] == [SECOND]


@pytest.mark.parametrize(
    "name",
    [
        "AWSServiceRoleForMe",
        "awsservicerolefor",
        "AWSSERVICEROLEFORSSO",
        "AWSReservedSSO_Admin_0123456789abcdef",
        "awsreservedsso_",
    ],
)
def test_the_role_is_not_called_like_a_services(known, name) -> None:
    with invalid(
        "INVALID_ROLE_NAME",
        "A role's name may not begin with AWSServiceRoleFor or AWSReservedSSO_.",
    ):
        asked(known, RoleName=name)


def test_tags_that_cannot_be_refuse_the_request(known) -> None:
    with invalid("DUPLICATE_TAG_KEY", "You specified a tag key more than once."):
        asked(known, Tags=[*passed(Team="a"), *passed(team="b")])
    with invalid(
        "INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that begins with `aws:`."
    ):
        asked(known, Tags=[{"Key": "AWS:cost", "Value": "1"}])


def test_tags_keep_the_tag_policy_of_the_management_account() -> None:
    known = Organized(types=(TAG,))
    enforced = (
        '{"tags":{"team":{"tag_key":{"@@assign":"Team"},'
        '"enforced_for":{"@@assign":["organizations:account"]}}}}'
    )
    known.policy("spelling", type=TAG, content=enforced, on=[MANAGEMENT])

    with constraint(
        "TAG_POLICY_VIOLATION", "The tag policy requires the spelling `Team` of this tag key."
    ):
        asked(known, Tags=passed(team="a"))
    asked(known, Tags=passed(Team="a"))


@pytest.mark.parametrize(
    ("email", "failure"),
    [
        ("logs@-example.com", "INVALID_EMAIL"),
        ("logs@exa_mple.com", "INVALID_EMAIL"),
        ("logs(1)@example.com", "INVALID_EMAIL"),
        ("lögs@example.com", "INVALID_EMAIL"),
        ("root+222233334444@daypass.invalid", "INVALID_EMAIL"),
        ("FIRST@example.com", "EMAIL_ALREADY_EXISTS"),
        ("5555@Example.com", "EMAIL_ALREADY_EXISTS"),
    ],
)
def test_an_address_that_cannot_be_had_makes_no_account(known, email, failure) -> None:
    known.standalone(STRANGER)
    record = known.record
    answer = asked(known, email=email)

    assert known.gone == {record}
    assert known.new == {known.record, *new(known, AccountCreation)}
    assert known.record == replace(record, made=2)
    assert told(known, answer) == {
        "Id": answer["Id"],
        "AccountName": "Log archive",
        "State": "FAILED",
        "RequestedTimestamp": NOW,
        "CompletedTimestamp": NOW,
        "FailureReason": failure,
    }


def test_the_address_of_an_account_that_was_closed_long_ago_is_free(known) -> None:
    known.member(MEMBER, closed=NOW - 90 * DAY)
    known.member(SECOND, closed=NOW - 90 * DAY + 1)

    assert (
        told(known, asked(known, email="3333@example.com"))["FailureReason"]
        == "EMAIL_ALREADY_EXISTS"
    )
    assert told(known, asked(known, email="2222@example.com"))["State"] == "SUCCEEDED"


def test_an_organization_has_so_many_accounts_with_invited_ones_and_closed_ones(known) -> None:
    known.settings = OrganizationSettings(accounts_max=4)
    known.member(MEMBER, closed=NOW - DAY)
    known.handshake("open")
    known.handshake("late", expires=NOW)
    known.handshake("over", state="DECLINED", ended=NOW - 1)

    assert told(known, asked(known, email="1@example.com"))["State"] == "SUCCEEDED"
    assert (
        told(known, asked(known, email="2@example.com"))["FailureReason"]
        == "ACCOUNT_LIMIT_EXCEEDED"
    )


def test_an_account_that_was_closed_long_ago_takes_no_room(known) -> None:
    known.settings = OrganizationSettings(accounts_max=2)
    known.member(MEMBER, closed=NOW - 90 * DAY)

    assert told(known, asked(known))["State"] == "SUCCEEDED"


def test_so_many_requests_are_told_of_and_the_oldest_are_forgotten(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "ACCOUNT_CREATIONS_MAX", 2)
    first, second, third = (asked(known, email=f"{each}@example.com") for each in "abc")

    with refuses(
        "CreateAccountStatusNotFound",
        "You specified a request to create an account that doesn't exist.",
    ):
        told(known, first)
    assert [told(known, each)["State"] for each in (second, third)] == ["SUCCEEDED"] * 2


def test_requests_are_told_of_in_their_order_and_by_their_state(known) -> None:
    made = [
        asked(known, email=email)["Id"]
        for email in ("z@example.com", "lögs@example.com", "a@example.com")
    ]

    def listed(**more):
        found = known.call(account_creations.list_create_account_status, **more)[
            "CreateAccountStatuses"
        ]
        return [each["Id"] for each in found]

    assert listed() == listed(States=[]) == made
    assert listed(States=["FAILED"]) == [made[1]]
    assert listed(States=["SUCCEEDED", "FAILED"]) == made
    assert listed(States=["IN_PROGRESS"]) == []


def test_a_request_to_another_organization_is_not_there(known) -> None:
    other = known.root(known.elsewhere())
    answer = asked(known)

    assert known.call(account_creations.list_create_account_status, other) == {
        "CreateAccountStatuses": []
    }
    with refuses(
        "CreateAccountStatusNotFound",
        "You specified a request to create an account that doesn't exist.",
    ):
        known.call(
            account_creations.describe_create_account_status,
            other,
            CreateAccountRequestId=answer["Id"],
        )


def test_no_organization_is_linked_to_govcloud(known) -> None:
    with constraint(
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        "The management account isn't enabled for AWS GovCloud (US).",
    ):
        known.call(
            account_creations.create_gov_cloud_account, Email="gov@example.com", AccountName="gov"
        )


@pytest.mark.parametrize(
    "operation", [account_creations.create_account, account_creations.create_gov_cloud_account]
)
def test_a_member_makes_no_account(known, operation) -> None:
    known.member(MEMBER)

    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.call(operation, known.root(MEMBER), Email="a@example.com", AccountName="a")
