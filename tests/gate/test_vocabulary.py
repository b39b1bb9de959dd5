"""Headers with a vocabulary are normalized: the store gets the word that was decided on."""

import http.client
import importlib.util
import urllib.parse
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError

from daypass.gate.protocol import tag_sets
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request import vocabulary
from daypass.gate.request.headers import received_headers

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)
LOCK, ENCRYPTION = "x-amz-object-lock", "x-amz-server-side-encryption"
BYPASS = "x-amz-bypass-governance-retention"

UNDERSTOOD = [
    (BYPASS, "true", "true"),
    (BYPASS, "TRUE", "true"),
    (BYPASS, "True", "true"),
    (BYPASS, "false", None),
    (BYPASS, "False", None),
    ("x-amz-bucket-object-lock-enabled", "TRUE", "true"),
    ("x-amz-bucket-object-lock-enabled", "false", None),
    (f"{ENCRYPTION}-bucket-key-enabled", "True", "true"),
    ("x-amz-tagging-directive", "COPY", "COPY"),
    ("x-amz-tagging-directive", "REPLACE", "REPLACE"),
    ("x-amz-metadata-directive", "REPLACE", "REPLACE"),
    ("x-amz-object-annotation-directive", "EXCLUDE", "EXCLUDE"),
    (f"{LOCK}-mode", "COMPLIANCE", "COMPLIANCE"),
    (f"{LOCK}-legal-hold", "OFF", "OFF"),
    (f"{LOCK}-event-hold-duration-days", "007", "7"),
    (f"{LOCK}-retain-until-date", "2026-01-03T12:00:01.000Z", "2026-01-03T12:00:01Z"),
    (f"{LOCK}-retain-until-date", "20260103T140001+0200", "2026-01-03T12:00:01Z"),
    (ENCRYPTION, "aws:kms", "aws:kms"),
    (f"{ENCRYPTION}-aws-kms-key-id", "arn:aws:kms:us-east-1:111122223333:key/a-1", "arn:aws:kms:us-east-1:111122223333:key/a-1"),
    ("x-amz-storage-class", "GLACIER_IR", "GLACIER_IR"),
    ("x-amz-tagging", "", None),
    ("x-amz-tagging", "a+b=c%26&d", "a%20b=c%26&d="),
    ("x-amz-tagging", "%61=1&b=%zz", "a=1&b=%25zz"),
    ("x-amz-tagging", "k=a=b", "k=a%3Db"),
    ("x-amz-tagging", "k=%E2%82%AC", "k=%E2%82%AC"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "written"), UNDERSTOOD)
def test_a_header_is_written_as_it_was_understood(name, value, written) -> None:
    assert vocabulary.normalized_headers({name: value}).get(name) == written


