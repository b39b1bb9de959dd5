"""Policies on the root, on units and on accounts."""

from dataclasses import replace as but

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    RCP,
    RCP_FULL,
    ROOT,
    SCP,
    TAG,
    Organized,
    arn,
    constraint,
    invalid,
    refuses,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.organizations.policies.policy_types import POLICY_TYPES
from daypass.services.organizations.policies import attachments

UNIT = "ou-a1b2-team0000"
PLACES = [ROOT, UNIT, MEMBER, MANAGEMENT]


@pytest.fixture
def known():
    found = Organized(types=(SCP, RCP, TAG))
    found.unit("team")
    found.member(MEMBER, parent=UNIT)
    return found


def on(known, place, kind):
    answer = known.call(attachments.list_policies_for_target, TargetId=place, Filter=kind)
    return [each["Id"] for each in answer["Policies"]]


@pytest.mark.parametrize("place", PLACES)
def test_a_policy_hangs_last_where_it_was_attached_and_nowhere_else(known, place) -> None:
    policy = known.policy("one")
    node = known.organization.node(place)

    assert known.call(attachments.attach_policy, PolicyId=policy.id, TargetId=place) == {}
    assert known.gone == {node}
    assert known.new == {replace(node, attached=(FULL, RCP_FULL, policy.id))}


@pytest.mark.parametrize("place", PLACES)
def test_a_policy_comes_off_where_it_hung_and_nowhere_else(known, place) -> None:
    policy = known.policy("one", on=PLACES)
    node = known.organization.node(place)

    assert known.call(attachments.detach_policy, PolicyId=policy.id, TargetId=place) == {}
    assert known.gone == {node}
    assert known.new == {replace(node, attached=(FULL, RCP_FULL))}


@pytest.mark.parametrize("operation", [attachments.attach_policy, attachments.detach_policy])
def test_policy_and_target_have_to_be_there(known, operation) -> None:
    with refuses("PolicyNotFound", "You specified a policy that doesn't exist."):
        known.call(operation, PolicyId="p-missing000", TargetId=MEMBER)
    for missing in ("r-zzzz", "ou-a1b2-missing0", "999988887777"):
        with refuses("TargetNotFound", "You specified a target that doesn't exist."):
            known.call(operation, PolicyId=FULL, TargetId=missing)


def test_the_policy_of_another_organization_is_not_found(known) -> None:
    other = known.elsewhere()
    policy = known.policy("one")

    with refuses("PolicyNotFound", "You specified a policy that doesn't exist."):
        known.call(
            attachments.attach_policy, known.root(other), PolicyId=policy.id, TargetId="r-z9y8"
        )


def test_a_policy_hangs_in_a_place_once(known) -> None:
    policy = known.policy("one", on=[MEMBER])

    for twice in (policy.id, FULL):
        with refuses(
            "DuplicatePolicyAttachment",
            "The selected policy is already attached to the specified target.",
        ):
            known.call(attachments.attach_policy, PolicyId=twice, TargetId=MEMBER)


def test_a_policy_of_a_type_that_is_not_enabled_hangs_nowhere(known) -> None:
    policy = known.policy("one", type="BACKUP_POLICY")

    with refuses(
        "PolicyTypeNotEnabled", "This operation can be performed only for enabled policy types."
    ):
        known.call(attachments.attach_policy, PolicyId=policy.id, TargetId=ROOT)


@pytest.mark.parametrize("kind", [SCP, RCP, TAG])
def test_so_many_policies_of_a_type_hang_in_one_place(known, monkeypatch, kind) -> None:
    monkeypatch.setitem(POLICY_TYPES, kind, but(POLICY_TYPES[kind], attached_max=2))
    has_own = kind != TAG
    first, second, third = (known.policy(name, type=kind) for name in ("one", "two", "three"))
    full = [first] if has_own else [first, second]
    for each in full:
        known.call(attachments.attach_policy, PolicyId=each.id, TargetId=MEMBER)

    with constraint(
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "You have attached the maximum number of policies to the specified target.",
    ):
        known.call(attachments.attach_policy, PolicyId=third.id, TargetId=MEMBER)
    # What is full of one type takes another, and another place the same.
    known.call(attachments.attach_policy, PolicyId=third.id, TargetId=UNIT)
    other = known.policy("other", type=SCP if kind != SCP else TAG)
    known.call(attachments.attach_policy, PolicyId=other.id, TargetId=MEMBER)


def test_a_policy_that_hangs_elsewhere_does_not_come_off_here(known) -> None:
    policy = known.policy("one", on=[UNIT])

    with refuses("PolicyNotAttached", "The policy isn't attached to the specified target."):
        known.call(attachments.detach_policy, PolicyId=policy.id, TargetId=MEMBER)


