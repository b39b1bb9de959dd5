"""One request in the spellings that the standards allow: verified, decided and sent on as one.

The campaign `answers.deformed` draws such requests at random; here stand those that clients were
seen to send.
"""

import base64
import hashlib
import urllib.parse
import zlib

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.campaign.answers._requests import Request
from tests.campaign.answers.deformed import Client

FORM = b"Action=GetCallerIdentity&Version=2011-06-15"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def client(behind):
    made = Client(behind.url)
    yield made
    made.close()


def signed(live, service, method, path, query="", headers=None, body=b"", auth=None, region="us-east-1"):  # fmt: skip
    """Return a request that botocore has signed in its headers, or in its query by `auth`."""
    found = live.root()
    keys = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    url = live.url + path + (f"?{query}" if query else "")
    made = AWSRequest(method, url, headers=dict(headers or {}), data=body)
    if auth is None:
        (S3SigV4Auth if service == "s3" else SigV4Auth)(keys, service, region).add_auth(made)
    else:
        auth(keys, service, region, 60).add_auth(made)
    parts = urllib.parse.urlsplit(made.url)
    pieces = parts.query.split("&") if parts.query else []
    lines = [("Host", urllib.parse.urlsplit(live.url).netloc), *made.headers.items()]
    return Request(method, parts.path, pieces, lines, body)


def presigned(live, method, path, query="", body=b""):
    request = signed(live, "s3", method, path, query, auth=S3SigV4QueryAuth)
    request.body = body
    return request


def code_of(content):
    return content.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


@pytest.mark.parametrize("escape", ["%2F", "%2f", "/"])
def test_a_presigned_url_is_the_same_whatever_the_case_of_its_percent_codes(
    behind, said, client, escape
) -> None:
    request = presigned(behind, "GET", "/kept/a.txt")
    request.query = [each.replace("%2F", escape) for each in request.query]

    status, _ = client.send(request.octets())

    assert (status, [each.target for each in said.sent]) == (200, ["/kept/a.txt"])


PADS = [(" ", ""), ("\t", ""), ("", " "), ("", "\t"), (" \t ", "\t ")]
PADDED = ["X-Amz-Date", "X-Amz-Security-Token", "Authorization", "Host", "X-Amz-Content-SHA256", "x-amz-meta-a"]  # fmt: skip


@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("name", [*PADDED, "Content-Type"])
@pytest.mark.parametrize("service", ["s3", "sts"])
def test_white_space_around_a_value_is_no_part_of_it(
    behind, said, client, service, name, pad
) -> None:
    if service == "s3":
        request = signed(behind, "s3", "PUT", "/kept/k", "", {"x-amz-meta-a": "b"}, b"abc")
    else:
        request = signed(behind, "sts", "POST", "/", "", FORM_TYPE, FORM)
    request.headers = [
        (known, pad[0] + value + pad[1] if known == name else value)
        for known, value in request.headers
    ]

    status, content = client.send(request.octets())

    assert status == 200, content
    if service == "s3":
        assert said.sent[0].headers["x-amz-meta-a"] == "b"


@pytest.mark.parametrize("run", [" ", "  ", "\t", " \t "])
def test_a_run_of_blanks_in_a_value_is_one_blank(behind, said, client, run) -> None:
    request = signed(behind, "s3", "PUT", "/kept/k", "", {"x-amz-meta-a": "b c"}, b"abc")
    request.headers = [
        (name, value.replace("b c", f"b{run}c") if name == "x-amz-meta-a" else value)
        for name, value in request.headers
    ]

    assert client.send(request.octets())[0] == 200
    assert said.sent[0].headers["x-amz-meta-a"] == "b c"


def in_lines(request, name):
    """Return the request with the values of one header in a line each."""
    lines = []
    for known, value in request.headers:
        parts = value.split(",") if known.lower() == name else [value]
        lines += [(known, part) for part in parts]
    request.headers = lines
    return request


@pytest.mark.parametrize(
    ("name", "value", "heard"),
    [
        ("x-amz-meta-a", "b,c", "b,c"),
        ("x-amz-meta-a", "b,b", "b,b"),
        ("x-amz-meta-a", ",b", ",b"),
        ("cache-control", "no-cache,no-store", "no-cache,no-store"),
        ("content-encoding", "gzip,br", "gzip,br"),
        ("content-encoding", "aws-chunked,gzip", "gzip"),
        ("content-language", "de,en", "de,en"),
    ],
)
def test_a_signed_header_in_several_lines_is_one_list(
    behind, said, client, name, value, heard
) -> None:
    request = signed(behind, "s3", "PUT", "/kept/k", "", {name: value}, b"abc")
    signed_names = dict(request.headers)["Authorization"].partition("SignedHeaders=")[2]
    assert name in signed_names.partition(",")[0].split(";")

    status, content = client.send(in_lines(request, name).octets())

    assert status == 200, content
    assert said.sent[0].headers[name] == heard


