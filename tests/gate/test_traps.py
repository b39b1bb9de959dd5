"""Request targets, hosts and framings that have confused servers and proxies before."""

import socket
import time
import urllib.parse

import pytest
from tests.documents import allow

from daypass.core.http.request import RawRequest
from daypass.core.sigv4.sign import Signer
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.tag_sets import parse_tag_header
from daypass.gate.request import request_target
from daypass.gate.request.resolved_request import GateRules

BASES = frozenset({"gate.test", "localhost", "127.0.0.1", "[::1]"})
PLACES = [
    # host, path, bucket, key
    ("gate.test", "/b-1/k", "b-1", "k"),
    ("GATE.test.:8443", "/b-1/k", "b-1", "k"),
    ("gate.test", "/b-1", "b-1", None),
    ("gate.test", "/b-1/", "b-1", None),
    ("gate.test", "/b-1//", "b-1", "/"),
    ("gate.test", "/b-1//k", "b-1", "/k"),
    ("gate.test", "/b-1/k/", "b-1", "k/"),
    ("gate.test", "/b-1/k//", "b-1", "k//"),
    ("b-1.gate.test", "/b-2/k", "b-1", "b-2/k"),
    ("b.1.gate.test", "/k", "b.1", "k"),
    ("b-1.gate.test:80", "/", "b-1", None),
    ("[::1]:8090", "/b-1/k", "b-1", "k"),
    ("gate.test", "/b-1/a%2Fb", "b-1", "a/b"),
    ("gate.test", "/b-1/a%252Fb", "b-1", "a%2Fb"),
    ("gate.test:", "/b-1/k", "b-1", "k"),
    ("gate.test", "/b-1/a+b", "b-1", "a b"),
    ("gate.test", "/b-1/a%2Bb%2bc", "b-1", "a+b+c"),
    ("gate.test", "/b-1/a%20b", "b-1", "a b"),
    ("b-1.gate.test", "/lib++x.rpm", "b-1", "lib  x.rpm"),
    ("gate.test", "/b-1/a%3Fb%23c", "b-1", "a?b#c"),
    ("gate.test", "/b-1/%7E", "b-1", "~"),
    ("gate.test", "/b-1/e%CC%81", "b-1", "e\u0301"),
    ("gate.test", "/b-1/%C3%A9", "b-1", "\u00e9"),
    ("gate.test", "/", "", None),
]


@pytest.mark.parametrize(("host", "path", "bucket", "key"), PLACES)
def test_a_target_is_read_once_and_never_normalised(host, path, bucket, key) -> None:
    found = request_target.resolve_target(path.encode(), host, BASES, allow_dot_segments=False)

    assert (found.bucket, found.key) == (bucket, key)


NOWHERE = [
    ("10.0.0.1", "/b-1/k"),
    ("elsewhere.test", "/b-1/k"),
    ("xgate.test", "/b-1/k"),
    ("gate.test.evil", "/b-1/k"),
    (".gate.test", "/k"),
    ("a_b.gate.test", "/k"),
    ("gate.test", "/b%2d1/k"),
    ("gate.test", "/b-1%2Fk"),
    ("gate.test", "/b..1/k"),
    ("gate.test", "//k"),
    ("gate.test", "/1.2.3.4/k"),
    ("gate.test", "/B-1/k"),
    ("gate.test", "/b-1/%2e%2e/x"),
    ("gate.test", "/b-1/a/%2E/x"),
    ("gate.test", "/b-1/.."),
    ("gate.test", "/b-1/%"),
    ("gate.test", "/b-1/%0"),
    ("gate.test", "/b-1/%00"),
    ("gate.test", "/b-1/%ff"),
    ("gate.test", "/b-1/" + "k" * 1025),
    ("gate.test", "/ab/k"),
    ("gate.test", "/arn:aws:s3:::b/k"),
]


@pytest.mark.parametrize(("host", "path"), NOWHERE)
def test_t042_gate_a_target_with_two_readings_is_refused(host, path) -> None:
    with pytest.raises(S3Error):
        request_target.resolve_target(path.encode(), host, BASES, allow_dot_segments=False)