REFUSED = [
    (BYPASS, "tru%65", "InvalidArgument"),
    (BYPASS, "true,true", "InvalidArgument"),
    (BYPASS, "true, true", "InvalidArgument"),
    (BYPASS, "1", "InvalidArgument"),
    (BYPASS, "yes", "InvalidArgument"),
    (BYPASS, "on", "InvalidArgument"),
    (BYPASS, "", "InvalidArgument"),
    (BYPASS, "\uff54rue", "InvalidArgument"),
    ("x-amz-bucket-object-lock-enabled", "tru%65", "InvalidArgument"),
    (f"{ENCRYPTION}-bucket-key-enabled", "t", "InvalidArgument"),
    ("x-amz-confirm-remove-self-bucket-access", "tru%65", "InvalidArgument"),
    ("x-amz-tagging-directive", "replace", "InvalidArgument"),
    ("x-amz-tagging-directive", "REPLAC%45", "InvalidArgument"),
    ("x-amz-tagging-directive", "COPY,REPLACE", "InvalidArgument"),
    ("x-amz-tagging-directive", "", "InvalidArgument"),
    ("x-amz-metadata-directive", "Replace", "InvalidArgument"),
    ("x-amz-object-annotation-directive", "exclude", "InvalidArgument"),
    ("x-amz-object-annotation-directive", "REPLACE", "InvalidArgument"),
    (f"{LOCK}-mode", "governance", "InvalidArgument"),
    (f"{LOCK}-mode", "", "InvalidArgument"),
    (f"{LOCK}-legal-hold", "on", "InvalidArgument"),
    (f"{LOCK}-event-hold", "On", "InvalidArgument"),
    (f"{LOCK}-event-hold-duration-days", "-1", "InvalidArgument"),
    (f"{LOCK}-event-hold-duration-days", "\u0663", "InvalidArgument"),
    (f"{LOCK}-event-hold-duration-years", "1e3", "InvalidArgument"),
    (f"{LOCK}-retain-until-date", "tomorrow", "InvalidArgument"),
    (f"{LOCK}-retain-until-date", "2026-01-03T12:00:01", "InvalidArgument"),
    (f"{LOCK}-retain-until-date", "0001-01-01T00:00:00Z", "InvalidArgument"),
    (ENCRYPTION, "AES-256", "InvalidArgument"),
    (ENCRYPTION, "aws:KMS", "InvalidArgument"),
    (f"{ENCRYPTION}-customer-algorithm", "aes256", "InvalidArgument"),
    (f"{ENCRYPTION}-aws-kms-key-id", "key%2F1", "InvalidArgument"),
    ("x-amz-storage-class", "glacier", "InvalidArgument"),
    ("x-amz-storage-class", "GL%41CIER", "InvalidArgument"),
    ("x-amz-tagging", "class=secret&Class=public", "InvalidTag"),
    ("x-amz-tagging", "class=secret&%43lass=public", "InvalidTag"),
    ("x-amz-tagging", "k=1&\u212a=2", "InvalidTag"),
    ("x-amz-tagging", "class=+secret", "InvalidTag"),
    ("x-amz-tagging", "class=secret%C2%A0", "InvalidTag"),
    ("x-amz-tagging", "class%20=secret", "InvalidTag"),
    ("x-amz-tagging", "class=se%00cret", "InvalidTag"),
    ("x-amz-tagging", "class=se%0Acret", "InvalidTag"),
    ("x-amz-tagging", "class=%FF", "InvalidTag"),
    ("x-amz-tagging", "a=1&&b=2", "InvalidTag"),
]


@pytest.mark.parametrize(("name", "value", "code"), REFUSED)
def test_t432_gate_a_value_outside_the_vocabulary_is_refused(name, value, code) -> None:
    with pytest.raises(S3Error) as error:
        vocabulary.normalized_headers({name: value})

    assert (error.value.code, error.value.status) == (code, 400)


def test_every_header_with_one_way_to_be_understood_is_understood_the_same_again() -> None:
    for name, value, written in UNDERSTOOD:
        if written is not None:
            assert vocabulary.normalized_headers({name: written}) == {name: written}, value


TWICE = [
    "date", "content-md5", "content-type", "range", "if-match", "x-amz-decoded-content-length", "x-amz-trailer",
    "x-amz-expected-bucket-owner", BYPASS,
]  # fmt: skip


@pytest.mark.parametrize("name", TWICE)
def test_a_header_that_was_sent_twice_is_refused(name) -> None:
    headers = ((b"host", b"gate"), (name.encode(), b"true"), (name.encode(), b"true"))
    with pytest.raises(S3Error) as error:
        received_headers(headers, {})

    assert error.value.code == "InvalidArgument"


def test_a_header_in_the_query_of_a_presigned_url_has_the_same_vocabulary() -> None:
    with pytest.raises(S3Error):
        received_headers((), {BYPASS: "tru%65"})
    assert received_headers((), {"x-amz-tagging": "a=%62"}) == {"x-amz-tagging": "a=b"}


# Over the wire.


