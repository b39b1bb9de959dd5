"""The permissions and condition keys of each kind of request, as a table of cases."""

import pytest

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.core.domain.record import Tag
from daypass.core.http.request import RawRequest
from daypass.core.time.timestamps import parse_iso8601
from daypass.gate.decision import condition_keys
from daypass.gate.decision.request_facts import ObjectName, ObjectTags, RequestFacts
from daypass.gate.operations.required_permissions import required_permissions
from daypass.gate.operations.table import resolve_request
from daypass.gate.operations.writes import copied_annotation_permissions, copied_tag_permissions
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import GateRules

RULES = GateRules(
    region="us-east-1", host_names=frozenset({"gate"}), regions=frozenset({"us-east-1"})
)
NOW = parse_iso8601("2026-01-01T12:00:00Z")
BUCKET = Bucket(account=GLOBAL, name="bucket", owner="111122223333", region="us-east-1", created=0)


def resolved_with_facts(line, headers=None, body=b"", **more):
    method, target = line.split(" ")
    path, _, query = target.partition("?")
    raw = [(b"host", b"gate"), *((k.encode(), v.encode()) for k, v in (headers or {}).items())]
    request = resolve_request(
        RawRequest(method, path.encode(), query.encode(), tuple(raw)), None, RULES
    )
    document = documents.parse_xml(body) if body else None
    facts = {"signature_keys": {}, "now": NOW, "bucket": BUCKET, "source_bucket": BUCKET} | more
    return request, RequestFacts(body=body, document=document, **facts)


def actions(line, headers=None, body=b"", **more):
    return [
        permission.action.removeprefix("s3:")
        for permission in required_permissions(*resolved_with_facts(line, headers, body, **more))
    ]