RULES = GateRules(region="us-east-1", host_names=BASES, regions=frozenset({"us-east-1"}))
REFUSED = [
    ("HEAD", "/bucket/k?acl", {}, "MethodNotAllowed"),
    ("HEAD", "/bucket?versions", {}, "MethodNotAllowed"),
    ("DELETE", "/bucket?acl", {}, "MethodNotAllowed"),
    ("PUT", "/bucket/k?retention&versionId=1&acl", {}, "NotImplemented"),
    ("GET", "/bucket/k?acl&acl", {}, "InvalidArgument"),
    ("GET", "/bucket/k?X=acl", {}, "NotImplemented"),
    ("GET", "/bucket/k?aclx", {}, "NotImplemented"),
    ("GET", "/bucket/k?versionId=1&versionId=2", {}, "InvalidArgument"),
    ("GET", "/bucket?a&&b", {}, "InvalidArgument"),
    ("PUT", "/bucket/k?uploadId=1", {}, "InvalidArgument"),
    ("PUT", "/bucket/k?partNumber=1", {}, "InvalidArgument"),
    ("PUT", "/bucket/k?partNumber=0&uploadId=u", {}, "InvalidArgument"),
    ("PUT", "/bucket/k?partNumber=10001&uploadId=u", {}, "InvalidArgument"),
    ("PUT", "/bucket/k?partNumber=1_0&uploadId=u", {}, "InvalidArgument"),
    ("PUT", "/bucket/k?partNumber=&uploadId=u", {}, "InvalidArgument"),
    ("GET", "/bucket/k", {"x-amz-copy-source": "/b/k"}, "InvalidArgument"),
    ("PUT", "/bucket/k", {"x-amz-copy-source": "k"}, "InvalidArgument"),
    ("PUT", "/bucket/k", {"x-amz-copy-source": "/bucket/k?acl"}, "InvalidArgument"),
    ("PUT", "/bucket/k", {"x-amz-copy-source": "arn:aws:s3:::bucket/k"}, "NotImplemented"),
    ("PUT", "/bucket/k", {"x-amz-copy-source": "/bucket/../k"}, "InvalidURI"),
    ("PUT", "/bucket/k", {"x-amz-write-offset-bytes": "1"}, "NotImplemented"),
    ("PUT", "/bucket/k", {"x-amz-mfa": "1"}, "NotImplemented"),
    ("PUT", "/bucket/k", {"x-amz-meta-snowball-auto-extract": "true"}, "NotImplemented"),
    ("PUT", "/bucket/k", {"x-amz-meta-minio-snowball-prefix": "x"}, "NotImplemented"),
    ("PUT", "/bucket", {"x-amz-bucket-namespace": "account-regional"}, "NotImplemented"),
    ("PUT", "/bucket/k", {"x-amz-meta-a": "x" * 2100}, "MetadataTooLarge"),
    ("POST", "/bucket/k", {}, "MethodNotAllowed"),
    ("PATCH", "/bucket/k", {}, "MethodNotAllowed"),
    ("POST", "/bucket/k?select&select-type=1", {}, "InvalidArgument"),
    ("GET", "/bucket?list-type=1", {}, "InvalidArgument"),
]


@pytest.mark.parametrize(("method", "line", "headers", "code"), REFUSED)
def test_t045_gate_what_has_no_meaning_or_two_is_refused(method, line, headers, code) -> None:
    path, _, query = line.partition("?")
    raw = ((b"host", b"gate.test"), *((k.encode(), v.encode()) for k, v in headers.items()))
    with pytest.raises(S3Error) as error:
        resolve_request(RawRequest(method, path.encode(), query.encode(), raw), None, RULES)

    assert error.value.code == code


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ("/kept/a//b", "/kept/a//b"),
        ("/kept/a%2Fb", "/kept/a/b"),
        ("/kept/%7Ea+b%20c", "/kept/~a%20b%20c"),
        ("/kept/a%2Bb%2bc", "/kept/a%2Bb%2Bc"),
        ("/kept/a%252Fb", "/kept/a%252Fb"),
        ("/kept/*'()!", "/kept/%2A%27%28%29%21"),
        ("/kept/%C3%A9e%CC%81", "/kept/%C3%A9e%CC%81"),
        ("/kept/a%3Fb%23c", "/kept/a%3Fb%23c"),
        (
            "/kept?list-type=2&prefix=a+b&delimiter=%2F",
            "/kept?delimiter=%2F&list-type=2&prefix=a%2Bb",
        ),
        ("/kept?max-keys=5000", "/kept?max-keys=1000"),
        ("/kept/k?versionId=null&x-id=GetObject&x-any=1", "/kept/k?versionId=null"),
        ("/kept?versions=", "/kept?versions="),
        ("/kept?cors", "/kept?cors="),
    ],
)
def test_the_store_hears_what_was_decided_on_byte_for_byte(behind, said, sent, heard) -> None:
    found = behind.root()
    path, _, query = sent.partition("?")
    host = urllib.parse.urlsplit(behind.url).netloc
    canonical = urllib.parse.quote(urllib.parse.unquote_plus(path), safe="/~")
    ordered = "&".join(
        sorted(
            piece if "=" in piece else f"{piece}="
            for piece in query.replace("+", "%2B").split("&")
            if piece
        )
    )
    made = Signer(found["AccessKeyId"], found["SecretAccessKey"], "us-east-1").sign(
        method="GET",
        path=canonical,
        query=ordered,
        headers={"host": host, "x-amz-security-token": found["SessionToken"]},
        payload_hash="UNSIGNED-PAYLOAD",
        now=int(time.time()),
    )
    lines = [
        f"GET {sent} HTTP/1.1",
        *(f"{name}: {value}" for name, value in made.headers.items()),
        "connection: close",
        "",
        "",
    ]
    answer = talk(behind, "\r\n".join(lines).encode())

    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert said.sent[-1].target == heard