@pytest.mark.parametrize("service", ["s3", "sts"])
@pytest.mark.parametrize(
    "name", ["Host", "Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256", "x-amz-copy-source", "Content-Length"]
)  # fmt: skip
def test_what_authenticates_frames_or_names_a_source_is_sent_once(
    behind, said, client, service, name
) -> None:
    if service == "s3":
        headers = {"x-amz-copy-source": "/kept/b"} if name == "x-amz-copy-source" else {}
        request = signed(behind, "s3", "PUT", "/kept/k", "", headers, b"abc" * (not headers))
    else:
        request = signed(behind, "sts", "POST", "/", "", FORM_TYPE, FORM)
    values = {"Content-Length": str(len(request.body)), **dict(request.headers)}
    value = values.get(name, "a" * 64)
    request.headers.append((name, value))
    if name not in values:
        request.headers.append((name, value))

    status, _ = client.send(request.octets())

    assert (status, said.sent) == (400, [])


@pytest.mark.parametrize(
    "name",
    ["cache-control", "content-encoding", "content-md5", "content-type", "if-match", "range", "date"],
)  # fmt: skip
def test_a_header_that_is_not_signed_is_sent_once(behind, said, client, name) -> None:
    request = signed(behind, "s3", "GET", "/kept/k")
    request.headers += [(name, "a"), (name, "b")]

    status, content = client.send(request.octets())

    assert (status, code_of(content), said.sent) == (400, "InvalidArgument", [])


def test_a_header_that_a_preflight_must_have_is_sent_once(behind, said, client) -> None:
    host = urllib.parse.urlsplit(behind.url).netloc
    asked = [("host", host), ("origin", "https://a"), ("access-control-request-method", "PUT")]
    for repeated in asked[1:]:
        request = Request("OPTIONS", "/kept/k", [], [*asked, repeated])

        status, content = client.send(request.octets())

        assert (status, code_of(content), said.sent) == (400, "InvalidArgument", [])


@pytest.mark.parametrize(
    ("signed_path", "sent_path", "heard"),
    [
        ("/kept/lib%20%20x.rpm", "/kept/lib++x.rpm", "/kept/lib%20%20x.rpm"),
        ("/kept/a%20b%2Bc", "/kept/a+b%2Bc", "/kept/a%20b%2Bc"),
        ("/kept/a%2Bb", "/kept/a%2bb", "/kept/a%2Bb"),
        ("/kept/a%2Bb", "/kept/a+b", None),
        ("/kept/a%20b", "/kept/a%2Bb", None),
    ],
)
def test_a_raw_plus_in_a_path_is_a_blank(
    behind, said, client, signed_path, sent_path, heard
) -> None:
    for method in ("GET", "PUT", "DELETE"):
        said.sent.clear()
        request = signed(behind, "s3", method, signed_path)
        request.path = sent_path

        status, _ = client.send(request.octets())

        assert (status, [each.target for each in said.sent]) == ((200, [heard]) if heard else (403, []))  # fmt: skip


def test_a_raw_plus_in_a_copy_source_is_a_blank_and_in_its_version_a_plus(
    behind, said, client
) -> None:
    said.answer = lambda _: (200, {}, [b"<CopyObjectResult><ETag>1</ETag></CopyObjectResult>"])
    source = {"x-amz-copy-source": "/kept/a+b%2Bc?versionId=v+1"}

    status, content = client.send(signed(behind, "s3", "PUT", "/kept/k", "", source).octets())

    assert status == 200, content
    assert said.sent[0].headers["x-amz-copy-source"] == "/kept/a%20b%2Bc?versionId=v%2B1"