ACTIONS = [
    ("GET /bucket/k", {}, ["GetObject"]),
    ("GET /bucket/k?versionId=null", {}, ["GetObjectVersion"]),
    ("HEAD /bucket", {}, ["ListBucket"]),
    ("GET /bucket/k?attributes", {}, ["GetObject", "GetObjectAttributes"]),
    ("GET /bucket/k?attributes&versionId=1", {}, ["GetObjectVersion", "GetObjectVersionAttributes"]),
    ("DELETE /bucket/k?versionId=1", {}, ["DeleteObjectVersion"]),
    ("DELETE /bucket/k", {"if-match": '"1"'}, ["DeleteObject", "GetObject"]),
    ("DELETE /bucket/k", {"if-match": "*"}, ["DeleteObject"]),
    ("DELETE /bucket/k", {"x-amz-bypass-governance-retention": "True"}, ["DeleteObject", "BypassGovernanceRetention"]),
    ("PUT /bucket/k", {"x-amz-tagging": "a=b"}, ["PutObject", "PutObjectTagging"]),
    ("PUT /bucket/k", {"x-amz-tagging": ""}, ["PutObject"]),
    ("PUT /bucket/k", {"x-amz-acl": "private"}, ["PutObject", "PutObjectAcl"]),
    ("PUT /bucket/k", {"x-amz-grant-read": "id=1"}, ["PutObject", "PutObjectAcl"]),
    ("PUT /bucket/k", {"x-amz-object-lock-mode": "GOVERNANCE"}, ["PutObject", "PutObjectRetention"]),
    ("PUT /bucket/k", {"x-amz-object-lock-event-hold": "ON"}, ["PutObject", "PutObjectRetention"]),
    ("PUT /bucket/k", {"x-amz-object-lock-event-hold-duration-days": "3"}, ["PutObject", "PutObjectRetention"]),
    ("PUT /bucket/k", {"x-amz-object-lock-legal-hold": "ON"}, ["PutObject", "PutObjectLegalHold"]),
    ("PUT /bucket/k", {"x-amz-copy-source": "bucket/s"}, ["PutObject", "GetObject"]),
    ("PUT /bucket/k", {"x-amz-copy-source": "bucket/s?versionId=1"}, ["PutObject", "GetObjectVersion"]),
    ("PUT /bucket/k?partNumber=1&uploadId=u", {"x-amz-copy-source": "bucket/s"}, ["PutObject", "GetObject"]),
    ("POST /bucket/k?uploadId=u", {"if-match": '"1"'}, ["PutObject", "GetObject"]),
    ("PUT /bucket", {"x-amz-bucket-object-lock-enabled": "true"}, ["CreateBucket", "PutBucketObjectLockConfiguration", "PutBucketVersioning"]),
    ("PUT /bucket", {"x-amz-object-ownership": "BucketOwnerEnforced"}, ["CreateBucket", "PutBucketOwnershipControls"]),
    ("PUT /bucket", {"x-amz-acl": "private"}, ["CreateBucket", "PutBucketAcl"]),
    ("DELETE /bucket?encryption", {}, ["PutEncryptionConfiguration"]),
    ("DELETE /bucket?website", {}, ["DeleteBucketWebsite"]),
    ("GET /", {}, ["ListAllMyBuckets"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "headers", "expected"), ACTIONS)
def test_a_request_needs_exactly_these_actions(line, headers, expected) -> None:
    assert actions(line, headers) == expected


def test_a_new_bucket_with_tags_needs_the_right_to_tag() -> None:
    tagged = Bucket(
        account=GLOBAL,
        name="bucket",
        owner="1",
        region="us-east-1",
        created=0,
        tags=(Tag("Team", "a"), Tag("b", "")),
    )
    found = required_permissions(
        *resolved_with_facts(
            "PUT /bucket", bucket=tagged, document_values={"location": "us-east-1"}
        )
    )

    assert [permission.action for permission in found] == ["s3:CreateBucket", "s3:TagResource"]
    given = found[0].keys
    assert (given["aws:requesttag/team"], given["aws:tagkeys"]) == ("a", ("Team", "b"))
    assert given["s3:locationconstraint"] == "us-east-1"


def xml(name, inside):
    return f'<{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</{name}>'.encode()


UNTIL = "2026-01-03T12:00:01Z"
KEYS = [
    ("GET /bucket?list-type=2&prefix=&max-keys=5", {}, b"", {"s3:prefix": "", "s3:max-keys": "5"}),
    ("GET /bucket?list-type=2", {}, b"", {"s3:prefix": None}),
    ("GET /bucket?list-type=2&max-keys=5000", {}, b"", {"s3:max-keys": "5000"}),
    ("GET /bucket?max-keys=0005", {}, b"", {"s3:max-keys": "5"}),
    ("GET /bucket?uploads&prefix=a", {}, b"", {"s3:prefix": None}),
    ("GET /bucket/k?versionId=v", {}, b"", {"s3:versionid": "v"}),
    ("PUT /bucket/k", {"if-none-match": "*"}, b"", {"s3:if-none-match": "*", "s3:objectcreationoperation": "true"}),
    ("PUT /bucket/k?partNumber=1&uploadId=u", {}, b"", {"s3:objectcreationoperation": "false"}),
    ("POST /bucket/k?uploads", {"x-amz-storage-class": "GLACIER"}, b"", {"s3:objectcreationoperation": "false", "s3:x-amz-storage-class": "GLACIER"}),
    ("PUT /bucket/k", {"x-amz-tagging": "a+b=c%26&d"}, b"", {"s3:requestobjecttag/a b": "c&", "s3:requestobjecttagkeys": ("a b", "d")}),
    ("PUT /bucket/k", {"x-amz-copy-source": "/bucket/a%20b?versionId=1", "x-amz-metadata-directive": "COPY"}, b"", {"s3:x-amz-copy-source": "bucket/a b", "s3:x-amz-metadata-directive": "COPY", "s3:requestobjecttagkeys": None}),
    ("PUT /bucket/k", {"x-amz-object-lock-retain-until-date": UNTIL}, b"", {"s3:object-lock-retain-until-date": UNTIL, "s3:object-lock-remaining-retention-days": "3"}),
    ("PUT /bucket/k", {"x-amz-object-lock-retain-until-date": "2020-01-01T00:00:00Z"}, b"", {"s3:object-lock-remaining-retention-days": "0"}),
    ("PUT /bucket/k", {"x-amz-object-lock-event-hold": "ON", "x-amz-object-lock-event-hold-duration-years": "2"}, b"", {"s3:object-lock-event-hold": "ON", "s3:object-lock-event-hold-duration-days": "730"}),
    ("PUT /bucket/k?retention", {}, xml("Retention", f"<Mode>GOVERNANCE</Mode><RetainUntilDate>{UNTIL}</RetainUntilDate>"), {"s3:object-lock-mode": "GOVERNANCE", "s3:object-lock-remaining-retention-days": "3"}),
    ("PUT /bucket/k?retention", {}, xml("Retention", "<EventHold>ON</EventHold><EventHoldDuration><Days>4</Days></EventHoldDuration>"), {"s3:object-lock-event-hold-duration-days": "4"}),
    ("PUT /bucket/k?legal-hold", {}, xml("LegalHold", "<Status>ON</Status>"), {"s3:object-lock-legal-hold": "ON"}),
    ("PUT /bucket/k?tagging", {}, xml("Tagging", "<TagSet><Tag><Key>K</Key><Value>v</Value></Tag></TagSet>"), {"s3:requestobjecttag/k": "v", "s3:requestobjecttagkeys": ("K",)}),
    ("PUT /bucket/k?encryption", {}, xml("ObjectEncryption", "<SSE-KMS><KMSKeyArn>arn:k</KMSKeyArn></SSE-KMS>"), {"s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:k"}),
    ("PUT /bucket/k?encryption", {}, xml("ObjectEncryption", "<SSE-KMS/>"), {"s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id": None}),
    ("PUT /bucket/k?encryption", {}, xml("ObjectEncryption", ""), {"s3:x-amz-server-side-encryption": None}),
    ("GET /bucket/k?annotation&annotation-prefix=p&max-annotation-results=3", {}, b"", {"s3:annotation-prefix": "p", "s3:max-annotation-results": "3"}),
    ("PUT /bucket/k?annotation&annotationName=n", {"x-amz-object-if-match": '"1"'}, b"", {"s3:x-amz-object-if-match": '"1"'}),
    ("PUT /bucket/k?acl", {"x-amz-acl": "private", "x-amz-storage-class": "GLACIER"}, b"", {"s3:x-amz-acl": "private", "s3:x-amz-storage-class": "GLACIER"}),
    ("DELETE /bucket/k", {"if-match": '"1"'}, b"", {"s3:if-match": '"1"'}),
    ("PUT /bucket", {"x-amz-object-ownership": "BucketOwnerEnforced"}, b"", {"s3:x-amz-object-ownership": "BucketOwnerEnforced", "aws:tagkeys": None}),
    ("PUT /bucket?tagging", {}, xml("Tagging", "<TagSet/>"), {"s3:requestobjecttagkeys": None}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "headers", "body", "expected"), KEYS)
def test_a_request_gives_its_action_these_keys(line, headers, body, expected) -> None:
    given = required_permissions(*resolved_with_facts(line, headers, body))[0].keys

    assert {name: given.get(name) for name in expected} == expected


def test_a_copys_source_has_none_of_the_write_keys() -> None:
    line, headers = (
        "PUT /bucket/k",
        {"x-amz-copy-source": "bucket/s?versionId=7", "x-amz-storage-class": "GLACIER"},
    )
    write, read = required_permissions(
        *resolved_with_facts(
            line, headers, tags={ObjectName("bucket", "s", "7"): ObjectTags((("Team", "a"),))}
        )
    )

    assert dict(read.keys) == {
        "s3:resourceaccount": "111122223333",
        "aws:resourceaccount": "111122223333",
        "s3:versionid": "7",
        "s3:existingobjecttag/team": "a",
    }
    assert "s3:versionid" not in write.keys
    assert read.resource == "arn:aws:s3:::bucket/s"


@pytest.mark.parametrize(
    ("headers", "tags", "annotations"),
    [
        ({}, ["GetObjectTagging", "PutObjectTagging"], ["GetObjectAnnotation", "PutObjectAnnotation"]),
        ({"x-amz-tagging-directive": "REPLACE"}, [], ["GetObjectAnnotation", "PutObjectAnnotation"]),
        ({"x-amz-object-annotation-directive": "EXCLUDE"}, ["GetObjectTagging", "PutObjectTagging"], []),
    ],
)  # fmt: skip
def test_what_a_copy_carries_along_needs_its_own_rights(headers, tags, annotations) -> None:
    request, facts = resolved_with_facts(
        "PUT /bucket/k", {"x-amz-copy-source": "bucket/s", **headers}
    )

    assert [
        each.action.removeprefix("s3:") for each in copied_tag_permissions(request, facts)
    ] == tags
    found = [
        each.action.removeprefix("s3:") for each in copied_annotation_permissions(request, facts)
    ]
    assert found == annotations


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-object-lock-retain-until-date": "tomorrow"},
        {"x-amz-object-lock-event-hold-duration-days": "many"},
        {"x-amz-object-lock-event-hold-duration-years": "-1"},
        {"x-amz-tagging": "a=1&a=2"},
    ],
)
def test_what_cannot_be_read_is_refused_and_never_absent(headers) -> None:
    with pytest.raises(S3Error):
        required_permissions(*resolved_with_facts("PUT /bucket/k", headers))


