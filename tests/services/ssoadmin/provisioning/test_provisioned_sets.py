"""Where a permission set is provisioned, and which sets an account has, by how new they are."""

import pytest
from tests.services.organizations.organized import MEMBER
from tests.services.ssoadmin.assigned import Assigned
from tests.services.ssoadmin.centered import ARN, DELEGATED, MANAGEMENT, OUTSIDER

from daypass.services.ssoadmin.permission_sets import sets
from daypass.services.ssoadmin.provisioning import provisioned_sets

LATEST = {"ProvisioningStatus": "LATEST_PERMISSION_SET_PROVISIONED"}
NOT_LATEST = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}


@pytest.fixture
def world():
    return Assigned()


def _accounts(world, arn, **filters):
    return world.call(
        provisioned_sets.list_accounts_for_provisioned_permission_set,
        InstanceArn=ARN,
        PermissionSetArn=arn,
        **filters,
    )["AccountIds"]


def _sets(world, account, **filters):
    return world.call(
        provisioned_sets.list_permission_sets_provisioned_to_account,
        InstanceArn=ARN,
        AccountId=account,
        **filters,
    )["PermissionSets"]


def test_the_accounts_of_a_set_are_those_where_it_is_provisioned(world) -> None:
    one, two = world.new_set("One"), world.new_set("Two")
    for target in (MEMBER, MANAGEMENT):
        world.assign(one, target)
    world.assign(two, DELEGATED)

    assert _accounts(world, one) == [MANAGEMENT, MEMBER]
    assert _accounts(world, two) == [DELEGATED]


def test_an_edit_makes_each_account_outdated_until_it_is_provisioned_there(world) -> None:
    arn = world.new_set()
    for target in (MEMBER, DELEGATED):
        world.assign(arn, target)
    before = _accounts(world, arn, **LATEST), _accounts(world, arn, **NOT_LATEST)
    world.on_set(sets.update_permission_set, arn, Description="new")
    edited = _accounts(world, arn, **LATEST), _accounts(world, arn, **NOT_LATEST)

    world.provision(arn, MEMBER)

    assert before == ([MEMBER, DELEGATED], [])
    assert edited == ([], [MEMBER, DELEGATED])
    assert _accounts(world, arn, **LATEST) == [MEMBER]
    assert _accounts(world, arn, **NOT_LATEST) == [DELEGATED]


def test_the_sets_of_an_account_are_those_that_it_has_a_role_of(world) -> None:
    one, two = sorted([world.new_set("One"), world.new_set("Two")])
    for arn in (one, two):
        world.assign(arn)
    world.on_set(sets.update_permission_set, two, Description="new")

    assert _sets(world, MEMBER) == [one, two]
    assert _sets(world, MEMBER, **LATEST) == [one]
    assert _sets(world, MEMBER, **NOT_LATEST) == [two]
    assert _sets(world, DELEGATED) == _sets(world, OUTSIDER) == []


def test_a_page_goes_on_after_the_last_account_of_the_page_before(world) -> None:
    arn = world.new_set()
    for target in (MEMBER, DELEGATED, MANAGEMENT):
        world.assign(arn, target)
    answer = provisioned_sets.list_accounts_for_provisioned_permission_set(
        world.context(), {"InstanceArn": ARN, "PermissionSetArn": arn}
    )["AccountIds"]
    known = list(answer.after(""))

    assert [each.target for each in known] == [MANAGEMENT, MEMBER, DELEGATED]
    assert list(answer.after(answer.key(known[0]))) == known[1:]
    assert list(answer.after(answer.key(known[2]))) == []
