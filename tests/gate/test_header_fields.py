"""Header names and values: an invalid one is refused, and never reaches the store."""

import asyncio
import re
import urllib.parse
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import hypothesis.strategies as st
import pytest
from hypothesis import given

from daypass.core.http.fields import is_field_name, is_field_value, is_sendable_field
from daypass.core.http.request import RawRequest
from daypass.core.sigv4.claim import SignatureClaim
from daypass.gate import serve
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol import reply
from daypass.gate.protocol.errors import S3Error
from daypass.gate.protocol.reply import S3Reply
from daypass.gate.request import headers, query_parameters
from daypass.gate.request.request_target import RequestTarget
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store.upstream import ObjectStore, StoreCredential
from daypass.server.authority.schemes.s3 import RequestClaim

from .conftest import support
from .raw_store import RawStore
from .test_forms import code_in, parts_of, post, presigned
from .test_forwarding import ask

SECOND = b"DELETE /other/victim HTTP/1.1\r\nhost: store\r\n\r\n"
FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\x00-\x08\x0a-\x1f\x7f]*")


@pytest.fixture(scope="module")
def raw():
    store = RawStore()
    yield store
    store.close()


@pytest.fixture(scope="module")
def before(raw, tmp_path_factory):
    """An authority whose gate stands in front of a bare socket, with a bucket called `kept`."""
    path = tmp_path_factory.mktemp("raw") / "data"
    yield from support.serving(path, raw.url, s3_adopt=("kept",))


@pytest.fixture
def heard(raw):
    raw.requests.clear()
    return raw.requests


SPOILT = [
    # name, value
    ("x-amz-meta-a b", "1"),
    ("x-amz-meta-a\tb", "1"),
    ("x-amz-meta-a:b", "1"),
    ("x-amz-meta-a\r\ncontent-length: 0\r\n\r\nDELETE /other/victim HTTP/1.1\r\nx", "1"),
    ("x-amz-meta-\u00e4", "1"),
    ("x-amz-meta-(a)", "1"),
    ("x-amz-meta-a\x00", "1"),
    ("x-amz-meta-a", "1\r\n2"),
    ("x-amz-meta-a", "1\n2"),
    ("x-amz-meta-a", "1\r2"),
    ("x-amz-meta-a", "1\x002"),
    ("x-amz-meta-a", "1\t2"),
    ("x-amz-meta-a", "1\x7f"),
    ("x-amz-meta-a", "1\x852"),
    ("x-amz-meta-a", "1\u20282"),
    ("x-amz-storage-class", "STANDARD\r\nx: y"),
    ("x-amz-server-side-encryption", "AES256\x0b"),
]
KEPT = [
    ("x-amz-meta-a", "", ""),
    ("x-amz-meta-a", "Zo\u00eb \u20ac \U0001f600 \u3000 a", "Zo\u00eb \u20ac \U0001f600 \u3000 a"),
    ("x-amz-meta-a", " around\t", "around"),
    ("x-amz-meta-!#$%&'*+.^_`|~0-9", "1", "1"),
]


def presigned_put(live, name, value):
    found = live.root()
    keys = botocore.credentials.Credentials(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
    )
    query = urllib.parse.urlencode({name: value}, quote_via=urllib.parse.quote)
    request = botocore.awsrequest.AWSRequest("PUT", f"{live.url}/kept/k?{query}")
    botocore.auth.S3SigV4QueryAuth(keys, "s3", "us-east-1", 60).add_auth(request)
    return ask(live, "PUT", request.url.removeprefix(live.url), {}, SECOND)


@pytest.mark.parametrize(("name", "value"), SPOILT)
def test_t041_gate_no_parameter_of_a_presigned_url_becomes_what_no_header_is(
    before, heard, name, value
) -> None:
    status, _, content = presigned_put(before, name, value)

    assert (status, code_in(content.decode())) == (400, "InvalidArgument")
    assert not heard


