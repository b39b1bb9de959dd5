"""Enabling all features on the wire: who is asked, who agrees, and the result."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.conftest import HARMLESS, SCP, Org, founded, refused
from tests.services.organizations.test_transfers import offer

from daypass.core.domain.organizations.handshake import Handshake

DAY = 24 * 60 * 60


def invited(first, org):
    """Return an account that was invited and has joined."""
    guest = Org(first.live, first.standalone())
    target = {"Id": guest.management, "Type": "ACCOUNT"}
    made = org.o.invite_account_to_organization(Target=target)["Handshake"]
    guest.o.accept_handshake(HandshakeId=made["Id"])
    return guest


def received(account, action):
    """Return the one handshake of an action that an account received and may answer."""
    found = account.o.list_handshakes_for_account(Filter={"ActionType": action})["Handshakes"]
    [made] = [each for each in found if each["State"] in {"REQUESTED", "OPEN"}]
    return made


def agree(account, action="ENABLE_ALL_FEATURES"):
    made = received(account, action)
    return account.o.accept_handshake(HandshakeId=made["Id"])["Handshake"]


def features(org):
    return org.o.describe_organization()["Organization"]["FeatureSet"]


def states(org, **chosen):
    found = org.o.list_handshakes_for_organization(**chosen)["Handshakes"]
    return [(each["Action"], each["State"]) for each in found if each["Action"] != "INVITE"]


def test_without_invited_accounts_all_features_are_there_at_once(billing) -> None:
    member, unit = billing.account(), billing.unit()
    made = billing.o.enable_all_features()["Handshake"]

    assert (made["Action"], made["State"]) == ("ENABLE_ALL_FEATURES", "ACCEPTED")
    assert (
        made["Arn"] == f"{billing.prefix}:handshake/{billing.id}/enable_all_features/{made['Id']}"
    )
    assert made["Parties"] == [{"Id": billing.id, "Type": "ORGANIZATION"}]
    assert made["Resources"] == [{"Type": "ORGANIZATION", "Value": billing.id}]
    assert features(billing) == "ALL"
    assert billing.types() == [SCP]
    for target in (billing.root, unit, member, billing.management):
        assert billing.on(target) == ["FullAWSAccess"]
    for account in (member, billing.management):
        roles = billing.client("iam", account).list_roles()["Roles"]
        assert "AWSServiceRoleForOrganizations" in {each["RoleName"] for each in roles}
    billing.policy(HARMLESS, on=unit)


def test_every_invited_account_is_asked_and_the_management_account_in_the_end(
    first, billing
) -> None:
    one, two = invited(first, billing), invited(first, billing)
    billing.account()
    made = billing.o.enable_all_features()["Handshake"]

    assert made["State"] == "REQUESTED"
    assert (made["ExpirationTimestamp"] - made["RequestedTimestamp"]).total_seconds() == 90 * DAY
    asked = received(one, "ENABLE_ALL_FEATURES")
    assert asked["Parties"] == [
        {"Id": billing.id, "Type": "ORGANIZATION"},
        {"Id": one.management, "Type": "ACCOUNT"},
    ]
    assert {"Type": "PARENT_HANDSHAKE", "Value": made["Id"]} in asked["Resources"]
    assert asked["ExpirationTimestamp"] == made["ExpirationTimestamp"]
    assert len(states(billing, Filter={"ParentHandshakeId": made["Id"]})) == 2

    agree(one)
    assert billing.o.list_handshakes_for_account()["Handshakes"] == []
    agree(two)
    assert features(billing) == "CONSOLIDATED_BILLING"
    last = received(billing, "APPROVE_ALL_FEATURES")
    assert last["State"] == "OPEN"
    assert {"Type": "PARENT_HANDSHAKE", "Value": made["Id"]} in last["Resources"]

    assert agree(billing, "APPROVE_ALL_FEATURES")["State"] == "ACCEPTED"
    assert features(billing) == "ALL"
    assert billing.types() == [SCP]
    assert {state for _, state in states(billing)} == {"ACCEPTED"}
    for account in (one.management, two.management, billing.root):
        assert billing.on(account) == ["FullAWSAccess"]


def test_the_organizations_own_handshake_finishes_too_when_all_have_agreed(first, billing) -> None:
    guest = invited(first, billing)
    made = billing.o.enable_all_features()["Handshake"]
    accept = billing.o.accept_handshake
    refused("InvalidHandshakeTransition", accept, HandshakeId=made["Id"])
    agree(guest)
    shown = billing.o.describe_handshake(HandshakeId=made["Id"])["Handshake"]
    assert shown["State"] == "OPEN"

    assert accept(HandshakeId=made["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert features(billing) == "ALL"
    assert {state for _, state in states(billing)} == {"ACCEPTED"}


def test_nobody_agrees_for_another(first, billing) -> None:
    guest, member = invited(first, billing), billing.account()
    made = billing.o.enable_all_features()["Handshake"]
    asked = received(guest, "ENABLE_ALL_FEATURES")

    refused("AccessDenied", billing.o.accept_handshake, HandshakeId=asked["Id"])
    for call in ("accept_handshake", "describe_handshake"):
        plain = getattr(billing.client(account=member), call)
        refused("HandshakeNotFound", plain, HandshakeId=asked["Id"])
    refused("HandshakeNotFound", guest.o.accept_handshake, HandshakeId=made["Id"])
    agree(guest)
    last = received(billing, "APPROVE_ALL_FEATURES")
    refused("HandshakeNotFound", guest.o.accept_handshake, HandshakeId=last["Id"])


def test_nothing_is_enabled_twice(first, billing) -> None:
    invited(first, billing)
    billing.o.enable_all_features()
    refused(
        "HandshakeConstraintViolation",
        billing.o.enable_all_features,
        "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
    )


def test_an_organization_with_all_features_has_them(org) -> None:
    refused(
        "HandshakeConstraintViolation",
        org.o.enable_all_features,
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
    )
    member = org.client(account=org.account())
    refused("AccessDenied", member.enable_all_features)


def test_open_invitations_are_canceled_and_none_is_sent_meanwhile(first, billing) -> None:
    guest = invited(first, billing)
    invite, target = (
        billing.o.invite_account_to_organization,
        {"Id": "000000000031", "Type": "ACCOUNT"},
    )
    waiting = invite(Target=target)["Handshake"]
    billing.o.enable_all_features()

    shown = billing.o.describe_handshake(HandshakeId=waiting["Id"])["Handshake"]
    assert shown["State"] == "CANCELED"
    refused(
        "HandshakeConstraintViolation",
        invite,
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
        Target=target,
    )
    agree(guest)
    agree(billing, "APPROVE_ALL_FEATURES")
    assert invite(Target=target)["Handshake"]["State"] == "OPEN"


@pytest.mark.parametrize("way", ["leaves", "is removed", "declines and is removed", "moves over"])
def test_nobody_waits_for_an_account_that_is_gone(first, billing, way) -> None:
    staying, going = invited(first, billing), invited(first, billing)
    billing.o.enable_all_features()
    agree(staying)
    if way.startswith("declines"):
        asked = received(going, "ENABLE_ALL_FEATURES")
        going.o.decline_handshake(HandshakeId=asked["Id"])
        assert billing.o.list_handshakes_for_account()["Handshakes"] == []
    if way == "leaves":
        going.o.leave_organization()
    elif way == "moves over":
        target = {"Id": going.management, "Type": "ACCOUNT"}
        made = founded(first).o.invite_account_to_organization(Target=target)["Handshake"]
        going.o.accept_handshake(HandshakeId=made["Id"])
    else:
        billing.o.remove_account_from_organization(AccountId=going.management)

    agree(billing, "APPROVE_ALL_FEATURES")
    assert features(billing) == "ALL"


def test_an_account_that_leaves_while_others_are_waited_for_settles_nothing(first, billing) -> None:
    _, going = invited(first, billing), invited(first, billing)
    billing.o.enable_all_features()
    going.o.leave_organization()

    assert sorted(states(billing)) == [
        ("ENABLE_ALL_FEATURES", "CANCELED"),
        ("ENABLE_ALL_FEATURES", "REQUESTED"),
        ("ENABLE_ALL_FEATURES", "REQUESTED"),
    ]


def test_an_account_that_leaves_after_all_agreed_changes_nothing(first, billing) -> None:
    _, going = invited(first, billing), invited(first, billing)
    billing.o.enable_all_features()
    for each in (_, going):
        agree(each)
    going.o.leave_organization()

    agree(billing, "APPROVE_ALL_FEATURES")
    assert features(billing) == "ALL"


@pytest.mark.parametrize("which", ["own", "part", "last"])
def test_what_several_accounts_are_asked_is_canceled_together(first, billing, which) -> None:
    guest = invited(first, billing)
    made = billing.o.enable_all_features()["Handshake"]
    if which == "part":
        made = received(guest, "ENABLE_ALL_FEATURES")
    if which == "last":
        agree(guest)
        made = received(billing, "APPROVE_ALL_FEATURES")
    billing.o.cancel_handshake(HandshakeId=made["Id"])

    assert {state for _, state in states(billing)} <= {"CANCELED", "ACCEPTED"}
    assert features(billing) == "CONSOLIDATED_BILLING"
    assert billing.o.enable_all_features()["Handshake"]["State"] == "REQUESTED"


def test_the_management_account_may_say_no_in_the_end(first, billing) -> None:
    guest = invited(first, billing)
    made = billing.o.enable_all_features()["Handshake"]
    agree(guest)
    last = received(billing, "APPROVE_ALL_FEATURES")
    billing.o.decline_handshake(HandshakeId=last["Id"])

    shown = billing.o.describe_handshake(HandshakeId=made["Id"])["Handshake"]
    assert shown["State"] == "CANCELED"
    assert features(billing) == "CONSOLIDATED_BILLING"


def test_after_ninety_days_nobody_is_waited_for(first, billing) -> None:
    guest = invited(first, billing)
    billing.o.enable_all_features()
    asked = received(guest, "ENABLE_ALL_FEATURES")
    for each in billing.view().of(Handshake):
        billing.put(replace(each, expires=each.expires - 90 * DAY))

    refused("InvalidHandshakeTransition", guest.o.accept_handshake, HandshakeId=asked["Id"])
    guest.o.leave_organization()
    assert {state for _, state in states(billing)} == {"EXPIRED"}
    assert billing.o.enable_all_features()["Handshake"]["State"] == "ACCEPTED"


def test_a_closed_account_is_not_asked(first, billing) -> None:
    guest = invited(first, billing)
    billing.put(replace(billing.record(guest.management), closed=1_900_000_000))

    assert billing.o.enable_all_features()["Handshake"]["State"] == "ACCEPTED"


def test_an_account_that_refused_is_waited_for_however_long_ago_that_was(first, billing) -> None:
    """What an organization is told of no longer goes when it makes its next offer; its open
    question is not answered by that.
    """
    willing, refusing = invited(first, billing), invited(first, billing)
    billing.o.enable_all_features()
    refusing.o.decline_handshake(HandshakeId=received(refusing, "ENABLE_ALL_FEATURES")["Id"])
    [declined] = [each for each in billing.view().of(Handshake) if each.state == "DECLINED"]
    billing.put(replace(declined, ended=declined.ended - 31 * DAY))
    offer(billing, founded(first).management)
    agree(willing)

    assert ("ENABLE_ALL_FEATURES", "REQUESTED") in states(billing)
    assert billing.o.list_handshakes_for_account()["Handshakes"] == []