def test_tags_of_a_bucket_count_while_it_says_so() -> None:
    tagged = Bucket(
        account=GLOBAL,
        name="b",
        owner="1",
        region="us-east-1",
        created=0,
        tags=(Tag("T", "v"),),
        abac=True,
    )

    assert condition_keys.bucket_keys(tagged)["aws:resourcetag/t"] == "v"
    assert condition_keys.bucket_keys(BUCKET).keys() == {
        "s3:resourceaccount",
        "aws:resourceaccount",
    }


LABELLED = Bucket(
    account=GLOBAL,
    name="bucket",
    owner="111122223333",
    region="us-east-1",
    created=0,
    tags=(Tag("Team", "a"), Tag("class", "x")),
    abac=True,
)
KEPT = "<Tag><Key>class</Key><Value>y</Value></Tag>"
LABELS = [
    ("PUT", KEPT, [("TagResource", "y", ("class",)), ("UntagResource", None, ("Team",))]),
    ("PUT", "", [("TagResource", None, None), ("UntagResource", None, ("Team",)), ("UntagResource", None, ("class",))]),
    ("PUT", KEPT + "<Tag><Key>Team</Key><Value/></Tag>", [("TagResource", "y", ("class", "Team"))]),
    ("PUT", KEPT + "<Tag><Key>team</Key><Value/></Tag>", [("TagResource", "y", ("class", "team")), ("UntagResource", None, ("Team",))]),
    ("DELETE", None, [("UntagResource", None, ("Team",)), ("UntagResource", None, ("class",))]),
]  # fmt: skip


