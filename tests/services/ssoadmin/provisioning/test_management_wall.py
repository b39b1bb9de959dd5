"""The wall of the management account: each step of IAM that is taken there is the caller's own.

The tests carry the ids T422 and T423: one of the nine actions is missing, or its condition key does
not fit, or the caller is a delegated administrator.
"""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import MEMBER
from tests.services.ssoadmin.assigned import (
    ADMINISTRATOR,
    ALICE,
    ANOTHER_INLINE,
    BOB,
    NINE,
    PROVIDERS,
    READ_ONLY,
    READ_S3,
    ROLES,
    TEAM,
    Assigned,
    a_group,
)
from tests.services.ssoadmin.centered import DELEGATED, MANAGEMENT, OUTSIDER

from daypass.services.ssoadmin.assignments import account_assignments, request_status
from daypass.services.ssoadmin.permission_sets import (
    boundary,
    inline_policy,
    managed_policies,
    sets,
)

ATTACH = managed_policies.attach_managed_policy_to_permission_set
DETACH = managed_policies.detach_managed_policy_from_permission_set
PUT_INLINE = inline_policy.put_inline_policy_to_permission_set
PUT_BOUNDARY = boundary.put_permissions_boundary_to_permission_set
NO_BOUNDARY = boundary.delete_permissions_boundary_from_permission_set
DENIED = (
    "Received a 403 status error: Access denied by IAM. Please check your policy, or wait for role"
    " propagation to complete. IAM Error: "
)


@pytest.fixture
def world():
    return Assigned()


def _full_set(world):
    """Return a set with a policy of AWS, an inline policy, a boundary and a description."""
    arn = world.new_set(Description="old")
    world.on_set(ATTACH, arn, ManagedPolicyArn=READ_ONLY)
    world.on_set(PUT_INLINE, arn, InlinePolicy=READ_S3)
    world.on_set(PUT_BOUNDARY, arn, PermissionsBoundary={"ManagedPolicyArn": READ_ONLY})
    return arn


CREATION = {"iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:CreateSAMLProvider"}


@pytest.mark.parametrize("missing", sorted(CREATION))
def test_t422_priv_an_assignment_fails_without_one_action_that_makes_its_role(
    world, missing
) -> None:
    arn = _full_set(world)
    caller = world.administrator(*(each for each in NINE if each != missing))

    status = world.assign(arn, MANAGEMENT, caller=caller)

    assert status["Status"] == "FAILED"
    assert status["FailureReason"].startswith(DENIED)
    assert (
        f"is not authorized to perform: {missing} on resource: arn:aws:iam::"
        in (status["FailureReason"])
    )
    assert world.role(arn, MANAGEMENT) is None
    assert world.providers(MANAGEMENT) == []
    assert world.assignments() == []


def test_an_assignment_needs_the_actions_that_make_its_role_and_no_other(world) -> None:
    arn = _full_set(world)

    status = world.assign(arn, MANAGEMENT, caller=world.administrator(*CREATION))

    assert status["Status"] == "SUCCEEDED"
    assert world.role(arn, MANAGEMENT) is not None


EDITS = {
    "iam:AttachRolePolicy": lambda world, arn: world.on_set(
        ATTACH, arn, ManagedPolicyArn=ADMINISTRATOR
    ),
    "iam:PutRolePolicy": lambda world, arn: world.on_set(
        PUT_INLINE, arn, InlinePolicy=ANOTHER_INLINE
    ),
    "iam:PutRolePermissionsBoundary": lambda world, arn: world.on_set(
        PUT_BOUNDARY, arn, PermissionsBoundary={"ManagedPolicyArn": ADMINISTRATOR}
    ),
    "iam:DeleteRolePermissionsBoundary": lambda world, arn: world.on_set(NO_BOUNDARY, arn),
    "iam:UpdateRole": lambda world, arn: world.on_set(
        sets.update_permission_set, arn, Description="new"
    ),
    "iam:UpdateRoleDescription": lambda world, arn: world.on_set(
        sets.update_permission_set, arn, Description="new"
    ),
    "iam:UpdateAssumeRolePolicy": lambda world, arn: world.put(
        # No operation changes the trust; a provider that is gone and made anew does.
        replace(world.role(arn, MANAGEMENT), trust=world.role(arn, MANAGEMENT).trust + " ")
    ),
    "iam:CreateSAMLProvider": lambda world, arn: world.remove(world.providers(MANAGEMENT)[0]),
}


def _provisioned(world):
    """Return a set that is provisioned in the management account, by somebody who may."""
    arn = _full_set(world)
    assert world.assign(arn, MANAGEMENT)["Status"] == "SUCCEEDED"
    return arn


