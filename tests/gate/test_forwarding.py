"""Requests as the store receives them, byte for byte, and its answers as a client receives them."""

import base64
import http.client
import io
import json
import urllib.parse
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.core.sigv4.chunked import ChunkedDecoder
from daypass.gate.admission import RequestAdmission
from daypass.gate.protocol.errors import S3Error
from daypass.gate.store.findings import StoreFinding
from daypass.gate.store.probe import TRAILERS
from daypass.server.bucket_ownership import release_unfinished_buckets
from daypass.server.operator import store_check
from daypass.state.changes import Put
from daypass.state.snapshot.directory import Directory

from .conftest import RecordingStore, support

PREFLIGHT = {"Origin": "https://page.example", "Access-Control-Request-Method": "PUT"}


def ask(live, method, target, headers=None, body=None):
    url = urllib.parse.urlsplit(live.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    raw = {name: value.encode() for name, value in (headers or {}).items()}
    connection.request(method, target, body, raw)
    answer = connection.getresponse()
    content = answer.read()
    found = {name.lower(): value for name, value in answer.headers.items()}
    connection.close()
    return answer.status, found, content


# Preflights.


def test_a_preflight_is_asked_of_the_store_with_nothing_but_what_the_browser_asks(
    behind, said
) -> None:
    said.answer = lambda _: (
        200,
        {
            "Access-Control-Allow-Origin": "https://page.example",
            "Access-Control-Allow-Methods": "PUT",
            "Vary": "Origin",
            "Server": "secret",
            "x-amz-meta-a": "b",
        },
        [],
    )

    status, headers, _ = ask(
        behind,
        "OPTIONS",
        "/kept/a%2Fb?X-Amz-Signature=1&acl",
        {
            **PREFLIGHT,
            "Access-Control-Request-Headers": "x-amz-date",
            "Cookie": "a=b",
            "x-amz-meta-a": "b",
        },
    )

    assert status == 200
    assert headers["access-control-allow-origin"] == "https://page.example"
    assert "x-amz-meta-a" not in headers
    [sent] = said.sent
    assert (sent.method, sent.target) == ("OPTIONS", "/kept/a/b")
    assert sent.headers["access-control-request-headers"] == "x-amz-date"
    assert not {"cookie", "x-amz-meta-a"} & set(sent.headers)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (403, b"<Error><Code>AccessForbidden</Code></Error>", 403),
        (403, b"<Error><Code>AccessDenied</Code></Error>", 403),
        (404, b"<Error><Code>NoSuchCORSConfiguration</Code></Error>", 403),
        (405, b"", 403),
        (500, b"<Error><Code>InternalError</Code></Error>", 500),
        (301, b"", 500),
    ],
)
def test_a_preflight_that_the_store_does_not_grant_is_forbidden(
    behind, said, status, body, told
) -> None:
    said.answer = lambda _: (status, {"Location": "http://store.internal/"}, [body])

    found, headers, _ = ask(behind, "OPTIONS", "/kept/a", PREFLIGHT)

    assert found == told
    assert "location" not in headers


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/kept/a", {}, 400),
        ("/kept/a", {"Origin": "https://page.example"}, 400),
        ("/kept/a", {"Access-Control-Request-Method": "PUT"}, 400),
        ("/nobodys/a", PREFLIGHT, 404),
        ("/kept/../x", PREFLIGHT, 400),
    ],
)
def test_a_preflight_that_asks_nothing_does_not_reach_the_store(
    behind, said, target, headers, status
) -> None:
    assert ask(behind, "OPTIONS", target, headers)[0] == status
    assert not said.sent


# Answers that turn out late.

RESULT = (
    b'<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Location>http://store.internal:9000/kept/a</Location><Bucket>kept</Bucket><Key>a</Key><ETag>&quot;1&quot;</ETag>"
    b"</CompleteMultipartUploadResult>"
)
PARTS = {"Parts": [{"ETag": "1", "PartNumber": 1}]}


def complete(live):
    return live.client("s3").complete_multipart_upload(
        Bucket="kept", Key="a", UploadId="u", MultipartUpload=PARTS
    )


def outcomes(live):
    lines = live.data.audit.path.read_bytes().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    return [event.get("outcome", "ok") for event in events if event["service"] == "s3"]


def test_where_an_upload_came_to_lie_is_told_by_the_clients_own_name_of_this_host(
    behind, said
) -> None:
    said.answer = lambda _: (
        200,
        {"Content-Type": "application/xml"},
        [b"<?xml version='1.0'", b"?>", b"  \n", b" ", RESULT[:80], RESULT[80:]],
    )

    assert complete(behind)["Location"] == f"{behind.url}/kept/a"


