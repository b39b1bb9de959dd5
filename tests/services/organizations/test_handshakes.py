"""Invitations on the wire, from both sides: permissions, answers, and the account afterwards."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace
from tests.conftest import serving
from tests.documents import deny, policy
from tests.services.organizations.conftest import (
    FLAT,
    HARMLESS,
    Org,
    denied,
    founded,
    fresh,
    refused,
)

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import Member

DAY = 24 * 60 * 60


def invite(org, target, **more):
    kind = "EMAIL" if "@" in target else "ACCOUNT"
    answer = org.o.invite_account_to_organization(Target={"Id": target, "Type": kind}, **more)
    return answer["Handshake"]


def outsider(first, **more):
    """Return an account in no organization, with the client of its root."""
    return Org(first.live, first.standalone(**more))


def email_of(org, account):
    return org.record(account).email


def accounts_of(org):
    return {each["Id"] for each in org.o.list_accounts()["Accounts"]}


def accept(org, handshake):
    return org.o.accept_handshake(HandshakeId=handshake["Id"])["Handshake"]


def aged(org, handshake, seconds):
    """Move a handshake's times back by so much."""
    kept = org.view().of(Handshake).get(handshake["Id"])
    times = {name: getattr(kept, name) - seconds for name in ("requested", "expires")}
    if kept.ended:
        times["ended"] = kept.ended - seconds
    org.put(replace(kept, **times))


def state(org, handshake):
    return org.o.describe_handshake(HandshakeId=handshake["Id"])["Handshake"]["State"]


# What an invitation is.


def test_an_invitation_is_shown_with_its_parties_and_what_it_is_about(first, org) -> None:
    target = outsider(first).management
    made = invite(org, target, Notes="Join us.")
    management = org.record(org.management)

    requested, expires = made.pop("RequestedTimestamp"), made.pop("ExpirationTimestamp")
    assert re.fullmatch(r"h-[0-9a-z]{8,32}", made["Id"])
    assert (expires - requested).total_seconds() == 15 * DAY
    assert made == {
        "Id": made["Id"],
        "Arn": f"{org.prefix}:handshake/{org.id}/invite/{made['Id']}",
        "Parties": [{"Id": org.id, "Type": "ORGANIZATION"}, {"Id": target, "Type": "ACCOUNT"}],
        "State": "OPEN",
        "Action": "INVITE",
        "Resources": [
            {
                "Type": "ORGANIZATION",
                "Value": org.id,
                "Resources": [
                    {"Type": "MASTER_EMAIL", "Value": management.email},
                    {"Type": "MASTER_NAME", "Value": management.name},
                    {"Type": "ORGANIZATION_FEATURE_SET", "Value": "ALL"},
                ],
            },
            {"Type": "ACCOUNT", "Value": target},
            {"Type": "NOTES", "Value": "Join us."},
        ],
    }


def test_an_address_is_invited_as_it_was_written_and_found_in_any_case(first, org) -> None:
    guest = outsider(first)
    address = email_of(first, guest.management).upper()
    made = invite(org, address)

    assert made["Parties"][1] == {"Id": address, "Type": "EMAIL"}
    assert made["Resources"][1] == {"Type": "EMAIL", "Value": address}
    assert [each["Id"] for each in guest.o.list_handshakes_for_account()["Handshakes"]] == [
        made["Id"]
    ]
    assert accept(guest, made)["State"] == "ACCEPTED"
    assert guest.management in accounts_of(org)


@pytest.mark.parametrize("target", ["000000000017", "nobody.at.all@example.com"])
def test_what_nobody_has_is_invited_like_anything_else(org, target) -> None:
    made = invite(org, target)

    assert (made["State"], made["Parties"][1]["Id"]) == ("OPEN", target)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"Id": "o-a1b2c3d4e5", "Type": "ORGANIZATION"}, "INVALID_PARTY_TYPE_TARGET"),
        ({"Id": "123456789012", "Type": "USER"}, "INVALID_PARTY_TYPE_TARGET"),
        ({"Id": "12345", "Type": "ACCOUNT"}, "INVALID_PATTERN"),
        ({"Id": "no address", "Type": "EMAIL"}, "INVALID_EMAIL_ADDRESS_TARGET"),
        ({"Id": "", "Type": "ACCOUNT"}, "MIN_LENGTH_EXCEEDED"),
        ({"Id": "x" * 65, "Type": "EMAIL"}, "MAX_LENGTH_EXCEEDED"),
        ({"Type": "ACCOUNT"}, "INPUT_REQUIRED"),
    ],
)
def test_what_can_be_nobodys_account_is_refused_with_a_reason(shared, target, reason) -> None:
    call = shared.unchecked.invite_account_to_organization
    refused("InvalidInput", call, reason, Target=target)