@pytest.mark.parametrize("target", [MANAGEMENT, ""], ids=["one account", "all accounts"])
@pytest.mark.parametrize("missing", list(EDITS))
def test_t422_priv_provisioning_fails_without_one_action_that_the_edit_takes(
    world, missing, target
) -> None:
    arn = _provisioned(world)
    EDITS[missing](world, arn)
    before, known = world.role(arn, MANAGEMENT), world.provisioned_set(arn, MANAGEMENT)
    providers = world.providers(MANAGEMENT)
    caller = world.administrator(*(each for each in NINE if each != missing))

    status = world.provision(arn, target, caller)

    prefix = "" if target else f"{MANAGEMENT}: "
    assert status["Status"] == "FAILED"
    assert status["FailureReason"].startswith(prefix + DENIED)
    assert missing in status["FailureReason"]
    assert world.role(arn, MANAGEMENT) == before
    assert world.provisioned_set(arn, MANAGEMENT) == known
    assert world.providers(MANAGEMENT) == providers


@pytest.mark.parametrize(
    ("edit", "needed"),
    [
        ("iam:AttachRolePolicy", {"iam:AttachRolePolicy"}),
        ("iam:PutRolePolicy", {"iam:PutRolePolicy"}),
        ("iam:PutRolePermissionsBoundary", {"iam:PutRolePermissionsBoundary"}),
        ("iam:DeleteRolePermissionsBoundary", {"iam:DeleteRolePermissionsBoundary"}),
        ("iam:UpdateRole", {"iam:UpdateRole", "iam:UpdateRoleDescription"}),
        ("iam:UpdateAssumeRolePolicy", {"iam:UpdateAssumeRolePolicy"}),
        ("iam:CreateSAMLProvider", {"iam:CreateSAMLProvider", "iam:UpdateAssumeRolePolicy"}),
    ],
)
def test_provisioning_needs_the_actions_of_the_edit_and_no_other(world, edit, needed) -> None:
    arn = _provisioned(world)
    EDITS[edit](world, arn)

    status = world.provision(arn, MANAGEMENT, world.administrator(*needed))

    assert status["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "edit",
    [
        lambda world, arn: world.on_set(DETACH, arn, ManagedPolicyArn=READ_ONLY),
        lambda world, arn: world.on_set(
            inline_policy.delete_inline_policy_from_permission_set, arn
        ),
        lambda world, arn: world.on_set(
            sets.update_permission_set, arn, SessionDuration="PT12H", RelayState="https://b.example"
        ),
        lambda _world, _arn: None,
    ],
    ids=["detached", "inline policy deleted", "duration", "no edit"],
)
def test_provisioning_what_takes_none_of_the_nine_needs_none(world, edit) -> None:
    arn = _provisioned(world)
    edit(world, arn)

    status = world.provision(arn, MANAGEMENT, world.administrator())

    assert status["Status"] == "SUCCEEDED"
    assert world.provisioned_set(arn, MANAGEMENT).version == world.set(arn).version


def test_a_further_assignment_and_the_end_of_both_need_none_of_the_nine(world) -> None:
    arn = _provisioned(world)
    caller = world.administrator()

    statuses = [
        world.assign(arn, MANAGEMENT, BOB, caller=caller),
        world.unassign(arn, MANAGEMENT, BOB, caller=caller),
        world.unassign(arn, MANAGEMENT, ALICE, caller=caller),
    ]

    assert [each["Status"] for each in statuses] == ["SUCCEEDED"] * 3
    assert world.role(arn, MANAGEMENT) is None


def _allowing(action, key, value):
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": [ROLES, PROVIDERS],
        "Condition": {"ArnEquals": {key: value}},
    }


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ("iam:AttachRolePolicy", "iam:PolicyARN"),
        ("iam:CreateRole", "iam:PermissionsBoundary"),
        ("iam:AttachRolePolicy", "iam:PermissionsBoundary"),
        ("iam:PutRolePolicy", "iam:PermissionsBoundary"),
    ],
)
@pytest.mark.parametrize(("value", "status"), [(READ_ONLY, "SUCCEEDED"), (ADMINISTRATOR, "FAILED")])
def test_t422_priv_a_condition_on_a_step_s_own_keys_is_decided(
    world, action, key, value, status
) -> None:
    arn = _full_set(world)
    caller = world.administrator(*(CREATION - {action}), statements=[_allowing(action, key, value)])

    assert world.assign(arn, MANAGEMENT, caller=caller)["Status"] == status


def test_t422_priv_a_boundary_is_put_under_the_condition_of_its_own_arn(world) -> None:
    arn = _provisioned(world)
    world.on_set(PUT_BOUNDARY, arn, PermissionsBoundary={"ManagedPolicyArn": ADMINISTRATOR})

    def status(value):
        condition = _allowing("iam:PutRolePermissionsBoundary", "iam:PermissionsBoundary", value)
        return world.provision(arn, MANAGEMENT, world.administrator(statements=[condition]))

    assert status(READ_ONLY)["Status"] == "FAILED"
    assert status(ADMINISTRATOR)["Status"] == "SUCCEEDED"