def signed(live, method, target, headers, body=b""):
    """Send a request signed by botocore with headers of our own choice."""
    found = live.root()
    credentials = botocore.credentials.Credentials(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
    )
    request = botocore.awsrequest.AWSRequest(method, live.url + target, data=body, headers=headers)
    botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    url = urllib.parse.urlsplit(live.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    connection.request(method, target, body, dict(request.headers.items()))
    answer = connection.getresponse()
    status, content = answer.status, answer.read()
    connection.close()
    return status, content


@pytest.mark.parametrize("value", ["tru%65", "true,true", "yes"])
@pytest.mark.parametrize(
    "line",
    ["DELETE /kept/a", "DELETE /kept/a?versionId=1", "PUT /kept/a?retention", "POST /kept?delete"],
)
def test_t432_gate_a_bypass_that_a_store_might_read_is_never_sent(
    behind, said, line, value
) -> None:
    method, target = line.split(" ")

    status, content = signed(
        behind, method, target, {BYPASS: value}, b"<x/>" if "?" in target else b""
    )

    assert (status, b"InvalidArgument" in content) == (400, True)
    assert not said.sent


def test_a_bypass_needs_its_right_in_every_case_of_its_word(behind, said) -> None:
    delete = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "*"}
    found = behind.user("deletes", delete)
    s3 = behind.client("s3", found)

    with pytest.raises(ClientError, match="BypassGovernanceRetention"):
        s3.delete_object(Bucket="kept", Key="a", BypassGovernanceRetention=True)
    assert not said.sent
    s3.delete_object(Bucket="kept", Key="a", BypassGovernanceRetention=False)
    assert BYPASS not in said.sent[0].headers


def test_the_store_hears_the_words_that_were_decided_on(behind, said) -> None:
    headers = {
        BYPASS: "TRUE",
        "x-amz-tagging": "a+b=%63",
        f"{LOCK}-mode": "GOVERNANCE",
        f"{LOCK}-retain-until-date": "2126-01-03T14:00:01.500+02:00",
    }

    assert signed(behind, "DELETE", "/kept/a", {BYPASS: "TRUE"})[0] == 200
    assert (
        signed(
            behind, "PUT", "/kept/a", {name: headers[name] for name in headers if name != BYPASS}
        )[0]
        == 200
    )

    delete, put = said.sent
    assert delete.headers[BYPASS] == "true"
    assert put.headers["x-amz-tagging"] == "a%20b=c"
    assert put.headers[f"{LOCK}-retain-until-date"] == "2126-01-03T12:00:01Z"


@pytest.mark.parametrize("directive", [None, "COPY"])
def test_a_copy_takes_no_tags_along_that_nobody_decided_on(behind, said, directive) -> None:
    said.answer = lambda _: (200, {}, [b"<CopyObjectResult><ETag>1</ETag></CopyObjectResult>"])
    headers = {"x-amz-copy-source": "/kept/b", "x-amz-tagging": "class=secret"}
    if directive:
        headers["x-amz-tagging-directive"] = directive

    assert signed(behind, "PUT", "/kept/a", headers)[0] == 200
    assert "x-amz-tagging" not in said.sent[-1].headers
    assert (
        signed(behind, "PUT", "/kept/a", {**headers, "x-amz-tagging-directive": "REPLACE"})[0]
        == 200
    )
    assert said.sent[-1].headers["x-amz-tagging"] == "class=secret"


def test_a_directive_in_small_letters_replaces_nothing(behind, said) -> None:
    headers = {
        "x-amz-copy-source": "/kept/b",
        "x-amz-tagging": "a=b",
        "x-amz-tagging-directive": "replace",
    }

    assert signed(behind, "PUT", "/kept/a", headers)[0] == 400
    assert not said.sent


def test_tags_of_a_bucket_that_differ_in_case_alone_are_refused(behind, said) -> None:
    s3, tags = behind.client("s3"), [{"Key": "class", "Value": "a"}, {"Key": "Class", "Value": "b"}]

    with pytest.raises(ClientError, match="InvalidTag"):
        s3.put_bucket_tagging(Bucket="kept", Tagging={"TagSet": tags})
    with pytest.raises(ClientError, match="InvalidTag"):
        s3.create_bucket(Bucket="two-tags", CreateBucketConfiguration={"Tags": tags})
    assert not said.sent


TAGGINGS = [
    "<Tag><Key>class</Key><Value>secret</Value></Tag><Tag><Key>Class</Key><Value>public</Value></Tag>",
    "<Tag><Key>class</Key><Value> secret </Value></Tag>",
    "<Tag><Key>class</Key><Value>secret&#10;</Value></Tag>",
    "<Tag><Key> class</Key><Value>secret</Value></Tag>",
]


@pytest.mark.parametrize("tags", TAGGINGS)
def test_tags_with_two_readings_are_refused_in_documents_too(tags) -> None:
    with pytest.raises(S3Error) as error:
        tag_sets.parse_tagging(f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode())

    assert error.value.code == "InvalidTag"
