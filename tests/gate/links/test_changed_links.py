"""Links of Signature Version 2 that somebody has changed, and links that sign what no link may do."""

import pytest

from .asking import (
    DENIED,
    MISMATCH,
    NOT_SIGNED,
    PAYLOAD,
    TWICE,
    ask,
    key_of,
    keys_in,
    refusal,
    soon,
    without,
)
from .signing import link


def added(text):
    return lambda target: f"{target}&{text}"


def other(old, new):
    def change(target):
        assert old in target
        return target.replace(old, new)

    return change


def as_it_is(target):
    return target


def a_minute_later(target):
    end = target.partition("Expires=")[2][:10]
    return target.replace(f"Expires={end}", f"Expires={int(end) + 60}")


CHANGED = [
    # what is changed, how the rest of the request is sent, and the answer
    ("another key", other("/k?", "/described?"), {}, MISMATCH),
    ("another bucket", other("/linked/", "/linked-too/"), {}, MISMATCH),
    ("the bucket itself", other("/k?", "?"), {}, MISMATCH),
    ("another method", as_it_is, {"method": "HEAD"}, (403, "")),
    ("a write", as_it_is, {"method": "PUT", "body": b"x"}, MISMATCH),
    ("a deletion", as_it_is, {"method": "DELETE"}, NOT_SIGNED),
    ("a post", as_it_is, {"method": "POST"}, NOT_SIGNED),
    ("a segment more", other("/k?", "/./k?"), {}, (400, "InvalidURI")),
    ("a segment up", other("/linked/k?", "/linked/../linked-too/k?"), {}, (400, "InvalidURI")),
    ("a segment up, escaped", other("/linked/k?", "/linked/%2e%2e/linked-too/k?"), {}, (400, "InvalidURI")),
    ("a slash more", other("/k?", "//k?"), {}, MISMATCH),
    ("a slash, escaped", other("/linked/k?", "/linked%2Fk?"), {}, (400, "InvalidBucketName")),
    ("the same key, spelled otherwise", other("/k?", "/%6B?"), {}, MISMATCH),
    ("the key with a question mark", other("/k?", "/k%3Facl?"), {}, MISMATCH),
    ("a later end", lambda target: other("Expires=", "Expires=9")(target)[:-1], {}, DENIED),
    ("an end a minute later", a_minute_later, {}, MISMATCH),
    ("no end", without("Expires"), {}, DENIED),
    ("an end that is no number", lambda target: without("Expires")(target) + "&Expires=never", {}, DENIED),
    ("two ends", added("Expires=1"), {}, TWICE),
    ("no signature", without("Signature"), {}, DENIED),
    ("no key id", without("AWSAccessKeyId"), {}, DENIED),
    ("a signature in small letters", lambda target: without("Signature")(target) + "&Signature=" + "a" * 27 + "%3D", {}, MISMATCH),
    ("no parameter of a signature", lambda target: target.partition("?")[0], {}, DENIED),
    # sub-resources and arguments
    *((f"added {each}", added(each), {}, MISMATCH) for each in ("acl", "tagging", "torrent", "versionId=null", "response-content-type=text%2Fhtml", "response-content-disposition=a", "partNumber=1", "uploadId=u", "%61cl")),
    *((f"added {each}", added(each), {}, (405, "MethodNotAllowed")) for each in ("uploads", "policy", "versioning=")),
    *((f"added {each}", added(each), {}, NOT_SIGNED) for each in ("attributes", "retention", "legal-hold", "encryption", "list-type=2", "prefix=a", "x-other=1", "foo", "ACL", "range=bytes%3D0-1", "publicAccessBlock", "policyStatus", "id=1", "signature=a")),
    ("an ampersand in a value", added("response-content-disposition=a%26versionId%3DOLD"), {}, NOT_SIGNED),
    ("a line end in a header", added("x-amz-meta-a=b%0Ax-amz-acl%3Apublic-read"), {}, NOT_SIGNED),
    ("a colon in a header's name", added("x-amz-meta-a%3Ab=c"), {}, NOT_SIGNED),
    # headers, in the query and beside it
    *((f"added {each}", added(each), {}, MISMATCH) for each in ("x-amz-acl=public-read", "x-amz-tagging=a%3Db", "x-amz-meta-a=b", "x-amz-request-payer=requester", "x-amz-content-sha256=UNSIGNED-PAYLOAD", "X-Amz-Date=20260101T000000Z", "content-type=a%2Fb", "content-md5=a")),
    *((f"the header {name}", as_it_is, {"headers": {name: value}}, answer) for name, value, answer in (
        ("x-amz-acl", "public-read", MISMATCH), ("x-amz-tagging", "a=b", MISMATCH), ("x-amz-meta-a", "b", MISMATCH), ("x-amz-date", "20260101T000000Z", MISMATCH),
        ("Content-Type", "text/html", MISMATCH), ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", MISMATCH),
        ("x-amz-copy-source", "/linked-too/k", (400, "InvalidArgument")), ("x-amz-bypass-governance-retention", "true", MISMATCH),
        ("x-amz-expected-bucket-owner", "111122223333", MISMATCH), ("x-amz-server-side-encryption-customer-algorithm", "AES256", MISMATCH),
    )),
    # a second mechanism
    ("an Authorization header of version 4", as_it_is, {"headers": {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64}}, TWICE),
    ("an Authorization header of version 2", as_it_is, {"headers": {"Authorization": "AWS AKIA:c2lnbmF0dXJl"}}, TWICE),
    *((f"added {each}", added(each), {}, TWICE) for each in ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Credential=a%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", "X-Amz-Signature=" + "0" * 64, "x-amz-signature=a")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "how", "answer"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED]
)
def test_t431_sig_a_link_is_good_for_what_it_was_signed_for_alone(
    live, bucket, alice_s3, role_s3, owner, change, how, answer
) -> None:
    named = {"Bucket": bucket, "Key": "k"}
    before = keys_in(owner, bucket)
    for s3 in (alice_s3, role_s3):
        target = s3.generate_presigned_url("get_object", named).removeprefix(live.url)

        assert refusal(live, change(target), **how) == answer
        assert ask(live, target)[2] == PAYLOAD
    assert keys_in(owner, bucket) == before


PUT_CHANGED = [
    ("a header that forwards an ACL", added("x-amz-acl=public-read"), {}, MISMATCH),
    ("another type", as_it_is, {"Content-Type": "text/html"}, TWICE),
    ("the type left out", without("content-type"), {}, MISMATCH),
    ("a copy instead", as_it_is, {"x-amz-copy-source": "/linked-too/k"}, MISMATCH),
    ("a copy instead, in the query", added("x-amz-copy-source=%2Flinked-too%2Fk"), {}, MISMATCH),
    ("tags", as_it_is, {"x-amz-tagging": "a=b"}, MISMATCH),
    ("a lock", as_it_is, {"x-amz-object-lock-mode": "COMPLIANCE"}, MISMATCH),
    ("a redirect", as_it_is, {"x-amz-website-redirect-location": "/elsewhere"}, MISMATCH),
    ("metadata twice", as_it_is, {"x-amz-meta-who": "me"}, TWICE),
    ("an ACL as a sub-resource", added("acl"), {}, MISMATCH),
    ("tags as a sub-resource", added("tagging"), {}, MISMATCH),
    ("a part", added("partNumber=1&uploadId=u"), {}, MISMATCH),
    ("signed chunks", as_it_is, {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-decoded-content-length": "1"}, TWICE),
    ("unsigned chunks", as_it_is, {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "1"}, TWICE),
    ("a hash", as_it_is, {"x-amz-content-sha256": "0" * 64}, MISMATCH),
    ("a checksum", as_it_is, {"x-amz-checksum-crc32": "AAAAAA=="}, MISMATCH),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "headers", "answer"),
    [row[1:] for row in PUT_CHANGED],
    ids=[row[0] for row in PUT_CHANGED],
)
def test_t431_sig_a_link_writes_what_it_was_signed_for_alone(
    alice_s3, owner, live, bucket, change, headers, answer
) -> None:
    url = alice_s3.generate_presigned_url(
        "put_object",
        {
            "Bucket": bucket,
            "Key": "unwritten",
            "ContentType": "a/b",
            "Metadata": {"who": "me"},
        },
    )
    target = change(url.removeprefix(live.url))

    assert refusal(live, target, method="PUT", body=b"x", headers=headers) == answer
    assert "unwritten" not in keys_in(owner, bucket)


def test_t431_sig_what_is_signed_is_still_decided(owner, live, bucket, alice) -> None:
    key = key_of(alice)
    cases = [
        # a whole signature over something that a link may not have, or the gate does not do
        (link(key, "/linked/k", end=soon(), signed=[("response-content-disposition", 'a="b&c"')]), {}, NOT_SIGNED),
        (link(key, "/linked/k", end=soon(), hoisted=[("x-amz-account-id", "1")]), {}, (501, "NotImplemented")),
        (link(key, "/linked/k", end=soon(), hoisted=[("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")]), {}, TWICE),
        (link(key, "/linked/w", method="PUT", end=soon(), hoisted=[("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), ("x-amz-decoded-content-length", "1")]), {"method": "PUT", "body": b"x"}, TWICE),
        (link(key, "/linked/w", method="PUT", end=soon(), hoisted=[("x-amz-content-sha256", "0" * 64)]), {"method": "PUT", "body": b"x"}, (400, "XAmzContentSHA256Mismatch")),
        (link(key, "/linked/w", method="PUT", end=soon(), hoisted=[("x-amz-acl", "public-read")]), {"method": "PUT", "body": b"x"}, (400, "AccessControlListNotSupported")),
        (link(key, "/linked/w", method="PUT", end=soon(), signed=[("uploads", None)]), {"method": "PUT", "body": b"x"}, (405, "MethodNotAllowed")),
        (link(key, "/linked/../linked-too/k", end=soon()), {}, (400, "InvalidURI")),
        (link(key, "/linked/k", end=soon(), signed=[("acl", None), ("tagging", None)]), {}, (501, "NotImplemented")),
        (link(key, "/linked/k", end=soon(), hoisted=[("x-amz-security-token", "forged")]), {}, (400, "InvalidToken")),
        (link(("AKIAIOSFODNN7EXAMPLE", *key[1:]), "/linked/k", end=soon()), {}, (403, "InvalidAccessKeyId")),
        (link((key[0], "s" * 40, ""), "/linked/k", end=soon()), {}, MISMATCH),
        # the signature of `k?acl` is none of the key with that name, and the other way round
        (link(key, "/linked/k%3Facl", end=soon(), resource="/linked/k?acl"), {}, MISMATCH),
        (link(key, "/linked/k", end=soon(), signed=[("acl", None)], resource="/linked/k%3Facl"), {}, MISMATCH),
        (link(key, "/linked/w", method="POST", end=soon(), signed=[("uploads", None)]), {"method": "POST"}, NOT_SIGNED),
        (link(key, "/linked/k", method="DELETE", end=soon()), {"method": "DELETE"}, NOT_SIGNED),
    ]  # fmt: skip

    assert [refusal(live, target, **how) for target, how, _ in cases] == [row[2] for row in cases]
    assert "w" not in keys_in(owner, bucket)
