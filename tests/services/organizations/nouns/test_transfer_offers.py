"""Offers to take over a bill: made, refused, and accepted by the other organization."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace
from tests.services.organizations.nouns.transfer_records import (
    FEBRUARY,
    NOT_YOURS,
    accept,
    offer,
    open_offer,
    two_organizations,
)
from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    SECOND,
    STRANGER,
    THIRD,
    arn,
    constraint,
    invalid,
    passed,
    refuses,
    tags,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations.settings import OrganizationSettings
from daypass.services.organizations.handshakes import transfers


@pytest.fixture
def known():
    return two_organizations()


def invite(known, target=STRANGER, kind="ACCOUNT", *, start=FEBRUARY, now=NOW, caller=None, **more):
    return known.call(
        transfers.invite_organization_to_transfer_responsibility,
        caller,
        now=now,
        Type="BILLING",
        Target={"Id": target, "Type": kind},
        SourceName="their bill",
        StartTimestamp=start,
        **more,
    )["Handshake"]


def test_an_offer_is_a_handshake_and_a_transfer_that_waits_for_it(known) -> None:
    record = known.record
    shown = invite(known, Notes="we pay", Tags=passed(Team="a"))

    (made,) = known.organization.of(ResponsibilityTransfer)
    expires, start = NOW + 15 * DAY, int(FEBRUARY.timestamp())
    assert shown == {
        "Id": shown["Id"],
        "Arn": arn("handshake", "transfer_responsibility", shown["Id"]),
        "Parties": [
            {"Id": ORGANIZATION, "Type": "ORGANIZATION"},
            {"Id": STRANGER, "Type": "ACCOUNT"},
        ],
        "State": "REQUESTED",
        "RequestedTimestamp": NOW,
        "ExpirationTimestamp": expires,
        "Action": "TRANSFER_RESPONSIBILITY",
        "Resources": [
            {
                "Type": "ORGANIZATION",
                "Value": ORGANIZATION,
                "Resources": [
                    {"Type": "MANAGEMENT_ACCOUNT", "Value": MANAGEMENT},
                    {"Type": "MANAGEMENT_EMAIL", "Value": "first@example.com"},
                    {"Type": "MANAGEMENT_NAME", "Value": "first"},
                ],
            },
            {"Type": "ACCOUNT", "Value": STRANGER},
            {"Type": "RESPONSIBILITY_TRANSFER", "Value": made.id},
            {"Type": "TRANSFER_TYPE", "Value": "BILLING"},
            {"Type": "TRANSFER_START_TIMESTAMP", "Value": "2026-02-01T00:00:00Z"},
            {"Type": "NOTES", "Value": "we pay"},
        ],
    }
    assert made == ResponsibilityTransfer(
        account=ORGANIZATION,
        id=made.id,
        type="BILLING",
        name="their bill",
        serial=record.made + 2,
        handshake=shown["Id"],
        status="REQUESTED",
        invited=STRANGER,
        requested=NOW,
        start=start,
        expires=expires,
        tags=tags(Team="a"),
    )
    assert known.gone == {record}
    assert known.new == {
        made,
        replace(record, made=record.made + 2),
        known.organization.of(Handshake).get(shown["Id"]),
    }


def test_an_offer_is_good_until_a_day_before_it_begins(known) -> None:
    now = int(FEBRUARY.timestamp()) - 3 * DAY

    assert invite(known, now=now)["ExpirationTimestamp"] == now + 2 * DAY


@pytest.mark.parametrize(
    ("start", "reason", "words"),
    [
        (
            FEBRUARY + timedelta(milliseconds=1),
            "START_DATE_NOT_BEGINNING_OF_DAY",
            "The start date must be the beginning of the day (00:00:00.000).",
        ),
        (
            datetime(2026, 2, 1, tzinfo=timezone(timedelta(hours=1))),
            "START_DATE_NOT_BEGINNING_OF_DAY",
            "The start date must be the beginning of the day (00:00:00.000).",
        ),
        (
            FEBRUARY + timedelta(days=1),
            "START_DATE_NOT_BEGINNING_OF_MONTH",
            "The start date must be the first day of the month.",
        ),
        (datetime(2026, 1, 1, tzinfo=UTC), "START_DATE_TOO_EARLY", "The start date is too early."),
        (datetime(2027, 2, 1, tzinfo=UTC), "START_DATE_TOO_LATE", "The start date is too late."),
    ],
)
def test_a_transfer_begins_on_the_first_of_a_month_within_a_year(
    known, start, reason, words
) -> None:
    with invalid(reason, words):
        invite(known, start=start)


def test_a_day_has_to_be_left_to_accept(known) -> None:
    last = int(FEBRUARY.timestamp()) - DAY

    with invalid("START_DATE_TOO_EARLY", "The start date is too early."):
        invite(known, now=last)
    assert invite(known, now=last - 1)["ExpirationTimestamp"] == last


@pytest.mark.parametrize(
    ("target", "kind", "reason", "words"),
    [
        (
            ELSEWHERE,
            "ORGANIZATION",
            "INVALID_PARTY_TYPE_TARGET",
            "You can invite an ACCOUNT or an EMAIL.",
        ),
        ("12", "ACCOUNT", "INVALID_PATTERN", "An account id has twelve digits."),
        ("a@b", "EMAIL", "INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address."),
    ],
)
def test_what_can_be_nobodys_account_is_offered_nothing(known, target, kind, reason, words) -> None:
    with invalid(reason, words):
        invite(known, target, kind)


@pytest.mark.parametrize(
    ("target", "kind"), [(MANAGEMENT, "ACCOUNT"), ("First@Example.com", "EMAIL")]
)
def test_an_organization_does_not_take_over_its_own_bill(known, target, kind) -> None:
    with refuses(
        "HandshakeConstraintViolation",
        "An account cannot be both the sender and the recipient of a transfer.",
        "SOURCE_AND_TARGET_CANNOT_MATCH",
    ):
        invite(known, target, kind)


@pytest.mark.parametrize("more", [{}, {"status": "WITHDRAWN", "end": NOW}])
@pytest.mark.parametrize(("target", "kind"), [(STRANGER, "ACCOUNT"), ("5555@Example.com", "EMAIL")])
def test_what_was_handed_over_is_not_asked_for_again(known, more, target, kind) -> None:
    offer(known, **more)

    with refuses(
        "HandshakeConstraintViolation",
        "There is such a transfer already.",
        "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
    ):
        invite(known, target, kind)


def test_what_is_over_may_be_asked_for_again(known) -> None:
    offer(known, status="WITHDRAWN", end=NOW - 1)

    assert invite(known)["State"] == "REQUESTED"


def test_what_is_offered_is_not_offered_twice(known) -> None:
    open_offer(known)

    with refuses(
        "DuplicateHandshake", "A handshake with the same action and target already exists."
    ):
        invite(known)
    assert invite(known, now=NOW + DAY)["State"] == "REQUESTED"


def test_so_many_offers_are_made_within_a_day(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "HANDSHAKES_PER_DAY_MIN", 1)
    known.settings = OrganizationSettings(accounts_max=1)
    known.handshake("one", target=THIRD, requested=NOW, state="DECLINED", ended=NOW)

    with refuses(
        "HandshakeConstraintViolation",
        "You have sent as many handshakes as may be sent in one day.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED",
    ):
        invite(known)


def test_so_many_transfers_and_offers_come_in(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "TRANSFERS_INBOUND_MAX", 2)
    offer(known, "force", source=SECOND, source_organization="o-someother0")
    open_offer(known, "open", invited=THIRD)
    offer(known, "over", status="WITHDRAWN", end=NOW - 1)
    open_offer(known, "late", invited=MEMBER, expires=NOW)

    with constraint(
        "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION",
        "An organization has at most 2 inbound transfers.",
    ):
        invite(known)
    monkeypatch.setattr(quotas, "TRANSFERS_INBOUND_MAX", 3)
    assert invite(known)["State"] == "REQUESTED"


def test_tags_that_cannot_be_refuse_an_offer(known) -> None:
    with invalid("DUPLICATE_TAG_KEY", "You specified a tag key more than once."):
        invite(known, Tags=[*passed(Team="a"), *passed(team="b")])


def test_who_accepts_hands_over_the_bill_and_nothing_else(known) -> None:
    offered = open_offer(known)
    handshake = known.organization.of(Handshake).get("h-offered000")
    shown = accept(known)

    assert shown["State"] == "ACCEPTED"
    assert known.gone == {offered, handshake}
    assert known.new == {
        replace(
            offered, status="ACCEPTED", ended=NOW, source=STRANGER, source_organization=ELSEWHERE
        ),
        replace(handshake, state="ACCEPTED", ended=NOW),
    }


def test_who_is_the_management_account_of_no_organization_accepts_nothing(known) -> None:
    known.member(SECOND, of=ELSEWHERE)
    known.standalone(THIRD)
    open_offer(known, "member", invited=SECOND)
    open_offer(known, "alone", invited=THIRD)

    with refuses("AccessDenied", NOT_YOURS):
        accept(known, SECOND, name="member")
    with refuses("AWSOrganizationsNotInUse", "Your account is not a member of an organization."):
        accept(known, THIRD, name="alone")


def test_a_bill_goes_to_one_organization(known) -> None:
    known.standalone(THIRD)
    known.organize(THIRD, "o-third00000", "r-thrd")
    offer(known, "first", of="o-third00000")
    open_offer(known)

    with constraint(
        "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION",
        "An organization has at most one outbound transfer.",
    ):
        accept(known)


def test_a_transfer_that_is_over_when_the_next_begins_is_not_in_its_way(known) -> None:
    known.standalone(THIRD)
    known.organize(THIRD, "o-third00000", "r-thrd")
    offer(known, "first", of="o-third00000", status="WITHDRAWN", end=NOW + 2 * DAY - 1)
    open_offer(known)

    assert accept(known)["State"] == "ACCEPTED"


def test_bills_do_not_go_in_a_circle(known) -> None:
    offer(
        known,
        "back",
        of=ELSEWHERE,
        invited=MANAGEMENT,
        source=MANAGEMENT,
        source_organization=ORGANIZATION,
    )
    open_offer(known)

    with constraint(
        "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
        f"A chain has at most {quotas.TRANSFER_CHAIN_MAX} transfers.",
    ):
        accept(known)


def test_a_member_offers_nothing(known) -> None:
    known.member(MEMBER)

    with refuses("AccessDenied", NOT_YOURS):
        invite(known, caller=known.root(MEMBER))