def talk(live, data):
    url = urllib.parse.urlsplit(live.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(data)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def upload(live, user, expect="100-continue"):
    """Return the head of an upload whose body waits to be asked for."""
    host = urllib.parse.urlsplit(live.url).netloc
    made = Signer(user["AccessKeyId"], user["SecretAccessKey"], "us-east-1").sign(
        method="PUT",
        path="/kept/k",
        query="",
        headers={"host": host},
        payload_hash="0" * 64,
        now=int(time.time()),
    )
    lines = [
        "PUT /kept/k HTTP/1.1",
        *(f"{name}: {value}" for name, value in made.headers.items()),
        "content-length: 5000000000",
        f"expect: {expect}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_a_denied_upload_is_refused_before_its_body_is_asked_for(behind, said) -> None:
    user = behind.user("no-uploads", allow("s3:GetObject"))

    answer = talk(behind, upload(behind, user))

    assert answer.startswith(b"HTTP/1.1 403")
    assert b"100 Continue" not in answer
    assert b"connection: close" in answer.lower()
    assert not said.sent


def test_another_expectation_is_not_met(behind, said) -> None:
    user = behind.user("expects", allow("s3:*"))

    assert talk(behind, upload(behind, user, expect="the-moon")).startswith(b"HTTP/1.1 417")
    assert not said.sent


def test_a_client_that_is_refused_while_it_sends_hears_why(behind, said) -> None:
    user = behind.user("pushes", allow("s3:GetObject"))
    head = upload(behind, user).replace(b"expect: 100-continue\r\n", b"")

    answer = talk(behind, head + b"x" * 60_000)

    assert answer.startswith(b"HTTP/1.1 403")
    assert b"<Code>AccessDenied</Code>" in answer
    assert not said.sent


@pytest.mark.parametrize(
    ("method", "line", "allowed"),
    [
        ("PATCH", "/bucket/k", "DELETE, GET, HEAD, PUT"),
        ("DELETE", "/bucket?acl", "GET, PUT"),
        ("POST", "/bucket/k?legal-hold", "GET, PUT"),
    ],
)
def test_a_method_that_is_not_allowed_tells_those_that_are(method, line, allowed) -> None:
    path, _, query = line.partition("?")
    with pytest.raises(S3Error) as error:
        resolve_request(
            RawRequest(method, path.encode(), query.encode(), ((b"host", b"gate.test"),)),
            None,
            RULES,
        )

    assert error.value.headers == {"allow": allowed}
    assert error.value.details["Method"] == method


TAGS = [
    ("&".join(f"k{n}=v" for n in range(10)), ""),
    ("&".join(f"k{n}=v" for n in range(11)), "BadRequest"),
    ("k" * 128 + "=" + "v" * 256, ""),
    ("k" * 129 + "=v", "InvalidTag"),
    ("k=" + "v" * 257, "InvalidTag"),
    ("=v", "InvalidTag"),
    ("k=1&k=2", "InvalidTag"),
]


@pytest.mark.parametrize(("text", "code"), TAGS, ids=range(len(TAGS)))
def test_an_object_has_ten_tags_at_most_and_no_long_ones(text, code) -> None:
    if not code:
        assert parse_tag_header(text)
        return
    with pytest.raises(S3Error) as error:
        parse_tag_header(text)
    assert error.value.code == code