def test_a_raw_plus_in_a_query_is_a_plus_and_in_tags_a_blank(behind, said, client) -> None:
    request = signed(behind, "s3", "GET", "/kept", "list-type=2&prefix=a%2Bb%20c")
    request.query = ["list-type=2", "prefix=a+b%20c"]
    said.answer = lambda _: (200, {}, [b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"])  # fmt: skip
    assert client.send(request.octets())[0] == 200
    assert said.sent[0].target == "/kept?list-type=2&prefix=a%2Bb%20c"
    said.sent.clear()

    said.answer = lambda _: (200, {}, [b""])
    tags = {"x-amz-tagging": "a=b+c%2Bd"}
    assert client.send(signed(behind, "s3", "PUT", "/kept/k", "", tags, b"abc").octets())[0] == 200
    assert said.sent[0].headers["x-amz-tagging"] == "a=b%20c%2Bd"


NO_BODY = {
    "crc32": "AAAAAA==",
    "crc32c": "AAAAAA==",
    "crc64nvme": "AAAAAAAAAAA=",
    "sha1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
}
"""The checksum of a body without bytes, by algorithm."""


@pytest.mark.parametrize("algorithm", NO_BODY)
@pytest.mark.parametrize("target", ["/kept/k", "/kept/k?partNumber=1&uploadId=u"])
@pytest.mark.parametrize("body", [b"", b"hello"])
def test_a_presigned_upload_takes_any_body_under_a_checksum_of_none(
    behind, said, client, algorithm, target, body
) -> None:
    """The JavaScript SDK presigns a PUT without its body, and computes a checksum all the same."""
    path, _, query = target.partition("?")
    value = urllib.parse.quote(NO_BODY[algorithm], safe="=")
    hoisted = f"x-amz-checksum-{algorithm}={value}&x-amz-sdk-checksum-algorithm={algorithm.upper()}"
    request = presigned(behind, "PUT", path, "&".join(filter(None, [query, hoisted])), body)
    request.query = [each.replace("%3D", "=") for each in request.query]

    status, content = client.send(request.octets())

    assert status == 200, content
    [sent] = said.sent
    assert not [name for name in sent.headers if "checksum" in name]
    assert sent.body == body or body in sent.body


def test_another_checksum_of_a_presigned_upload_binds_its_body(behind, said, client) -> None:
    checksum = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    hoisted = "x-amz-checksum-crc32=" + urllib.parse.quote(checksum, safe="")
    status, _ = client.send(presigned(behind, "PUT", "/kept/k", hoisted, b"hello").octets())
    assert status == 200
    assert said.sent[0].headers["x-amz-checksum-crc32"] == checksum

    status, content = client.send(presigned(behind, "PUT", "/kept/k", hoisted, b"other").octets())
    assert (status, code_of(content)) == (400, "BadDigest")


def test_a_checksum_of_none_in_a_header_binds_the_body(behind, client) -> None:
    headers = {"x-amz-checksum-crc32": NO_BODY["crc32"]}
    request = signed(behind, "s3", "PUT", "/kept/k", "", headers, b"hello")

    status, content = client.send(request.octets())

    assert (status, code_of(content)) == (400, "BadDigest")


ENCODINGS = ["ISO-8859-1", "utf-16", "UTF-16LE", "windows-1252", "cp037", "shift_jis", "iso-2022-jp", "utf-7", "UTF8", "idna", "rot13", "hex", "x-none", "", "a" * 999]  # fmt: skip
WRITERS = [
    ("PUT", "/kept/k", "tagging"),
    ("PUT", "/kept/k", "retention"),
    ("PUT", "/kept", "versioning"),
    ("PUT", "/kept", "lifecycle"),
    ("POST", "/kept", "delete"),
    ("POST", "/kept/k", "uploadId=u"),
    ("PUT", "/other-bucket", ""),
]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_document_in_another_encoding_is_malformed(behind, said, client, encoding) -> None:
    for method, path, query in WRITERS:
        for written in ("utf-8", "utf-16", "utf-32"):
            body = f'<?xml version="1.0" encoding="{encoding}"?><Tagging/>'.encode(written)
            md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            request = signed(behind, "s3", method, path, query, {"Content-MD5": md5}, body)

            status, content = client.send(request.octets())

            assert (status, code_of(content)) == (400, "MalformedXML"), (method, path, query)
    assert said.sent == []


NOT_UTF_8 = [b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"a\x00", "é".encode("utf-16"), "é".encode("latin-1")]  # fmt: skip


@pytest.mark.parametrize("octets", NOT_UTF_8)
def test_a_form_or_json_that_is_no_utf_8_is_the_clients_fault(behind, client, octets) -> None:
    escaped = "".join(f"%{each:02x}" for each in octets).encode()
    requests = [
        signed(behind, "iam", "POST", "/", "", FORM_TYPE, b"Action=GetRole&Version=2010-05-08&RoleName=" + each)
        for each in (octets, escaped)
    ]  # fmt: skip
    requests.append(
        signed(behind, "iam", "GET", "/", f"Action=GetRole&Version=2010-05-08&RoleName={escaped.upper().decode()}")
    )  # fmt: skip
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSOrganizationsV20161128.DescribeAccount",
    }
    requests += [
        signed(behind, "organizations", "POST", "/", "", headers, text)
        for text in (b'{"AccountId":"%b"}' % octets, octets, b'{"AccountId":"\\ud800"}')
    ]
    for request in requests:
        status, content = client.send(request.octets())

        assert 400 <= status < 500, content
