"""Invitations: sent, refused, and how many there may be."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    STRANGER,
    THIRD,
    Organized,
    arn,
    handshake_constraint,
    invalid,
    passed,
    refuses,
    tags,
    too_many_accounts,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.organizations.settings import OrganizationSettings
from daypass.services.organizations.handshakes import handshake_lifecycle

NOT_YOURS = "You don't have permissions to access this resource."


@pytest.fixture
def known():
    found = Organized()
    found.standalone(STRANGER)
    return found


def invite(known, target=STRANGER, kind="ACCOUNT", *, caller=None, now=NOW, **more):
    return known.call(
        handshake_lifecycle.invite_account_to_organization,
        caller,
        now=now,
        Target={"Id": target, "Type": kind},
        **more,
    )["Handshake"]


def test_an_invitation_is_open_for_fifteen_days_and_changes_nothing_else(known) -> None:
    before = known.record
    shown = invite(known, Notes="come in", Tags=passed(Team="a"))

    assert shown == {
        "Id": shown["Id"],
        "Arn": arn("handshake", "invite", shown["Id"]),
        "Parties": [
            {"Id": ORGANIZATION, "Type": "ORGANIZATION"},
            {"Id": STRANGER, "Type": "ACCOUNT"},
        ],
        "State": "OPEN",
        "RequestedTimestamp": NOW,
        "ExpirationTimestamp": NOW + 15 * DAY,
        "Action": "INVITE",
        "Resources": [
            {
                "Type": "ORGANIZATION",
                "Value": ORGANIZATION,
                "Resources": [
                    {"Type": "MASTER_EMAIL", "Value": "first@example.com"},
                    {"Type": "MASTER_NAME", "Value": "first"},
                    {"Type": "ORGANIZATION_FEATURE_SET", "Value": "ALL"},
                ],
            },
            {"Type": "ACCOUNT", "Value": STRANGER},
            {"Type": "NOTES", "Value": "come in"},
        ],
    }
    made = Handshake(
        account=ORGANIZATION,
        id=shown["Id"],
        action="INVITE",
        state="OPEN",
        target=STRANGER,
        serial=2,
        requested=NOW,
        expires=NOW + 15 * DAY,
        notes="come in",
        tags=tags(Team="a"),
    )
    assert known.gone == {before}
    assert known.new == {made, replace(before, made=2)}


def test_an_address_that_nobody_has_is_invited_like_any_other(known) -> None:
    shown = invite(known, "nobody@example.com", "EMAIL")

    assert shown["Parties"][1] == {"Id": "nobody@example.com", "Type": "EMAIL"}
    assert {"Type": "EMAIL", "Value": "nobody@example.com"} in shown["Resources"]
    assert invite(known, "999988887777")["State"] == "OPEN"


def test_a_member_is_not_invited_by_number_nor_by_address(known) -> None:
    known.member(MEMBER)

    for target, kind in (
        (MEMBER, "ACCOUNT"),
        ("2222@EXAMPLE.com", "EMAIL"),
        (MANAGEMENT, "ACCOUNT"),
    ):
        with handshake_constraint(
            "ALREADY_IN_AN_ORGANIZATION", "The account is already a member of the organization."
        ):
            invite(known, target, kind)


def test_an_account_of_another_organization_may_be_invited(known) -> None:
    known.elsewhere()
    known.member(THIRD, of=ELSEWHERE)

    assert invite(known, THIRD)["State"] == "OPEN"


@pytest.mark.parametrize(
    ("target", "kind", "reason", "words"),
    [
        (
            ORGANIZATION,
            "ORGANIZATION",
            "INVALID_PARTY_TYPE_TARGET",
            "You can invite an ACCOUNT or an EMAIL.",
        ),
        ("11112222333", "ACCOUNT", "INVALID_PATTERN", "An account id has twelve digits."),
        ("1111222233334", "ACCOUNT", "INVALID_PATTERN", "An account id has twelve digits."),
        ("a@example.com", "ACCOUNT", "INVALID_PATTERN", "An account id has twelve digits."),
        (
            STRANGER,
            "EMAIL",
            "INVALID_EMAIL_ADDRESS_TARGET",
            "You specified an invalid email address.",
        ),
        (
            "a@example",
            "EMAIL",
            "INVALID_EMAIL_ADDRESS_TARGET",
            "You specified an invalid email address.",
        ),
    ],
)
def test_what_can_be_nobodys_account_is_not_invited(known, target, kind, reason, words) -> None:
    with invalid(reason, words):
        invite(known, target, kind)


def test_one_account_is_not_invited_twice_while_the_first_is_open(known) -> None:
    known.handshake("email", target="Someone@example.com", is_email=True)
    known.handshake("open")

    for target, kind in ((STRANGER, "ACCOUNT"), ("someone@EXAMPLE.com", "EMAIL")):
        with refuses(
            "DuplicateHandshake", "A handshake with the same action and target already exists."
        ):
            invite(known, target, kind)
    # Whether an address is an account's is not told: the same account may be invited by both.
    assert invite(known, "5555@example.com", "EMAIL")["State"] == "OPEN"


@pytest.mark.parametrize(
    "more",
    [
        {"expires": NOW},
        {"state": "DECLINED", "ended": NOW - 1},
        {"state": "CANCELED", "ended": NOW - 1},
        {"action": "TRANSFER_RESPONSIBILITY"},
    ],
)
def test_what_is_over_or_about_something_else_is_no_first_invitation(known, more) -> None:
    known.handshake("other", **more)

    assert invite(known)["State"] == "OPEN"


def test_nobody_is_invited_while_all_features_are_awaited() -> None:
    known = Organized(features="CONSOLIDATED_BILLING")
    known.handshake("all", action="ENABLE_ALL_FEATURES", state="REQUESTED", target="")

    with handshake_constraint(
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
        "You can't invite accounts while all features are being enabled.",
    ):
        invite(known)
    assert invite(known, now=NOW + DAY)["State"] == "OPEN"


def test_so_many_are_invited_within_a_day_unless_they_accept(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "HANDSHAKES_PER_DAY_MIN", 2)
    known.settings = OrganizationSettings(accounts_max=3)
    ended = {"state": "CANCELED", "ended": NOW - 1}
    known.handshake("one", requested=NOW - DAY + 1, **ended)
    known.handshake("two", requested=NOW - DAY + 1, action="TRANSFER_RESPONSIBILITY", **ended)
    known.handshake("three", requested=NOW - DAY, **ended)
    known.handshake("four", requested=NOW, state="ACCEPTED", ended=NOW)
    known.handshake("five", requested=NOW, action="ENABLE_ALL_FEATURES", target="", **ended)
    invite(known)

    with handshake_constraint(
        "HANDSHAKE_RATE_LIMIT_EXCEEDED",
        "You have sent as many handshakes as may be sent in one day.",
    ):
        invite(known, THIRD)
    assert invite(known, THIRD, now=NOW + 1)["State"] == "OPEN"


def test_open_invitations_take_room(known) -> None:
    known.settings = OrganizationSettings(accounts_max=3)
    known.member(MEMBER)
    invite(known)

    with too_many_accounts():
        invite(known, THIRD)


def test_an_invitation_sweeps_away_what_nobody_sees_any_more(known) -> None:
    month = quotas.FINISHED_HANDSHAKE_SECONDS
    known.handshake("seen", target=THIRD, state="DECLINED", ended=NOW - month + 1)
    known.handshake("ended", target=THIRD, state="DECLINED", ended=NOW - month)
    known.handshake("late", target=THIRD, expires=NOW - month)
    shown = invite(known)

    assert {each.id for each in known.organization.of(Handshake)} == {"h-seen000000", shown["Id"]}


def test_a_member_invites_nobody(known) -> None:
    known.member(MEMBER)

    with refuses("AccessDenied", NOT_YOURS):
        invite(known, caller=known.root(MEMBER))
