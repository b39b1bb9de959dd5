"""Encoded authorization messages: made by refusals, decoded by those who may read them."""

import base64
import json
import string
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from daypass.core import authorization_messages
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog


@pytest.fixture
def name(request):
    return "m" + str(abs(hash(request.node.nodeid)))[:16]


def refusal(call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    return error.value.response["Error"]


def test_a_refusal_opens_into_the_whole_trace(live, name) -> None:
    key = live.user(
        name,
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": "iam:Get*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        },
    )
    error = refusal(live.client("iam", key).get_user, UserName=name)
    encoded = error["EncodedAuthorizationMessage"]

    assert error["Code"] == "AccessDenied"
    assert error["Message"].endswith(
        "because no identity-based policy allows the iam:GetUser action"
    )
    assert set(encoded) <= set(string.ascii_letters + string.digits + "-_")
    found = json.loads(
        live.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    )
    assert found["allowed"] is found["explicitDeny"] is False
    assert found["context"]["action"] == "iam:GetUser"
    assert found["context"]["principal"]["arn"].endswith(f"user/{name}")
    assert {"key": "aws:username", "values": {"items": [{"value": name}]}} in found["context"][
        "conditions"
    ]["items"]
    statement = found["because"]["statements"][0]
    assert statement["sid"] == "Read"
    assert statement["stopped_by"] == "Condition"
    assert statement["conditions"] == [
        {
            "operator": "StringEquals",
            "key": "aws:PrincipalTag/team",
            "wanted": ["red"],
            "found": None,
            "holds": False,
        }
    ]
    assert found["because"]["missing_keys"] == ["aws:PrincipalTag/team"]


def test_an_explicit_deny_is_among_the_statements_that_matched(live, name) -> None:
    key = live.user(
        name,
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "No", "Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"},
    )
    error = refusal(live.client("iam", key).get_user, UserName=name)
    sts = live.client("sts", key)
    found = json.loads(
        sts.decode_authorization_message(EncodedMessage=error["EncodedAuthorizationMessage"])[
            "DecodedMessage"
        ]
    )

    assert found["explicitDeny"] is True
    assert [
        (each["statementId"], each["effect"]) for each in found["matchedStatements"]["items"]
    ] == [("", "ALLOW"), ("No", "DENY")]


def test_only_those_who_may_open_a_message(live, name) -> None:
    key = live.user(name)
    error = refusal(live.client("iam", key).get_user, UserName=name)
    answer = refusal(
        live.client("sts", key).decode_authorization_message,
        EncodedMessage=error["EncodedAuthorizationMessage"],
    )

    assert answer["Code"] == "AccessDenied"
    assert "sts:DecodeAuthorizationMessage" in answer["Message"]


def test_a_role_that_is_not_there_is_refused_like_one_that_does_not_trust(live, name) -> None:
    key = live.user(name)
    sts = live.client("sts", key)
    answer = refusal(
        sts.assume_role, RoleArn=f"arn:aws:iam::{live.account}:role/none", RoleSessionName="me"
    )

    assert "EncodedAuthorizationMessage" not in answer


def last_refusal(live, *, key):
    lines = [json.loads(line)["event"] for line in live.data.audit.path.read_bytes().splitlines()]
    return [each for each in lines if each.get("key") == key and each["outcome"] != "ok"][-1]


def why(live, request, *options):
    program = str(Path(sys.executable).parent / "daypass")
    return subprocess.run(
        [program, "log", "why", "--data", str(live.data.path), *options, request],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_log_has_the_reasons_that_the_caller_got(live, name) -> None:
    key = live.user(
        name,
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": "iam:Get*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        },
    )
    error = refusal(live.client("iam", key).get_user, UserName=name)
    event = last_refusal(live, key=key["AccessKeyId"])
    told = why(live, event["request"])

    assert event["reasons"] == error["EncodedAuthorizationMessage"]
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[1] == "the identity-based policy does not allow it"
    assert (
        "StringEquals aws:PrincipalTag/team: wanted red; the request has no such key" in told.stdout
    )
    assert (
        json.loads(why(live, event["request"], "--json").stdout)["context"]["action"]
        == "iam:GetUser"
    )


