"""An S3 request's parameters in an audit record: no key, token or metadata."""

import pytest

from daypass.core.audit_records.recorded_parameters import HIDDEN
from daypass.core.audit_records.s3_parameters import (
    RECORDED_NAMES,
    TRANSPORT_HEADERS,
    recorded_s3_request,
)
from daypass.gate.operations.table import OPERATIONS
from daypass.gate.request import headers
from daypass.gate.request.query_parameters import RESPONSE_HEADERS

SECRET_HEADERS = {
    "x-amz-bucket-object-lock-token",
    "x-amz-skip-destination-validation",
    "x-amz-object-if-match",
    "x-amz-transition-default-minimum-object-size",
}
"""Headers of the gate that a record hides: none of them says who may what."""
SECRET_ARGUMENTS = {"continuation-token", *RESPONSE_HEADERS}


def test_every_header_that_the_gate_knows_is_shown_left_out_or_known_to_be_hidden() -> None:
    known = headers.FORWARDED | headers.USED_BY_GATE

    assert known - set(RECORDED_NAMES) - TRANSPORT_HEADERS == SECRET_HEADERS


def test_every_argument_that_an_operation_takes_is_shown_or_known_to_be_hidden() -> None:
    known = {name for row in OPERATIONS.values() for name in row.arguments}

    assert known - set(RECORDED_NAMES) == SECRET_ARGUMENTS


@pytest.mark.parametrize(
    "name",
    [
        "x-amz-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-context",
        "x-amz-meta-diagnosis",
        "x-amz-bucket-object-lock-token",
        "continuation-token",
        "x-amz-a-header-of-next-year",
    ],
)
def test_what_may_be_a_secret_is_hidden(name) -> None:
    assert recorded_s3_request("PutObject", "b", "k", {name: "secret"})[name] == HIDDEN


def test_a_token_and_a_hash_are_left_out() -> None:
    named = {"x-amz-security-token": "t", "x-amz-content-sha256": "h", "x-amz-acl": "private"}

    assert recorded_s3_request("PutObject", "b", "k", named) == {
        "bucketName": "b",
        "key": "k",
        "x-amz-acl": "private",
    }


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("PutBucketPolicy", {"bucketName": "b", "bucketPolicy": "{}"}),
        ("DeleteObjects", {"bucketName": "b"}),
    ],
)
def test_the_document_of_a_setting_is_shown_and_no_other(operation, expected) -> None:
    assert recorded_s3_request(operation, "b", None, {}, b"{}") == expected
