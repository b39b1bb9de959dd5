"""Transfers of responsibility on the wire: offered, accepted, listed, renamed, withdrawn."""

import datetime

import pytest
from msgspec.structs import replace
from tests.services.organizations.conftest import FLAT, Org, denied, founded, refused

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer

DAY = 24 * 60 * 60
NOW = datetime.datetime.now(datetime.UTC)
MIDNIGHT = NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month(ahead):
    """Return the first day of the month that is so many months ahead."""
    at = MIDNIGHT
    for _ in range(ahead):
        at = (at + datetime.timedelta(days=31)).replace(day=1)
    return at


# Two months ahead: never within the day before which an invitation has to be accepted.
START = month(2)
LAST = month(1) - datetime.timedelta(seconds=1)


def offer(org, target, **more):
    kind = "EMAIL" if "@" in target else "ACCOUNT"
    params = {
        "Type": "BILLING",
        "Target": {"Id": target, "Type": kind},
        "StartTimestamp": START,
        "SourceName": "customer",
    }
    call = org.o.invite_organization_to_transfer_responsibility
    return call(**params | more)["Handshake"]


def inbound(org, **more):
    found = org.o.list_inbound_responsibility_transfers(Type="BILLING", **more)
    return found["ResponsibilityTransfers"]


def outbound(org):
    found = org.o.list_outbound_responsibility_transfers(Type="BILLING")
    return found["ResponsibilityTransfers"]


def transferred(payer, source, **more):
    """Return the id of an accepted transfer."""
    made = offer(payer, source.management, **more)
    source.o.accept_handshake(HandshakeId=made["Id"])
    return outbound(source)[0]["Id"]


def resource(handshake, kind):
    return next(each for each in handshake["Resources"] if each["Type"] == kind)


@pytest.fixture
def source(first):
    """An organization whose bill is taken over."""
    return founded(first)


def test_an_offer_is_a_handshake_and_a_transfer_that_both_sides_see(org, source) -> None:
    made = offer(org, source.management, Notes="We pay.")
    transfer = resource(made, "RESPONSIBILITY_TRANSFER")["Value"]

    assert (made["Action"], made["State"]) == ("TRANSFER_RESPONSIBILITY", "REQUESTED")
    assert made["Arn"] == f"{org.prefix}:handshake/{org.id}/transfer_responsibility/{made['Id']}"
    assert made["Parties"] == [
        {"Id": org.id, "Type": "ORGANIZATION"},
        {"Id": source.management, "Type": "ACCOUNT"},
    ]
    sender = resource(made, "ORGANIZATION")["Resources"]
    assert {"Type": "MANAGEMENT_ACCOUNT", "Value": org.management} in sender
    assert {each["Type"] for each in made["Resources"]} == {
        "ORGANIZATION",
        "ACCOUNT",
        "RESPONSIBILITY_TRANSFER",
        "TRANSFER_TYPE",
        "TRANSFER_START_TIMESTAMP",
        "NOTES",
    }
    assert made == source.o.describe_handshake(HandshakeId=made["Id"])["Handshake"]

    ours = {
        "Arn": f"{org.prefix}:transfer/{org.id}/billing/inbound/{transfer}",
        "Name": "customer",
        "Id": transfer,
        "Type": "BILLING",
        "Status": "REQUESTED",
        "Source": {"ManagementAccountId": source.management},
        "Target": {
            "ManagementAccountId": org.management,
            "ManagementAccountEmail": org.record(org.management).email,
        },
        "StartTimestamp": START,
        "ActiveHandshakeId": made["Id"],
    }
    theirs = {name: value for name, value in ours.items() if name != "Name"}
    theirs["Arn"] = f"{source.prefix}:transfer/{source.id}/billing/outbound/{transfer}"
    assert (inbound(org), outbound(org)) == ([ours], [])
    assert (inbound(source), outbound(source)) == ([], [theirs])
    for side, shown in ((org, ours), (source, theirs)):
        found = side.o.describe_responsibility_transfer(Id=transfer)
        assert found["ResponsibilityTransfer"] == shown


def test_whose_address_was_invited_is_not_told_before_it_agrees(org, source) -> None:
    address = org.record(source.management).email.upper()
    made = offer(org, address)
    assert inbound(org)[0]["Source"] == {"ManagementAccountEmail": address}

    source.o.accept_handshake(HandshakeId=made["Id"])
    assert inbound(org)[0]["Source"]["ManagementAccountId"] == source.management
    assert inbound(org)[0]["Status"] == outbound(source)[0]["Status"] == "ACCEPTED"