def test_the_log_has_the_reasons_that_a_caller_may_not_know(live, name) -> None:
    key = live.user(name)
    refusal(
        live.client("sts", key).assume_role,
        RoleArn="arn:aws:iam::999999999999:role/none",
        RoleSessionName="me",
    )
    told = why(live, last_refusal(live, key=key["AccessKeyId"])["request"])
    account, other = live.client("sts", key).get_caller_identity()["Account"], "999999999999"

    assert told.stdout.splitlines()[1:] == [
        "the role trust policy does not allow it",
        "so do: identity-based policy",
        f"Both accounts must allow it: {account}, the caller's, does not; {other}, the resource's, does not.",
    ]


def test_what_no_policy_refused_names_what_did(live, name) -> None:
    key = live.user(name, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    refusal(live.client("iam", key).get_user, UserName="nobody-of-that-name")
    told = why(live, last_refusal(live, key=key["AccessKeyId"])["request"])
    unknown = why(live, "none")

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines()[-1].startswith(
        "no policy refused it: The user with name nobody"
    )
    assert (unknown.returncode, "no request none in the log" in unknown.stderr) == (1, True)


def test_the_log_says_what_is_gone_since(live, name) -> None:
    key = live.user(name, {"Sid": "No", "Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"})
    refusal(live.client("iam", key).get_user, UserName=name)
    request = last_refusal(live, key=key["AccessKeyId"])["request"]
    live.client("iam").delete_user_policy(UserName=name, PolicyName="own")
    told = why(live, request).stdout.splitlines()

    assert told[1:] == [
        "the identity-based policy denies it: own, statement 1 (No)",
        "the statement of the identity-based policy of own is gone: the text has changed since",
    ]


def test_the_log_knows_the_policies_that_aws_manages(live, name) -> None:
    key = live.user(name)
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    live.client("iam").attach_user_policy(UserName=name, PolicyArn=arn)
    refusal(live.client("iam", key).delete_user, UserName=name)
    told = json.loads(
        why(live, last_refusal(live, key=key["AccessKeyId"])["request"], "--json").stdout
    )

    assert {each["arn"] for each in told["because"]["statements"]} == {arn}
    assert "gone" not in told["because"]


def test_reasons_of_an_older_log_are_still_read(live, name, tmp_path) -> None:
    reasons = {
        "allowed": False,
        "explicitDeny": False,
        "time": 1,
        "because": {"layer": "identity-based policy", "statements": [], "missing_keys": []},
    }
    ring = live.data.keyring
    key = ring.current_key(authorization_messages.PURPOSE)
    header = b"\x02" + key.id.to_bytes(4, "big") + b"111122223333"
    raw = header + key.seal(
        zlib.compress(json.dumps(reasons).encode()), context=header, nonce=bytes(12)
    )
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    event = Event(
        time=1.0,
        request=name,
        service="iam",
        operation="GetUser",
        outcome="AccessDenied",
        reasons=text,
    )
    AuditLog(live.data.audit.path).append([event])

    assert why(live, name).stdout.splitlines()[1:] == [
        "the identity-based policy does not allow it"
    ]
    answer = refusal(live.client("sts").decode_authorization_message, EncodedMessage=text)
    assert answer["Code"] == "InvalidAuthorizationMessageException"


@pytest.mark.parametrize("text", ["nonsense", "AQ", "!", "AQAAAAE" + "A" * 80])
def test_what_is_no_message_is_refused_in_stss_words(live, text) -> None:
    answer = refusal(live.client("sts").decode_authorization_message, EncodedMessage=text)

    assert answer["Code"] == "InvalidAuthorizationMessageException"


def test_a_refusal_of_the_gate_carries_its_reasons_too(live, name) -> None:
    live.client("s3").create_bucket(Bucket=name)
    key = live.user(name)
    error = refusal(live.client("s3", key).list_objects_v2, Bucket=name)
    found = json.loads(
        live.client("sts").decode_authorization_message(
            EncodedMessage=error["EncodedAuthorizationMessage"]
        )["DecodedMessage"]
    )

    assert found["context"]["resource"] == f"arn:aws:s3:::{name}"
