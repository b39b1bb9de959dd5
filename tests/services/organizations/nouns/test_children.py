"""Positions in the tree: parents, children, and moved accounts."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE,
    ELSEWHERE_ROOT,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SECOND,
    STRANGER,
    THIRD,
    Organized,
    arn,
    refuses,
)
from tests.services.support import NOW

from daypass.core.domain.organizations.member import INVITED, Member
from daypass.services.organizations.tree import children

TEAM, INNER = "ou-a1b2-team0000", "ou-a1b2-inner000"
NO_PARENT = "You specified a parent that doesn't exist."


@pytest.fixture
def known():
    found = Organized()
    found.unit("team")
    found.unit("inner", parent=TEAM)
    found.member(MEMBER, parent=TEAM)
    return found


def children_of(known, parent, kind):
    found = known.call(children.list_children, ParentId=parent, ChildType=kind)["Children"]
    assert {each["Type"] for each in found} <= {kind}
    return [each["Id"] for each in found]


def accounts(known, parent, **more):
    found = known.call(children.list_accounts_for_parent, ParentId=parent, **more)["Accounts"]
    return [each["Id"] for each in found]


@pytest.mark.parametrize(
    ("child", "parent", "kind"),
    [
        (MANAGEMENT, ROOT, "ROOT"),
        (TEAM, ROOT, "ROOT"),
        (INNER, TEAM, "ORGANIZATIONAL_UNIT"),
        (MEMBER, TEAM, "ORGANIZATIONAL_UNIT"),
    ],
)
def test_a_unit_or_account_has_one_parent(known, child, parent, kind) -> None:
    assert known.call(children.list_parents, ChildId=child) == {
        "Parents": [{"Id": parent, "Type": kind}]
    }


def test_what_is_not_in_the_organization_has_no_parent(known) -> None:
    known.elsewhere()
    known.member(THIRD, closed=NOW - 90 * DAY)

    for missing in ("999988887777", "ou-a1b2-missing0", STRANGER, THIRD):
        with refuses("ChildNotFound", "You specified a target that doesn't exist."):
            known.call(children.list_parents, ChildId=missing)


def test_children_are_those_right_below_of_one_kind_in_order_of_creation(known) -> None:
    known.unit("zeta")
    known.unit("alpha")
    known.member(THIRD)
    known.member(SECOND)

    assert children_of(known, ROOT, "ORGANIZATIONAL_UNIT") == [
        TEAM,
        "ou-a1b2-zeta0000",
        "ou-a1b2-alpha000",
    ]
    assert (
        children_of(known, ROOT, "ACCOUNT") == accounts(known, ROOT) == [MANAGEMENT, THIRD, SECOND]
    )
    assert children_of(known, TEAM, "ORGANIZATIONAL_UNIT") == [INNER]
    assert children_of(known, TEAM, "ACCOUNT") == accounts(known, TEAM) == [MEMBER]
    assert children_of(known, INNER, "ACCOUNT") == accounts(known, INNER) == []


def test_accounts_below_a_parent_are_shown_in_whole(known) -> None:
    known.member(SECOND, parent=INNER, joined=5, method=INVITED, closed=NOW - DAY)

    assert known.call(children.list_accounts_for_parent, ParentId=INNER) == {
        "Accounts": [
            {
                "Id": SECOND,
                "Arn": arn("account", SECOND),
                "Email": "3333@example.com",
                "Name": "account 3333",
                "State": "CLOSED",
                "Status": "SUSPENDED",
                "JoinedMethod": "INVITED",
                "JoinedTimestamp": 5,
                "Paths": [f"{ORGANIZATION}/{ROOT}/{TEAM}/{INNER}/{SECOND}/"],
            }
        ]
    }


def test_an_account_that_was_closed_long_ago_is_nobodys_child(known) -> None:
    known.member(SECOND, parent=INNER, closed=NOW - 90 * DAY)

    assert children_of(known, INNER, "ACCOUNT") == accounts(known, INNER) == []


@pytest.mark.parametrize("parent", ["r-zzzz", "ou-a1b2-missing0", ELSEWHERE_ROOT])
def test_what_is_below_a_parent_that_is_not_there_is_not_told(known, parent) -> None:
    known.elsewhere()

    with refuses("ParentNotFound", NO_PARENT):
        children_of(known, parent, "ACCOUNT")
    with refuses("ParentNotFound", NO_PARENT):
        accounts(known, parent)


def move(known, account, source, destination, caller=None):
    return known.call(
        children.move_account,
        caller,
        AccountId=account,
        SourceParentId=source,
        DestinationParentId=destination,
    )


@pytest.mark.parametrize(
    ("account", "source", "destination"),
    [(MEMBER, TEAM, ROOT), (MEMBER, TEAM, INNER), (MANAGEMENT, ROOT, INNER)],
)
def test_a_move_changes_the_parent_and_nothing_else(known, account, source, destination) -> None:
    member = known.organization.of(Member).get(account)

    assert move(known, account, source, destination) == {}
    assert (known.gone, known.new) == ({member}, {replace(member, parent=destination)})


def test_what_stands_above_an_account_changes_with_its_place(known) -> None:
    before = known.directory.control_policies_of(MEMBER).path
    move(known, MEMBER, TEAM, INNER)

    assert before == f"{ORGANIZATION}/{ROOT}/{TEAM}/"
    assert (
        known.directory.control_policies_of(MEMBER).path == f"{ORGANIZATION}/{ROOT}/{TEAM}/{INNER}/"
    )


def test_a_closed_account_may_be_moved_as_long_as_it_is_shown(known) -> None:
    known.member(SECOND, closed=NOW - DAY)
    move(known, SECOND, ROOT, TEAM)

    assert accounts(known, TEAM) == [MEMBER, SECOND]


@pytest.mark.parametrize("source", [ROOT, INNER, "ou-a1b2-missing0"])
def test_the_source_is_where_the_account_is(known, source) -> None:
    with refuses("SourceParentNotFound", "The account isn't in the source that you specified."):
        move(known, MEMBER, source, ROOT)


@pytest.mark.parametrize("destination", ["r-zzzz", "ou-a1b2-missing0", ELSEWHERE_ROOT])
def test_the_destination_has_to_be_there(known, destination) -> None:
    known.elsewhere()

    with refuses("DestinationParentNotFound", NO_PARENT):
        move(known, MEMBER, TEAM, destination)


def test_an_account_does_not_move_to_where_it_is(known) -> None:
    with refuses("DuplicateAccount", "The account is already in the specified destination."):
        move(known, MEMBER, TEAM, TEAM)


def test_an_account_that_is_not_of_the_organization_does_not_move(known) -> None:
    known.elsewhere()
    known.member(THIRD, of=ELSEWHERE)

    for account in (STRANGER, THIRD, "999988887777"):
        with refuses("AccountNotFound", "You specified an account that doesn't exist."):
            move(known, account, ROOT, TEAM)


def test_a_member_moves_nobody(known) -> None:
    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        move(known, MEMBER, TEAM, ROOT, known.root(MEMBER))


def test_a_move_asks_for_the_account_and_for_both_parents(known) -> None:
    found = known.located(
        children.move_account, AccountId=MEMBER, SourceParentId=TEAM, DestinationParentId=ROOT
    )

    assert [each.arn for each in found] == [
        arn("account", MEMBER),
        arn("ou", TEAM),
        arn("root", ROOT),
    ]
