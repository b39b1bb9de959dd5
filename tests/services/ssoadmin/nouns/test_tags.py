"""Tags of instances and permission sets."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import MEMBER
from tests.services.ssoadmin.centered import (
    ABSENT_ARN,
    ARN,
    DELEGATED,
    INSTANCE,
    MANAGEMENT,
    NO_ACCESS,
    OTHER,
    OTHER_ARN,
    OUTSIDER,
    SET,
    Centered,
)
from tests.services.ssoadmin.centered import tags as labels
from tests.services.support import refused

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.faults import Denied, InvalidParameterValue, NotFound, TooMany
from daypass.services.ssoadmin import tags

OTHER_SET = f"arn:aws:sso:::permissionSet/{OTHER}/ps-one0000000000000"
NOT_IN_INSTANCE = "The resource does not belong to the instance in InstanceArn."


@pytest.fixture
def known():
    found = Centered()
    found.permission_set()
    return found


@pytest.mark.parametrize("account", [MANAGEMENT, DELEGATED])
@pytest.mark.parametrize("named", [{}, {"InstanceArn": ARN}])
@pytest.mark.parametrize("resource", [ARN, SET])
def test_tags_are_added_replaced_listed_and_removed(known, resource, named, account) -> None:
    on = {"ResourceArn": resource, **named}

    assert known.call(tags.tag_resource, account, **on, Tags=labels(team="red", cost="1")) == {}
    known.call(tags.tag_resource, account, **on, Tags=labels(Team="blue", stage="test"))
    assert known.call(tags.list_tags_for_resource, account, **on) == {
        "Tags": labels(Team="blue", cost="1", stage="test")
    }

    assert known.call(tags.untag_resource, account, **on, TagKeys=["TEAM", "unknown"]) == {}
    assert known.call(tags.list_tags_for_resource, account, **on) == {
        "Tags": labels(cost="1", stage="test")
    }


def test_tags_of_a_set_are_no_edit_that_must_be_provisioned(known) -> None:
    before = known.directory.instance(INSTANCE).set_named("one")

    known.call(tags.tag_resource, ResourceArn=SET, Tags=labels(team="red"))

    after = known.directory.instance(INSTANCE).set_named("one")
    assert after == replace(before, tags=(Tag("team", "red"),))


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        (SET.replace("one", "two"), {}),
        (SET.replace("one", "two"), {"InstanceArn": ARN}),
        # Applications are not built: none exists.
        (f"arn:aws:sso::{MANAGEMENT}:application/{INSTANCE}/apl-0123456789abcdef", {}),
        # The model allows a stroke in an id.
        (f"{SET[:-2]}/x", {}),
    ],
)
@pytest.mark.parametrize(
    ("function", "more"),
    [
        (tags.tag_resource, {"Tags": labels(team="red")}),
        (tags.untag_resource, {"TagKeys": ["team"]}),
        (tags.list_tags_for_resource, {}),
    ],
)
def test_a_resource_that_does_not_exist_is_not_found(
    known, function, more, resource, named
) -> None:
    with refused(NotFound, f"The resource {resource} does not exist."):
        known.call(function, ResourceArn=resource, **more, **named)


FOREIGN = [
    # account, resource, named instance
    (MANAGEMENT, OTHER_ARN, None),
    (MANAGEMENT, OTHER_SET, None),
    (MANAGEMENT, OTHER_SET, ARN),
    (MANAGEMENT, SET, OTHER_ARN),
    (MANAGEMENT, ABSENT_ARN, None),
    (MANAGEMENT, ABSENT_ARN.replace("instance", "permissionSet") + "/ps-one0000000000000", None),
    (OUTSIDER, SET, None),
    (OUTSIDER, SET, OTHER_ARN),
    (OUTSIDER, ARN, None),
    # A member account neither tags nor reads the tags of its organization's instance.
    (MEMBER, ARN, None),
    (MEMBER, SET, None),
]


@pytest.mark.parametrize(("account", "resource", "named"), FOREIGN)
def test_a_resource_of_an_instance_of_others_is_refused_whether_or_not_it_exists(
    known, account, resource, named
) -> None:
    # T237-PRIV
    known.account_instance(OUTSIDER)
    on = {"ResourceArn": resource} | ({"InstanceArn": named} if named else {})

    for function, more in (
        (tags.tag_resource, {"Tags": labels(team="red")}),
        (tags.untag_resource, {"TagKeys": ["team"]}),
        (tags.list_tags_for_resource, {}),
    ):
        with refused(Denied, NO_ACCESS):
            known.call(function, account, **on, **more)


def test_a_resource_of_another_instance_than_the_named_one_is_refused(known) -> None:
    # The delegated administrator administers both.
    known.account_instance(DELEGATED)

    with refused(InvalidParameterValue, NOT_IN_INSTANCE):
        known.call(tags.list_tags_for_resource, DELEGATED, ResourceArn=SET, InstanceArn=OTHER_ARN)


@pytest.mark.parametrize("put", [Centered.provisioned, Centered.assigned])
def test_a_delegated_administrator_reads_and_does_not_change_a_set_of_the_management_account(
    known, put
) -> None:
    put(known, known.directory.instance(INSTANCE).set_named("one"))

    with refused(Denied, NO_ACCESS):
        known.call(tags.tag_resource, DELEGATED, ResourceArn=SET, Tags=labels(team="red"))
    with refused(Denied, NO_ACCESS):
        known.call(tags.untag_resource, DELEGATED, ResourceArn=SET, TagKeys=["team"])
    assert known.call(tags.list_tags_for_resource, DELEGATED, ResourceArn=SET) == {"Tags": []}
    known.call(tags.tag_resource, DELEGATED, ResourceArn=ARN, Tags=labels(team="red"))
    known.call(tags.tag_resource, ResourceArn=SET, Tags=labels(team="red"))


def test_a_delegated_administrator_changes_a_set_that_is_provisioned_elsewhere(known) -> None:
    found = known.directory.instance(INSTANCE).set_named("one")
    known.provisioned(found, MEMBER)
    known.assigned(found, MEMBER)

    known.call(tags.tag_resource, DELEGATED, ResourceArn=SET, Tags=labels(team="red"))
    assert known.call(tags.list_tags_for_resource, ResourceArn=SET)["Tags"] == labels(team="red")


@pytest.mark.parametrize("resource", [ARN, SET])
def test_a_resource_has_so_many_tags_and_no_more(known, resource) -> None:
    many = [{"Key": str(number), "Value": ""} for number in range(quotas.TAGS_MAX)]
    known.call(tags.tag_resource, ResourceArn=resource, Tags=many)
    known.call(tags.tag_resource, ResourceArn=resource, Tags=[{"Key": "0", "Value": "again"}])

    with refused(TooMany, "Cannot exceed quota for tags per resource: 50"):
        known.call(tags.tag_resource, ResourceArn=resource, Tags=labels(more=""))


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (
            [*labels(team="red"), *labels(TEAM="blue")],
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            [{"Key": "aws:team", "Value": "red"}],
            "Tag keys beginning with aws: are reserved for system use.",
        ),
    ],
)
def test_duplicate_and_reserved_keys_are_refused(known, passed, words) -> None:
    with refused(InvalidParameterValue, words):
        known.call(tags.tag_resource, ResourceArn=SET, Tags=passed)
