"""What was verified is what is carried out: raw requests that share a canonical request have one
meaning, or are refused.
"""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.core.faults import Fault
from daypass.core.http.request import RawRequest
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import SignatureClaim, read_claim
from daypass.core.sigv4.verify import canonical_request
from daypass.core.slices import at_once
from daypass.gate.operations.table import resolve_request
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.request_context import client_connection
from daypass.server.authority.schemes import s3
from daypass.server.http.asgi import make_request
from daypass.server.http.doors import MAIN, Door, Router
from daypass.services.registry import SERVICES
from daypass.wire import catalog
from daypass.wire.errors import WireFault

CATALOG = catalog.load_catalog(SERVICES)
RULES = GateRules("us-east-1", frozenset({"gate.test"}), frozenset({"us-east-1"}))
DOORS = Router(MAIN, has_path=CATALOG.has_path, has_gate=True)
REFUSED = "refused"
HOST = (b"host", b"gate.test")
FORM = (b"content-type", b"application/x-www-form-urlencoded")


def scope_of(raw):
    return {
        "type": "http",
        "method": raw.method,
        "raw_path": raw.raw_path,
        "query_string": raw.raw_query,
        "headers": list(raw.headers),
        "client": ("10.0.0.1", 1),
        "scheme": "https",
    }


def claimed(raw, names):
    """Return the claim that a request makes; one that signs the named headers where it makes
    none.
    """
    found = read_claim(raw)
    if found is not None:
        return found
    return SignatureClaim(
        form="header",
        access_key_id="A",
        date="20260101",
        region="us-east-1",
        service="sts",
        terminator="aws4_request",
        signed_headers=names,
        signature="0" * 64,
        amz_date="20260101T000000Z",
    )


def signed_as(raw, names, dialect):
    """Return what a signature of these bytes is over, and nothing for a claim that is refused."""
    try:
        claim = claimed(raw, names)
    except Fault:
        return None
    return canonical_request(raw, claim, payload_hash="x", dialect=dialect), claim.signature


def at_the_api(raw, body=b"", service=None):
    """Return what an API would carry out."""
    request = make_request(scope_of(raw), body)
    try:
        call = at_once(CATALOG.identify(request, service))
        return call.operation.service.name, call.operation.name, call.parse()
    except WireFault:
        return REFUSED


def at_the_gate(raw):
    """Return what the gate would decide on and carry out."""
    try:
        read = RawRequest(
            raw.method, raw.raw_path, raw.raw_query, make_request(scope_of(raw), b"").headers
        )
        resolved = resolve_request(read, s3.request_claim(None, read), RULES)
    except (S3Error, Fault):
        return REFUSED
    return (
        resolved,
        resolved.query,
        client_connection(scope_of(raw), read.headers).framing,
        DOORS.door_for(scope_of(raw)),
    )


def agree(raws, names, dialect, meaning):
    """Check every two of the requests; return how many shared a canonical form and were carried
    out.
    """
    compared = 0
    read = [(signed_as(raw, names, dialect), meaning(raw)) for raw in raws]
    for (form, one), (other_form, other) in itertools.combinations(read, 2):
        if form is None or form != other_form or one is REFUSED or other is REFUSED:
            continue
        assert one == other
        compared += 1
    return compared


@st.composite
def spelled(draw, text):
    """Return a piece of a query, each byte as it is or escaped in either case."""
    out = b""
    for byte in text.encode():
        way = draw(st.sampled_from(["raw", "lower", "upper"]))
        raw = bytes([byte])
        plain = raw.isalnum() or raw in b"-._~+*!'()@:,/"
        out += (
            raw if way == "raw" and plain else (b"%%%02x" if way == "lower" else b"%%%02X") % byte
        )
    return out


@st.composite
def query_of(draw, pairs):
    """Return one of the spellings of a query: in any order, with empty pieces, without the sign
    before an empty value.
    """
    pieces = []
    for name, value in draw(st.permutations(pairs)):
        piece = draw(spelled(name))
        if value or draw(st.booleans()):
            piece += b"=" + draw(spelled(value))
        pieces += [piece, *draw(st.sampled_from([[], [b""]]))]
    return b"&".join(pieces)


def padded(draw, value):
    """Return a header's value with other white space."""
    around = st.sampled_from([b"", b" ", b"\t", b"  "])
    inside = value.replace(b" ", draw(st.sampled_from([b" ", b"  ", b"   "])))
    return draw(around) + inside + draw(around)


def lines(draw, pairs):
    """Return header pairs, some of the lists as several lines."""
    found = []
    for name, value in pairs:
        parts = value.split(b",") if draw(st.booleans()) else [value]
        found += [(name, padded(draw, part)) for part in parts]
    return tuple(found)


