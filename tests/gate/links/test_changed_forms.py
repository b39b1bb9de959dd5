"""Forms of Signature Version 2 that somebody has changed."""

import time

import pytest
from tests.gate.test_forms import parts_of, post

from daypass.core import quotas
from daypass.core.time.timestamps import iso8601

from .asking import DENIED, MISMATCH, TWICE, key_of, keys_in, soon
from .signing import form_fields

WEEK = quotas.PRESIGNED_SECONDS_MAX

FORM_CHANGED = [
    ("as it is", {}, (204, "")),
    ("another key", {"key": "elsewhere"}, DENIED),
    ("another signature", {"signature": "x"}, MISMATCH),
    ("another policy", {"policy": "e30="}, MISMATCH),
    ("a field more", {"x-amz-meta-a": "b"}, DENIED),
    ("an ACL more", {"acl": "public-read"}, DENIED),
    ("another key id", {"AWSAccessKeyId": "AKIAIOSFODNN7EXAMPLE"}, (403, "InvalidAccessKeyId")),
    ("no key id", {"AWSAccessKeyId": None}, TWICE),
    ("no signature", {"signature": None}, TWICE),
    ("no policy", {"policy": None}, TWICE),
    ("a token", {"x-amz-security-token": "t"}, (400, "InvalidToken")),
    ("fields of both versions", {"x-amz-signature": "0" * 64}, TWICE),
    ("another date", {"x-amz-date": "20260101T000000Z"}, TWICE),
    ("another algorithm", {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, TWICE),
    ("another credential", {"x-amz-credential": "a/b/c/s3/aws4_request"}, TWICE),
]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [row[1:] for row in FORM_CHANGED],
    ids=[row[0] for row in FORM_CHANGED],
)
def test_t431_sig_a_form_that_is_not_what_was_signed_leaves_no_object(
    alice_s3, owner, live, bucket, request, changes, answer
) -> None:
    key = f"formed-{FORM_CHANGED.index((request.node.callspec.id, changes, answer))}"
    made = alice_s3.generate_presigned_post(bucket, key)["fields"]
    fields = {name: value for name, value in (made | changes).items() if value is not None}

    status, _, content = post(live, bucket, parts_of(fields))

    assert (status, content.partition("<Code>")[2].partition("</Code>")[0]) == answer
    assert (key in keys_in(owner, bucket)) is (answer[0] == 204)
    assert "elsewhere" not in keys_in(owner, bucket)


@pytest.mark.parametrize(
    ("ends_in", "answer"), [(WEEK - 60, 204), (WEEK + 60, 403), (-60, 403)], ids=str
)
def test_t431_sig_a_form_ends_within_seven_days(live, bucket, alice, ends_in, answer) -> None:
    fields = form_fields(
        key_of(alice),
        [{"bucket": bucket}, {"key": "timed"}],
        expiration=iso8601(int(time.time()) + ends_in),
        key="timed",
    )

    assert post(live, bucket, parts_of(fields))[0] == answer


def test_t431_sig_a_forms_token_needs_a_condition(owner, live, bucket, role_session) -> None:
    key_id, secret, token = key_of(role_session)
    fields = form_fields(
        (key_id, secret, ""),
        [{"bucket": bucket}, {"key": "tokened"}],
        expiration=iso8601(soon()),
        key="tokened",
    )

    status, _, content = post(live, bucket, parts_of(fields))
    assert (status, "InvalidAccessKeyId" in content) == (403, True)
    status, _, content = post(live, bucket, parts_of(fields | {"x-amz-security-token": token}))
    assert (status, "Extra input fields: x-amz-security-token" in content) == (403, True)
    assert "tokened" not in keys_in(owner, bucket)