@pytest.mark.parametrize(("method", "tags", "expected"), LABELS)
def test_t432_gate_tags_that_decide_need_the_rights_to_tag_and_untag(
    method, tags, expected
) -> None:
    body = b"" if tags is None else xml("Tagging", f"<TagSet>{tags}</TagSet>")
    found = required_permissions(
        *resolved_with_facts(f"{method} /bucket?tagging", body=body, bucket=LABELLED)
    )

    assert [
        (
            permission.action.removeprefix("s3:"),
            permission.keys.get("aws:requesttag/class"),
            permission.keys.get("aws:tagkeys"),
        )
        for permission in found
    ] == expected
    assert all(permission.keys["aws:resourcetag/team"] == "a" for permission in found)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_tags_that_decide_nothing_need_the_one_right(method) -> None:
    plain = Bucket(
        account=GLOBAL, name="bucket", owner="1", region="us-east-1", created=0, tags=LABELLED.tags
    )
    body = xml("Tagging", "<TagSet/>") if method == "PUT" else b""
    found = required_permissions(
        *resolved_with_facts(f"{method} /bucket?tagging", body=body, bucket=plain)
    )

    assert [permission.action for permission in found] == ["s3:PutBucketTagging"]


def test_there_is_a_right_to_untag_even_where_no_tag_is() -> None:
    bare = Bucket(
        account=GLOBAL, name="bucket", owner="1", region="us-east-1", created=0, abac=True
    )
    found = required_permissions(*resolved_with_facts("DELETE /bucket?tagging", bucket=bare))

    assert [permission.action for permission in found] == ["s3:UntagResource"]


def test_the_store_serves_no_more_than_a_page_whatever_policies_saw() -> None:
    request, _ = resolved_with_facts("GET /bucket?list-type=2&max-keys=5000")

    assert "max-keys=1000" in request.query


@pytest.mark.parametrize("value", ["x", "-1", "1e3", "%201", "%D9%A3"])
@pytest.mark.parametrize(
    "line",
    ["GET /bucket?list-type=2&max-keys=", "GET /bucket/k?annotation&max-annotation-results="],
)
def test_a_count_that_is_no_number_is_refused(line, value) -> None:
    with pytest.raises(S3Error, match="integer"):
        resolved_with_facts(line + value)


REPLICATION = "<Role>arn:aws:iam::111122223333:role/copies</Role>"


def test_a_replication_passes_its_role_to_s3() -> None:
    body = xml("ReplicationConfiguration", REPLICATION)
    _, passing = required_permissions(*resolved_with_facts("PUT /bucket?replication", body=body))

    assert (passing.action, passing.resource, passing.account) == (
        "iam:PassRole",
        "arn:aws:iam::111122223333:role/copies",
        "111122223333",
    )
    assert passing.keys["iam:passedtoservice"] == "s3.amazonaws.com"
    assert passing.keys["iam:associatedresourcearn"] == BUCKET.arn
    assert "s3:resourceaccount" not in passing.keys


@pytest.mark.parametrize(
    "role", ["", "<Role>*</Role>", "<Role>arn:aws:iam::111122223333:user/u</Role>"]
)
def test_a_replication_without_a_role_is_refused(role) -> None:
    with pytest.raises(S3Error, match="Role"):
        required_permissions(
            *resolved_with_facts(
                "PUT /bucket?replication", body=xml("ReplicationConfiguration", role)
            )
        )