@pytest.mark.parametrize(
    ("act", "status"), [("decline", "DECLINED"), ("cancel", "CANCELED"), ("wait", "EXPIRED")]
)
def test_an_offer_that_comes_to_nothing_says_so_and_vanishes(org, source, act, status) -> None:
    made = offer(org, source.management)
    if act == "decline":
        source.o.decline_handshake(HandshakeId=made["Id"])
    if act == "cancel":
        org.o.cancel_handshake(HandshakeId=made["Id"])
    aged(org, 15 * DAY if act == "wait" else 0)
    assert inbound(org)[0]["Status"] == outbound(source)[0]["Status"] == status
    [transfer] = [each["Id"] for each in inbound(org)]
    refused(
        "InvalidResponsibilityTransferTransition",
        org.o.terminate_responsibility_transfer,
        Id=transfer,
    )
    refused(
        "ConstraintViolation",
        org.o.update_responsibility_transfer,
        "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED",
        Id=transfer,
        Name="x",
    )

    aged(org, 30 * DAY)
    assert inbound(org) == outbound(source) == []
    offer(org, source.management)
    assert len(org.view().of(ResponsibilityTransfer)) == len(org.view().of(Handshake)) == 1


def aged(org, seconds):
    """Move the times of an organization's transfers and handshakes back by so much."""
    for each in (*org.view().of(ResponsibilityTransfer), *org.view().of(Handshake)):
        ended = each.ended - seconds if each.ended else 0
        org.put(replace(each, expires=each.expires - seconds, ended=ended))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"StartTimestamp": START.replace(hour=1)}, "START_DATE_NOT_BEGINNING_OF_DAY"),
        ({"StartTimestamp": START.replace(day=2)}, "START_DATE_NOT_BEGINNING_OF_MONTH"),
        ({"StartTimestamp": MIDNIGHT}, "START_DATE_TOO_EARLY"),
        ({"StartTimestamp": month(14)}, "START_DATE_TOO_LATE"),
        ({"Target": {"Id": "o-a1b2c3d4e5", "Type": "ORGANIZATION"}}, "INVALID_PARTY_TYPE_TARGET"),
        ({"Target": {"Id": "12", "Type": "ACCOUNT"}}, "INVALID_PATTERN"),
        ({"SourceName": "n" * 129}, "MAX_LENGTH_EXCEEDED"),
        ({"SourceName": None}, "INPUT_REQUIRED"),
        ({"SourceName": "\N{SNOWMAN}"}, "INVALID_PATTERN"),
    ],
)
def test_what_cannot_be_offered_is_refused_with_a_reason(shared, change, reason) -> None:
    params = {
        "Type": "BILLING",
        "Target": {"Id": "000000000041", "Type": "ACCOUNT"},
        "StartTimestamp": START,
        "SourceName": "customer",
    }
    call = shared.unchecked.invite_organization_to_transfer_responsibility
    refused("InvalidInput", call, reason, **params | change)


def test_nobody_takes_over_its_own_bill_or_one_twice(org, source) -> None:
    def offered(target):
        return {
            "Type": "BILLING",
            "Target": {"Id": target, "Type": "ACCOUNT"},
            "StartTimestamp": START,
            "SourceName": "x",
        }

    call = org.o.invite_organization_to_transfer_responsibility
    refused(
        "HandshakeConstraintViolation",
        call,
        "SOURCE_AND_TARGET_CANNOT_MATCH",
        **offered(org.management),
    )
    made = offer(org, source.management)
    refused("DuplicateHandshake", call, **offered(source.management))
    source.o.accept_handshake(HandshakeId=made["Id"])
    refused(
        "HandshakeConstraintViolation",
        call,
        "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
        **offered(source.management),
    )


def test_a_bill_goes_to_one_organization(first, org, source) -> None:
    transferred(org, source)
    made = offer(founded(first), source.management)
    refused(
        "ConstraintViolation",
        source.o.accept_handshake,
        "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION",
        HandshakeId=made["Id"],
    )


def test_bills_do_not_go_round_in_a_circle(org, source) -> None:
    transferred(org, source)
    made = offer(source, org.management)
    refused(
        "ConstraintViolation",
        org.o.accept_handshake,
        "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
        HandshakeId=made["Id"],
    )