def test_no_step_is_asked_in_any_other_account(world) -> None:
    arn = _full_set(world)
    caller = world.administrator()

    assert world.assign(arn, MEMBER, caller=caller)["Status"] == "SUCCEEDED"
    for edit in ("iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateRole"):
        EDITS[edit](world, arn)
    assert world.provision(arn, caller=caller)["Status"] == "SUCCEEDED"


def _all_nine(world):
    """Return an administrator of the delegated account whose own policies allow everything."""
    return world.administrator("*", account=DELEGATED, statements=[
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ])  # fmt: skip


def test_t422_priv_a_delegated_administrator_with_all_nine_never_passes(world) -> None:
    new, edited = _full_set(world), world.new_set("Edited")
    world.assign(edited, MANAGEMENT)
    EDITS["iam:AttachRolePolicy"](world, edited)
    before, known = world.role(edited, MANAGEMENT), world.provisioned_set(edited, MANAGEMENT)
    caller = _all_nine(world)
    assignments = world.assignments()

    statuses = [
        world.assign(new, MANAGEMENT, caller=caller),
        world.assign(edited, MANAGEMENT, BOB, caller=caller),
        world.unassign(edited, MANAGEMENT, caller=caller),
        world.provision(edited, MANAGEMENT, caller),
        world.provision(edited, caller=caller),
    ]

    assert [each["Status"] for each in statuses] == ["FAILED"] * 5
    assert all("Received a 403 status error: " in each["FailureReason"] for each in statuses)
    assert world.role(edited, MANAGEMENT) == before
    assert world.provisioned_set(edited, MANAGEMENT) == known
    assert world.assignments() == assignments
    assert world.role(new, MANAGEMENT) is None


def test_a_delegated_administrator_assigns_in_every_other_account(world) -> None:
    arn = world.new_set("Own", DELEGATED)
    caller = _all_nine(world)

    assert world.assign(arn, MEMBER, caller=caller)["Status"] == "SUCCEEDED"
    assert world.assign(arn, DELEGATED, caller=caller)["Status"] == "SUCCEEDED"
    assert world.provision(arn, caller=caller)["Status"] == "SUCCEEDED"


def test_t423_priv_an_edited_set_gives_nothing_in_the_management_account_until_somebody_may(
    world,
) -> None:
    arn = world.new_set(SessionDuration="PT1H")
    world.assign(arn, MANAGEMENT)
    world.assign(arn, MEMBER)
    before, known = world.role(arn, MANAGEMENT), world.provisioned_set(arn, MANAGEMENT)
    EDITS["iam:AttachRolePolicy"](world, arn)
    world.on_set(sets.update_permission_set, arn, SessionDuration="PT12H")
    unprovisioned = world.role(arn, MANAGEMENT)

    status = world.provision(arn, caller=world.administrator())

    assert unprovisioned == before
    assert status["Status"] == "FAILED"
    assert status["FailureReason"].startswith(f"{MANAGEMENT}: {DENIED}")
    assert world.role(arn, MANAGEMENT) == before
    assert world.provisioned_set(arn, MANAGEMENT) == known
    assert world.role(arn).attached == (ADMINISTRATOR,), "the other account is done"
    assert world.provisioned_set(arn).session_seconds == 43_200


@pytest.mark.parametrize(("actions", "status"), [((), "FAILED"), (CREATION, "SUCCEEDED")])
def test_the_owner_of_an_account_instance_meets_the_same_wall(world, actions, status) -> None:
    # Its own account is the only target: who may assign there would else be its administrator.
    found = world.account_instance(has_permission_sets=True)
    world.put(a_group(TEAM, account=found.store))
    everything = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}] if actions else []
    caller = world.administrator(account=OUTSIDER, statements=everything)
    instance = {"InstanceArn": found.arn}
    arn = world.call(sets.create_permission_set, OUTSIDER, Name="Own", **instance)

    asked = world.call(
        account_assignments.create_account_assignment,
        caller,
        **instance,
        PermissionSetArn=arn["PermissionSet"]["PermissionSetArn"],
        TargetId=OUTSIDER,
        TargetType="AWS_ACCOUNT",
        PrincipalType="GROUP",
        PrincipalId=TEAM,
    )["AccountAssignmentCreationStatus"]["RequestId"]

    described = world.call(
        request_status.describe_account_assignment_creation_status,
        caller,
        **instance,
        AccountAssignmentCreationRequestId=asked,
    )
    assert described["AccountAssignmentCreationStatus"]["Status"] == status