WRITABLE = [pair for pair in SPOILT if not set("\r\n\x00") & set(pair[0])]
"""Those whose names can stand in the head of a form's part at all."""


@pytest.mark.parametrize(("name", "value"), WRITABLE)
def test_t041_gate_no_field_of_a_form_becomes_what_no_header_is(before, heard, name, value) -> None:
    # A file that looks like a request became one at a store that ends a head at a line that is no
    # header.
    fields = presigned(before, "kept", fields={name: value})

    status, _, content = post(before, "kept", parts_of(fields, SECOND))

    assert (status, code_in(content)) == (400, "InvalidArgument")
    assert not heard


@pytest.mark.parametrize(("name", "value", "sent"), KEPT)
def test_what_is_a_header_reaches_the_store_as_one_request_byte_for_byte(
    before, heard, name, value, sent
) -> None:
    fields = presigned(before, "kept", fields={name: value})
    assert post(before, "kept", parts_of(fields, SECOND))[0] == 204
    assert presigned_put(before, name, value)[0] == 200

    assert len(heard) == 2
    for head, body in heard:
        first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        assert first.startswith(b"PUT /kept/")
        assert all(FIELD.fullmatch(line) for line in lines), lines
        assert f"{name}: {sent}".encode() in lines
        assert SECOND in body


@pytest.mark.parametrize(
    "name",
    [
        "x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-copy-source-range",
        "x-amz-metadata-directive", "x-amz-bypass-governance-retention", "x-amz-trailer",
        "x-amz-decoded-content-length", "x-amz-content-sha256", "x-amz-mp-object-size",
        "x-amz-write-offset-bytes", "x-amz-user-agent", "x-amz-tagging-directive",
        "x-amz-checksum-",
    ],
)  # fmt: skip
def test_a_form_has_no_header_that_putobject_does_not_have(before, heard, name) -> None:
    fields = presigned(before, "kept", fields={name: "1"})

    status, _, content = post(before, "kept", parts_of(fields))

    assert (status, code_in(content)) == (501, "NotImplemented")
    assert not heard


def test_a_field_whose_name_merely_looks_like_the_key_is_not_the_key(before, heard) -> None:
    # The Kelvin sign becomes a k where case is folded beyond ASCII.
    fields = {
        **presigned(before, "kept", conditions=[["eq", "$\u212aey", "up/b.txt"]]),
        "\u212aey": "up/b.txt",
    }

    assert post(before, "kept", parts_of(fields))[0] == 204
    assert heard[0][0].startswith(b"PUT /kept/up/a.txt ")


# Everywhere else that a caller's text may become a header, or an answer's.

CLAIM = SignatureClaim(
    "query",
    "AKIA",
    "20260101",
    "us-east-1",
    "s3",
    "aws4_request",
    ("host",),
    "0" * 64,
    "20260101T000000Z",
)
RULES = GateRules(
    region="us-east-1", host_names=frozenset({"gate"}), regions=frozenset({"us-east-1"})
)
LINES = [
    # request line, hoisted or not, code
    ("GET /bucket/k?response-content-disposition=a%0D%0Ax-amz-meta-b:c", "InvalidArgument"),
    ("GET /bucket/k?response-content-type=%00", "InvalidArgument"),
    ("GET /bucket/k?response-expires=%7F", "InvalidArgument"),
    ("PUT /bucket/k?x-amz-copy-source=/bucket/a%0A", "InvalidArgument"),
    ("PUT /bucket/k?x-amz-copy-source=/bucket/%25zz", "InvalidURI"),
    ("PUT /bucket/k?x-amz-copy-source=/bucket/%2500", "InvalidURI"),
    ("PUT /bucket/k?x-amz-website-redirect-location=javascript:1", "InvalidRedirectLocation"),
    ("PUT /bucket/k?x-amz-website-redirect-location=/a%0D", "InvalidArgument"),
    ("PUT /bucket/k?x-amz-tagging=a%0Ab%3D1", "InvalidArgument"),
    ("PUT /bucket/k?x-amz-meta-%C3%9C=1", "InvalidArgument"),
    ("PUT /bucket/k?%E2%84%AA-amz-acl=public-read", "NotImplemented"),
]