def test_notes_that_are_too_long_are_refused_and_not_repeated(shared) -> None:
    answer = refused(
        "InvalidInput",
        shared.unchecked.invite_account_to_organization,
        "MAX_LENGTH_EXCEEDED",
        Target={"Id": "123456789012", "Type": "ACCOUNT"},
        Notes="hush" * 300,
    )

    assert "hush" not in answer["Error"]["Message"]


def test_one_invitation_to_a_target_is_open_at_a_time(first, org) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)
    target = {"Id": guest.management, "Type": "ACCOUNT"}
    refused("DuplicateHandshake", org.o.invite_account_to_organization, Target=target)

    guest.o.decline_handshake(HandshakeId=made["Id"])
    assert invite(org, guest.management)["Id"] != made["Id"]


@pytest.mark.parametrize("way", ["id", "address", "management"])
def test_an_account_of_the_same_organization_is_not_invited(org, way) -> None:
    account = org.management if way == "management" else org.account()
    target = {"Id": account, "Type": "ACCOUNT"}
    if way == "address":
        target = {"Id": email_of(org, account).upper(), "Type": "EMAIL"}
    refused(
        "HandshakeConstraintViolation",
        org.o.invite_account_to_organization,
        "ALREADY_IN_AN_ORGANIZATION",
        Target=target,
    )


def test_tags_of_an_invitation_reach_the_account_and_bad_ones_send_nothing(first, org) -> None:
    guest = outsider(first)
    tags = [{"Key": "team", "Value": "red"}]
    refused(
        "InvalidInput",
        org.o.invite_account_to_organization,
        "DUPLICATE_TAG_KEY",
        Target={"Id": guest.management, "Type": "ACCOUNT"},
        Tags=[*tags, {"Key": "Team", "Value": "blue"}],
    )
    assert org.o.list_handshakes_for_organization()["Handshakes"] == []

    accept(guest, invite(org, guest.management, Tags=tags))
    assert org.o.list_tags_for_resource(ResourceId=guest.management)["Tags"] == tags


# What becomes of an account.


def test_an_invited_account_is_in_the_root_with_the_roles_of_both_services_and_no_other(
    first, org
) -> None:
    guest = outsider(first)
    guest.client("iam").delete_role_policy(
        RoleName="OrganizationAccountAccessRole", PolicyName="AdministratorAccess"
    )
    guest.client("iam").delete_role(RoleName="OrganizationAccountAccessRole")
    done = accept(guest, invite(org, guest.management))

    assert done["State"] == "ACCEPTED"
    shown = org.o.describe_account(AccountId=guest.management)["Account"]
    assert shown["JoinedMethod"] == "INVITED"
    assert org.o.list_parents(ChildId=guest.management)["Parents"][0]["Id"] == org.root
    assert org.on(guest.management) == ["FullAWSAccess"]
    roles = guest.client("iam").list_roles()["Roles"]
    assert [each["RoleName"] for each in roles] == [
        "AWSServiceRoleForOrganizations",
        "AWSServiceRoleForSSO",
    ]


def test_policies_hold_for_an_invited_account_with_its_acceptance(first, org) -> None:
    guest = outsider(first)
    org.policy(policy(deny("iam:*")), on=org.root)
    made = invite(org, guest.management)
    guest.client("iam").list_users()

    accept(guest, made)
    denied(guest.client("iam").list_users)


def test_a_member_of_another_organization_moves_over_in_one_step(first, org) -> None:
    other = founded(first)
    account = other.account(Tags=[{"Key": "old", "Value": "1"}])
    other.policy(HARMLESS, on=account)
    guest = Org(first.live, account)
    accept(guest, invite(org, account))

    assert account in accounts_of(org)
    assert account not in accounts_of(other)
    assert org.on(account) == ["FullAWSAccess"]
    assert org.o.list_tags_for_resource(ResourceId=account)["Tags"] == []
    assert guest.o.describe_organization()["Organization"]["Id"] == org.id


def test_a_management_account_does_not_move_over(first, org) -> None:
    other = founded(first)
    made = invite(org, other.management)
    refused("MasterCannotLeaveOrganization", other.o.accept_handshake, HandshakeId=made["Id"])

    assert state(org, made) == "OPEN"


def test_a_delegated_administrator_does_not_move_over(first, org) -> None:
    other = founded(first)
    account = other.account()
    other.delegate(account)
    made = invite(org, account)
    refused(
        "ConstraintViolation",
        other.client(account=account).accept_handshake,
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        HandshakeId=made["Id"],
    )


