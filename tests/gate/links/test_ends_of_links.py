"""When a link of Signature Version 2 is good: its end, its signer's rights, what policies see of it."""

import time
from urllib.parse import quote

import pytest
from tests.gate.test_forms import parts_of, post
from tests.gate.test_objects import allow, deny, policy

from daypass.core import quotas
from daypass.core.time.timestamps import iso8601

from .asking import DENIED, PAYLOAD, ask, key_of, refusal, soon, without
from .signing import link

WEEK = quotas.PRESIGNED_SECONDS_MAX


@pytest.mark.parametrize(
    ("ends_in", "answer"),
    [(60, (200, "")), (WEEK - 60, (200, "")), (WEEK + 60, DENIED), (10 * 365 * 86_400, DENIED), (-1, DENIED), (-86_400, DENIED)],
)  # fmt: skip
def test_t431_sig_a_link_ends_within_seven_days(live, bucket, alice, ends_in, answer) -> None:
    target = link(key_of(alice), "/linked/k", end=int(time.time()) + ends_in)

    assert refusal(live, target) == answer


def test_t431_sig_a_sessions_link_has_the_sessions_token(live, bucket, role_session, alice) -> None:
    key_id, secret, token = key_of(role_session)
    other_token = live.root()["SessionToken"]
    signed = link((key_id, secret, token), "/linked/k", end=soon())
    unsigned = link((key_id, secret, ""), "/linked/k", end=soon())

    assert ask(live, signed)[0] == 200
    assert refusal(live, unsigned) == (403, "InvalidAccessKeyId")
    assert refusal(live, without("x-amz-security-token")(signed)) == (403, "InvalidAccessKeyId")
    for each in (other_token, token[:-4] + "AAAA", "x"):
        changed = without("x-amz-security-token")(signed)
        assert refusal(live, f"{changed}&x-amz-security-token={quote(each, safe='')}") == (
            400,
            "InvalidToken",
        )
    assert refusal(live, signed.replace(key_id, "ASIAIOSFODNN7EXAMPLE")) == (400, "InvalidToken")
    with_token = link((*key_of(alice)[:2], token), "/linked/k", end=soon())
    assert refusal(live, with_token) == (400, "InvalidToken")


def test_a_link_can_do_what_its_signer_can(live, bucket) -> None:
    mine = live.client(
        "s3", live.user("link-reader", allow("s3:GetObject", "arn:aws:s3:::linked/k"))
    )

    def links():
        named = {"Bucket": bucket, "Key": "k"}
        return (
            mine.generate_presigned_url("get_object", named),
            mine.generate_presigned_url("put_object", named),
            mine.generate_presigned_url("get_object", {"Bucket": "linked-too", "Key": "k"}),
        )

    read, write, elsewhere = links()
    assert ask(live, read)[2] == PAYLOAD
    assert refusal(live, write, method="PUT", body=b"x") == DENIED
    assert refusal(live, elsewhere) == DENIED


def test_a_narrowed_sessions_link_can_do_what_is_left(live, bucket, role_session) -> None:
    read = policy(allow("s3:GetObject", "arn:aws:s3:::linked/k"))
    narrowed = live.client("sts", role_session).get_scoped_credentials(
        Policy=read, DurationSeconds=900
    )["Credentials"]
    s3, named = live.client("s3", narrowed), {"Bucket": bucket, "Key": "k"}

    assert ask(live, s3.generate_presigned_url("get_object", named))[2] == PAYLOAD
    write = s3.generate_presigned_url("put_object", named)
    assert refusal(live, write, method="PUT", body=b"x") == DENIED
    form = s3.generate_presigned_post(bucket, "narrowed")["fields"]
    assert post(live, bucket, parts_of(form))[0] == 403


def test_a_link_ends_with_its_signers_key_policy_and_user(live, bucket) -> None:
    key = live.user("link-leaver", allow("s3:GetObject"))
    url = live.client("s3", key).generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "k"}
    )
    iam, named = live.client("iam"), {"UserName": "link-leaver"}
    assert ask(live, url)[2] == PAYLOAD

    iam.update_access_key(**named, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refusal(live, url) == (403, "InvalidAccessKeyId")
    iam.update_access_key(**named, AccessKeyId=key["AccessKeyId"], Status="Active")
    assert ask(live, url)[2] == PAYLOAD
    iam.delete_user_policy(**named, PolicyName="own")
    assert refusal(live, url) == DENIED
    iam.delete_access_key(**named, AccessKeyId=key["AccessKeyId"])
    assert refusal(live, url) == (403, "InvalidAccessKeyId")


def test_a_sessions_link_ends_with_what_revokes_the_session(live, bucket, alice) -> None:
    arn = live.role("linked-leaver", f"arn:aws:iam::{live.account}:user/linker", allow("s3:*"))
    session = live.client("sts", alice).assume_role(RoleArn=arn, RoleSessionName="page")
    url = live.client("s3", session["Credentials"]).generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "k"}
    )
    assert ask(live, url)[2] == PAYLOAD

    condition = {"DateLessThan": {"aws:TokenIssueTime": iso8601(int(time.time()) + 60)}}
    live.client("iam").put_role_policy(
        RoleName="linked-leaver",
        PolicyName="revoke",
        PolicyDocument=policy(deny("*", Condition=condition)),
    )
    assert refusal(live, url) == DENIED


@pytest.mark.parametrize(
    ("condition", "is_denied"),
    [
        ({"StringEquals": {"s3:signatureversion": "AWS"}}, True),
        ({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, False),
        ({"NumericGreaterThan": {"s3:signatureAge": "600000"}}, True),
        ({"NumericGreaterThan": {"s3:signatureAge": str(WEEK * 1000)}}, False),
        ({"NumericEquals": {"s3:signatureAge": str(WEEK * 1000)}}, True),
        ({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}, True),
        ({"StringEquals": {"s3:authType": "REST-HEADER"}}, False),
        ({"Null": {"s3:x-amz-content-sha256": "true"}}, True),
        ({"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}, False),
    ],
)
def test_policies_see_which_signature_it_is_and_that_its_age_is_unknown(
    live, bucket, request, condition, is_denied
) -> None:
    name = f"link-{abs(hash(request.node.nodeid))}"[:40]
    key = live.user(name, allow("s3:*"), deny("s3:GetObject", Condition=condition))
    url = live.client("s3", key).generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "k"}
    )

    assert refusal(live, url) == (DENIED if is_denied else (200, ""))
