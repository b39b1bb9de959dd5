"""Operations on accounts: described, closed, removed, and leaving."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SECOND,
    STRANGER,
    THIRD,
    Organized,
    arn,
    constraint,
    refuses,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.organizations.member import CREATED, INVITED, Delegation, Member
from daypass.core.organizations.settings import OrganizationSettings
from daypass.services.organizations import accounts

MISSING = "You specified an account that doesn't exist."
ACTING = [
    accounts.describe_account,
    accounts.close_account,
    accounts.remove_account_from_organization,
]


@pytest.fixture
def known():
    return Organized()


def ids(answer):
    return [each["Id"] for each in answer["Accounts"]]


def test_an_account_is_shown_as_it_stands_in_the_tree(known) -> None:
    unit = known.unit("team")
    known.member(MEMBER, parent=unit.id, joined=7, method=CREATED)

    assert known.call(accounts.describe_account, AccountId=MEMBER)["Account"] == {
        "Id": MEMBER,
        "Arn": arn("account", MEMBER),
        "Email": "2222@example.com",
        "Name": "account 2222",
        "State": "ACTIVE",
        "Status": "ACTIVE",
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 7,
        "Paths": [f"{ORGANIZATION}/{ROOT}/{unit.id}/{MEMBER}/"],
    }
    assert (known.gone, known.new) == (set(), set())


def test_the_management_account_has_been_invited_and_stands_below_the_root(known) -> None:
    shown = known.call(accounts.describe_account, AccountId=MANAGEMENT)["Account"]

    assert (shown["JoinedMethod"], shown["Paths"]) == (
        "INVITED",
        [f"{ORGANIZATION}/{ROOT}/{MANAGEMENT}/"],
    )


def test_a_closed_account_is_shown_for_ninety_days_and_then_no_more(known) -> None:
    known.member(MEMBER, closed=NOW)
    last = NOW + 90 * DAY - 1

    shown = known.call(accounts.describe_account, now=last, AccountId=MEMBER)["Account"]
    assert (shown["State"], shown["Status"]) == ("CLOSED", "SUSPENDED")
    assert ids(known.call(accounts.list_accounts, now=last)) == [MANAGEMENT, MEMBER]
    with refuses("AccountNotFound", MISSING):
        known.call(accounts.describe_account, now=last + 1, AccountId=MEMBER)
    assert ids(known.call(accounts.list_accounts, now=last + 1)) == [MANAGEMENT]


@pytest.mark.parametrize("operation", ACTING)
@pytest.mark.parametrize(
    "account", ["999988887777", THIRD, STRANGER], ids=["nobody", "standalone", "elsewhere"]
)
def test_an_account_that_is_not_of_the_organization_is_not_found(known, operation, account) -> None:
    known.standalone(THIRD)
    known.elsewhere()

    with refuses("AccountNotFound", MISSING):
        known.call(operation, AccountId=account)


def test_accounts_are_listed_in_the_order_in_which_they_came(known) -> None:
    known.member(THIRD)
    known.member(MEMBER, closed=NOW - DAY)
    known.member(SECOND, parent=known.unit("team").id)
    known.elsewhere()

    assert ids(known.call(accounts.list_accounts)) == [MANAGEMENT, THIRD, MEMBER, SECOND]
    assert ids(known.call(accounts.list_accounts, known.root(STRANGER))) == [STRANGER]


def test_closing_changes_the_account_and_leaves_its_place(known) -> None:
    known.member(MEMBER)
    known.member(SECOND)
    before = known.directory.account(MEMBER).record

    assert known.call(accounts.close_account, AccountId=MEMBER) == {}
    assert (known.gone, known.new) == ({before}, {replace(before, closed=NOW)})


def test_the_management_account_is_not_closed(known) -> None:
    with constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "The management account cannot be closed."):
        known.call(accounts.close_account, AccountId=MANAGEMENT)


def test_a_closed_account_is_not_closed_again(known) -> None:
    known.member(MEMBER, closed=NOW - DAY)

    with refuses("AccountAlreadyClosed", "The account is already closed."):
        known.call(accounts.close_account, AccountId=MEMBER)


def test_without_all_features_no_account_is_closed() -> None:
    known = Organized(features="CONSOLIDATED_BILLING")
    known.member(MEMBER)

    with constraint(
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "This action requires an organization with all features.",
    ):
        known.call(accounts.close_account, AccountId=MEMBER)


@pytest.mark.parametrize(
    ("least", "percent", "most", "closed", "is_refused"),
    [
        (1, 0, 9, 0, False),
        (1, 0, 9, 1, True),
        (1, 50, 9, 1, False),
        (1, 50, 9, 2, True),
        (1, 50, 1, 1, True),
        (3, 50, 9, 2, False),
    ],
)
def test_in_thirty_days_so_many_accounts_are_closed(
    known, monkeypatch, least, percent, most, closed, is_refused
) -> None:
    # Four accounts: half of them are two.
    for name, value in (("MIN", least), ("PERCENT", percent), ("MAX", most)):
        monkeypatch.setattr(quotas, f"CLOSURES_{name}", value)
    for place, account in enumerate((SECOND, THIRD)):
        known.member(account, closed=NOW - DAY if place < closed else 0)
    known.member(MEMBER)

    if not is_refused:
        known.call(accounts.close_account, AccountId=MEMBER)
        return
    with constraint(
        "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
        "You have closed as many accounts as may be closed in thirty days.",
    ):
        known.call(accounts.close_account, AccountId=MEMBER)


def test_an_account_that_was_closed_thirty_days_ago_does_not_count(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "CLOSURES_MIN", 1)
    known.member(SECOND, closed=NOW)
    known.member(MEMBER)

    with constraint(
        "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
        "You have closed as many accounts as may be closed in thirty days.",
    ):
        known.call(accounts.close_account, now=NOW + 30 * DAY - 1, AccountId=MEMBER)
    known.call(accounts.close_account, now=NOW + 30 * DAY, AccountId=MEMBER)
    assert known.directory.account(MEMBER).record.closed == NOW + 30 * DAY


def removed(known, account):
    known.call(accounts.remove_account_from_organization, AccountId=account)


def left(known, account):
    known.call(accounts.leave_organization, known.root(account))


@pytest.fixture(params=[removed, left])
def gone(request):
    """Return both operations by which an account leaves."""
    return request.param


def test_an_account_that_goes_has_no_place_and_no_organization(known, gone) -> None:
    member = known.member(MEMBER, parent=known.unit("team").id)
    known.policy("mine", on=[MEMBER])
    member, account = (
        known.organization.of(Member).get(MEMBER),
        known.directory.account(MEMBER).record,
    )
    gone(known, MEMBER)

    assert known.gone == {member, account}
    assert known.new == {replace(account, organization="")}


def test_a_closed_account_may_go(known, gone) -> None:
    known.member(MEMBER, closed=NOW - DAY)
    gone(known, MEMBER)

    assert MEMBER not in known.organization.of(Member)
    assert known.directory.account(MEMBER).record.closed == NOW - DAY


def test_the_management_account_stays(known, gone) -> None:
    with refuses(
        "MasterCannotLeaveOrganization", "The management account cannot leave its organization."
    ):
        gone(known, MANAGEMENT)


def test_a_delegated_administrator_stays(known, gone) -> None:
    known.member(MEMBER, delegations=(Delegation("sso.amazonaws.com", 1, 1),))

    with constraint(
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        "The account is a delegated administrator; deregister it first.",
    ):
        gone(known, MEMBER)


def test_an_account_that_was_created_stays_as_long_as_the_operator_says(known, gone) -> None:
    known.settings = OrganizationSettings(removal_wait_seconds=100)
    known.member(MEMBER, method=CREATED, joined=NOW - 99)

    with constraint(
        "WAIT_PERIOD_ACTIVE",
        "An account that was created in an organization stays in it for 100 seconds.",
    ):
        gone(known, MEMBER)


@pytest.mark.parametrize(("method", "since"), [(CREATED, 100), (INVITED, 0)])
def test_an_account_that_was_invited_or_has_waited_may_go(known, gone, method, since) -> None:
    known.settings = OrganizationSettings(removal_wait_seconds=100)
    known.member(MEMBER, method=method, joined=NOW - since)
    gone(known, MEMBER)

    assert MEMBER not in known.organization.of(Member)


def test_an_account_in_no_organization_leaves_none(known) -> None:
    known.standalone(THIRD)

    with refuses("AWSOrganizationsNotInUse", "Your account is not a member of an organization."):
        left(known, THIRD)


@pytest.mark.parametrize("operation", ACTING[1:])
def test_a_member_closes_and_removes_nobody(known, operation) -> None:
    known.member(MEMBER)
    known.member(SECOND)

    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.call(operation, known.root(MEMBER), AccountId=SECOND)