def test_who_may_not_leave_an_organization_is_not_invited_out_of_it(first, org) -> None:
    other = founded(first)
    account = other.account()
    other.policy(policy(deny("organizations:LeaveOrganization")), on=other.root)
    guest = Org(first.live, account)
    made = invite(org, account)

    assert "LeaveOrganization" in denied(guest.o.accept_handshake, HandshakeId=made["Id"])
    assert account in accounts_of(other)


def test_an_account_that_came_in_meanwhile_accepts_nothing_more(first, org) -> None:
    guest = outsider(first)
    by_id, by_address = invite(org, guest.management), invite(org, email_of(org, guest.management))
    accept(guest, by_id)
    refused(
        "HandshakeConstraintViolation",
        guest.o.accept_handshake,
        "ALREADY_IN_AN_ORGANIZATION",
        HandshakeId=by_address["Id"],
    )


# Who may do what.


def test_the_sender_cancels_and_the_recipient_accepts_or_declines(first, org) -> None:
    guest, other = outsider(first), founded(first)
    made = invite(org, guest.management)
    by_id = {"HandshakeId": made["Id"]}

    for call in (org.o.accept_handshake, org.o.decline_handshake):
        assert refused("AccessDenied", call, **by_id)["Error"]["Message"] == FLAT
    refused("AWSOrganizationsNotInUse", guest.o.cancel_handshake, **by_id)
    for stranger in (other.o, outsider(first).o, org.client(account=org.account())):
        refused("HandshakeNotFound", stranger.accept_handshake, **by_id)
        refused("HandshakeNotFound", stranger.decline_handshake, **by_id)
        refused("HandshakeNotFound", stranger.describe_handshake, **by_id)
    refused("HandshakeNotFound", other.o.cancel_handshake, **by_id)


def test_a_recipient_in_an_organization_does_not_cancel(first, org) -> None:
    other = founded(first)
    made = invite(org, other.management)

    answer = refused("AccessDenied", other.o.cancel_handshake, HandshakeId=made["Id"])
    assert answer["Error"]["Message"] == FLAT


def test_both_parties_see_a_handshake_as_the_same(first, org) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)

    shown = guest.o.describe_handshake(HandshakeId=made["Id"])["Handshake"]
    assert shown == made == org.o.describe_handshake(HandshakeId=made["Id"])["Handshake"]


def test_whoever_reads_the_organization_reads_its_handshakes(first, org) -> None:
    reader, plain = org.account(), org.account()
    made = invite(org, outsider(first).management)
    org.delegate(reader)

    asked = org.client(account=reader)
    assert asked.describe_handshake(HandshakeId=made["Id"])["Handshake"]["Id"] == made["Id"]
    assert len(asked.list_handshakes_for_organization()["Handshakes"]) == 1
    refused("AccessDenied", org.client(account=plain).list_handshakes_for_organization)


def test_a_resource_policy_lets_a_member_see_a_handshake(first, org) -> None:
    reader = org.account()
    made = invite(org, outsider(first).management)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{reader}:root"},
        "Action": "organizations:DescribeHandshake",
        "Resource": "*",
    }
    org.o.put_resource_policy(Content=policy(statement))

    asked = org.client(account=reader)
    assert asked.describe_handshake(HandshakeId=made["Id"])["Handshake"]["Id"] == made["Id"]
    denied(asked.list_handshakes_for_organization)


def test_the_recipients_own_policies_decide_about_the_senders_handshake(first, org) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)
    may = {"Effect": "Allow", "Action": "organizations:DescribeHandshake", "Resource": made["Arn"]}
    key = guest.user(guest.management, may)
    asked = guest.client(key=key)

    assert asked.describe_handshake(HandshakeId=made["Id"])["Handshake"]["Id"] == made["Id"]
    assert made["Arn"] in denied(asked.accept_handshake, HandshakeId=made["Id"])


def test_whoever_invites_needs_the_account_and_with_tags_one_permission_more(first, org) -> None:
    target = outsider(first).management
    may = {
        "Effect": "Allow",
        "Action": "organizations:InviteAccountToOrganization",
        "Resource": org.arn(target),
    }
    asked = org.client(key=org.user(None, may))
    wanted = {"Id": target, "Type": "ACCOUNT"}
    tags = [{"Key": "team", "Value": "red"}]

    message = denied(asked.invite_account_to_organization, Target=wanted, Tags=tags)
    assert "organizations:TagResource" in message
    denied(asked.invite_account_to_organization, Target={"Id": "a@example.com", "Type": "EMAIL"})
    denied(asked.invite_account_to_organization, Target={**wanted, "Id": "123456789012"})
    assert asked.invite_account_to_organization(Target=wanted)["Handshake"]["State"] == "OPEN"


