"""What a link of Signature Version 2 signs has one meaning: whatever else shares it is refused."""

import itertools
from collections import defaultdict

from daypass.core.faults import Fault
from daypass.core.http import normalization
from daypass.core.http.request import RawRequest
from daypass.core.sigv2.link import read_link_claim
from daypass.core.sigv2.verify import string_to_sign
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import GateRules
from daypass.server.authority.schemes import sigv2

RULES = GateRules("us-east-1", frozenset({"gate.test"}), frozenset({"us-east-1"}))
SIGNED = b"AWSAccessKeyId=A&Signature=x&Expires=1767268800"
QUERIES = [
    b"", b"acl", b"%61cl", b"ACL", b"acl=", b"acl=a", b"tagging", b"acl&tagging", b"tagging&acl", b"versionId=1", b"versionId=%31", b"versionId=1%26acl",
    b"versionId=1&acl", b"versionId=1%26tagging", b"partNumber=1&uploadId=u", b"uploadId=u&partNumber=1", b"uploadId=u%26partNumber%3D1", b"uploadId=%2525u",
    b"response-content-type=a%26versionId%3D1", b"response-content-type=a&versionId=1", b"response-content-type=a", b"response-content-type=%61", b"x-id=GetObject", b"prefix=a",
    b"x-amz-meta-a=1", b"X-Amz-Meta-A=1", b"x-amz-meta-a=%20%31%20", b"x-amz-meta-a=1%0Ax-amz-meta-b%3A2", b"x-amz-meta-a=1&x-amz-meta-b=2", b"x-amz-meta-b=2&x-amz-meta-a=1",
    b"x-amz-meta-a%3A1=2", b"x-amz-meta-a=1%3A2", b"x-amz-meta-a:1=2", b"x-amz-acl=private", b"content-type=a", b"Content-Type=a", b"content-type=a%0A", b"content-md5=a", b"content-type=a&content-md5=b",
]  # fmt: skip
HEADERS = [
    (), ((b"x-amz-meta-a", b"1"),), ((b"x-amz-meta-a", b"1"), (b"x-amz-meta-b", b"2")), ((b"x-amz-meta-a", b" 1 "),), ((b"x-amz-meta-a", b"1:2"),), ((b"x-amz-acl", b"private"),),
    ((b"content-type", b"a"),), ((b"content-md5", b"a"),), ((b"x-amz-meta-a", b"1"), (b"x-amz-meta-a", b"2")), ((b"x-amz-meta-a", b"1,2"),),
]  # fmt: skip
PLACES = [
    (b"gate.test", b"/bucket/k"), (b"bucket.gate.test", b"/k"), (b"BUCKET.gate.test:80", b"/k"), (b"gate.test", b"/bucket/%6b"), (b"bucket.gate.test", b"/bucket/k"),
    (b"gate.test", b"/bucket/k%3Facl"), (b"gate.test", b"/bucket"), (b"bucket.gate.test", b"/"), (b"gate.test", b"/bucket/"), (b"other.gate.test", b"/bucket/k"),
]  # fmt: skip


def requests():
    for method, query, headers, (host, path) in itertools.product(
        ("GET", "PUT"), QUERIES, HEADERS, PLACES
    ):
        raw_query = b"&".join(filter(None, (query, SIGNED)))
        pairs = normalization.normalize_headers(((b"host", host), *headers))
        yield RawRequest(method, path, raw_query, pairs)


def meaning(resolved):
    return (
        resolved.row.name,
        resolved.target,
        dict(resolved.arguments),
        dict(resolved.headers),
        resolved.query,
    )


def test_t431_sig_all_that_one_signature_covers_means_the_same() -> None:
    found = defaultdict(list)
    for request in requests():
        try:
            claim = sigv2.link_claim(None, "us-east-1", request)
            resolved = resolve_request(request, claim, RULES)
            text = string_to_sign(
                request, read_link_claim(request), host_bucket=resolved.host_bucket
            )
        except (Fault, S3Error):
            continue
        found[text].append((request, meaning(resolved)))

    shared = [each for each in found.values() if len(each) > 1]
    assert len(shared) > 100
    for group in shared:
        (_, first), *others = group
        assert [request for request, other in others if other != first] == [], group[0][0]
