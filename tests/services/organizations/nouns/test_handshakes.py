"""Handshakes: accepted, declined, cancelled, and who may read them."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    ELSEWHERE,
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SECOND,
    STRANGER,
    THIRD,
    Organized,
    handshake_constraint,
    invalid,
    refuses,
    tags,
    too_many_accounts,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.account import Account
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.member import CREATED, INVITED, Delegation, Member
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.core.organizations.settings import OrganizationSettings
from daypass.services.organizations.handshakes import handshake_lifecycle

MISSING = "We can't find a handshake with the id that you specified."
NOT_YOURS = "You don't have permissions to access this resource."
OPENED = "h-open000000"
NAMED = [
    handshake_lifecycle.accept_handshake,
    handshake_lifecycle.cancel_handshake,
    handshake_lifecycle.decline_handshake,
    handshake_lifecycle.describe_handshake,
]


@pytest.fixture
def known():
    found = Organized()
    found.standalone(STRANGER)
    return found


def accept(known, account=STRANGER, *, now=NOW, handshake=OPENED):
    return known.call(
        handshake_lifecycle.accept_handshake, known.root(account), now=now, HandshakeId=handshake
    )["Handshake"]


def test_who_accepts_is_a_member_below_the_root_with_the_tags_of_the_invitation(known) -> None:
    offered = known.handshake("open", tags=tags(Team="a"))
    record, account = known.record, known.directory.account(STRANGER).record
    shown = accept(known)

    assert (shown["State"], shown["Id"]) == ("ACCEPTED", OPENED)
    role = known.directory.account(STRANGER).of(Role).find("AWSServiceRoleForOrganizations")
    assert known.gone == {record, account, offered}
    assert known.new == {
        replace(record, made=record.made + 1),
        replace(account, organization=ORGANIZATION),
        replace(offered, state="ACCEPTED", ended=NOW),
        role,
        Member(
            account=ORGANIZATION,
            id=STRANGER,
            parent=ROOT,
            serial=record.made + 1,
            joined=NOW,
            method=INVITED,
            attached=(FULL,),
            tags=tags(Team="a"),
        ),
    }


def test_who_was_invited_by_an_address_accepts_in_whatever_case_it_was_written(known) -> None:
    known.handshake("open", target="5555@Example.COM", is_email=True)

    assert accept(known)["State"] == "ACCEPTED"
    assert STRANGER in known.organization.of(Member)


def test_who_has_no_address_gets_one_with_a_place(known) -> None:
    known.put(Account(account=THIRD, name="old", created=1, canonical_user="0" * 64))
    known.handshake("open", target=THIRD)
    accept(known, THIRD)

    address = f"root+{THIRD}@daypass.invalid"
    assert known.directory.account(THIRD).record.email == address
    assert RootEmail(account=GLOBAL, address=address, owner=THIRD) in known.new


def test_an_account_of_a_billing_organization_gets_no_role_and_no_policy() -> None:
    known = Organized(features="CONSOLIDATED_BILLING")
    known.standalone(STRANGER)
    known.handshake("open")
    accept(known)

    assert known.organization.of(Member).get(STRANGER).attached == ()
    assert not [each for each in known.new if isinstance(each, Role)]


def test_a_member_elsewhere_leaves_there_in_the_same_commit(known) -> None:
    known.elsewhere()
    known.member(THIRD, of=ELSEWHERE)
    known.handshake("open", target=THIRD)
    accept(known, THIRD)

    assert THIRD not in known.directory.organization(ELSEWHERE).of(Member)
    assert known.directory.account(THIRD).record.organization == ORGANIZATION
    # What lets it go is asked as well: whoever may not leave is not invited out.
    known.handshake("back", of=ELSEWHERE, target=THIRD)
    asked = known.located(
        handshake_lifecycle.accept_handshake, known.root(THIRD), HandshakeId="h-back000000"
    )
    assert [(each.arn, each.action) for each in asked[1:]] == [
        ("*", "organizations:LeaveOrganization")
    ]


@pytest.mark.parametrize(
    ("account", "more", "code", "reason", "words"),
    [
        (
            STRANGER,
            {},
            "MasterCannotLeaveOrganization",
            None,
            "The management account cannot leave its organization.",
        ),
        (
            THIRD,
            {"delegations": (Delegation("sso.amazonaws.com", 1, 1),)},
            "ConstraintViolation",
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "The account is a delegated administrator; deregister it first.",
        ),
        (
            THIRD,
            {"method": CREATED, "joined": NOW - 9},
            "ConstraintViolation",
            "WAIT_PERIOD_ACTIVE",
            "An account that was created in an organization stays in it for 10 seconds.",
        ),
    ],
    ids=["management", "administrator", "waiting"],
)
def test_who_may_not_leave_there_does_not_come_here(
    known, account, more, code, reason, words
) -> None:
    known.settings = OrganizationSettings(removal_wait_seconds=10)
    known.elsewhere()
    if account == THIRD:
        known.member(THIRD, of=ELSEWHERE, **more)
    known.handshake("open", target=account)
    before = known.records()

    with refuses(code, words, reason):
        known.call(handshake_lifecycle.accept_handshake, known.root(account), HandshakeId=OPENED)
    assert known.records() == before


def test_a_member_does_not_accept_what_came_before_it_was_one(known) -> None:
    known.member(MEMBER)
    known.handshake("open", target=MEMBER)

    with handshake_constraint(
        "ALREADY_IN_AN_ORGANIZATION", "The account is already a member of the organization."
    ):
        accept(known, MEMBER)


def test_what_is_full_by_the_time_takes_nobody_but_counts_no_invitation(known) -> None:
    known.settings = OrganizationSettings(accounts_max=2)
    known.handshake("open")
    known.handshake("other", target=THIRD)
    known.standalone(THIRD)
    accept(known)

    with too_many_accounts():
        accept(known, THIRD, handshake="h-other00000")


def test_the_sender_cancels_and_the_recipient_declines(known) -> None:
    for name, operation, caller, state in (
        ("one", handshake_lifecycle.cancel_handshake, MANAGEMENT, "CANCELED"),
        ("two", handshake_lifecycle.decline_handshake, STRANGER, "DECLINED"),
    ):
        offered = known.handshake(name)
        shown = known.call(operation, known.root(caller), HandshakeId=offered.id)["Handshake"]

        assert (shown["Id"], shown["State"]) == (offered.id, state)
        assert (known.gone, known.new) == ({offered}, {replace(offered, state=state, ended=NOW)})


CHANGING = [
    (handshake_lifecycle.accept_handshake, STRANGER, "ACCEPTED"),
    (handshake_lifecycle.cancel_handshake, MANAGEMENT, "CANCELED"),
    (handshake_lifecycle.decline_handshake, STRANGER, "DECLINED"),
]


@pytest.mark.parametrize(("operation", "account", "wanted"), CHANGING)
@pytest.mark.parametrize("state", ["ACCEPTED", "CANCELED", "DECLINED", "EXPIRED"])
def test_what_is_over_stays_as_it_ended(known, operation, account, wanted, state) -> None:
    # T304-TIME
    if state == "EXPIRED":
        known.handshake("open", expires=NOW)
    else:
        known.handshake("open", state=state, ended=NOW - 1)

    if state == wanted:
        expected = refuses(
            "HandshakeAlreadyInState", "The handshake is already in the requested state."
        )
    else:
        expected = refuses(
            "InvalidHandshakeTransition",
            f"A handshake in the state {state} cannot become {wanted}.",
        )
    with expected:
        known.call(operation, known.root(account), HandshakeId=OPENED)


@pytest.mark.parametrize("operation", NAMED)
def test_a_handshake_that_is_not_there_is_not_found(known, operation) -> None:
    with refuses("HandshakeNotFound", MISSING):
        known.call(operation, HandshakeId="h-missing000")


@pytest.mark.parametrize("operation", NAMED)
def test_thirty_days_after_its_end_a_handshake_is_as_if_it_had_never_been(known, operation) -> None:
    month = quotas.FINISHED_HANDSHAKE_SECONDS
    known.elsewhere()
    known.handshake("open", state="ACCEPTED", ended=NOW - month)
    known.handshake("late", target=MANAGEMENT, expires=NOW - month)

    for handshake, account in (
        (OPENED, MANAGEMENT),
        (OPENED, STRANGER),
        ("h-late000000", MANAGEMENT),
    ):
        with refuses("HandshakeNotFound", MISSING):
            known.call(operation, known.root(account), HandshakeId=handshake)


@pytest.mark.parametrize("operation", NAMED)
def test_to_others_it_is_as_if_a_handshake_did_not_exist(known, operation) -> None:
    known.elsewhere()
    known.member(SECOND, of=ELSEWHERE)
    known.handshake("open", target=THIRD)

    for account in (STRANGER, SECOND):
        with refuses("HandshakeNotFound", MISSING):
            known.call(operation, known.root(account), HandshakeId=OPENED)


@pytest.mark.parametrize(
    ("operation", "account"),
    [
        (handshake_lifecycle.accept_handshake, MANAGEMENT),
        (handshake_lifecycle.decline_handshake, MANAGEMENT),
        (handshake_lifecycle.cancel_handshake, STRANGER),
    ],
)
def test_a_party_does_not_do_what_is_the_others(known, operation, account) -> None:
    known.elsewhere()
    known.handshake("open")

    with refuses("AccessDenied", NOT_YOURS):
        known.call(operation, known.root(account), HandshakeId=OPENED)


def test_who_is_in_no_organization_cancels_nothing(known) -> None:
    known.handshake("open")

    with refuses("AWSOrganizationsNotInUse", "Your account is not a member of an organization."):
        known.call(handshake_lifecycle.cancel_handshake, known.root(STRANGER), HandshakeId=OPENED)


def test_sender_recipient_and_readers_see_a_handshake_and_a_plain_member_does_not(known) -> None:
    known.member(SECOND, delegations=(Delegation("sso.amazonaws.com", 1, 1),))
    known.member(MEMBER)
    known.handshake("open")

    shown = [
        known.call(handshake_lifecycle.describe_handshake, known.root(each), HandshakeId=OPENED)
        for each in (MANAGEMENT, STRANGER, SECOND)
    ]
    assert shown[0] == shown[1] == shown[2]
    assert shown[0]["Handshake"]["Id"] == OPENED
    with refuses("HandshakeNotFound", MISSING):
        known.call(handshake_lifecycle.describe_handshake, known.root(MEMBER), HandshakeId=OPENED)


def test_what_nobody_finished_in_time_is_shown_as_expired(known) -> None:
    # T304-TIME
    known.handshake("open", expires=NOW + 5)

    def state(now):
        return known.call(handshake_lifecycle.describe_handshake, now=now, HandshakeId=OPENED)[
            "Handshake"
        ]["State"]

    assert (state(NOW + 4), state(NOW + 5)) == ("OPEN", "EXPIRED")


def received(known, account, **more):
    found = known.call(handshake_lifecycle.list_handshakes_for_account, known.root(account), **more)
    return [each["Id"] for each in found["Handshakes"]]


def made(known, caller=None, **more):
    found = known.call(handshake_lifecycle.list_handshakes_for_organization, caller, **more)
    return [each["Id"] for each in found["Handshakes"]]


def test_an_account_sees_what_it_received_from_all_in_order_of_time(known) -> None:
    known.elsewhere()
    known.standalone(THIRD)
    known.handshake("late", target=THIRD, requested=NOW - 1)
    known.handshake(
        "email", of=ELSEWHERE, target="4444@Example.com", is_email=True, requested=NOW - 3
    )
    known.handshake("mid", target=THIRD, requested=NOW - 2, state="DECLINED", ended=NOW - 1)
    known.handshake(
        "old", target=THIRD, state="DECLINED", ended=NOW - quotas.FINISHED_HANDSHAKE_SECONDS
    )
    known.handshake("others", target=MEMBER)
    known.handshake("all", action="ENABLE_ALL_FEATURES", target="")

    assert received(known, THIRD) == ["h-email00000", "h-mid0000000", "h-late000000"]
    assert received(known, SECOND) == []


def test_an_organization_sees_what_it_made_in_order_of_creation(known) -> None:
    known.elsewhere()
    known.handshake("two", requested=NOW)
    known.handshake("one", requested=NOW - 5, state="ACCEPTED", ended=NOW)
    known.handshake("theirs", of=ELSEWHERE, target=MANAGEMENT)
    known.handshake("old", state="DECLINED", ended=NOW - quotas.FINISHED_HANDSHAKE_SECONDS)

    assert made(known) == ["h-two0000000", "h-one0000000"]
    assert made(known, known.root(STRANGER)) == ["h-theirs0000"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["h-invite0000", "h-all0000000", "h-part000000"]),
        ({"ActionType": "INVITE"}, ["h-invite0000"]),
        ({"ActionType": "ENABLE_ALL_FEATURES"}, ["h-all0000000", "h-part000000"]),
        ({"ActionType": "APPROVE_ALL_FEATURES"}, []),
        ({"ParentHandshakeId": "h-all0000000"}, ["h-part000000"]),
        ({"ParentHandshakeId": "h-missing000"}, []),
    ],
)
def test_a_filter_lets_through_one_action_or_what_came_of_one_handshake(
    known, wanted, found
) -> None:
    known.handshake("invite")
    known.handshake("all", action="ENABLE_ALL_FEATURES", target="")
    known.handshake("part", action="ENABLE_ALL_FEATURES", parent="h-all0000000")

    assert made(known, Filter=wanted) == found
    assert received(known, STRANGER, Filter=wanted) == [
        each for each in found if each != "h-all0000000"
    ]


@pytest.mark.parametrize(
    "operation",
    [
        handshake_lifecycle.list_handshakes_for_account,
        handshake_lifecycle.list_handshakes_for_organization,
    ],
)
def test_there_is_one_filter(known, operation) -> None:
    with invalid("MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter for the operation."):
        known.call(operation, Filter={"ActionType": "INVITE", "ParentHandshakeId": "h-all0000000"})


def test_a_standalone_account_has_no_organization_whose_handshakes_it_could_list(known) -> None:
    with refuses("AWSOrganizationsNotInUse", "Your account is not a member of an organization."):
        made(known, known.root(STRANGER))
