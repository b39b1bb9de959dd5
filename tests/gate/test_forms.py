"""Uploads by a browser's form: its policy, its signer, and the headers that its fields become."""

import base64
import hashlib
import http.client
import json
import urllib.parse
import zlib

import boto3
import pytest

from daypass.gate import limits

STORE_KEYS = ("store", "only the gate knows this")


@pytest.fixture
def name(request):
    return "f" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]


@pytest.fixture
def bucket(live, name):
    live.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def store(live):
    return boto3.client(
        "s3",
        endpoint_url=live.store_url,
        region_name="us-east-1",
        aws_access_key_id=STORE_KEYS[0],
        aws_secret_access_key=STORE_KEYS[1],
    )


def presigned(live, bucket, key="up/a.txt", credentials=None, fields=None, conditions=(), **more):
    """Return the fields that a server signs for a page."""
    fields = fields or {}
    covered = [*conditions, *({each: value} for each, value in fields.items())]
    client = live.client("s3", credentials, signature_version="s3v4")
    made = client.generate_presigned_post(
        bucket, key, Fields=dict(fields), Conditions=covered, **more
    )
    return made["fields"]


def body_of(parts, boundary):
    """Write a form: parts are (name, value) or (name, value, filename)."""
    written = []
    for name, value, *filename in parts:
        extra = f'; filename="{filename[0]}"' if filename else ""
        content = value if isinstance(value, bytes) else value.encode()
        written.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    return b"".join(written) + f"--{boundary}--\r\n".encode()


def post(live, bucket, parts, path=None, headers=None, cut=None):
    url = urllib.parse.urlsplit(live.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    body = body_of(parts, "XyZ0")[:cut]
    connection.request(
        "POST",
        path or f"/{bucket}",
        body,
        {"Content-Type": "multipart/form-data; boundary=XyZ0", **(headers or {})},
    )
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.headers.items()), content


def parts_of(fields, content=b"hello", filename="a.txt"):
    return [*fields.items(), ("file", content, filename)]


def code_in(content):
    return content.partition("<Code>")[2].partition("</Code>")[0]


def missing(store, bucket):
    return store.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("size", [0, 1, 70_000, limits.FORM_IN_MEMORY_BYTES_MAX + 5])
