"""An operator's command calls AWS's API as root of the instance's owner, and the log says by whom."""

import pytest
from tests.server.operator.people import (
    ACCOUNT,
    ALICE,
    READ_ONLY,
    call,
    instances,
    linked,
    locked,
    logged,
    make_data,
    put,
    some_people,
)


@pytest.fixture
def instance(tmp_path):
    made = make_data(tmp_path)
    put(tmp_path, *some_people(made))
    return made


def assignment(instance, **more):
    return call(
        "CreateAccountAssignment",
        InstanceArn=instance.arn,
        PermissionSetArn=f"arn:aws:sso:::permissionSet/{instance.id}/{READ_ONLY}",
        TargetId=ACCOUNT,
        TargetType="AWS_ACCOUNT",
        PrincipalType="USER",
        PrincipalId=ALICE,
        **more,
    )


def test_a_command_assigns_in_the_management_account_by_the_operators_right(
    tmp_path, instance
) -> None:
    with linked(tmp_path) as ask:
        answer = ask(assignment(instance))
        [shown] = instances(ask)

    assert (answer.error, answer.result["AccountAssignmentCreationStatus"]["Status"]) == (
        "",
        "IN_PROGRESS",
    )
    assert shown["assignments"] == 1
    [event] = logged(tmp_path, "CreateAccountAssignment")
    assert event["detail"] == {"by": "olga"}
    assert event["session"]["sessionName"] == "olga"
    assert event["principal"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert "source" not in event
    assert "key" not in event


def test_a_dry_run_changes_nothing_and_leaves_no_line(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        answer = ask(assignment(instance, is_dry_run=True))
        [shown] = instances(ask)

    assert answer.error == ""
    assert shown["assignments"] == 0
    assert logged(tmp_path, "CreateAccountAssignment") == []


def test_a_call_that_reads_leaves_no_line(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        answer = ask(call("ListPermissionSets", InstanceArn=instance.arn))

    assert answer.result["PermissionSets"] == [
        f"arn:aws:sso:::permissionSet/{instance.id}/{READ_ONLY}"
    ]
    assert logged(tmp_path, "ListPermissionSets") == []


def test_a_refused_call_has_the_apis_code_and_its_line(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        answer = ask(call("CreatePermissionSet", InstanceArn=instance.arn, Name="ReadOnly"))

    assert answer.code == "ConflictException"
    assert "ReadOnly" in answer.error
    [event] = logged(tmp_path, "CreatePermissionSet")
    assert (event["outcome"], event["detail"]) == ("ConflictException", {"by": "olga"})


def test_parameters_are_checked_as_those_of_a_request(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        missing = ask(call("CreatePermissionSet", InstanceArn=instance.arn))
        mistyped = ask(call("ListPermissionSets", InstanceArn=instance.arn, MaxResults="many"))

    assert (missing.code, "Name" in missing.error or "name" in missing.error) == (
        "ValidationException",
        True,
    )
    assert mistyped.code == "SerializationException"


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("iam", "CreateUser"),
        ("sts", "AssumeRole"),
        ("ssoadmin", "CreateApplication"),
        ("ssoadmin", "NoSuchOperation"),
        ("nowhere", "ListInstances"),
    ],
)
def test_commands_call_nothing_but_identity_center(tmp_path, instance, service, operation) -> None:
    with linked(tmp_path) as ask:
        answer = ask(call(operation, service=service, InstanceArn=instance.arn))

    assert answer.error == f"commands do not call {service}:{operation}"


def test_an_account_that_is_not_there_has_no_root(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        message = call("ListPermissionSets", account="999999999999", InstanceArn=instance.arn)
        answer = ask(message)

    assert answer.error == "there is no open account 999999999999"


def test_t425_priv_a_network_lock_never_shuts_the_operator_out(tmp_path, instance) -> None:
    put(tmp_path, locked(instance))

    with linked(tmp_path) as ask:
        answer = ask(call("ListPermissionSets", InstanceArn=instance.arn))

    assert answer.error == ""
