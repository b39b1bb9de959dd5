"""Pages of lists, and tokens that are good for one list of one account alone."""

import pytest
from botocore.exceptions import ClientError
from tests.services.ssoadmin.conftest import SERVICE, founded

REGIONS = ["us-east-1", "eu-west-1", "eu-west-2", "ap-southeast-2", "ca-central-1"]


@pytest.fixture(scope="module")
def center(first):
    found = founded(first)
    for name in REGIONS[1:]:
        found.sso.add_region(InstanceArn=found.instance, RegionName=name)
    found.delegated = found.account()
    found.delegate(found.delegated, "sso.amazonaws.com")
    return found


def page(center, account=None, **more):
    return center.client(SERVICE, account).list_regions(InstanceArn=center.instance, **more)


def invalid(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("size", [1, 2, 4, 5, 100])
def test_every_region_is_on_one_page(center, size) -> None:
    pages = center.sso.get_paginator("list_regions").paginate(
        InstanceArn=center.instance, PaginationConfig={"PageSize": size}
    )
    found = [[each["RegionName"] for each in one["Regions"]] for one in pages]

    assert [name for one in found for name in one] == REGIONS
    assert all(len(one) <= size for one in found)


@pytest.mark.parametrize("size", [0, 101])
def test_a_page_has_one_to_a_hundred_entries(center, size) -> None:
    invalid(
        center.client(SERVICE, checked=False).list_regions,
        InstanceArn=center.instance,
        MaxResults=size,
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-4],
        lambda token: "BBBB" + token[4:],
        lambda token: token.swapcase(),
        lambda _token: "AAAAAAAAAAAB",
        lambda _token: "",
    ],
)
def test_t236_priv_a_token_that_was_edited_is_refused(center, change) -> None:
    token = page(center, MaxResults=2)["NextToken"]

    invalid(center.sso.list_regions, InstanceArn=center.instance, NextToken=change(token))


def test_t236_priv_a_token_of_another_account_list_or_instance_is_refused(center, first) -> None:
    token = page(center, MaxResults=2)["NextToken"]
    delegated = center.client(SERVICE, center.delegated)

    assert page(center, NextToken=token)["Regions"]
    invalid(delegated.list_regions, InstanceArn=center.instance, NextToken=token)
    invalid(center.sso.list_instances, NextToken=token)
    invalid(center.sso.list_tags_for_resource, ResourceArn=center.instance, NextToken=token)
    first.sso.list_regions(InstanceArn=first.instance)
    invalid(first.sso.list_regions, InstanceArn=first.instance, NextToken=token)