def test_only_a_management_account_invites(org, first) -> None:
    target = {"Id": "123456789012", "Type": "ACCOUNT"}
    member, guest = org.client(account=org.account()), outsider(first)
    refused("AccessDenied", member.invite_account_to_organization, Target=target)
    refused("AWSOrganizationsNotInUse", guest.o.invite_account_to_organization, Target=target)


def test_a_handshake_that_never_was_is_not_found(first, org) -> None:
    for client in (org.o, outsider(first).o):
        for name in ("accept", "decline", "describe"):
            call = getattr(client, f"{name}_handshake")
            refused("HandshakeNotFound", call, HandshakeId="h-a1b2c3d4e5")
    refused("HandshakeNotFound", org.o.cancel_handshake, HandshakeId="h-a1b2c3d4e5")
    refused(
        "InvalidInput", org.unchecked.describe_handshake, "INVALID_PATTERN", HandshakeId="h-UPPER"
    )


# States and time.


@pytest.mark.parametrize("first_act", ["accept", "decline", "cancel"])
@pytest.mark.parametrize("second_act", ["accept", "decline", "cancel"])
def test_a_finished_handshake_stays_as_it_is(first, org, first_act, second_act) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)
    # Standalone again or not, the recipient may answer; the sender may cancel.
    acts = {
        "accept": guest.o.accept_handshake,
        "decline": guest.o.decline_handshake,
        "cancel": org.o.cancel_handshake,
    }
    acts[first_act](HandshakeId=made["Id"])
    if first_act == "accept":
        org.o.remove_account_from_organization(AccountId=guest.management)
    code = "HandshakeAlreadyInState" if first_act == second_act else "InvalidHandshakeTransition"
    refused(code, acts[second_act], HandshakeId=made["Id"])

    expected = {"accept": "ACCEPTED", "decline": "DECLINED", "cancel": "CANCELED"}[first_act]
    assert state(org, made) == state(guest, made) == expected


def test_an_invitation_expires_by_itself(first, org) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)
    aged(org, made, 15 * DAY)

    assert state(org, made) == state(guest, made) == "EXPIRED"
    refused("InvalidHandshakeTransition", guest.o.accept_handshake, HandshakeId=made["Id"])
    refused("InvalidHandshakeTransition", org.o.cancel_handshake, HandshakeId=made["Id"])
    assert invite(org, guest.management)["State"] == "OPEN"


def test_a_finished_handshake_is_gone_after_thirty_days_and_swept_away(first, org) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)
    org.o.cancel_handshake(HandshakeId=made["Id"])
    aged(org, made, 30 * DAY)

    refused("HandshakeNotFound", org.o.describe_handshake, HandshakeId=made["Id"])
    refused("HandshakeNotFound", guest.o.accept_handshake, HandshakeId=made["Id"])
    assert org.o.list_handshakes_for_organization()["Handshakes"] == []
    assert guest.o.list_handshakes_for_account()["Handshakes"] == []
    invite(org, guest.management)
    assert org.view().of(Handshake).get(made["Id"]) is None


def test_handshakes_go_with_their_organization(first, org) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)
    org.o.delete_organization()

    refused("HandshakeNotFound", guest.o.accept_handshake, HandshakeId=made["Id"])


# Lists.


def test_an_organization_lists_what_it_sent_page_by_page(first, org) -> None:
    made = [invite(org, f"{fresh()}@example.com")["Id"] for _ in range(5)]
    pages = org.o.get_paginator("list_handshakes_for_organization").paginate(
        PaginationConfig={"PageSize": 2}
    )

    sizes = [[each["Id"] for each in page["Handshakes"]] for page in pages]
    assert sizes == [made[:2], made[2:4], made[4:]]


def test_an_account_lists_what_it_received_from_all_organizations(first) -> None:
    guest = outsider(first)
    made = set()
    for _ in range(3):
        org = founded(first)
        made.add(invite(org, guest.management)["Id"])
        invite(org, f"{fresh()}@example.com")
    pages = guest.o.get_paginator("list_handshakes_for_account").paginate(
        PaginationConfig={"PageSize": 1}
    )

    found = [each["Id"] for page in pages for each in page["Handshakes"]]
    assert (len(found), set(found)) == (3, made)


