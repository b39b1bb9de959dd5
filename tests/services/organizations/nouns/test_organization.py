"""The organization itself: created, described, deleted."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE,
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SCP,
    SECOND,
    STRANGER,
    Organized,
    constraint,
    refuses,
)
from tests.services.support import ACCOUNT, NOW, TRUST, Snapshot

from daypass.core.domain.account import Account
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.account_creation import AccountCreation
from daypass.core.domain.organizations.member import INVITED, Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.services.organizations import organization

SERVICE_ROLE = "AWSServiceRoleForOrganizations"
BOTH_SERVICE_ROLES = [SERVICE_ROLE, "AWSServiceRoleForSSO"]


@pytest.fixture
def known():
    return Organized()


@pytest.fixture
def alone():
    """Put an account in no organization."""
    known = Snapshot()
    known.put(replace(known.account.record, email="me@example.com"))
    return known


def made(known, **more):
    return known.call(organization.create_organization, **more)["Organization"]


def test_an_organization_begins_with_all_features_and_scps(alone) -> None:
    shown = made(alone)

    view = alone.directory.organization(shown["Id"])
    prefix = f"arn:aws:organizations::{ACCOUNT}"
    assert shown == {
        "Id": view.id,
        "Arn": f"{prefix}:organization/{view.id}",
        "FeatureSet": "ALL",
        "MasterAccountArn": f"{prefix}:account/{view.id}/{ACCOUNT}",
        "MasterAccountId": ACCOUNT,
        "MasterAccountEmail": "me@example.com",
        "AvailablePolicyTypes": [{"Type": SCP, "Status": "ENABLED"}],
    }
    root = view.record.root_id
    assert view.record == Organization(
        account=view.id,
        management=ACCOUNT,
        root_id=root,
        created=NOW,
        made=1,
        attached=(FULL,),
        policy_types=(SCP,),
        instance=view.record.instance,
    )
    assert list(view.of(Member)) == [
        Member(
            account=view.id,
            id=ACCOUNT,
            parent=root,
            serial=1,
            joined=NOW,
            method=INVITED,
            attached=(FULL,),
        )
    ]
    assert sorted(map(len, view.tables()), reverse=True)[:3] == [1, 1, 0]
    assert alone.account.record.organization == view.id
    assert [each.name for each in alone.account.of(Role)] == BOTH_SERVICE_ROLES
    instance = alone.directory.instance(view.record.instance).record
    assert (instance.owner, instance.organization) == (ACCOUNT, view.id)
    assert (instance.region, instance.created) == ("us-east-1", NOW)
    assert alone.directory.identity_store(instance.store).record.instance == instance.id


def test_an_organization_that_shares_bills_has_no_policies_and_no_role(alone) -> None:
    shown = made(alone, FeatureSet="CONSOLIDATED_BILLING")

    view = alone.directory.organization(shown["Id"])
    assert shown["FeatureSet"] == "CONSOLIDATED_BILLING"
    assert (view.record.policy_types, view.record.attached) == ((), ())
    assert [each.attached for each in view.of(Member)] == [()]
    assert list(alone.account.of(Role)) == []


def test_the_role_of_an_earlier_organization_is_left_as_it_is(alone) -> None:
    old = [
        alone.put(Role(account=ACCOUNT, name=name, unique_id=unique_id, created=1, trust=TRUST))
        for name, unique_id in zip(BOTH_SERVICE_ROLES, ["AROAOLD", "AROAOLDER"], strict=True)
    ]
    made(alone)

    assert list(alone.account.of(Role)) == old


def test_an_account_without_an_address_gets_one_with_its_organization(alone) -> None:
    alone.put(replace(alone.account.record, email=""))
    shown = made(alone)

    address = f"root+{ACCOUNT}@daypass.invalid"
    assert shown["MasterAccountEmail"] == alone.account.record.email == address
    assert alone.directory.of(RootEmail).get(address) == RootEmail(
        account=GLOBAL, address=address, owner=ACCOUNT
    )


@pytest.mark.parametrize("account", [MANAGEMENT, MEMBER])
def test_an_account_is_in_one_organization(known, account) -> None:
    known.member(MEMBER)

    with refuses(
        "AlreadyInOrganization", "The AWS account is already a member of an organization."
    ):
        known.call(organization.create_organization, known.root(account))


def test_every_member_sees_the_organization_and_nobody_elses(known) -> None:
    known.member(MEMBER)
    known.elsewhere(features="CONSOLIDATED_BILLING")

    def seen(account):
        return known.call(organization.describe_organization, known.root(account))["Organization"]

    assert seen(MEMBER) == seen(MANAGEMENT)
    assert seen(MEMBER)["Id"] == ORGANIZATION
    assert (seen(STRANGER)["Id"], seen(STRANGER)["MasterAccountId"]) == (ELSEWHERE, STRANGER)
    assert seen(STRANGER)["FeatureSet"] == "CONSOLIDATED_BILLING"


@pytest.mark.parametrize(
    "operation", [organization.describe_organization, organization.delete_organization]
)
def test_who_is_in_no_organization_has_none_to_see_or_let_go_of(known, operation) -> None:
    known.standalone(STRANGER)

    with refuses("AWSOrganizationsNotInUse", "Your account is not a member of an organization."):
        known.call(operation, known.root(STRANGER))


def test_everything_of_an_organization_goes_with_it_and_nothing_else(known) -> None:
    other = known.elsewhere()
    known.unit("team")
    known.policy("one", on=[ROOT])
    known.handshake("open")
    known.put(
        AccountCreation(
            account=ORGANIZATION, id="car-00000000", name="x", serial=9, requested=1, completed=1
        )
    )
    known.put(ResourcePolicy(account=ORGANIZATION, id="rp-00000000", content="{}"))
    known.put(
        ResponsibilityTransfer(
            account=ORGANIZATION,
            id="rt-00000000",
            type="BILLING",
            name="x",
            serial=10,
            handshake="h-0000000000",
            status="CANCELED",
            invited=STRANGER,
            requested=1,
            start=2,
            expires=2,
            ended=2,
        )
    )
    account = known.account.record
    own = {each for each in known.records() if each.account == ORGANIZATION}

    assert known.call(organization.delete_organization) == {}
    assert len({type(each) for each in own}) == 8
    assert known.gone == {account, *own}
    assert known.new == {replace(account, organization="")}
    assert known.directory.organization_of(other).id == ELSEWHERE


def test_an_account_may_have_a_new_organization_after_its_last(known) -> None:
    known.call(organization.delete_organization)
    shown = known.call(organization.create_organization)["Organization"]

    assert shown["Id"] != ORGANIZATION
    assert known.account.record.organization == shown["Id"]


@pytest.mark.parametrize("closed", [0, NOW - 90 * DAY + 1])
def test_an_organization_with_members_stays(known, closed) -> None:
    known.member(MEMBER, closed=closed)

    with refuses(
        "OrganizationNotEmpty",
        "To delete an organization you must first remove all member accounts.",
    ):
        known.call(organization.delete_organization)


def test_an_account_that_was_closed_long_ago_keeps_no_organization(known) -> None:
    known.member(MEMBER, closed=NOW - 90 * DAY)
    known.call(organization.delete_organization)

    assert {each.account: each.organization for each in known.new if isinstance(each, Account)} == {
        MANAGEMENT: "",
        MEMBER: "",
    }


def test_a_member_lets_go_of_no_organization(known) -> None:
    known.member(MEMBER)

    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.call(organization.delete_organization, known.root(MEMBER))


def transfer(**more):
    more = {"status": "ACCEPTED", "source": STRANGER, "source_organization": ELSEWHERE} | more
    return ResponsibilityTransfer(
        id="rt-00000000",
        type="BILLING",
        name="x",
        serial=9,
        handshake="h-0000000000",
        invited=STRANGER,
        requested=1,
        start=NOW,
        expires=NOW,
        **{"account": ORGANIZATION} | more,
    )


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"status": "WITHDRAWN", "end": NOW},
        {"status": "REQUESTED", "source": "", "source_organization": "", "expires": NOW + 1},
        {"account": ELSEWHERE, "source": MANAGEMENT, "source_organization": ORGANIZATION},
    ],
    ids=["in force", "withdrawn", "offered", "handed over"],
)
def test_an_organization_with_a_transfer_stays(known, more) -> None:
    known.elsewhere()
    known.put(replace(transfer(), **more))

    with constraint(
        "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
        "You cannot delete an organization that has a transfer of responsibility.",
    ):
        known.call(organization.delete_organization)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "WITHDRAWN", "end": NOW - 1},
        {"status": "REQUESTED", "source": "", "source_organization": ""},
        {
            "status": "REQUESTED",
            "account": ELSEWHERE,
            "source": "",
            "source_organization": "",
            "invited": MANAGEMENT,
            "expires": NOW + 1,
        },
        {"account": ELSEWHERE, "source": SECOND, "source_organization": "o-someother0"},
    ],
    ids=["over", "expired", "offered to it", "others"],
)
def test_what_is_over_or_merely_offered_to_it_holds_no_organization(known, more) -> None:
    known.elsewhere()
    known.put(replace(transfer(), **more))
    known.call(organization.delete_organization)

    assert known.organization.record is None