@pytest.mark.parametrize(("line", "code"), LINES)
def test_t041_gate_no_text_of_a_query_is_written_into_a_header_unread(line, code) -> None:
    method, _, rest = line.partition(" ")
    path, _, query = rest.partition("?")
    request = RawRequest(method, path.encode(), query.encode(), ((b"host", b"gate"),))

    with pytest.raises(S3Error) as refused:
        resolve_request(request, RequestClaim(None, CLAIM, request), RULES)
    assert (refused.value.code, refused.value.status) == (
        code,
        501 if code == "NotImplemented" else 400,
    )


@pytest.mark.parametrize("key", ["\u0100", "\u00e9", "\u20ac"])
def test_a_copy_source_that_is_not_encoded_is_its_utf_8(key) -> None:
    pair = (b"x-amz-copy-source", f"/bucket/{key}".encode())
    request = RawRequest("PUT", b"/bucket/k", b"", ((b"host", b"gate"), pair))

    assert resolve_request(request, None, RULES).source.key == key


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("a" * 2047, True),
        ("a" * 2048, False),
        ("\u20ac" * 682 + "a", True),
        ("\u20ac" * 683, False),
    ],
)
def test_metadata_is_counted_in_bytes(value, fits) -> None:
    if fits:
        assert headers.checked_headers({"x-amz-meta-a": value})
        return
    with pytest.raises(S3Error) as refused:
        headers.checked_headers({"x-amz-meta-a": value})
    assert refused.value.code == "MetadataTooLarge"


def test_blanks_around_a_hoisted_value_are_no_part_of_what_is_decided_on() -> None:
    found = query_parameters.parse_query(
        b"x-amz-acl=%20public-read%09", presigned=True, selectors=frozenset()
    )

    assert headers.received_headers((), found.headers) == {"x-amz-acl": "public-read"}


@pytest.mark.parametrize(
    ("path", "query"),
    [("/kept/a b", ""), ("/kept/a\r\nx: y", ""), ("/kept/a#b", ""), ("/kept/\u00e9", ""), ("kept", ""), ("/kept", "a=\n"), ("/kept", "a=b c")],
)  # fmt: skip
def test_the_store_is_not_asked_by_a_line_that_is_no_request_line(raw, heard, path, query) -> None:
    async def ask_it():
        keys = StoreCredential("key", "secret", "us-east-1")
        async with ObjectStore(raw.url, keys, clock=lambda: 1_700_000_000) as store:
            await store.send(StoreRequest("GET", path, query))

    with pytest.raises(S3Error) as refused:
        asyncio.run(ask_it())
    assert refused.value.code == "InvalidURI"
    assert not heard


@pytest.mark.parametrize(
    "address",
    [
        "https://[",
        "https://page.example/\r\nx: y",
        "javascript:alert(1)",
        "//page.example/",
        "https:///x",
    ],
)
def test_a_form_leads_nowhere_that_is_no_address_even_if_its_policy_says_so(
    before, heard, address
) -> None:
    fields = presigned(before, "kept", fields={"success_action_redirect": address})

    status, headers_told, _ = post(before, "kept", parts_of(fields))

    assert status == 204
    assert headers_told["location"] == f"{before.url}/kept/up/a.txt"
    assert len(heard) == 1


@pytest.mark.parametrize(("name", "value"), SPOILT)
def test_the_store_is_not_asked_with_what_is_no_header_whoever_wrote_it(
    raw, heard, name, value
) -> None:
    async def ask_it():
        keys = StoreCredential("key", "secret", "us-east-1")
        async with ObjectStore(raw.url, keys, clock=lambda: 1_700_000_000) as store:
            await store.send(StoreRequest("GET", "/kept/k", headers={name: value}))

    with pytest.raises(S3Error) as refused:
        asyncio.run(ask_it())
    assert refused.value.code == "InvalidArgument"
    assert not heard