def test_only_management_accounts_take_part(first, org, source) -> None:
    member, alone = source.account(), Org(first.live, first.standalone())
    to_member, to_alone = offer(org, member), offer(org, alone.management)

    asked = source.client(account=member)
    answer = refused("AccessDenied", asked.accept_handshake, HandshakeId=to_member["Id"])
    assert answer["Error"]["Message"] == FLAT
    refused("AWSOrganizationsNotInUse", alone.o.accept_handshake, HandshakeId=to_alone["Id"])
    assert outbound(source) == []
    for call in (
        asked.list_inbound_responsibility_transfers,
        asked.list_outbound_responsibility_transfers,
    ):
        refused("AccessDenied", call, Type="BILLING")
    asked.decline_handshake(HandshakeId=to_member["Id"])


def test_a_name_is_changed_by_the_side_that_gave_it(org, source) -> None:
    transfer = transferred(org, source)
    renamed = org.o.update_responsibility_transfer(Id=transfer, Name="key account")

    assert renamed["ResponsibilityTransfer"]["Name"] == "key account"
    assert inbound(org)[0]["Name"] == "key account"
    refused("AccessDenied", source.o.update_responsibility_transfer, Id=transfer, Name="x")


@pytest.mark.parametrize("side", ["payer", "source"])
def test_either_side_withdraws_once_at_the_end_of_a_month(org, source, side) -> None:
    transfer = transferred(org, source)
    withdrawing = org if side == "payer" else source
    call = withdrawing.o.terminate_responsibility_transfer
    for end, reason in (
        (LAST.replace(hour=22), "END_DATE_NOT_END_OF_MONTH"),
        (MIDNIGHT - datetime.timedelta(seconds=1), "END_DATE_TOO_EARLY"),
        (month(15) - datetime.timedelta(seconds=1), "END_DATE_TOO_LATE"),
    ):
        refused("InvalidInput", call, reason, Id=transfer, EndTimestamp=end)
    done = call(Id=transfer)["ResponsibilityTransfer"]

    assert (done["Status"], done["EndTimestamp"]) == ("WITHDRAWN", LAST)
    assert inbound(org)[0]["Status"] == outbound(source)[0]["Status"] == "WITHDRAWN"
    refused("ResponsibilityTransferAlreadyInStatus", call, Id=transfer)


def test_an_offer_is_not_withdrawn_but_canceled(org, source) -> None:
    made = offer(org, source.management)
    transfer = resource(made, "RESPONSIBILITY_TRANSFER")["Value"]
    call = org.o.terminate_responsibility_transfer
    refused("InvalidResponsibilityTransferTransition", call, Id=transfer)


def test_what_is_between_others_does_not_exist(first, org, source) -> None:
    transfer, stranger = transferred(org, source), founded(first)
    for identifier in (transfer, "rt-a1b2c3d4e5"):
        by_id = {"Id": identifier}
        refused(
            "ResponsibilityTransferNotFound", stranger.o.describe_responsibility_transfer, **by_id
        )
        refused(
            "ResponsibilityTransferNotFound", stranger.o.terminate_responsibility_transfer, **by_id
        )
        refused(
            "ResponsibilityTransferNotFound",
            stranger.o.update_responsibility_transfer,
            Name="x",
            **by_id,
        )
        refused(
            "ResponsibilityTransferNotFound",
            stranger.o.list_inbound_responsibility_transfers,
            Type="BILLING",
            **by_id,
        )
    refused("TargetNotFound", stranger.o.list_tags_for_resource, ResourceId=transfer)
    assert [each["Id"] for each in inbound(org, Id=transfer)] == [transfer]


def test_transfers_are_listed_page_by_page_in_order(org) -> None:
    made = [offer(org, f"0000000005{number:02}", SourceName=f"n{number}") for number in range(5)]
    found, more = [], {}
    while True:
        page = org.o.list_inbound_responsibility_transfers(Type="BILLING", MaxResults=2, **more)
        assert len(page["ResponsibilityTransfers"]) <= 2
        found += [each["Name"] for each in page["ResponsibilityTransfers"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}

    assert len(made) == 5
    assert found == [f"n{number}" for number in range(5)]
    call = org.o.list_outbound_responsibility_transfers
    refused("InvalidInput", call, "INVALID_NEXT_TOKEN", Type="BILLING", NextToken="made up")


def test_offers_are_listed_to_whom_they_are_made(first, source) -> None:
    offering = set()
    for _ in range(2):
        payer = founded(first)
        offer(payer, source.management)
        offering.add(payer.management)
    found, more = set(), {}
    while True:
        page = source.o.list_outbound_responsibility_transfers(Type="BILLING", MaxResults=1, **more)
        [each] = page["ResponsibilityTransfers"]
        found.add(each["Target"]["ManagementAccountId"])
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}

    assert found == offering


