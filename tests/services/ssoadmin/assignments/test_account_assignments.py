"""Assignments: made and ended with the role, their outcome kept, all of them listed."""

import json

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import MEMBER
from tests.services.ssoadmin.assigned import (
    ALICE,
    BOB,
    OTHERS,
    READ_ONLY,
    READ_S3,
    TEAM,
    Assigned,
    a_person,
)
from tests.services.ssoadmin.centered import ARN, INSTANCE, MANAGEMENT, OUTSIDER, STORE

from daypass.services.ssoadmin.assignments import account_assignments, request_status
from daypass.services.ssoadmin.permission_sets import inline_policy, managed_policies, sets


@pytest.fixture
def world():
    return Assigned()


def test_an_assignment_makes_a_role_with_all_that_the_set_says(world):
    arn = world.new_set(
        Description="reads", SessionDuration="PT90M", RelayState="https://a.example"
    )
    world.on_set(
        managed_policies.attach_managed_policy_to_permission_set, arn, ManagedPolicyArn=READ_ONLY
    )
    world.on_set(inline_policy.put_inline_policy_to_permission_set, arn, InlinePolicy=READ_S3)

    status = world.assign(arn)

    assert status["Status"] == "SUCCEEDED"
    role, known = world.role(arn), world.provisioned_set(arn)
    (provider,) = world.providers()
    prefix, _, digits = role.name.rpartition("_")
    assert prefix == "AWSReservedSSO_Reader"
    assert len(digits) == 16
    assert role.path == "/aws-reserved/sso.amazonaws.com/"
    assert role.description == "reads"
    assert role.session_seconds_max == 43_200
    assert role.attached == (READ_ONLY,)
    assert [(each.name, each.document) for each in role.inline] == [("AwsSSOInlinePolicy", READ_S3)]
    assert json.loads(role.trust)["Statement"][0]["Principal"] == {"Federated": provider.arn}
    assert known.session_seconds == 5_400
    assert known.relay_state == "https://a.example"
    assert provider.valid_until - provider.created == 36_525 * 24 * 60 * 60
