"""Transfers of responsibility: offered, accepted, shown to either side, renamed and withdrawn."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    PREFIX,
    SECOND,
    STRANGER,
    THIRD,
    Organized,
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
from daypass.core.organizations.settings import OrganizationLimits
from daypass.services.organizations.handshakes import handshake_lifecycle, transfers

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
OFFERED = "rt-offered0"
MISSING = "We can't find a transfer with the id that you specified."
NOT_YOURS = "You don't have permissions to access this resource."
END_OF_JANUARY = int(FEBRUARY.timestamp()) - 1


@pytest.fixture
def known():
    """Return a snapshot with two organizations; one asks the other for its bill."""
    found = Organized()
    found.elsewhere()
    return found


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


def offer(known, name="offered", *, of=ORGANIZATION, invited=STRANGER, serial=9, **more):
    """Put a transfer, in force between the two organizations unless the fields say otherwise."""
    handshake = f"h-{name:0<10}"
    more = {
        "status": "ACCEPTED",
        "requested": NOW - DAY,
        "start": NOW - 1,
        "expires": NOW - 1,
        "ended": NOW - DAY,
    } | more
    if more["status"] in {"ACCEPTED", "WITHDRAWN"}:
        more = {"source": STRANGER, "source_organization": ELSEWHERE} | more
    return known.put(
        ResponsibilityTransfer(
            account=of,
            id=f"rt-{name:0<8}",
            type="BILLING",
            name=name,
            serial=serial,
            handshake=handshake,
            invited=invited,
            **more,
        )
    )


def open_offer(
    known,
    name="offered",
    *,
    of=ORGANIZATION,
    invited=STRANGER,
    is_email=False,
    expires=NOW + DAY,
    **more,
):
    """Put an unanswered offer with its handshake."""
    known.handshake(
        name,
        of=of,
        target=invited,
        is_email=is_email,
        action="TRANSFER_RESPONSIBILITY",
        state="REQUESTED",
        expires=expires,
    )
    more = {"start": NOW + 2 * DAY} | more
    return offer(
        known,
        name,
        of=of,
        invited=invited,
        is_email=is_email,
        status="REQUESTED",
        expires=expires,
        ended=0,
        **more,
    )


def accept(known, account=STRANGER, *, name="offered", now=NOW):
    return known.call(
        handshake_lifecycle.accept_handshake,
        known.root(account),
        now=now,
        HandshakeId=f"h-{name:0<10}",
    )["Handshake"]


def described(known, account=MANAGEMENT, *, now=NOW, identifier=OFFERED):
    return known.call(
        transfers.describe_responsibility_transfer, known.root(account), now=now, Id=identifier
    )["ResponsibilityTransfer"]


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
    known.settings = OrganizationLimits(accounts_max=1)
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


@pytest.mark.parametrize(
    ("operation", "account", "state"),
    [
        (handshake_lifecycle.cancel_handshake, MANAGEMENT, "CANCELED"),
        (handshake_lifecycle.decline_handshake, STRANGER, "DECLINED"),
    ],
)
def test_an_offer_that_came_to_nothing_ends_with_its_handshake(
    known, operation, account, state
) -> None:
    offered = open_offer(known)
    known.call(operation, known.root(account), HandshakeId="h-offered000")

    assert known.organization.of(ResponsibilityTransfer).get(OFFERED) == replace(
        offered, status=state, ended=NOW
    )
    assert described(known, account)["Status"] == state


def participant(account, email):
    return {"ManagementAccountId": account, "ManagementAccountEmail": email}


def test_either_side_sees_a_transfer_and_one_its_name(known) -> None:
    offer(known, "offered")
    common = {
        "Id": OFFERED,
        "Type": "BILLING",
        "Status": "ACCEPTED",
        "Source": participant(STRANGER, "5555@example.com"),
        "Target": participant(MANAGEMENT, "first@example.com"),
        "StartTimestamp": NOW - 1,
        "ActiveHandshakeId": "h-offered000",
    }

    inbound = f"{PREFIX}:transfer/{ORGANIZATION}/billing/inbound/{OFFERED}"
    outbound = f"arn:aws:organizations::{STRANGER}:transfer/{ELSEWHERE}/billing/outbound/{OFFERED}"
    assert described(known) == {**common, "Arn": inbound, "Name": "offered"}
    assert described(known, STRANGER) == {**common, "Arn": outbound}


def test_a_withdrawn_transfer_is_shown_with_its_end(known) -> None:
    offer(known, status="WITHDRAWN", end=NOW + 5)

    assert (described(known)["Status"], described(known)["EndTimestamp"]) == ("WITHDRAWN", NOW + 5)


@pytest.mark.parametrize(
    ("invited", "is_email", "source"),
    [
        (STRANGER, False, {"ManagementAccountId": STRANGER}),
        ("5555@Example.com", True, {"ManagementAccountEmail": "5555@Example.com"}),
    ],
)
def test_before_it_is_accepted_a_transfer_tells_whom_it_was_offered_and_no_more(
    known, invited, is_email, source
) -> None:
    open_offer(known, invited=invited, is_email=is_email)

    assert described(known)["Source"] == described(known, STRANGER)["Source"] == source


def test_an_offer_that_nobody_answers_expires_and_vanishes_thirty_days_later(known) -> None:
    open_offer(known, expires=NOW + 5)
    gone = NOW + 5 + quotas.FINISHED_HANDSHAKE_SECONDS

    assert described(known, now=NOW + 4)["Status"] == "REQUESTED"
    assert described(known, now=NOW + 5)["Status"] == "EXPIRED"
    assert described(known, now=gone - 1)["Status"] == "EXPIRED"
    with refuses("ResponsibilityTransferNotFound", MISSING):
        described(known, now=gone)


def renamed(known, account=MANAGEMENT, identifier=OFFERED, name="new"):
    return known.call(
        transfers.update_responsibility_transfer, known.root(account), Id=identifier, Name=name
    )["ResponsibilityTransfer"]


def withdrawn(known, account=MANAGEMENT, identifier=OFFERED, *, now=NOW, **more):
    return known.call(
        transfers.terminate_responsibility_transfer,
        known.root(account),
        now=now,
        Id=identifier,
        **more,
    )["ResponsibilityTransfer"]


@pytest.mark.parametrize("act", [described, renamed, withdrawn])
def test_to_others_it_is_as_if_a_transfer_did_not_exist(known, act) -> None:
    known.standalone(THIRD)
    known.organize(THIRD, "o-third00000", "r-thrd")
    offer(known)

    with refuses("ResponsibilityTransferNotFound", MISSING):
        act(known, THIRD)
    with refuses("ResponsibilityTransferNotFound", MISSING):
        act(known, identifier="rt-missing0")


@pytest.mark.parametrize("act", [described, renamed, withdrawn])
def test_a_plain_member_has_no_part_in_transfers(known, act) -> None:
    known.member(MEMBER)
    offer(known)

    with refuses("AccessDenied", NOT_YOURS):
        act(known, MEMBER)


def test_a_new_name_leaves_everything_else(known) -> None:
    offered = offer(known, tags=tags(Team="a"))

    assert renamed(known)["Name"] == "new"
    assert (known.gone, known.new) == ({offered}, {replace(offered, name="new")})


def test_an_offer_may_be_renamed_too(known) -> None:
    open_offer(known)

    assert renamed(known)["Name"] == "new"


def test_the_name_is_of_the_side_that_gave_it(known) -> None:
    offer(known)

    with refuses("AccessDenied", NOT_YOURS):
        renamed(known, STRANGER)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "WITHDRAWN", "end": NOW + 1},
        {"status": "CANCELED"},
        {"status": "DECLINED"},
        {"status": "REQUESTED", "expires": NOW, "ended": 0},
    ],
)
def test_what_is_over_keeps_its_name(known, more) -> None:
    offer(known, **more)

    with constraint(
        "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED",
        "The transfer is no longer active and cannot be changed.",
    ):
        renamed(known)


@pytest.mark.parametrize("account", [MANAGEMENT, STRANGER])
def test_either_side_withdraws_at_the_end_of_the_month(known, account) -> None:
    offered = offer(known)
    shown = withdrawn(known, account)

    assert (shown["Status"], shown["EndTimestamp"]) == ("WITHDRAWN", END_OF_JANUARY)
    assert (known.gone, known.new) == (
        {offered},
        {replace(offered, status="WITHDRAWN", end=END_OF_JANUARY)},
    )


def test_the_end_may_be_that_of_a_later_month(known) -> None:
    offer(known)
    end = datetime(2026, 6, 30, 23, 59, 59, 999_000, tzinfo=UTC)

    assert withdrawn(known, EndTimestamp=end)["EndTimestamp"] == int(end.timestamp())


@pytest.mark.parametrize(
    ("end", "reason", "words"),
    [
        (
            datetime(2026, 6, 30, tzinfo=UTC),
            "END_DATE_NOT_END_OF_MONTH",
            "The end date must be the end of the last day of the month (23:59:59.999).",
        ),
        (
            datetime(2026, 6, 29, 23, 59, 59, tzinfo=UTC),
            "END_DATE_NOT_END_OF_MONTH",
            "The end date must be the end of the last day of the month (23:59:59.999).",
        ),
        (
            datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
            "END_DATE_TOO_EARLY",
            "The end date is too early.",
        ),
        (
            datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC),
            "END_DATE_TOO_LATE",
            "The end date is too late.",
        ),
    ],
)
def test_a_transfer_ends_with_a_month_within_a_year(known, end, reason, words) -> None:
    offer(known)

    with invalid(reason, words):
        withdrawn(known, EndTimestamp=end)


def test_a_transfer_is_withdrawn_once(known) -> None:
    offer(known, status="WITHDRAWN", end=NOW + 1)

    with refuses("ResponsibilityTransferAlreadyInStatus", "The transfer is already withdrawn."):
        withdrawn(known)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"status": "REQUESTED", "expires": NOW + 1, "ended": 0}, "REQUESTED"),
        ({"status": "REQUESTED", "expires": NOW, "ended": 0}, "EXPIRED"),
        ({"status": "DECLINED"}, "DECLINED"),
        ({"status": "CANCELED"}, "CANCELED"),
    ],
)
def test_what_was_never_accepted_is_not_withdrawn(known, more, status) -> None:
    offer(known, **more)

    with refuses(
        "InvalidResponsibilityTransferTransition",
        f"A transfer in the status {status} cannot be withdrawn.",
    ):
        withdrawn(known)


def inbound(known, account=MANAGEMENT, **more):
    found = known.call(
        transfers.list_inbound_responsibility_transfers, known.root(account), Type="BILLING", **more
    )
    return [each["Id"] for each in found["ResponsibilityTransfers"]]


def outbound(known, account=MANAGEMENT):
    found = known.call(
        transfers.list_outbound_responsibility_transfers, known.root(account), Type="BILLING"
    )
    return [each["Id"] for each in found["ResponsibilityTransfers"]]


def test_each_side_lists_what_it_has_taken_over_and_handed_over(known) -> None:
    offer(known, "two", serial=3)
    open_offer(known, "one", serial=4, invited=THIRD)
    offer(known, "old", serial=5, status="CANCELED", ended=NOW - quotas.FINISHED_HANDSHAKE_SECONDS)
    open_offer(known, "late", of=ELSEWHERE, invited=MANAGEMENT, requested=NOW)
    open_offer(
        known, "early", of=ELSEWHERE, invited="First@example.com", is_email=True, requested=NOW - 5
    )

    assert inbound(known) == ["rt-two00000", "rt-one00000"]
    assert outbound(known) == ["rt-early000", "rt-late0000"]
    assert sorted(inbound(known, STRANGER)) == ["rt-early000", "rt-late0000"]
    assert outbound(known, STRANGER) == ["rt-two00000"]


def test_one_inbound_transfer_is_listed_by_its_id(known) -> None:
    offer(known)
    offer(
        known, "other", serial=10, source=THIRD, source_organization="o-third00000", invited=THIRD
    )

    assert inbound(known, Id=OFFERED) == [OFFERED]
    for identifier, account in (("rt-missing0", MANAGEMENT), (OFFERED, STRANGER)):
        with refuses("ResponsibilityTransferNotFound", MISSING):
            inbound(known, account, Id=identifier)


def test_where_there_are_no_transfers_none_are_listed(known) -> None:
    assert (inbound(known), outbound(known)) == ([], [])


def test_a_members_organization_lists_nothing_to_it(known) -> None:
    known.member(MEMBER)

    for listed in (inbound, outbound):
        with refuses("AccessDenied", NOT_YOURS):
            listed(known, MEMBER)


def test_a_member_offers_nothing(known) -> None:
    known.member(MEMBER)

    with refuses("AccessDenied", NOT_YOURS):
        invite(known, caller=known.root(MEMBER))
