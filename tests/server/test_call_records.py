"""The audit record of a call: its caller, operation, parameters and outcome."""

import pytest
from botocore.exceptions import ClientError
from tests.documents import policy

from daypass.core.audit_records.recorded_parameters import HIDDEN
from daypass.server.audit.log_lines import read_log
from daypass.server.audit.verification import verify_log


def events(live, **wanted):
    """Return the events that have these fields, the newest last."""
    found = [line.event for line in read_log(live.data.audit.path)]
    return [
        each
        for each in found
        if all(getattr(each, name) == value for name, value in wanted.items())
    ]


def newest(live, operation):
    return events(live, operation=operation)[-1]


@pytest.fixture(scope="module")
def alice(live):
    """A user with a device, and a role that she may assume."""
    key = live.user("alice-of-the-log", {"Effect": "Allow", "Action": "sts:*", "Resource": "*"})
    arn = f"arn:aws:iam::{live.account}:user/alice-of-the-log"
    return key, arn, live.role("reader-of-the-log", arn)


def test_an_assumed_role_is_recorded_with_its_session_name_and_its_key(live, alice) -> None:
    key, arn, role = alice
    made = live.client("sts", key).assume_role(
        RoleArn=role,
        RoleSessionName="on-monday",
        Tags=[{"Key": "team", "Value": "red"}],
        SourceIdentity="alice",
    )
    found = newest(live, "AssumeRole")

    assert found.principal == arn
    assert found.parameters == {
        "roleArn": role,
        "roleSessionName": "on-monday",
        "tags": [{"key": "team", "value": "red"}],
        "sourceIdentity": "alice",
    }
    assert found.response["credentials"]["accessKeyId"] == made["Credentials"]["AccessKeyId"]
    assert found.response["assumedRoleUser"]["arn"].endswith(
        ":assumed-role/reader-of-the-log/on-monday"
    )
    assert found.resource == role
    assert found.region == "us-east-1"
    assert found.decisions == tuple(
        f"Allowed sts:{action} by role trust policy statement 0"
        for action in ("AssumeRole", "TagSession", "SetSourceIdentity")
    )
    text = live.data.audit.path.read_text()
    assert made["Credentials"]["SecretAccessKey"] not in text
    assert made["Credentials"]["SessionToken"] not in text


def test_what_a_session_does_names_the_role_behind_it_and_the_session(live, alice) -> None:
    key, _, role = alice
    made = live.client("sts", key).assume_role(
        RoleArn=role, RoleSessionName="on-tuesday", SourceIdentity="alice"
    )["Credentials"]
    live.client("sts", made).get_caller_identity()
    found = events(live, operation="GetCallerIdentity", key=made["AccessKeyId"])[-1]

    assert found.session.pop("creationDate") > 0
    assert found.session == {
        "sessionIssuer": role,
        "sessionName": "on-tuesday",
        "sourceIdentity": "alice",
    }
    assert found.principal_id.endswith(":on-tuesday")


def test_a_refused_assume_role_names_the_requested_role_and_session(live, alice) -> None:
    key, _, _ = alice
    other = f"arn:aws:iam::{live.account}:role/not-there"
    with pytest.raises(ClientError):
        live.client("sts", key).assume_role(RoleArn=other, RoleSessionName="try")
    found = newest(live, "AssumeRole")

    assert found.outcome == "AccessDenied"
    assert found.parameters == {"roleArn": other, "roleSessionName": "try"}
    assert found.resource == other
    assert found.decisions[0].startswith("ImplicitlyDenied sts:AssumeRole")
    assert not found.response


def test_a_one_time_code_and_a_secret_never_reach_the_log(live) -> None:
    live.client("iam").create_user(UserName="with-a-device-of-the-log")
    key = live.client("iam").create_access_key(UserName="with-a-device-of-the-log")["AccessKey"]
    serial, code = live.device("with-a-device-of-the-log")
    made = live.client("sts", key).get_session_token(SerialNumber=serial, TokenCode=code)
    told = newest(live, "GetSessionToken")
    enabled = newest(live, "EnableMFADevice")
    new_key = newest(live, "CreateAccessKey")

    assert told.parameters == {"serialNumber": serial, "tokenCode": HIDDEN}
    assert told.response["credentials"]["accessKeyId"] == made["Credentials"]["AccessKeyId"]
    assert enabled.parameters["authenticationCode1"] == HIDDEN
    assert new_key.response["accessKey"]["accessKeyId"] == key["AccessKeyId"]
    text = live.data.audit.path.read_text()
    assert key["SecretAccessKey"] not in text
    assert made["Credentials"]["SessionToken"] not in text


def test_a_written_policy_is_recorded_as_it_was_written(live) -> None:
    document = policy(indent=2)
    live.client("iam").create_user(UserName="policy-of-the-log")
    with pytest.raises(ClientError):
        live.client("iam").put_user_policy(
            UserName="policy-of-the-log", PolicyName="p", PolicyDocument=document
        )

    assert newest(live, "PutUserPolicy").parameters["policyDocument"] == document


def test_a_call_with_a_wrong_signature_is_recorded_without_parameters(live) -> None:
    # T270-LOG
    root = live.root()
    with pytest.raises(ClientError):
        live.client("iam", {**root, "SecretAccessKey": "x" * 40}).create_user(UserName="forged")

    found = events(live, key=root["AccessKeyId"])[-1]
    assert found.outcome == "SignatureDoesNotMatch"
    assert found.parameters == {}


def test_the_log_with_all_of_it_is_whole(live, alice) -> None:
    assert alice
    assert not verify_log(live.data.audit.path).breaks