def test_lists_are_filtered_by_action_or_by_parent_and_not_by_both(org) -> None:
    made = invite(org, "000000000018")
    listed = org.o.list_handshakes_for_organization

    assert [each["Id"] for each in listed(Filter={"ActionType": "INVITE"})["Handshakes"]] == [
        made["Id"]
    ]
    assert listed(Filter={"ActionType": "ENABLE_ALL_FEATURES"})["Handshakes"] == []
    assert listed(Filter={"ParentHandshakeId": "h-a1b2c3d4e5"})["Handshakes"] == []
    both = {"ActionType": "INVITE", "ParentHandshakeId": "h-a1b2c3d4e5"}
    for call in (listed, org.o.list_handshakes_for_account):
        refused("InvalidInput", call, "MAX_LIMIT_EXCEEDED_FILTER", Filter=both)
    refused("InvalidInput", listed, "INVALID_NEXT_TOKEN", NextToken="made up")


# How many there may be.


@pytest.fixture(scope="module")
def small(store_url, tmp_path_factory):
    """The organization of an authority with a quota of three accounts."""
    path = tmp_path_factory.mktemp("small") / "data"
    for live in serving(path, store_url, accounts_max=3):
        yield Org(live, live.account)


def test_open_invitations_count_as_accounts(small) -> None:
    account = small.account()
    made = invite(small, "000000000019")
    target = {"Id": "000000000020", "Type": "ACCOUNT"}
    refused(
        "HandshakeConstraintViolation",
        small.o.invite_account_to_organization,
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        Target=target,
    )
    small.o.cancel_handshake(HandshakeId=made["Id"])
    again = small.o.invite_account_to_organization(Target=target)["Handshake"]
    small.o.cancel_handshake(HandshakeId=again["Id"])
    small.o.remove_account_from_organization(AccountId=account)


def test_a_full_organization_takes_in_nobody(small) -> None:
    guest = Org(small.live, small.standalone())
    made = invite(small, guest.management)
    # As if the operator had lowered the bound since the invitation: three accounts are in already.
    members = [small.account(), "000000000021"]
    place = replace(small.view().of(Member).get(members[0]), id=members[1], serial=99)
    known = replace(small.record(members[0]), account=members[1], email="")
    small.put(place, known)
    refused(
        "HandshakeConstraintViolation",
        guest.o.accept_handshake,
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        HandshakeId=made["Id"],
    )
    small.o.cancel_handshake(HandshakeId=made["Id"])
    for account in members:
        small.o.remove_account_from_organization(AccountId=account)


def test_twenty_handshakes_are_sent_in_a_day(small) -> None:
    for number in range(30):
        sent = small.o.list_handshakes_for_organization(MaxResults=20)["Handshakes"]
        if len(sent) == 20:
            break
        made = invite(small, f"0000000001{number:02}")
        small.o.cancel_handshake(HandshakeId=made["Id"])
    refused(
        "HandshakeConstraintViolation",
        small.o.invite_account_to_organization,
        "HANDSHAKE_RATE_LIMIT_EXCEEDED",
        Target={"Id": "000000000022", "Type": "ACCOUNT"},
    )


def test_an_account_without_an_address_gets_one_when_it_joins(first, org) -> None:
    guest = outsider(first)
    org.put(replace(org.record(guest.management), email=""))
    accept(guest, invite(org, guest.management))

    shown = org.o.describe_account(AccountId=guest.management)["Account"]
    assert shown["Email"] == f"root+{guest.management}@daypass.invalid"


def test_an_account_that_accepts_two_invitations_at_once_is_in_one_organization(first) -> None:
    for _ in range(5):
        guest, orgs = outsider(first), [founded(first), founded(first)]
        made = [invite(each, guest.management) for each in orgs]
        with ThreadPoolExecutor(2) as pool:
            states = [each["State"] for each in pool.map(accept, [guest, guest], made)]

        assert states == ["ACCEPTED", "ACCEPTED"]
        assert sum(guest.management in accounts_of(each) for each in orgs) == 1
        there = guest.o.describe_organization()["Organization"]["Id"]
        assert there == next(each.id for each in orgs if guest.management in accounts_of(each))


def test_an_invitation_that_is_answered_twice_at_once_is_answered_once(first, org) -> None:
    guest = outsider(first)
    made = invite(org, guest.management)

    def answered(call):
        try:
            return call(HandshakeId=made["Id"])["Handshake"]["State"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(2) as pool:
        told = set(pool.map(answered, [guest.o.accept_handshake, org.o.cancel_handshake]))
    is_in = guest.management in accounts_of(org)

    assert told == {"ACCEPTED" if is_in else "CANCELED", "InvalidHandshakeTransitionException"}