def test_a_form_uploads_what_its_policy_says(live, store, bucket, size) -> None:
    content = bytes(range(256)) * (size // 256) + b"\r\n--Xy"[: size % 256]
    fields = presigned(live, bucket, fields={"Content-Type": "text/plain", "x-amz-meta-who": "Zoë"})

    status, headers, _ = post(live, bucket, parts_of(fields, content))

    found = store.get_object(Bucket=bucket, Key="up/a.txt")
    assert status == 204
    assert headers["etag"] == found["ETag"]
    assert headers["location"] == f"{live.url}/{bucket}/up/a.txt"
    assert (found["Body"].read(), found["ContentType"]) == (content, "text/plain")


def test_a_role_session_signs_forms_too(live, store, bucket, name) -> None:
    arn = live.role(
        f"{name}-r",
        f"arn:aws:iam::{live.account}:root",
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/up/*"},
    )
    user = live.user(f"{name}-u", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn})
    session = live.client("sts", user).assume_role(RoleArn=arn, RoleSessionName="page")[
        "Credentials"
    ]

    assert post(live, bucket, parts_of(presigned(live, bucket, credentials=session)))[0] == 204
    outside = presigned(live, bucket, key="other/a.txt", credentials=session)
    status, _, content = post(live, bucket, parts_of(outside))
    assert (status, code_in(content)) == (403, "AccessDenied")
    assert "s3:PutObject" in content


def test_the_name_of_the_file_takes_its_place_before_anything_is_decided(
    live, store, bucket
) -> None:
    fields = presigned(live, bucket, key="up/${filename}")

    assert post(live, bucket, parts_of(fields, filename="C:\\\\docs\\\\b c.txt"))[0] == 204
    assert store.get_object(Bucket=bucket, Key="up/b c.txt")["Body"].read() == b"hello"


def test_t040_gate_a_file_name_cannot_climb_out_of_the_policys_prefix(live, store, bucket) -> None:
    fields = presigned(live, bucket, key="up/${filename}")

    status, _, content = post(live, bucket, parts_of(fields, filename=".."))

    assert (status, code_in(content)) == (400, "InvalidURI")
    assert missing(store, bucket)


@pytest.mark.parametrize(
    ("asked", "told"), [("200", 200), ("201", 201), ("204", 204), ("302", 204), ("x", 204)]
)
def test_a_form_may_ask_for_a_status(live, bucket, asked, told) -> None:
    fields = presigned(live, bucket, fields={"success_action_status": asked})

    status, headers, content = post(live, bucket, parts_of(fields))

    assert status == told
    if told == 201:
        assert f"<Bucket>{bucket}</Bucket><Key>up/a.txt</Key>" in content
        assert headers["content-type"] == "application/xml"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (["eq", "$success_action_redirect", "https://page.example/done?x=1"], 303),
        (["starts-with", "$success_action_redirect", "https://page.example/"], 303),
        (["starts-with", "$success_action_redirect", "https://"], 204),
        (["starts-with", "$success_action_redirect", ""], 204),
    ],
)
def test_a_form_leads_on_only_to_a_host_that_its_policy_names(
    live, bucket, condition, status
) -> None:
    fields = presigned(live, bucket, conditions=[condition])
    fields["success_action_redirect"] = "https://page.example/done?x=1"

    found, headers, _ = post(live, bucket, parts_of(fields))

    assert found == status
    if status == 303:
        etag = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
        assert (
            headers["location"]
            == f"https://page.example/done?x=1&bucket={bucket}&key=up%2Fa.txt&etag=%22{etag}%22"
        )


def test_tags_of_a_form_need_their_own_right(live, store, bucket, name) -> None:
    tagging = "<Tagging><TagSet><Tag><Key>team</Key><Value>a b+c</Value></Tag></TagSet></Tagging>"
    puts = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    tags = {
        "Effect": "Allow",
        "Action": "s3:PutObjectTagging",
        "Resource": "*",
        "Condition": {"StringEquals": {"s3:RequestObjectTag/team": "a b+c", "s3:authType": "POST"}},
    }
    may_not = live.user(f"{name}-n", puts)
    may = live.user(f"{name}-y", puts, tags)

    refused = presigned(live, bucket, credentials=may_not, fields={"tagging": tagging})
    assert post(live, bucket, parts_of(refused))[0] == 403
    allowed = presigned(live, bucket, credentials=may, fields={"tagging": tagging})
    assert post(live, bucket, parts_of(allowed))[0] == 204
    assert store.get_object_tagging(Bucket=bucket, Key="up/a.txt")["TagSet"] == [
        {"Key": "team", "Value": "a b+c"}
    ]


TWO = "<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag><Tag><Key>Class</Key><Value>public</Value></Tag></TagSet></Tagging>"


@pytest.mark.parametrize(
    "field",
    [
        {"tagging": TWO},
        {"x-amz-tagging": "class=secret&Class=public"},
        {"x-amz-storage-class": "standard"},
        {"x-amz-object-lock-mode": "GOVERN%41NCE"},
    ],
)
def test_t432_gate_a_field_with_two_readings_leaves_no_object(live, store, bucket, field) -> None:
    fields = presigned(live, bucket, fields=field)

    assert post(live, bucket, parts_of(fields))[0] == 400
    assert missing(store, bucket)


def changed(**changes):
    return lambda fields: {**fields, **changes}


def without(name):
    return lambda fields: {each: value for each, value in fields.items() if each != name}


def other_policy(fields):
    document = json.loads(base64.b64decode(fields["policy"]))
    document["conditions"].append(["starts-with", "$key", ""])
    return {**fields, "policy": base64.b64encode(json.dumps(document).encode()).decode()}


SPOILT = [
    (changed(key="elsewhere"), 403, "AccessDenied"),
    (changed(acl="public-read"), 403, "AccessDenied"),
    (changed(**{"x-amz-meta-a": "b"}), 403, "AccessDenied"),
    (changed(**{"x-amz-signature": "0" * 64}), 403, "SignatureDoesNotMatch"),
    (changed(**{"x-amz-signature": "0"}), 403, "SignatureDoesNotMatch"),
    (other_policy, 403, "SignatureDoesNotMatch"),
    (without("policy"), 400, "InvalidArgument"),
    (without("x-amz-signature"), 400, "InvalidArgument"),
    (without("key"), 400, "InvalidArgument"),
    (changed(AWSAccessKeyId="AKIA"), 400, "InvalidArgument"),
    (changed(**{"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20000101/us-east-1/s3/aws4_request"}), 400, "AuthorizationHeaderMalformed"),
    (changed(**{"x-amz-security-token": "forged"}), 400, "InvalidToken"),
    (lambda _: {"key": "up/a.txt"}, 403, "AccessDenied"),
    (changed(**{"x-ignore-1": "x" * 20_000}), 400, "MaxPostPreDataLengthExceededError"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "status", "code"), SPOILT, ids=range(len(SPOILT)))
def test_a_form_that_is_not_what_was_signed_leaves_no_object(
    live, store, bucket, spoil, status, code
) -> None:
    user = live.user(f"{bucket}-u", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    fields = spoil(presigned(live, bucket, credentials=user))

    found, _, content = post(live, bucket, parts_of(fields))

    assert (found, code_in(content)) == (status, code), content
    assert missing(store, bucket)


def test_a_form_signed_for_one_bucket_is_no_good_at_another(live, store, bucket, name) -> None:
    live.client("s3").create_bucket(Bucket=f"{name}-2")

    status, _, content = post(live, f"{name}-2", parts_of(presigned(live, bucket)))

    assert (status, code_in(content)) == (403, "AccessDenied")
    assert missing(store, f"{name}-2")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"1234", "EntityTooSmall"), (b"12345", ""), (b"1" * 10, ""), (b"1" * 11, "EntityTooLarge")],
)
def test_a_file_is_as_long_as_the_policy_wants_it(live, store, bucket, content, code) -> None:
    fields = presigned(live, bucket, conditions=[["content-length-range", 5, 10]])

    status, _, answer = post(live, bucket, parts_of(fields, content))

    assert code_in(answer) == code
    assert (status == 204) is (not code)
    assert missing(store, bucket) is bool(code)


MISSHAPEN = [
    (lambda fields: [*fields.items()], "IncorrectNumberOfFilesInPostRequest"),
    (
        lambda fields: [*parts_of(fields), ("file", b"2", "b")],
        "IncorrectNumberOfFilesInPostRequest",
    ),
    (lambda fields: [("KEY", "up/a.txt"), *parts_of(fields)], "InvalidArgument"),
    (lambda fields: [("x-ignore", b"\xff"), *parts_of(fields)], "MalformedPOSTRequest"),
]


@pytest.mark.parametrize(("shape", "code"), MISSHAPEN, ids=range(len(MISSHAPEN)))
def test_a_misshapen_form_leaves_no_object(live, store, bucket, shape, code) -> None:
    status, _, content = post(live, bucket, shape(presigned(live, bucket)))

    assert (status, code_in(content)) == (400, code)
    assert missing(store, bucket)


def test_fields_behind_the_file_mean_nothing(live, store, bucket) -> None:
    parts = [*parts_of(presigned(live, bucket)), ("key", "elsewhere"), ("acl", "public-read")]

    assert post(live, bucket, parts)[0] == 204
    assert [each["Key"] for each in store.list_objects_v2(Bucket=bucket)["Contents"]] == [
        "up/a.txt"
    ]


@pytest.mark.parametrize("cut", [-1, -10, -60, 40, 10])
def test_a_form_that_ends_early_leaves_no_object(live, store, bucket, cut) -> None:
    status, _, content = post(live, bucket, parts_of(presigned(live, bucket)), cut=cut)

    if cut == -1:
        # Only the last line feed is missing: everything is there.
        assert status == 204
    else:
        assert (status, code_in(content)) in {
            (400, "IncompleteBody"),
            (400, "MalformedPOSTRequest"),
        }
        assert missing(store, bucket)


@pytest.mark.parametrize("boundary", ["", "boundary=", "boundary=" + "x" * 71])
def test_a_form_without_a_boundary_is_refused(live, bucket, boundary) -> None:
    kind = {"Content-Type": f"multipart/form-data; {boundary}"}
    status, _, content = post(live, bucket, parts_of({}), headers=kind)

    assert (status, code_in(content)) == (400, "MalformedPOSTRequest")


def test_a_form_cannot_be_signed_twice(live, bucket) -> None:
    client = live.client("s3", signature_version="s3v4")
    url = client.generate_presigned_url("head_bucket", {"Bucket": bucket})
    query = urllib.parse.urlsplit(url).query
    status, _, content = post(
        live, bucket, parts_of(presigned(live, bucket)), path=f"/{bucket}?{query}"
    )

    assert (status, code_in(content)) == (400, "InvalidArgument")


@pytest.mark.parametrize(("value", "status"), [(b"hello", 204), (b"other", 400)])
def test_a_checksum_in_a_form_is_the_files(live, store, bucket, value, status) -> None:
    checksum = base64.b64encode(zlib.crc32(value).to_bytes(4, "big")).decode()
    fields = presigned(live, bucket, fields={"x-amz-checksum-crc32": checksum})

    found, _, content = post(live, bucket, parts_of(fields))

    assert found == status
    assert code_in(content) == ("" if status == 204 else "BadDigest")
    assert missing(store, bucket) is (status != 204)


def test_other_posts_on_a_bucket_are_no_operation(live, bucket) -> None:
    status, _, content = post(live, bucket, [], headers={"Content-Type": "multipart/mixed"})

    assert status in {403, 405}
    assert code_in(content) in {"AccessDenied", "MethodNotAllowed"}
