"""Transfers of responsibility: described, renamed, withdrawn and listed by either side."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from tests.services.organizations.nouns.transfer_records import (
    END_OF_JANUARY,
    MISSING,
    NOT_YOURS,
    OFFERED,
    offer,
    open_offer,
    two_organizations,
)
from tests.services.organizations.organized import (
    ELSEWHERE,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    PREFIX,
    STRANGER,
    THIRD,
    constraint,
    invalid,
    refuses,
    tags,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.services.organizations.handshakes import handshake_lifecycle, transfers


@pytest.fixture
def known():
    return two_organizations()


def described(known, account=MANAGEMENT, *, now=NOW, identifier=OFFERED):
    return known.call(
        transfers.describe_responsibility_transfer, known.root(account), now=now, Id=identifier
    )["ResponsibilityTransfer"]


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