def test_the_last_scp_of_a_place_stays_whosever_it_is(known) -> None:
    last = (
        "You cannot remove the last policy attached to the specified target."
        " You must have at least one attached at all times."
    )
    policy = known.policy("one", on=[MEMBER])
    with constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", last):
        known.call(attachments.detach_policy, PolicyId=FULL, TargetId=UNIT)
    known.call(attachments.detach_policy, PolicyId=FULL, TargetId=MEMBER)

    with constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", last):
        known.call(attachments.detach_policy, PolicyId=policy.id, TargetId=MEMBER)
    known.call(attachments.attach_policy, PolicyId=FULL, TargetId=MEMBER)
    assert known.organization.node(MEMBER).attached == (RCP_FULL, policy.id, FULL)


def test_aws_own_rcp_stays_where_it_is_even_beside_others(known) -> None:
    known.policy("one", type=RCP, on=[MEMBER])

    with invalid("NON_DETACHABLE_POLICY", "You can't detach the policy RCPFullAWSAccess."):
        known.call(attachments.detach_policy, PolicyId=RCP_FULL, TargetId=MEMBER)


def test_the_last_management_policy_may_come_off(known) -> None:
    policy = known.policy("one", type=TAG, on=[MEMBER])
    known.call(attachments.detach_policy, PolicyId=policy.id, TargetId=MEMBER)

    assert on(known, MEMBER, TAG) == []


def test_the_policies_of_a_place_are_its_own_of_one_type_in_order_of_creation(known) -> None:
    late = known.policy("zeta", on=[MEMBER])
    known.policy("tags", type=TAG, on=[MEMBER])
    known.policy("above", on=[UNIT, ROOT])
    later = known.policy("alpha", on=[MEMBER])
    known.call(attachments.detach_policy, PolicyId=FULL, TargetId=MEMBER)
    known.call(attachments.attach_policy, PolicyId=FULL, TargetId=MEMBER)

    assert on(known, MEMBER, SCP) == [FULL, late.id, later.id]
    assert on(known, MEMBER, "BACKUP_POLICY") == []


def test_a_policy_of_a_place_is_shown_without_its_text(known) -> None:
    known.policy("tags", type=TAG, on=[UNIT], description="how keys are spelled")

    assert known.call(attachments.list_policies_for_target, TargetId=UNIT, Filter=TAG) == {
        "Policies": [
            {
                "Id": "p-tags0000",
                "Arn": arn("policy", "tag_policy", "p-tags0000"),
                "Name": "tags",
                "Description": "how keys are spelled",
                "Type": TAG,
                "AwsManaged": False,
            }
        ]
    }


def test_the_places_of_a_policy_are_shown_in_order_of_creation(known) -> None:
    policy = known.policy("one", on=[MEMBER, ROOT, UNIT])

    assert known.call(attachments.list_targets_for_policy, PolicyId=policy.id) == {
        "Targets": [
            {"TargetId": ROOT, "Arn": arn("root", ROOT), "Name": "Root", "Type": "ROOT"},
            {
                "TargetId": UNIT,
                "Arn": arn("ou", UNIT),
                "Name": "team",
                "Type": "ORGANIZATIONAL_UNIT",
            },
            {
                "TargetId": MEMBER,
                "Arn": arn("account", MEMBER),
                "Name": "account 2222",
                "Type": "ACCOUNT",
            },
        ]
    }


def test_a_policy_that_hangs_nowhere_has_no_places(known) -> None:
    known.policy("one")

    assert known.call(attachments.list_targets_for_policy, PolicyId="p-one00000") == {"Targets": []}
    with refuses("PolicyNotFound", "You specified a policy that doesn't exist."):
        known.call(attachments.list_targets_for_policy, PolicyId="p-missing000")


def test_an_account_that_was_closed_long_ago_is_no_place(known) -> None:
    long_ago = NOW - quotas.CLOSED_ACCOUNT_SECONDS
    known.member("333344445555", closed=long_ago)
    known.member("444455556666", closed=long_ago + 1)
    policy = known.policy("one", on=["333344445555", "444455556666"])

    shown = known.call(attachments.list_targets_for_policy, PolicyId=policy.id)["Targets"]
    assert [each["TargetId"] for each in shown] == ["444455556666"]
    with refuses("TargetNotFound", "You specified a target that doesn't exist."):
        on(known, "333344445555", SCP)


def test_what_aws_owns_is_named_without_an_account(known) -> None:
    (shown,) = known.call(attachments.list_policies_for_target, TargetId=ROOT, Filter=RCP)[
        "Policies"
    ]

    assert shown == {
        "Id": RCP_FULL,
        "Arn": "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
        "Name": "RCPFullAWSAccess",
        "Description": "Allows access to every operation",
        "Type": RCP,
        "AwsManaged": True,
    }
    assert ORGANIZATION not in shown["Arn"]
