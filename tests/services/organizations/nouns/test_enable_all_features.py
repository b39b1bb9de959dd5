"""Enabling all features: which accounts are asked, what each answer does, and the result."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    SCP,
    SECOND,
    THIRD,
    Organized,
    arn,
    refuses,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import INVITED
from daypass.services.organizations import accounts
from daypass.services.organizations.handshakes import enable_all_features, handshake_lifecycle

SERVICE_ROLE = "AWSServiceRoleForOrganizations"
ENABLE, APPROVE = "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"


@pytest.fixture
def known():
    return Organized(features="CONSOLIDATED_BILLING")


def begin(known, *, now=NOW):
    return known.call(enable_all_features.enable_all_features, now=now)["Handshake"]


def sent(known, target):
    """Return the last handshake that an account received."""
    found = [each for each in known.organization.of(Handshake) if each.target == target]
    return max(found, key=lambda each: each.serial)


def first(known):
    return next(each for each in known.organization.of(Handshake) if not each.target)


def accept(known, handshake, account, *, now=NOW):
    return known.call(
        handshake_lifecycle.accept_handshake, known.root(account), now=now, HandshakeId=handshake.id
    )["Handshake"]


def states(known):
    return {each.target or "all": each.state for each in known.organization.of(Handshake)}


def test_where_nobody_has_to_be_asked_all_features_are_there_at_once(known) -> None:
    known.member(MEMBER, method="CREATED")
    known.unit("team")
    before = known.record
    shown = begin(known)

    made = known.organization.of(Handshake).get(shown["Id"])
    assert shown == {
        "Id": made.id,
        "Arn": arn("handshake", "enable_all_features", made.id),
        "Parties": [{"Id": ORGANIZATION, "Type": "ORGANIZATION"}],
        "State": "ACCEPTED",
        "RequestedTimestamp": NOW,
        "ExpirationTimestamp": NOW + 90 * DAY,
        "Action": ENABLE,
        "Resources": [{"Type": "ORGANIZATION", "Value": ORGANIZATION}],
    }
    assert made.ended == NOW
    assert known.record == replace(
        before,
        features="ALL",
        policy_types=(SCP,),
        attached=(FULL,),
        made=before.made + 1,
        instance=known.record.instance,
    )
    instance = known.directory.instance(known.record.instance).record
    assert (instance.owner, instance.organization) == (MANAGEMENT, ORGANIZATION)
    assert known.directory.identity_store(instance.store).record.instance == instance.id
    assert [each.attached for each in known.organization.nodes()] == [(FULL,)] * 4
    roles = [each for each in known.new if isinstance(each, Role)]
    assert {(each.account, each.name) for each in roles} == {
        (account, name)
        for account in (MANAGEMENT, MEMBER)
        for name in (SERVICE_ROLE, "AWSServiceRoleForSSO")
    }


@pytest.mark.parametrize("name", [SERVICE_ROLE, "AWSServiceRoleForSSO"])
def test_the_role_of_a_service_is_made_once(known, name) -> None:
    known.put(
        Role(
            account=MANAGEMENT,
            name=name.upper(),
            unique_id="AROAOLD",
            created=1,
            trust='{"Statement":[]}',
        )
    )
    begin(known)

    roles = [each.name for each in known.new if isinstance(each, Role)]
    assert roles == [({SERVICE_ROLE, "AWSServiceRoleForSSO"} - {name}).pop()]


def test_every_invited_account_that_works_is_asked_and_nothing_is_there_yet(known) -> None:
    known.member(MEMBER, method=INVITED)
    known.member(SECOND, method="CREATED")
    known.member(THIRD, method=INVITED, closed=NOW - 1)
    before = known.record
    shown = begin(known)

    assert shown["State"] == "REQUESTED"
    asked = sent(known, MEMBER)
    assert asked == Handshake(
        account=ORGANIZATION,
        id=asked.id,
        action=ENABLE,
        state="REQUESTED",
        target=MEMBER,
        serial=before.made + 2,
        requested=NOW,
        expires=NOW + 90 * DAY,
        parent=shown["Id"],
    )
    assert states(known) == {"all": "REQUESTED", MEMBER: "REQUESTED"}
    assert known.gone == {before}
    assert known.new == {replace(before, made=before.made + 2), *known.organization.of(Handshake)}


def test_open_invitations_are_taken_back_and_old_ones_forgotten(known) -> None:
    known.member(MEMBER, method=INVITED)
    known.handshake("open")
    accepted = known.handshake("accepted", state="ACCEPTED", ended=NOW - 1)
    known.handshake("old", state="ACCEPTED", ended=NOW - quotas.FINISHED_HANDSHAKE_SECONDS)
    begin(known)

    found = known.organization.of(Handshake)
    assert (found.get("h-open000000").state, found.get("h-open000000").ended) == ("CANCELED", NOW)
    assert found.get(accepted.id) == accepted
    assert "h-old0000000" not in found


def test_all_features_are_not_enabled_twice() -> None:
    with refuses(
        "HandshakeConstraintViolation",
        "The organization has all features already.",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
    ):
        begin(Organized())


def test_while_accounts_are_asked_they_are_not_asked_again_until_it_has_expired(known) -> None:
    known.member(MEMBER, method=INVITED)
    begin(known)

    with refuses(
        "HandshakeConstraintViolation",
        "The organization has already started the process to enable all features.",
        "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
    ):
        begin(known, now=NOW + 90 * DAY - 1)
    assert begin(known, now=NOW + 90 * DAY)["State"] == "REQUESTED"


def test_an_account_that_agrees_ends_its_own_question(known) -> None:
    known.member(MEMBER, method=INVITED)
    known.member(SECOND, method=INVITED)
    begin(known)
    asked = sent(known, MEMBER)
    shown = accept(known, asked, MEMBER)

    assert (shown["Id"], shown["State"]) == (asked.id, "ACCEPTED")
    assert (known.gone, known.new) == ({asked}, {replace(asked, state="ACCEPTED", ended=NOW)})
    assert known.record.features == "CONSOLIDATED_BILLING"


def test_when_the_last_has_agreed_the_management_account_is_asked(known) -> None:
    known.member(MEMBER, method=INVITED)
    known.member(SECOND, method=INVITED)
    begin(known)
    accept(known, sent(known, MEMBER), MEMBER)
    accept(known, sent(known, SECOND), SECOND)

    last = sent(known, MANAGEMENT)
    assert (last.action, last.state, last.parent) == (APPROVE, "OPEN", first(known).id)
    assert last.expires == first(known).expires
    assert states(known) == {
        "all": "OPEN",
        MEMBER: "ACCEPTED",
        SECOND: "ACCEPTED",
        MANAGEMENT: "OPEN",
    }
    assert known.record.features == "CONSOLIDATED_BILLING"


@pytest.mark.parametrize("which", ["first", "last"])
def test_the_management_account_accepts_either_and_all_features_are_there(known, which) -> None:
    known.member(MEMBER, method=INVITED)
    begin(known)
    accept(known, sent(known, MEMBER), MEMBER)
    accept(known, first(known) if which == "first" else sent(known, MANAGEMENT), MANAGEMENT)

    assert set(states(known).values()) == {"ACCEPTED"}
    assert (known.record.features, known.record.policy_types) == ("ALL", (SCP,))
    assert known.organization.node(MEMBER).attached == (FULL,)
    assert known.directory.account(MEMBER).of(Role).find(SERVICE_ROLE)


def test_the_management_account_does_not_accept_before_all_have_agreed(known) -> None:
    known.member(MEMBER, method=INVITED)
    begin(known)

    with refuses(
        "InvalidHandshakeTransition", "A handshake in the state REQUESTED cannot become ACCEPTED."
    ):
        accept(known, first(known), MANAGEMENT)


def test_an_account_that_declines_ends_its_own_question_alone(known) -> None:
    known.member(MEMBER, method=INVITED)
    known.member(SECOND, method=INVITED)
    begin(known)
    known.call(
        handshake_lifecycle.decline_handshake,
        known.root(MEMBER),
        HandshakeId=sent(known, MEMBER).id,
    )
    accept(known, sent(known, SECOND), SECOND)

    assert states(known) == {"all": "REQUESTED", MEMBER: "DECLINED", SECOND: "ACCEPTED"}


def test_what_the_organization_began_is_taken_back_as_a_whole(known) -> None:
    for account in (MEMBER, SECOND, THIRD):
        known.member(account, method=INVITED)
    begin(known)
    accept(known, sent(known, MEMBER), MEMBER)
    known.call(
        handshake_lifecycle.decline_handshake,
        known.root(SECOND),
        HandshakeId=sent(known, SECOND).id,
    )
    known.call(handshake_lifecycle.cancel_handshake, HandshakeId=first(known).id)

    assert states(known) == {
        "all": "CANCELED",
        MEMBER: "ACCEPTED",
        SECOND: "DECLINED",
        THIRD: "CANCELED",
    }
    assert begin(known)["State"] == "REQUESTED"


def removed(known, account):
    known.call(accounts.remove_account_from_organization, AccountId=account)


@pytest.mark.parametrize("answer", ["none", "declined"])
def test_nobody_waits_for_an_account_that_has_left(known, answer) -> None:
    known.member(MEMBER, method=INVITED)
    known.member(SECOND, method=INVITED)
    begin(known)
    accept(known, sent(known, SECOND), SECOND)
    if answer == "declined":
        known.call(
            handshake_lifecycle.decline_handshake,
            known.root(MEMBER),
            HandshakeId=sent(known, MEMBER).id,
        )
    removed(known, MEMBER)

    assert states(known) == {
        "all": "OPEN",
        MEMBER: "CANCELED" if answer == "none" else "DECLINED",
        SECOND: "ACCEPTED",
        MANAGEMENT: "OPEN",
    }


def test_an_account_that_was_never_asked_changes_nothing_by_leaving(known) -> None:
    known.member(MEMBER, method=INVITED)
    known.member(SECOND, method="CREATED")
    begin(known)
    removed(known, SECOND)

    assert states(known) == {"all": "REQUESTED", MEMBER: "REQUESTED"}


def test_others_are_still_waited_for_when_one_leaves(known) -> None:
    known.member(MEMBER, method=INVITED)
    known.member(SECOND, method=INVITED)
    begin(known)
    removed(known, SECOND)

    assert states(known) == {"all": "REQUESTED", MEMBER: "REQUESTED", SECOND: "CANCELED"}


def test_a_member_enables_nothing(known) -> None:
    known.member(MEMBER)

    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.call(enable_all_features.enable_all_features, known.root(MEMBER))
