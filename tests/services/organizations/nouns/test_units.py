"""Organizational units: created, described, renamed, deleted."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE_ROOT,
    FULL,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SECOND,
    TAG,
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
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.services.organizations.tree import units

TEAM = "ou-a1b2-team0000"
NO_UNIT = "You specified an organizational unit that doesn't exist."
TAKEN = "An organizational unit with the same name already exists."


@pytest.fixture
def known():
    return Organized()


def make(known, name="team", parent=ROOT, **more):
    return known.call(units.create_organizational_unit, Name=name, ParentId=parent, **more)[
        "OrganizationalUnit"
    ]


def below(known, parent):
    found = known.call(units.list_organizational_units_for_parent, ParentId=parent)
    return [each["Name"] for each in found["OrganizationalUnits"]]


def test_a_new_unit_hangs_below_its_parent_with_awss_policy_and_its_tags(known) -> None:
    known.unit("team")
    record = known.record
    shown = make(known, "Inner", TEAM, Tags=passed(Team="a"))

    identifier = shown["Id"]
    assert identifier.startswith("ou-a1b2-")
    assert shown == {
        "Id": identifier,
        "Arn": arn("ou", identifier),
        "Name": "Inner",
        "Path": f"{ORGANIZATION}/{ROOT}/{TEAM}/{identifier}/",
    }
    made = OrganizationalUnit(
        account=ORGANIZATION,
        id=identifier,
        name="Inner",
        parent=TEAM,
        serial=record.made + 1,
        attached=(FULL,),
        tags=tags(Team="a"),
    )
    assert known.gone == {record}
    assert known.new == {made, replace(record, made=record.made + 1)}


def test_a_unit_gets_what_is_enabled_and_no_more() -> None:
    known = Organized(types=(TAG,))

    make(known)
    assert [each.attached for each in known.organization.of(OrganizationalUnit)] == [()]


@pytest.mark.parametrize("parent", ["r-zzzz", "ou-a1b2-missing0", ELSEWHERE_ROOT])
def test_the_parent_has_to_be_there(known, parent) -> None:
    known.elsewhere()

    with refuses("ParentNotFound", "You specified a parent that doesn't exist."):
        make(known, parent=parent)
    with refuses("ParentNotFound", "You specified a parent that doesn't exist."):
        below(known, parent)


def test_units_are_so_many_levels_deep(known) -> None:
    parent = ROOT
    for level in range(5):
        parent = make(known, f"level {level}", parent)["Id"]

    with constraint("OU_DEPTH_LIMIT_EXCEEDED", "Organizational units are at most 5 levels deep."):
        make(known, "too deep", parent)


def test_an_organization_has_so_many_units(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "ORGANIZATIONAL_UNITS_MAX", 2)
    make(known, "inner", make(known, "outer")["Id"])

    with constraint(
        "OU_NUMBER_LIMIT_EXCEEDED", "An organization has at most 2 organizational units."
    ):
        make(known, "third")


def test_a_name_is_taken_below_the_same_parent_alone_and_by_its_case(known) -> None:
    known.unit("team")

    with refuses("DuplicateOrganizationalUnit", TAKEN):
        make(known, "team")
    make(known, "team", TEAM)
    make(known, "Team")
    assert below(known, ROOT) == ["team", "Team"]


def test_tags_that_cannot_be_refuse_a_unit(known) -> None:
    with invalid("DUPLICATE_TAG_KEY", "You specified a tag key more than once."):
        make(known, Tags=[*passed(Team="a"), *passed(TEAM="b")])


def test_tags_ask_for_a_permission_of_their_own(known) -> None:
    def asked(**more):
        return [
            each.action
            for each in known.located(
                units.create_organizational_unit, Name="team", ParentId=ROOT, **more
            )
        ]

    assert asked() == asked(Tags=[]) == [""]
    assert asked(Tags=passed(Team="a")) == ["", "organizations:TagResource"]


def test_a_unit_is_shown_with_its_path(known) -> None:
    known.unit("team")
    known.unit("inner", parent=TEAM)

    shown = known.call(units.describe_organizational_unit, OrganizationalUnitId="ou-a1b2-inner000")
    assert shown["OrganizationalUnit"] == {
        "Id": "ou-a1b2-inner000",
        "Arn": arn("ou", "ou-a1b2-inner000"),
        "Name": "inner",
        "Path": f"{ORGANIZATION}/{ROOT}/{TEAM}/ou-a1b2-inner000/",
    }


@pytest.mark.parametrize(
    "operation",
    [
        units.describe_organizational_unit,
        units.update_organizational_unit,
        units.delete_organizational_unit,
    ],
)
def test_a_unit_that_is_not_of_the_organization_is_not_found(known, operation) -> None:
    known.unit("team")
    other = known.root(known.elsewhere())

    with refuses("OrganizationalUnitNotFound", NO_UNIT):
        known.call(operation, OrganizationalUnitId="ou-a1b2-missing0")
    with refuses("OrganizationalUnitNotFound", NO_UNIT):
        known.call(operation, other, OrganizationalUnitId=TEAM)


def rename(known, unit=TEAM, **more):
    return known.call(units.update_organizational_unit, OrganizationalUnitId=unit, **more)[
        "OrganizationalUnit"
    ]


def test_a_new_name_leaves_everything_else(known) -> None:
    unit = known.unit("team", tags=tags(Team="a"))
    known.member(MEMBER, parent=TEAM)

    assert rename(known, Name="crew") == {
        "Id": TEAM,
        "Arn": arn("ou", TEAM),
        "Name": "crew",
        "Path": f"{ORGANIZATION}/{ROOT}/{TEAM}/",
    }
    assert (known.gone, known.new) == ({unit}, {replace(unit, name="crew")})


@pytest.mark.parametrize("more", [{}, {"Name": "team"}])
def test_without_another_name_a_unit_stays_as_it_is(known, more) -> None:
    known.unit("team")

    assert rename(known, **more)["Name"] == "team"
    assert (known.gone, known.new) == (set(), set())


def test_a_new_name_may_differ_in_case_and_is_no_siblings(known) -> None:
    known.unit("team")
    known.unit("crew")
    known.unit("band", parent=TEAM)

    with refuses("DuplicateOrganizationalUnit", TAKEN):
        rename(known, Name="crew")
    assert rename(known, Name="TEAM")["Name"] == "TEAM"
    assert rename(known, Name="band")["Name"] == "band"


def test_an_empty_unit_is_forgotten(known) -> None:
    unit = known.unit("team")
    known.unit("crew")
    known.policy("one", on=[TEAM])
    unit = known.organization.of(OrganizationalUnit).get(TEAM)

    assert known.call(units.delete_organizational_unit, OrganizationalUnitId=TEAM) == {}
    assert (known.gone, known.new) == ({unit}, set())
    assert below(known, ROOT) == ["crew"]


@pytest.mark.parametrize("child", ["unit", "account", "closed account"])
def test_a_unit_in_which_something_is_left_is_not_forgotten(known, child) -> None:
    known.unit("team")
    if child == "unit":
        known.unit("inner", parent=TEAM)
    else:
        known.member(MEMBER, parent=TEAM, closed=NOW - 90 * DAY + 1 if "closed" in child else 0)

    with refuses(
        "OrganizationalUnitNotEmpty",
        "The specified organizational unit is not empty; move its accounts and delete its "
        "units first.",
    ):
        known.call(units.delete_organizational_unit, OrganizationalUnitId=TEAM)


def test_an_account_that_was_closed_long_ago_goes_with_its_unit(known) -> None:
    unit = known.unit("team")
    gone = known.member(MEMBER, parent=TEAM, closed=NOW - 90 * DAY)
    known.member(SECOND, closed=NOW - 90 * DAY)
    account = known.directory.account(MEMBER).record
    known.call(units.delete_organizational_unit, OrganizationalUnitId=TEAM)

    assert known.gone == {unit, gone, account}
    assert known.new == {replace(account, organization="")}


def test_units_are_listed_right_below_their_parent_in_order_of_creation(known) -> None:
    known.unit("zeta")
    known.unit("team")
    known.unit("inner", parent=TEAM)
    known.member(MEMBER)

    assert below(known, ROOT) == ["zeta", "team"]
    assert known.call(units.list_organizational_units_for_parent, ParentId=TEAM) == {
        "OrganizationalUnits": [
            {
                "Id": "ou-a1b2-inner000",
                "Arn": arn("ou", "ou-a1b2-inner000"),
                "Name": "inner",
                "Path": f"{ORGANIZATION}/{ROOT}/{TEAM}/ou-a1b2-inner000/",
            }
        ]
    }
    assert below(known, "ou-a1b2-inner000") == []


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        (units.create_organizational_unit, {"Name": "team", "ParentId": ROOT}),
        (units.update_organizational_unit, {"OrganizationalUnitId": TEAM, "Name": "crew"}),
        (units.delete_organizational_unit, {"OrganizationalUnitId": TEAM}),
        (units.describe_organizational_unit, {"OrganizationalUnitId": TEAM}),
    ],
)
def test_a_member_neither_changes_nor_sees_units(known, operation, parameters) -> None:
    known.unit("team")
    known.member(MEMBER, parent=TEAM)

    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.call(operation, known.root(MEMBER), **parameters)
