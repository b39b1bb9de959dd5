"""Audit records of requests at the gate: decisions, parameters, copy sources, deleted keys."""

import json
from contextlib import nullcontext

import pytest
from botocore.exceptions import ClientError

from daypass.server.audit.log_lines import read_log

DELETED = b"<DeleteResult><Deleted><Key>mine/a</Key></Deleted><Error><Key>mine/b</Key><Code>InternalError</Code><Message>disk</Message></Error></DeleteResult>"
COPIED = b"<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>"


def events(live, operation):
    return [
        each.event for each in read_log(live.data.audit.path) if each.event.operation == operation
    ]


@pytest.fixture(scope="module")
def bob(behind):
    """A user who may do anything below `mine/` of the bucket, and list it."""
    return behind.user(
        "bob-of-the-records",
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::kept", "arn:aws:s3:::kept/mine/*"],
        },
    )


def test_an_allowed_request_is_told_with_its_decision_and_parameters(behind, bob, said) -> None:
    behind.client("s3", bob).get_object(
        Bucket="kept", Key="mine/a", VersionId="v1", Range="bytes=0-1"
    )
    found = events(behind, "GetObject")[-1]

    assert found.parameters == {
        "bucketName": "kept",
        "key": "mine/a",
        "versionId": "v1",
        "range": "bytes=0-1",
        "x-amz-checksum-mode": "ENABLED",
    }
    assert found.decisions == ("Allowed s3:GetObjectVersion by identity-based policy statement 0",)
    assert found.resources == ("arn:aws:s3:::kept/mine/a",)
    assert found.region == "us-east-1"
    assert found.principal_id.startswith("AIDA")


def test_a_refused_request_is_told_with_the_decision_that_refused_it(behind, bob, said) -> None:
    with pytest.raises(ClientError):
        behind.client("s3", bob).get_object(Bucket="kept", Key="theirs/a")
    found = events(behind, "GetObject")[-1]

    assert found.outcome == "AccessDenied"
    assert found.decisions == ("ImplicitlyDenied s3:GetObject by identity-based policy",)
    assert found.resources == ("arn:aws:s3:::kept/theirs/a",)


@pytest.mark.parametrize(("source", "outcome"), [("mine/a", "ok"), ("theirs/a", "AccessDenied")])
def test_a_copy_is_told_with_its_source(behind, bob, said, source, outcome) -> None:
    said.answer = lambda _sent: (200, {}, [COPIED])
    copy = {"Bucket": "kept", "Key": source, "VersionId": "v7"}
    with nullcontext() if outcome == "ok" else pytest.raises(ClientError):
        behind.client("s3", bob).copy_object(
            Bucket="kept", Key="mine/b", CopySource=copy, TaggingDirective="REPLACE"
        )
    found = events(behind, "CopyObject")[-1]

    assert found.outcome == outcome
    assert found.parameters["x-amz-copy-source"] == f"/kept/{source}?versionId=v7"
    assert f"arn:aws:s3:::kept/{source}" in found.resources
    assert any("s3:GetObjectVersion" in each for each in found.decisions)


def test_each_key_of_a_deletion_has_a_line_the_refused_and_the_failed_ones_too(
    behind, bob, said
) -> None:
    said.answer = lambda _sent: (200, {}, [DELETED])
    keys = ["mine/a", "theirs/a", "mine/b", "theirs/b"]
    before = len(events(behind, "DeleteObject"))
    answer = behind.client("s3", bob).delete_objects(
        Bucket="kept", Delete={"Objects": [{"Key": key} for key in keys]}
    )
    whole = events(behind, "DeleteObjects")[-1]
    found = events(behind, "DeleteObject")[before:]

    assert len(answer["Errors"]) == 3
    assert [(each.parameters["key"], each.outcome) for each in found] == [
        ("mine/a", "ok"),
        ("theirs/a", "AccessDenied"),
        ("mine/b", "ok"),
        ("theirs/b", "AccessDenied"),
        ("mine/b", "InternalError"),
    ]
    assert {each.request for each in found} == {whole.request}
    assert found[0].decisions == ("Allowed s3:DeleteObject by identity-based policy statement 0",)
    assert found[1].decisions == ("ImplicitlyDenied s3:DeleteObject by identity-based policy",)
    assert [bool(each.reasons) for each in found] == [False, True, False, False, False]


def test_no_key_of_a_client_and_no_metadata_reaches_the_log(behind, bob, said) -> None:
    behind.client("s3", bob).put_object(
        Bucket="kept", Key="mine/c", Body=b"x", Metadata={"diagnosis": "a-secret-of-the-patient"}
    )
    found = events(behind, "PutObject")[-1]

    assert found.parameters["x-amz-meta-diagnosis"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert "a-secret-of-the-patient" not in behind.data.audit.path.read_text()


def test_a_bucket_policy_that_was_written_stands_in_the_log(behind, said) -> None:
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:PutObject",
                    "Resource": "arn:aws:s3:::kept/x",
                }
            ],
        }
    )
    behind.client("s3").put_bucket_policy(Bucket="kept", Policy=document)
    behind.client("s3").delete_bucket_policy(Bucket="kept")

    assert events(behind, "PutBucketPolicy")[-1].parameters["bucketPolicy"] == document