def test_what_the_stores_header_cannot_say_again_is_left_out_and_counted() -> None:
    found = headers.response_headers(
        {"x-amz-meta-a": "1\r\nset-cookie: b", "x-amz-meta-b c": "1", "x-amz-meta-d": "\udcff", "ETag": "\x001", "x-amz-missing-meta": "9"},
        frozenset(),
    )  # fmt: skip

    assert found == [(b"x-amz-meta-d", b"\xff"), (b"x-amz-missing-meta", b"2")]


@pytest.mark.parametrize("pair", [(b"location", b"/a\r\nb"), (b"a b", b"1"), (b"", b"1")])
def test_an_answer_with_what_is_no_header_does_not_begin(pair) -> None:
    sent = []

    async def send(message):
        sent.append(message)

    answer = S3Reply(send, "0" * 16)
    with pytest.raises(S3Error) as refused:
        asyncio.run(answer.send_complete(200, [pair], b""))
    assert refused.value.code == "InternalError"
    assert not sent
    assert not answer.has_started


# Searching all names, or all values, at once finds what searching each would find.

odd_texts = st.text(st.sampled_from("aZ-: \t\r\n\0\x7f\x80\u00e9\u2028\ud800"), max_size=4)


@given(st.dictionaries(odd_texts, odd_texts, max_size=4))
def test_headers_are_refused_together_as_they_are_one_by_one(found) -> None:
    if all(is_field_name(name) and is_field_value(value) for name, value in found.items()):
        headers.check_fields(found)
        return
    with pytest.raises(S3Error) as refused:
        headers.check_fields(found)
    assert refused.value.code == "InvalidArgument"


odd_bytes = st.binary(max_size=2) | st.sampled_from([b"a", b"x-b", b"a b", b"\xff", b"\t", b"\r\n"])


@given(st.lists(st.tuples(odd_bytes, odd_bytes), max_size=4))
def test_an_answers_headers_are_refused_together_as_they_are_one_by_one(found) -> None:
    if all(is_sendable_field(name, value) for name, value in found):
        reply.check_headers(found)
        return
    with pytest.raises(S3Error) as refused:
        reply.check_headers(found)
    assert refused.value.code == "InternalError"


returned_names = st.sampled_from(
    ["ETag", "content-type", "x-amz-meta-a", "X-Amz-Meta-\u00e9", "x-amz-missing-meta", "server"]
)


@given(
    st.dictionaries(returned_names, odd_texts.map(lambda text: text.replace("\ud800", "\udcff"))),
    st.sampled_from([frozenset(), frozenset({"etag"}), frozenset({"x-amz-meta-a"})]),
)
def test_the_usual_headers_of_an_answer_are_passed_on_as_any_others(found, hidden) -> None:
    passed, missing = {}, 0
    for name, value in found.items():
        lower = name.lower()
        pair = lower.encode(), value.encode("utf-8", "surrogateescape")
        is_seen = lower in headers.RETURNED or lower.startswith("x-amz-meta-")
        if is_seen and lower not in hidden:
            if is_sendable_field(*pair):
                passed[pair[0]] = pair[1]
            else:
                missing += lower.startswith("x-amz-meta-")
    if missing:
        passed[b"x-amz-missing-meta"] = b"%d" % missing

    assert dict(headers.response_headers(found, hidden)) == passed


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=12))
def test_the_path_of_a_key_is_the_key_encoded_once(key) -> None:
    assert RequestTarget("kept", key).path == f"/kept/{quote(key, safe='/~')}"


@given(st.binary(min_size=16, max_size=16))
def test_a_request_id_has_one_character_for_each_byte(drawn) -> None:
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUV"

    assert drawn.translate(serve._REQUEST_ID_CHARACTERS).decode() == "".join(
        letters[byte & 31] for byte in drawn
    )
