"""Permission sets: created, described, edited and deleted."""

import pytest
from msgspec.structs import replace
from tests.services.ssoadmin.assigned import BOB, Assigned
from tests.services.ssoadmin.centered import (
    ARN,
    DELEGATED,
    INSTANCE,
    MANAGEMENT,
    NO_ACCESS,
    OUTSIDER,
    tags,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.faults import (
    AlreadyExists,
    Denied,
    InUse,
    InvalidParameterValue,
    NotFound,
    TooMany,
)
from daypass.services.ssoadmin.permission_sets import (
    boundary,
    customer_policies,
    inline_policy,
    managed_policies,
    sets,
)

POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
INLINE = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:*","Resource":"*"}}'


@pytest.fixture
def world():
    return Assigned()


def _described(world, arn):
    return world.on_set(sets.describe_permission_set, arn)["PermissionSet"]


def test_a_set_is_described_as_it_was_created(world) -> None:
    arn = world.new_set(
        "a+b=c,d.e@f-g", Description="d", SessionDuration="PT60M", RelayState="https://a.example"
    )

    assert _described(world, arn) == {
        "Name": "a+b=c,d.e@f-g",
        "PermissionSetArn": arn,
        "CreatedDate": NOW,
        "Description": "d",
        "SessionDuration": "PT60M",
        "RelayState": "https://a.example",
    }


def test_a_set_has_an_hour_and_no_other_member_by_default(world) -> None:
    arn = world.new_set("plain")

    assert arn.startswith(f"arn:aws:sso:::permissionSet/{INSTANCE}/ps-")
    assert _described(world, arn) == {
        "Name": "plain",
        "PermissionSetArn": arn,
        "CreatedDate": NOW,
        "SessionDuration": "PT1H",
    }


def test_a_set_keeps_the_tags_of_its_creation(world) -> None:
    arn = world.new_set(Tags=tags(team="a"))

    assert [(each.key, each.value) for each in world.set(arn).tags] == [("team", "a")]


def test_a_name_is_taken_once_in_an_instance(world) -> None:
    world.new_set("Reader")

    with pytest.raises(AlreadyExists) as refused:
        world.new_set("Reader")

    assert refused.value.message == "PermissionSet with name Reader already exists."


def test_an_instance_has_3500_sets_at_most(world) -> None:
    model = world.set(world.new_set())
    world.put(
        *(
            replace(model, id=f"ps-{number:016}", name=f"s{number}")
            for number in range(quotas.PERMISSION_SETS_MAX - 1)
        )
    )

    with pytest.raises(TooMany):
        world.new_set("one-more")


@pytest.mark.parametrize(
    "duration", ["PT0S", "PT14M59S", "PT12H1S", "P1D", "-PT1H", "P1Y", "PT1.5S"]
)
def test_a_session_lasts_between_15_minutes_and_12_hours(world, duration) -> None:
    arn = world.new_set()

    for call in (
        lambda: world.new_set("other", SessionDuration=duration),
        lambda: world.on_set(sets.update_permission_set, arn, SessionDuration=duration),
    ):
        with pytest.raises(InvalidParameterValue):
            call()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, ("d", "PT2H", "")),
        ({"Description": "e"}, ("e", "PT2H", "")),
        ({"SessionDuration": "PT3H"}, ("d", "PT3H", "")),
        ({"RelayState": "https://b.example"}, ("d", "PT2H", "https://b.example")),
    ],
    ids=["nothing", "description", "duration", "relay state"],
)
def test_an_update_keeps_what_is_omitted_but_the_relay_state(world, sent, expected) -> None:
    arn = world.new_set(Description="d", SessionDuration="PT2H", RelayState="https://a.example")

    world.on_set(sets.update_permission_set, arn, **sent)

    found = world.set(arn)
    assert (found.description, found.session_duration, found.relay_state) == expected


def test_a_set_that_is_assigned_anywhere_is_not_deleted(world) -> None:
    arn = world.new_set()
    world.assign(arn)

    with pytest.raises(InUse):
        world.on_set(sets.delete_permission_set, arn)
    world.unassign(arn)
    world.on_set(sets.delete_permission_set, arn)

    with pytest.raises(NotFound):
        _described(world, arn)


def test_sets_are_listed_by_their_arns(world) -> None:
    made = [world.new_set(name) for name in ("b", "a", "c")]

    assert sorted(made) == world.call(sets.list_permission_sets, InstanceArn=ARN)["PermissionSets"]


def test_a_set_of_another_instance_is_refused_like_one_that_does_not_exist(world) -> None:
    other = world.account_instance(has_permission_sets=True)
    theirs = world.permission_set(of=other.account)

    with pytest.raises(NotFound):
        _described(world, theirs.arn)


def test_an_account_instance_has_no_sets_before_they_are_enabled(world) -> None:
    other = world.account_instance()

    with pytest.raises(InvalidParameterValue):
        world.call(sets.create_permission_set, OUTSIDER, InstanceArn=other.arn, Name="a")


EDITS = [
    (sets.update_permission_set, {"Description": "e"}),
    (sets.delete_permission_set, {}),
    (managed_policies.attach_managed_policy_to_permission_set, {"ManagedPolicyArn": POLICY}),
    (managed_policies.detach_managed_policy_from_permission_set, {"ManagedPolicyArn": POLICY}),
    (
        customer_policies.attach_customer_managed_policy_reference_to_permission_set,
        {"CustomerManagedPolicyReference": {"Name": "own"}},
    ),
    (
        customer_policies.detach_customer_managed_policy_reference_from_permission_set,
        {"CustomerManagedPolicyReference": {"Name": "own"}},
    ),
    (inline_policy.put_inline_policy_to_permission_set, {"InlinePolicy": INLINE}),
    (inline_policy.delete_inline_policy_from_permission_set, {}),
    (
        boundary.put_permissions_boundary_to_permission_set,
        {"PermissionsBoundary": {"ManagedPolicyArn": POLICY}},
    ),
    (boundary.delete_permissions_boundary_from_permission_set, {}),
]


@pytest.mark.parametrize(
    ("function", "parameters"), EDITS, ids=[function.__name__ for function, _ in EDITS]
)
def test_a_delegated_administrator_edits_no_set_that_is_provisioned_in_the_management_account(
    world, function, parameters
) -> None:
    """T423: the edit would reach that account by the next provisioning."""
    arn = world.new_set()
    world.assign(arn, MANAGEMENT)
    before = world.set(arn)

    with pytest.raises(Denied) as refused:
        world.on_set(function, arn, DELEGATED, **parameters)

    assert refused.value.message == NO_ACCESS
    assert world.set(arn) == before


@pytest.mark.parametrize(
    ("function", "parameters"),
    [each for each in EDITS if "detach" not in each[0].__name__],
    ids=[function.__name__ for function, _ in EDITS if "detach" not in function.__name__],
)
def test_a_delegated_administrator_edits_every_other_set(world, function, parameters) -> None:
    arn = world.new_set("Own", DELEGATED)
    if function is not sets.delete_permission_set:
        world.assign(arn, caller=world.root(DELEGATED), principal=BOB)

    world.on_set(function, arn, DELEGATED, **parameters)


def test_an_edit_is_a_version_and_an_edit_that_changes_no_field_is_none(world) -> None:
    arn = world.new_set(Description="d")
    versions = [world.set(arn).version]

    for description in ("d", "e", "e"):
        world.on_set(sets.update_permission_set, arn, Description=description)
        versions.append(world.set(arn).version)

    assert versions == [1, 1, 2, 2]
    assert isinstance(world.set(arn), PermissionSet)
