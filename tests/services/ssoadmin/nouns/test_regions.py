"""Regions of an instance beside its primary one."""

import pytest
from msgspec.structs import replace
from tests.services.ssoadmin.centered import ARN, Centered
from tests.services.support import NOW, refused

from daypass.core import quotas
from daypass.core.domain.identity_center.instance import AddedRegion
from daypass.core.faults import AlreadyExists, InvalidParameterValue, NotFound, TooMany
from daypass.services.ssoadmin import regions

PRIMARY = {
    "RegionName": "us-east-1",
    "Status": "ACTIVE",
    "AddedDate": 1,
    "IsPrimaryRegion": True,
}


@pytest.fixture
def known():
    return Centered()


def added(name):
    return {"RegionName": name, "Status": "ACTIVE", "AddedDate": NOW, "IsPrimaryRegion": False}


def test_an_added_region_is_active_at_once_and_listed_after_the_primary_one(known) -> None:
    for name in ("eu-west-1", "ap-southeast-2"):
        answer = known.call(regions.add_region, InstanceArn=ARN, RegionName=name)
        assert answer == {"Status": "ACTIVE"}

    assert known.call(regions.list_regions, InstanceArn=ARN)["Regions"] == [
        PRIMARY,
        added("eu-west-1"),
        added("ap-southeast-2"),
    ]


@pytest.mark.parametrize(
    ("name", "shown"), [("us-east-1", PRIMARY), ("eu-west-1", added("eu-west-1"))]
)
def test_a_region_is_described_by_its_name(known, name, shown) -> None:
    known.call(regions.add_region, InstanceArn=ARN, RegionName="eu-west-1")

    assert known.call(regions.describe_region, InstanceArn=ARN, RegionName=name) == shown


def test_a_removed_region_is_gone_and_can_be_added_again(known) -> None:
    for name in ("eu-west-1", "ap-southeast-2"):
        known.call(regions.add_region, InstanceArn=ARN, RegionName=name)

    answer = known.call(regions.remove_region, InstanceArn=ARN, RegionName="eu-west-1")

    assert answer == {"Status": "REMOVING"}
    assert [each.name for each in known.found.regions] == ["ap-southeast-2"]
    known.call(regions.add_region, InstanceArn=ARN, RegionName="eu-west-1")
    assert [each.name for each in known.found.regions] == ["ap-southeast-2", "eu-west-1"]


@pytest.mark.parametrize("name", ["us-east-1", "eu-west-1"])
def test_a_region_is_not_added_twice_and_the_primary_one_is_there(known, name) -> None:
    known.put(replace(known.found, regions=(AddedRegion("eu-west-1", 1),)))

    with refused(AlreadyExists, f"The Region {name} is already enabled."):
        known.call(regions.add_region, InstanceArn=ARN, RegionName=name)


def test_the_primary_region_is_never_removed(known) -> None:
    with refused(InvalidParameterValue, "The primary Region us-east-1 cannot be removed."):
        known.call(regions.remove_region, InstanceArn=ARN, RegionName="us-east-1")


@pytest.mark.parametrize("function", [regions.remove_region, regions.describe_region])
def test_a_region_that_was_not_added_is_not_found(known, function) -> None:
    with refused(NotFound, "The Region eu-west-1 is not enabled."):
        known.call(function, InstanceArn=ARN, RegionName="eu-west-1")


def test_an_instance_has_so_many_regions_and_no_more(known) -> None:
    others = tuple(
        AddedRegion(f"r{number}", 1) for number in range(quotas.INSTANCE_REGIONS_MAX - 2)
    )
    known.put(replace(known.found, regions=others))
    known.call(regions.add_region, InstanceArn=ARN, RegionName="eu-west-1")

    with refused(TooMany, "An instance has at most 50 Regions."):
        known.call(regions.add_region, InstanceArn=ARN, RegionName="eu-west-2")