@pytest.mark.parametrize(
    "place",
    [
        b"<Location xml:lang='x'>",
        b"<Location><![CDATA[]]>",
        b"<!-- <Location>x</Location> --><Location>",
    ],
)
def test_the_stores_own_address_is_never_told_however_it_is_written(behind, said, place) -> None:
    said.answer = lambda _: (
        200,
        {},
        [b"<?xml version='1.0'?>" + RESULT.replace(b"<Location>", place)],
    )

    found = complete(behind)

    assert (found["Location"], found["ETag"]) == (f"{behind.url}/kept/a", '"1"')


def test_an_error_behind_a_success_is_told_and_written_down(behind, said) -> None:
    said.answer = lambda _: (
        200,
        {},
        [b" ", b"<Error><Code>InternalError</Code><Message>no</Message></Error>"],
    )

    with pytest.raises(ClientError) as error:
        complete(behind)

    assert error.value.response["Error"]["Code"] == "InternalError"
    assert outcomes(behind)[-2:] == ["ok", "InternalError"]


def test_a_late_answer_that_cannot_be_read_is_passed_on_and_written_down(behind, said) -> None:
    said.answer = lambda _: (200, {}, [b"<oops"])

    with pytest.raises(Exception, match=r"parse|not well-formed|Unable|error"):
        complete(behind)

    assert outcomes(behind)[-1] == "InternalError"


def test_a_late_answer_may_be_empty(behind, said) -> None:
    said.answer = lambda _: (200, {}, [b" "])

    with pytest.raises(Exception, match=r"parse|500|empty|InternalError|NoneType|not well"):
        complete(behind)


# Headers.


def signed(live, method, target, headers, body=b""):
    """Send a request signed by botocore with headers of our own choice."""
    found = live.root()
    credentials = botocore.credentials.Credentials(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
    )
    request = botocore.awsrequest.AWSRequest(method, live.url + target, data=body, headers=headers)
    botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    return ask(live, method, target, dict(request.headers.items()), body)


def test_a_header_that_the_operation_does_not_have_stays_behind(behind, said) -> None:
    headers = {
        "x-amz-storage-class": "STANDARD",
        "x-amz-tagging": "a=b",
        "Range": "bytes=0-1",
        "Content-Disposition": "x",
    }

    assert signed(behind, "GET", "/kept/a", headers)[0] == 200

    [sent] = said.sent
    assert sent.headers["range"] == "bytes=0-1"
    assert not {"x-amz-storage-class", "x-amz-tagging", "content-disposition"} & set(sent.headers)


def test_metadata_keeps_its_bytes_both_ways(behind, said) -> None:
    said.answer = lambda sent: (
        200,
        {name: value for name, value in sent.headers.items() if name.startswith("x-amz-meta-")},
        [],
    )
    text = "Zo\u00eb \u20ac"
    raw = text.encode().decode("latin-1")

    _, headers, _ = signed(behind, "PUT", "/kept/a", {"x-amz-meta-who": text}, b"x")

    assert said.sent[0].headers["x-amz-meta-who"] == raw
    assert headers["x-amz-meta-who"] == raw


def test_metadata_that_is_no_text_is_refused(behind, said) -> None:
    url = urllib.parse.urlsplit(behind.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    connection.request(
        "PUT",
        "/kept/a",
        b"x",
        {
            "x-amz-meta-who": b"\xff",
            "authorization": b"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-who, Signature="
            + b"0" * 64,
            "x-amz-date": "20260101T000000Z",
            "x-amz-content-sha256": "0" * 64,
        },
    )
    assert connection.getresponse().status == 400
    connection.close()
    assert not said.sent


def test_a_new_buckets_document_is_the_gates_own(behind, said) -> None:
    behind.client("s3").create_bucket(
        Bucket="tagged-bucket",
        CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "a"}]},
    )

    assert said.sent[0].body == b""
    tags = behind.client("s3").get_bucket_tagging(Bucket="tagged-bucket")["TagSet"]
    assert tags == [{"Key": "team", "Value": "a"}]


def test_a_copys_annotations_are_not_asked_of_a_store_that_has_none(behind, said) -> None:
    said.answer = lambda _: (
        200,
        {},
        [b"<CopyObjectResult><ETag>&quot;1&quot;</ETag></CopyObjectResult>"],
    )
    headers = {"x-amz-copy-source": "/kept/b", "x-amz-object-annotation-directive": "COPY"}

    assert signed(behind, "PUT", "/kept/a", headers)[0] == 200
    assert "x-amz-object-annotation-directive" not in said.sent[-1].headers