VALUE = st.sampled_from(
    ["", "a", "a b", "a+b", "a%2Bb", "a&b=c", "=", "é", "%", "%G1", "a/b", ".."]
)
CALLS = [
    # what, method, path, query without the drawn value, the parameter that takes it, headers, body,
    # scope
    ("query", "GET", b"/", [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", "arn:aws:iam::1:role/x")], "RoleSessionName", [], b"", "sts"),
    ("query, a list", "GET", b"/", [("Action", "TagRole"), ("RoleName", "r"), ("Tags.member.1.Key", "a")], "Tags.member.1.Value", [], b"", "iam"),
    ("query and form", "POST", b"/", [("RoleName", "r")], "PathPrefix", [FORM], b"Action=GetRole&Version=2010-05-08", "iam"),
    ("rest-json", "GET", b"/federation/credentials", [("role_name", "r")], "account_id", [(b"x-amz-sso_bearer_token", b"t o")], b"", None),
    ("rest-json, a list", "DELETE", b"/profiles/p/mappings", [("certificateField", "x509Subject"), ("specifiers", "b+"), ("specifiers", "a")], "specifiers", [], b"", "rolesanywhere"),
    ("rest-json, a variant", "POST", b"/token", [("aws_iam", "t")], "aws_iam", [], b"{}", "sso-oauth"),
    ("rest-json, a variant of values", "POST", b"/v1/token", [("x-amz-token-request-type", "bearer")], "x", [], b"{}", "signin"),
    ("rest-json, query and body", "POST", b"/sessions", [("roleArn", "r"), ("profileArn", "p")], "trustAnchorArn", [(b"content-type", b"application/json")], b"{}", "rolesanywhere"),
    ("json", "POST", b"/", [], "x", [(b"x-amz-target", b"AWSOrganizationsV20161128.ListRoots"), (b"content-type", b"application/x-amz-json-1.1")], b"{}", "organizations"),
]  # fmt: skip
PATHS = [*[b"%b"] * 10, b"/%b", b"%b/", b"/.%b", b"/a/..%b", b"%b/.", b"%b/..", b"%b/a/.."]


@pytest.mark.parametrize("call", CALLS, ids=[call[0] for call in CALLS])
def test_an_api_carries_out_what_was_signed_however_it_is_spelled(call) -> None:
    _, method, path, pairs, parameter, headers, body, service = call
    compared = []

    @settings(max_examples=25, deadline=None, database=None)
    @given(st.data(), VALUE)
    def check(data, value):
        known = [*pairs, (parameter, value)]
        raws = []
        for _ in range(3):
            shape = data.draw(st.sampled_from(PATHS))
            raw_path = shape % (path if path != b"/" or shape.startswith(b"%b") else b"/")
            raws.append(
                RawRequest(
                    method, raw_path, data.draw(query_of(known)), lines(data.draw, [HOST, *headers])
                )
            )
        raws += [
            RawRequest(each.method, each.raw_path, each.raw_query.replace(*swap), each.headers)
            for each in raws
            for swap in ((b"%2B", b"+"), (b"%20", b"+"), (b"+", b"%20"), (b"%25", b"%"))
        ]
        names = tuple(sorted({name.decode() for name, _ in raws[0].headers}))
        compared.append(agree(raws, names, Dialect.API, lambda raw: at_the_api(raw, body, service)))

    check()
    assert sum(compared) > 20, "hardly anything was compared"


PRESIGNED = [
    ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
    ("X-Amz-Credential", "A/20260101/us-east-1/s3/aws4_request"),
    ("X-Amz-Date", "20260101T000000Z"),
    ("X-Amz-Expires", "60"),
    ("X-Amz-SignedHeaders", "host"),
    ("X-Amz-Signature", "0" * 64),
]
AUTHORIZATION = (
    b"AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, SignedHeaders=%b, Signature="
    + b"0" * 64
)
UPLOAD = [
    HOST,
    (b"x-amz-date", b"20260101T000000Z"),
    (b"x-amz-content-sha256", b"UNSIGNED-PAYLOAD"),
    (b"x-amz-meta-a", b"one  two,three"),
    (b"x-amz-tagging", b"a=b+c&d=%2B"),
    (b"x-amz-acl", b"private"),
    (b"cache-control", b"a,b"),
    (b"if-match", b'"x"'),
]
COPY = [
    *UPLOAD[:3],
    (b"x-amz-copy-source", b"bucket/a b%2Bc+d"),
    (b"x-amz-metadata-directive", b"COPY"),
]
OBJECTS = [
    # what, method, keys that may share a canonical form, query, the parameter that takes the drawn
    # value, headers
    ("get", "GET", [("versionId", "v+1")], "response-content-type", UPLOAD[:3]),
    ("put", "PUT", [], "x-id", UPLOAD),
    ("copy", "PUT", [], "x-id", COPY),
    ("part", "PUT", [("partNumber", "1"), ("uploadId", "a+b")], "x-id", UPLOAD[:3]),
    ("presigned", "GET", PRESIGNED, "response-content-disposition", [HOST]),
    ("presigned upload", "PUT", [*PRESIGNED, ("x-amz-acl", "private"), ("x-amz-tagging", "a=b+c")], "x-amz-meta-a", [HOST]),
]  # fmt: skip
KEYS = [b"k", b"%6b", b"a/b", b"a%2Fb", b"a%2fb", b"/b", b"%2Fb", b"a+b", b"a%2Bb", b"a%20b", b"a%2520b", b"a//b", b"a/./b", b"a/%2e/b", b"%G1", b"%25G1", b"~", b"%7E", b"k/", b""]  # fmt: skip


@pytest.mark.parametrize("call", OBJECTS, ids=[call[0] for call in OBJECTS])
def test_the_gate_carries_out_what_was_signed_however_it_is_spelled(call) -> None:
    _, method, pairs, parameter, headers = call
    compared = []

    @settings(max_examples=25, deadline=None, database=None)
    @given(st.data(), VALUE)
    def check(data, value):
        known = [*pairs, (parameter, value)]
        names = b";".join(sorted({name for name, _ in headers}))
        raws = []
        for key in data.draw(st.lists(st.sampled_from(KEYS), min_size=4, max_size=4)):
            sent = lines(data.draw, headers)
            if len(headers) > 1:
                sent += ((b"authorization", AUTHORIZATION % names),)
            path = data.draw(st.sampled_from([b"/bucket/", b"/%62ucket/", b"/bucket%2F"])) + key
            raws.append(RawRequest(method, path, data.draw(query_of(known)), sent))
        raws += [
            RawRequest(each.method, each.raw_path, each.raw_query.replace(*swap), each.headers)
            for each in raws
            for swap in ((b"%2B", b"+"), (b"%20", b"+"), (b"+", b"%20"))
        ]
        compared.append(agree(raws, (), Dialect.S3, at_the_gate))

    check()
    assert sum(compared) > 20, "hardly anything was compared"


def test_a_plus_that_was_signed_is_no_blank() -> None:
    """`%2B` was signed and `+` sent: it verified, and the operation read a blank."""
    known = b"Action=GetUser&Version=2010-05-08&UserName="
    for sent in (b"a%2Bb", b"a+b"):
        raw = RawRequest("GET", b"/", known + sent, (HOST,))

        assert at_the_api(raw, service="iam") == ("iam", "GetUser", {"UserName": "a+b"})


@pytest.mark.parametrize(
    "path", [b"/profile/..", b"//", b"/.", b"/profile//p", b"/profile/./p", b"/x/../profile/p"]
)
def test_a_path_that_its_signature_shares_with_another_one_is_refused(path) -> None:
    assert at_the_api(RawRequest("GET", path, b"", (HOST,)), service="rolesanywhere") == REFUSED
    assert not CATALOG.has_path(path)


def test_a_variant_is_told_by_the_query_that_was_signed() -> None:
    for sent in (b"aws_iam=t", b"aws%5Fiam=t", b"aws_iam=%74&"):
        raw = RawRequest("POST", b"/token", sent, (HOST,))

        assert at_the_api(raw, b"{}", "sso-oauth")[1] == "CreateTokenWithIAM"


def test_a_presigned_request_is_the_gates_however_its_scope_is_spelled() -> None:
    for sent in (b"%2Fs3%2F", b"%2fs3%2f", b"/s3/", b"/%733/"):
        scope = scope_of(
            RawRequest(
                "GET", b"/", b"X%2DAmz-Credential=A/20260101/r" + sent + b"aws4_request", (HOST,)
            )
        )

        assert DOORS.door_for(scope) is Door.GATE


def test_white_space_around_a_value_is_not_part_of_it_and_repeated_headers_are_one() -> None:
    """Tabs and blanks around, runs of blanks inside, one list in two lines: all of it is signed
    alike, and read alike.
    """
    one = ((b"x-amz-meta-a", b" \ta  b\t"), (b"x-amz-meta-a", b"c"), (b"x-amz-target", b" T "))

    assert make_request(scope_of(RawRequest("GET", b"/", b"", one)), b"").headers == (
        (b"x-amz-meta-a", b"a b,c"),
        (b"x-amz-target", b"T"),
    )