def test_a_transfer_has_tags_of_the_side_that_offered_it(org, source) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    transfer = transferred(org, source, Tags=tags)

    assert org.o.list_tags_for_resource(ResourceId=transfer)["Tags"] == tags
    org.o.tag_resource(ResourceId=transfer, Tags=[{"Key": "more", "Value": ""}])
    org.o.untag_resource(ResourceId=transfer, TagKeys=["team"])
    assert org.o.list_tags_for_resource(ResourceId=transfer)["Tags"] == [
        {"Key": "more", "Value": ""}
    ]
    refused("TargetNotFound", source.o.list_tags_for_resource, ResourceId=transfer)


def test_policies_speak_of_transfers_by_name_tag_type_and_direction(org, source) -> None:
    transfer = transferred(org, source, Tags=[{"Key": "team", "Value": "red"}])
    arn = inbound(org)[0]["Arn"]

    def may(resource, **condition):
        statement = {"Effect": "Allow", "Action": "organizations:*", "Resource": resource}
        if condition:
            statement["Condition"] = {"StringEquals": condition}
        return org.client(key=org.user(None, statement)).describe_responsibility_transfer

    for call in (
        may(arn),
        may("*", **{"aws:ResourceTag/team": "red"}),
        may("*", **{"organizations:TransferDirection": "INBOUND"}),
        may("*", **{"organizations:TransferType": "BILLING"}),
    ):
        assert call(Id=transfer)["ResponsibilityTransfer"]["Id"] == transfer
    for call in (
        may(arn.replace("inbound", "outbound")),
        may("*", **{"aws:ResourceTag/team": "blue"}),
        may("*", **{"organizations:TransferDirection": "OUTBOUND"}),
    ):
        denied(call, Id=transfer)
    reading = {"Effect": "Allow", "Action": "organizations:List*", "Resource": "*"}
    reading["Condition"] = {"StringEquals": {"organizations:TransferDirection": "INBOUND"}}
    asked = org.client(key=org.user(None, reading))
    assert asked.list_inbound_responsibility_transfers(Type="BILLING")
    denied(asked.list_outbound_responsibility_transfers, Type="BILLING")
    denied(asked.list_tags_for_resource, ResourceId="rt-a1b2c3d4e5")


def test_a_delegated_administrator_reads_transfers_and_changes_none(org, source) -> None:
    transfer, account = transferred(org, source), org.account()
    org.delegate(account)
    asked = org.client(account=account)

    shown = asked.describe_responsibility_transfer(Id=transfer)["ResponsibilityTransfer"]
    assert shown["Id"] == transfer
    refused("AccessDenied", asked.terminate_responsibility_transfer, Id=transfer)
    refused("AccessDenied", asked.update_responsibility_transfer, Id=transfer, Name="x")


@pytest.mark.parametrize("which", ["org", "source"])
def test_an_organization_with_a_transfer_is_not_deleted(org, source, which) -> None:
    transfer = transferred(org, source)
    going = {"org": org, "source": source}[which]
    delete = going.o.delete_organization
    refused("ConstraintViolation", delete, "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS")
    org.o.terminate_responsibility_transfer(Id=transfer)
    kept = org.view().of(ResponsibilityTransfer).get(transfer)
    org.put(replace(kept, end=1))
    delete()


def test_an_offer_holds_up_the_side_that_made_it_alone(org, source) -> None:
    made = offer(org, source.management)
    delete = org.o.delete_organization
    refused("ConstraintViolation", delete, "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS")
    source.o.delete_organization()
    org.o.cancel_handshake(HandshakeId=made["Id"])
    delete()


def test_the_type_of_a_transfer_is_no_type_of_a_policy(source) -> None:
    refused(
        "InvalidInput", source.o.list_inbound_responsibility_transfers, "INVALID_ENUM", Type="X"
    )