# Trailers.


@pytest.fixture(scope="module")
def trailing(certificate, tmp_path_factory):
    """Return a store over TLS, found to take trailers, and an authority over TLS in front of it."""
    store = RecordingStore(certificate)
    path = tmp_path_factory.mktemp("trailing") / "data"
    path.mkdir(mode=0o700)
    store_check.write_findings(path, store.url, [StoreFinding(TRAILERS, "", False, True)], now=0)
    served = support.serving(
        path,
        store.url,
        s3_adopt=("kept",),
        tls_certificate=certificate[0],
        tls_key=certificate[1],
        store_certificates=certificate[0],
    )
    yield store, next(served)
    next(served, None)
    store.close()


@pytest.mark.parametrize("size", [1, 65_536, 65_537, 200_000])
def test_a_verified_trailer_goes_on_to_a_store_that_takes_trailers(trailing, size) -> None:
    store, live = trailing
    store.sent.clear()
    content = bytes(size)
    client = live.client("s3")

    client.put_object(Bucket="kept", Key="a", Body=io.BytesIO(content), ChecksumAlgorithm="CRC32")

    [sent] = store.sent
    checksum = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
    assert sent.headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert sent.headers["x-amz-trailer"] == "x-amz-checksum-crc32"
    assert sent.headers["x-amz-decoded-content-length"] == str(size)
    assert sent.headers["content-encoding"] == "aws-chunked"
    decoder = ChunkedDecoder(None, announced=frozenset({"x-amz-checksum-crc32"}))
    assert b"".join(decoder.feed(sent.body)) == content
    assert decoder.finish() == {"x-amz-checksum-crc32": checksum}


def test_the_version_of_tls_is_known_to_policies(trailing) -> None:
    _, live = trailing
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"NumericGreaterThanEquals": {"s3:TlsVersion": "1.3"}},
    }
    old = {**statement, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.3"}}}
    new_only = live.client("s3", live.user("tls-new", statement))
    old_only = live.client("s3", live.user("tls-old", old))

    new_only.get_object(Bucket="kept", Key="a")
    with pytest.raises(ClientError):
        old_only.get_object(Bucket="kept", Key="a")


# Keys of the client's own, crowds, and what a crash left behind.


@pytest.mark.parametrize(
    "prefix", ["x-amz-server-side-encryption", "x-amz-copy-source-server-side-encryption"]
)
def test_a_clients_own_key_never_goes_over_a_hop_in_the_clear(behind, said, prefix) -> None:
    key = {
        f"{prefix}-customer-algorithm": "AES256",
        f"{prefix}-customer-key": "a2V5",
        f"{prefix}-customer-key-md5": "bWQ1",
    }
    source = {"x-amz-copy-source": "/kept/b"} if "copy" in prefix else {}

    status, _, content = signed(behind, "PUT", "/kept/a", {**key, **source})

    assert (status, b"secure connection" in content) == (400, True)
    assert not said.sent


def test_a_clients_own_key_goes_on_where_both_hops_are_encrypted(trailing) -> None:
    store, live = trailing
    live.client("s3").put_object(
        Bucket="kept", Key="own", Body=b"x", SSECustomerAlgorithm="AES256", SSECustomerKey=b"k" * 32
    )

    assert "x-amz-server-side-encryption-customer-key" in store.sent[-1].headers


def test_a_crowd_of_one_account_leaves_room_for_the_others() -> None:
    admission = RequestAdmission(2)
    with admission.admit("a"), admission.admit("a"):
        with pytest.raises(S3Error) as error, admission.admit("a"):
            pass
        with admission.admit("b"):
            pass
    with admission.admit("a"):
        pass

    assert (error.value.code, error.value.status) == ("SlowDown", 503)
    assert not admission._under_way


def test_a_name_that_was_reserved_when_a_server_stopped_is_free_at_the_next_start() -> None:
    half = Bucket(account=GLOBAL, name="half", owner="1", region="r", created=0, pending=True)
    whole = Bucket(account=GLOBAL, name="whole", owner="1", region="r", created=0)
    directory = Directory().changed([Put(half), Put(whole)], 1)

    changes = release_unfinished_buckets(directory)

    assert [change.record.name for change in changes.records] == ["half"]
    after = directory.changed(changes.records, 2)
    assert [each.name for each in after.of(Bucket)] == ["whole"]
