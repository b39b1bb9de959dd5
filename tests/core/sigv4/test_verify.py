"""Who signed, when, for what: everything that a verifier lets through, and everything it does
not.
"""

import datetime
import hashlib
import random
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.core import faults
from daypass.core.http.request import RawRequest
from daypass.core.sigv4 import canonical
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import read_claim
from daypass.core.sigv4.derived_key import DerivedKey
from daypass.core.sigv4.sign import Signer
from daypass.core.sigv4.verify import check_clock, check_scope, signing_key, verify_signature

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = 1_795_500_000
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    """botocore reads the clock by itself; here it stands still."""

    def still(**_):
        return datetime.datetime.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)

    monkeypatch.setattr("botocore.auth.get_current_datetime", still)


def signed(
    auth=SigV4Auth,
    service="sts",
    method="POST",
    url="http://h.test:80/",
    body=b"Action=X",
    headers=None,
    token="t0k=",
    **more,
):
    """Return a request that botocore signed, as it goes over the wire."""
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    auth(Credentials("AKIDEXAMPLE", SECRET, token), service, "eu-west-1", **more).add_auth(request)
    parts = urlsplit(request.url)
    pairs = [
        (name.lower().encode(), str(value).encode()) for name, value in request.headers.items()
    ]
    if not any(name == b"host" for name, _ in pairs):
        pairs.append((b"host", parts.netloc.removesuffix(":80").encode()))
    return RawRequest(method, (parts.path or "/").encode(), parts.query.encode(), tuple(pairs))


WINDOW = 900


def prove(request, dialect=Dialect.API, payload=b"Action=X", now=NOW, secret=SECRET, word=None):
    claim = read_claim(request)
    check_scope(claim, services={"sts", "s3", "iam"}, regions=None)
    check_clock(claim, now=now, window_seconds=WINDOW, dialect=dialect)
    raw = signing_key(secret, date=claim.date, region=claim.region, service=claim.service)
    key = DerivedKey(raw)
    payload_hash = word or hashlib.sha256(payload).hexdigest()
    verify_signature(request, claim, key, payload_hash=payload_hash, dialect=dialect)
    return claim


def with_header(request, name, value):
    rest = [(known, old) for known, old in request.headers if known != name]
    return RawRequest(request.method, request.raw_path, request.raw_query, (*rest, (name, value)))


def test_a_signed_request_proves_its_sender() -> None:
    claim = prove(signed())

    assert (claim.access_key_id, claim.region, claim.token) == ("AKIDEXAMPLE", "eu-west-1", "t0k=")


def test_a_request_without_any_trace_claims_nothing() -> None:
    assert read_claim(RawRequest("GET", b"/", b"a=b&X-Amz-Meta=c", ((b"host", b"h"),))) is None


WORDS = st.text(alphabet="abz019 ~*!'()&=+/%?#é:@,;$[]", max_size=12)


@settings(max_examples=400, deadline=None)
@given(
    path=st.lists(WORDS.filter(lambda w: w not in {".", ".."} and "/" not in w), max_size=4),
    query=st.dictionaries(WORDS.filter(bool), WORDS, max_size=4),
    extra=st.dictionaries(
        st.sampled_from(["x-amz-meta-a", "x-amz-b", "z"]), st.sampled_from(["1", " a  b ", "~"])
    ),
    body=st.binary(max_size=20),
    auth=st.sampled_from(
        [(SigV4Auth, Dialect.API), (S3SigV4Auth, Dialect.S3), (S3SigV4QueryAuth, Dialect.S3)]
    ),
)
def test_t009_sig_whatever_botocore_signs_is_proved(path, query, extra, body, auth) -> None:
    scheme, dialect = auth
    if scheme is S3SigV4QueryAuth:
        body = b""  # botocore takes a body for a form there
    url = "http://bucket.test/" + "/".join(quote(piece, safe="~") for piece in path)
    url += "?" + "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in query.items())
    headers = {name: value.encode().decode("latin-1") for name, value in extra.items()}
    request = signed(scheme, "s3", "PUT", url, body, headers)
    sent = dict(request.headers)
    raw_headers = tuple((name, value.decode().encode("latin-1")) for name, value in request.headers)
    request = RawRequest(request.method, request.raw_path, request.raw_query, raw_headers)
    word = sent.get(b"x-amz-content-sha256", b"").decode() or None
    if scheme is S3SigV4QueryAuth:
        word = "UNSIGNED-PAYLOAD"

    prove(request, dialect, body, word=word)


def test_awscrt_and_we_agree_on_random_requests() -> None:
    auth = pytest.importorskip("awscrt.auth")
    http = pytest.importorskip("awscrt.http")
    dice = random.Random(7)
    provider = auth.AwsCredentialsProvider.new_static("AKIDEXAMPLE", SECRET, "t0k=")
    for turn in range(300):
        is_s3, in_query = turn % 2 == 0, turn % 3 == 0
        path = "/" + "/".join(
            quote("".join(dice.choices("ab ~*é+", k=3)), safe="~") for _ in range(dice.randrange(4))
        )
        pairs = [
            f"k{n}={quote(dice.choice('ab /+=é'), safe='~')}" for n in range(dice.randrange(3))
        ]
        target = path + ("?" + "&".join(pairs) if pairs else "")
        request = http.HttpRequest("PUT", target, http.HttpHeaders([("Host", "h.test")]))
        kind = auth.AwsSignatureType
        config = auth.AwsSigningConfig(
            algorithm=auth.AwsSigningAlgorithm.V4,
            signature_type=kind.HTTP_REQUEST_QUERY_PARAMS
            if in_query
            else kind.HTTP_REQUEST_HEADERS,
            credentials_provider=provider,
            region="eu-west-1",
            service="s3" if is_s3 else "sts",
            date=datetime.datetime.fromtimestamp(NOW, datetime.UTC),
            use_double_uri_encode=not is_s3,
            should_normalize_uri_path=not is_s3,
            signed_body_value=auth.AwsSignedBodyValue.UNSIGNED_PAYLOAD if is_s3 else EMPTY,
            expiration_in_seconds=60 if in_query else None,
        )
        done = auth.aws_sign_request(request, config).result(10)
        raw_path, _, raw_query = done.path.partition("?")
        headers = tuple((n.lower().encode(), v.encode()) for n, v in done.headers)
        raw = RawRequest("PUT", raw_path.encode(), raw_query.encode(), headers)

        prove(
            raw,
            Dialect.S3 if is_s3 else Dialect.API,
            b"",
            word="UNSIGNED-PAYLOAD" if is_s3 else EMPTY,
        )


class AnotherKey(Exception):
    pass


BASE = "http://h.test/a/b?x=1&y=2"


@settings(max_examples=400, deadline=None)
@given(
    where=st.sampled_from(["method", "path", "query", "header", "body"]),
    at=st.integers(0, 999),
    byte=st.integers(0x21, 0x7E),
)
def test_no_single_byte_can_be_changed(where, at, byte) -> None:
    request = signed(url=BASE, method="PUT")
    body = bytearray(b"Action=X")
    parts = {
        "method": bytearray(b"PUT"),
        "path": bytearray(request.raw_path),
        "query": bytearray(request.raw_query),
    }
    headers = [[name, bytearray(value)] for name, value in request.headers]
    signed_names = next(v for n, v in request.headers if n == b"authorization").decode()
    if where == "header":
        target = headers[at % len(headers)]
        if target[0].decode() not in signed_names and target[0] != b"authorization":
            return
        if not target[1]:
            return
        data = target[1]
    else:
        data = body if where == "body" else parts[where]
    old = data[at % len(data)]
    if old == byte:
        return
    data[at % len(data)] = byte
    changed = RawRequest(
        parts["method"].decode(),
        bytes(parts["path"]),
        bytes(parts["query"]),
        tuple((name, bytes(value)) for name, value in headers),
    )
    if (where == "path" and b"//" in parts["path"]) or (
        where in {"path", "query"} and byte in b".&"
    ):
        return  # normalised away, or the same set of parameters

    with pytest.raises((faults.Unauthenticated, AnotherKey)):
        if prove(changed, payload=bytes(body)).access_key_id != "AKIDEXAMPLE":
            # Another key has another secret.
            raise AnotherKey


def raw_with(*values, query=b"", **headers):
    pairs = [(b"host", b"h"), (b"x-amz-date", b"20261124T000000Z")]
    pairs += [(b"authorization", value) for value in values]
    pairs += [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return RawRequest("GET", b"/", query, tuple(pairs))


SCOPE = b"AKID/20261124/eu-west-1/sts/aws4_request"
GOOD = (
    b"AWS4-HMAC-SHA256 Credential="
    + SCOPE
    + b", SignedHeaders=host;x-amz-date, Signature="
    + b"0" * 64
)
QUERY = (
    b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261124%2Fr%2Fs3%2Faws4_request"
    b"&X-Amz-Date=20261124T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature="
    + b"0"
    * 64
)


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        pytest.param(raw_with(GOOD, GOOD), faults.Ambiguous, id="T001-SIG two headers"),
        pytest.param(raw_with(GOOD, query=QUERY), faults.Ambiguous, id="T001-SIG header and query"),
        pytest.param(raw_with(GOOD, query=b"X-Amz-Signature=1"), faults.Ambiguous, id="T001-SIG header and a bit of query"),
        pytest.param(RawRequest("GET", b"/", QUERY, ((b"host", b"h"), (b"x-amz-security-token", b"t"))), faults.Ambiguous, id="query and token header"),
        pytest.param(raw_with(GOOD.replace(b"host;x-amz-date", b"x-amz-date")), faults.BadSignature, id="T005-SIG host is not signed"),
        pytest.param(raw_with(GOOD, x_amz_acl=b"public"), faults.UnsignedHeaders, id="T007-SIG an unsigned x-amz header"),
        pytest.param(raw_with(GOOD.replace(b"host;", b"gone;host;")), faults.BadSignature, id="a signed header that is not there"),
        pytest.param(raw_with(GOOD, host=b"other"), faults.Ambiguous, id="T002-SIG host twice"),
        pytest.param(raw_with(b"AWS AKID:sig"), faults.UnknownAlgorithm, id="T019-SIG SigV2"),
        pytest.param(raw_with(GOOD.replace(b"HMAC", b"ECDSA-P256")), faults.UnknownAlgorithm, id="T019-SIG SigV4a"),
        pytest.param(raw_with(GOOD.replace(b"AWS4-HMAC", b"AWS4-X509-RSA")), faults.UnknownAlgorithm, id="T019-SIG X509"),
        pytest.param(raw_with(b"AWS4-HMAC-SHA256"), faults.BadAuthentication, id="nothing behind the algorithm"),
        pytest.param(raw_with(GOOD.replace(b"SHA256 ", b"SHA256  ")), faults.BadAuthentication, id="T019-SIG trailing space"),
        pytest.param(raw_with(GOOD + b", Signature=" + b"1" * 64), faults.BadAuthentication, id="signature twice"),
        pytest.param(raw_with(GOOD + b", More=1"), faults.BadAuthentication, id="an unknown part"),
        pytest.param(raw_with(GOOD.replace(SCOPE, b"AKID/x")), faults.BadAuthentication, id="a short scope"),
        pytest.param(raw_with(GOOD.replace(b"AKID", b"A" * 1_000_000)), faults.BadAuthentication, id="T024-SIG a megabyte of credential"),
        pytest.param(raw_with(GOOD.replace(b"host;", b"".join(b"a%05d;" % n for n in range(200)) + b"host;")), faults.BadAuthentication, id="T024-SIG too many signed headers"),
        pytest.param(raw_with(GOOD.replace(b"host;x", b"x-b;host;x")), faults.BadAuthentication, id="unsorted"),
        pytest.param(raw_with(GOOD.replace(b"host;", b"Host;")), faults.BadAuthentication, id="upper case"),
        pytest.param(raw_with(GOOD.replace(b"0" * 64, b"0" * 63)), faults.BadSignature, id="short signature"),
        pytest.param(raw_with(GOOD.replace(b"=AKID", b"=AK\xc3\xa9")), faults.BadAuthentication, id="not ASCII"),
        pytest.param(RawRequest("GET", b"/", b"", ((b"host", b"h"), (b"authorization", GOOD))), faults.BadAuthentication, id="no date"),
        pytest.param(RawRequest("GET", b"/", b"", ((b"host", b"h"), (b"date", b"yesterday"), (b"authorization", GOOD))), faults.BadAuthentication, id="an unreadable date"),
        pytest.param(RawRequest("GET", b"/", b"", ((b"host", b"h"), (b"x-amz-date", b"2026"), (b"authorization", GOOD))), faults.BadAuthentication, id="an unreadable x-amz-date"),
        pytest.param(RawRequest("GET", b"/", b"", ((b"host", b"h"), (b"date", b"Tue, 24 Nov 2026 00:00:00 GMT"), (b"authorization", GOOD.replace(b";x-amz-date", b"")))), faults.UnsignedHeaders, id="a date that is not signed"),
        pytest.param(raw_with(query=QUERY + b"&X-Amz-Expires=60"), faults.BadAuthentication, id="T037-PAY expires twice"),
        pytest.param(raw_with(query=QUERY.replace(b"=60", b"=-1")), faults.BadAuthentication, id="T037-PAY expires -1"),
        pytest.param(raw_with(query=QUERY.replace(b"=60", b"=1e3")), faults.BadAuthentication, id="T037-PAY expires 1e3"),
        pytest.param(raw_with(query=QUERY.replace(b"=60", b"=%2060")), faults.BadAuthentication, id="T037-PAY expires with a space"),
        pytest.param(raw_with(query=QUERY.replace(b"=60", b"=")), faults.BadAuthentication, id="T037-PAY expires empty"),
        pytest.param(raw_with(query=QUERY.replace(b"=60", b"=18446744073709551616")), faults.BadAuthentication, id="T037-PAY expires 2^64"),
        pytest.param(raw_with(query=QUERY.replace(b"AWS4-HMAC-SHA256", b"AWS4")), faults.UnknownAlgorithm, id="unknown algorithm in the query"),
        pytest.param(raw_with(query=QUERY.replace(b"&X-Amz-SignedHeaders=host", b"")), faults.BadAuthentication, id="query without signed headers"),
        pytest.param(raw_with(query=QUERY.replace(b"20261124T000000Z", b"today")), faults.BadAuthentication, id="query with another date"),
        pytest.param(raw_with(query=b"&".join([QUERY] + [b"a%d=1" % n for n in range(100)])), faults.BadAuthentication, id="too many parameters"),
    ],
)  # fmt: skip
def test_an_ambiguous_or_unreadable_claim_is_refused_before_cryptography(request_, fault) -> None:
    with pytest.raises(fault):
        read_claim(request_)


def test_a_token_that_was_sent_twice_is_ambiguous() -> None:
    good = GOOD.replace(b"x-amz-date,", b"x-amz-date;x-amz-security-token,")
    request = raw_with(good, x_amz_security_token=b"a")
    twice = (*request.headers, (b"x-amz-security-token", b"a"))

    assert read_claim(request).token == "a"
    with pytest.raises(faults.Ambiguous):
        read_claim(RawRequest("GET", b"/", b"", twice))


def test_dates_may_stand_in_the_date_header() -> None:
    for date in (
        b"Tue, 24 Nov 2026 00:00:00 GMT",
        b"Tue, 24 Nov 2026 00:00:00 -0000",
        b"20261124T000000Z",
    ):
        headers = (
            (b"host", b"h"),
            (b"date", date),
            (b"authorization", GOOD.replace(b"host;x-amz-date", b"date;host")),
        )

        assert read_claim(RawRequest("GET", b"/", b"", headers)).amz_date == "20261124T000000Z"


@pytest.mark.parametrize(
    ("offset", "service", "dialect", "words"),
    [
        (-901, "sts", Dialect.API, "Signature not yet current"),
        (901, "sts", Dialect.API, r"Signature expired: .* - 15 min\.\)"),
        (-301, "organizations", Dialect.API, "Signature not yet current"),
        (301, "organizations", Dialect.API, r"Signature expired: .* - 5 min\.\)"),
        (-901, "s3", Dialect.S3, "Signature not yet current"),
        (901, "s3", Dialect.S3, "Signature expired"),
    ],
)
def test_t014_sig_t015_sig_an_old_or_future_signature_is_refused(
    offset, service, dialect, words
) -> None:
    claim = read_claim(signed(service=service))
    window, sign = abs(offset) - 1, offset // abs(offset)

    with pytest.raises(faults.BadClock, match=words):
        check_clock(claim, now=NOW + offset, window_seconds=window, dialect=dialect)
    check_clock(claim, now=NOW + sign * window, window_seconds=window, dialect=dialect)


def test_a_date_that_does_not_exist_is_refused() -> None:
    headers = ((b"host", b"h"), (b"x-amz-date", b"20261399T000000Z"), (b"authorization", GOOD))
    claim = read_claim(RawRequest("GET", b"/", b"", headers))

    with pytest.raises(faults.BadClock):
        check_clock(claim, now=NOW, window_seconds=WINDOW, dialect=Dialect.API)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((b"sts/", b"s3x/"), "correct service"),
        ((b"aws4_request", b"aws3_request"), "valid terminator"),
        ((b"20261124/", b"20261123/"), "does not match"),
    ],
    ids=["T018-SIG service", "T018-SIG terminator", "day"],
)
def test_a_claim_for_another_scope_is_refused(change, words) -> None:
    claim = read_claim(raw_with(GOOD.replace(*change)))

    with pytest.raises(faults.BadScope, match=words):
        check_scope(claim, services={"sts"}, regions=None)


@pytest.mark.parametrize("region", ["us-east-1", "mx-central-1", "local", "r2", "a", "a" * 63])
def test_a_region_may_have_any_name_that_a_client_can_configure(region) -> None:
    claim = read_claim(raw_with(GOOD.replace(b"eu-west-1", region.encode())))

    check_scope(claim, services={"sts"}, regions=None)


@pytest.mark.parametrize(
    "region",
    ["*", "no region", "us-east-1;", "..", "-", "-a", "a-", "1234", "US-EAST-1", "us_east_1", "a.b", "a" * 64, "us-east-1\n"],
)  # fmt: skip
def test_t018_sig_a_region_that_is_none_is_refused(region) -> None:
    claim = read_claim(raw_with(GOOD.replace(b"eu-west-1", region.encode())))

    with pytest.raises(faults.BadScope, match="scoped to a valid region") as refused:
        check_scope(claim, services={"sts"}, regions=None)
    assert not refused.value.details


def test_a_region_outside_the_list_is_refused_with_the_right_one() -> None:
    with pytest.raises(faults.BadScope) as refused:
        check_scope(read_claim(raw_with(GOOD)), services={"sts"}, regions={"home"})

    assert refused.value.details["Region"] == "home"
    check_scope(read_claim(raw_with(GOOD)), services={"sts"}, regions={"eu-west-1"})


@pytest.mark.parametrize(
    ("expires", "at", "fault"),
    [
        (60, 61, faults.BadClock),
        (60, -901, faults.BadClock),
        (604_801, 0, faults.BadAuthentication),
        (0, 0, faults.BadAuthentication),
    ],
    ids=["past its end", "not yet valid", "T036-PAY over a week", "zero"],
)
def test_t036_pay_a_presigned_request_ends_when_it_says(expires, at, fault) -> None:
    request = signed(S3SigV4QueryAuth, "s3", "GET", "http://h.test/k", b"", expires=expires)
    claim = read_claim(request)

    with pytest.raises(fault):
        check_clock(claim, now=NOW + at, window_seconds=WINDOW, dialect=Dialect.S3)


def test_a_presigned_api_call_is_good_for_a_quarter_of_an_hour_at_most() -> None:
    claim = read_claim(
        signed(SigV4QueryAuth, "sts", "GET", "http://h.test/?Action=X", b"", expires=3600)
    )

    check_clock(claim, now=NOW + 900, window_seconds=WINDOW, dialect=Dialect.API)
    with pytest.raises(faults.BadClock):
        check_clock(claim, now=NOW + 901, window_seconds=WINDOW, dialect=Dialect.API)


def test_a_presigned_request_without_an_end_is_refused_at_s3_alone() -> None:
    claim = read_claim(
        RawRequest("GET", b"/", QUERY.replace(b"&X-Amz-Expires=60", b""), ((b"host", b"h"),))
    )

    with pytest.raises(faults.BadAuthentication):
        check_clock(claim, now=NOW, window_seconds=WINDOW, dialect=Dialect.S3)
    with pytest.raises(faults.BadClock):
        check_clock(claim, now=NOW, window_seconds=WINDOW, dialect=Dialect.API)


def test_a_wrong_signature_shows_s3s_callers_what_was_hashed() -> None:
    request = signed(S3SigV4Auth, "s3", "PUT", "http://h.test/k")
    with pytest.raises(faults.BadSignature) as refused:
        prove(request, Dialect.S3, secret="another")

    assert set(refused.value.details) == {
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    }
    with pytest.raises(faults.BadSignature) as refused:
        prove(signed(), secret="another")
    assert not refused.value.details


@pytest.mark.parametrize(
    ("query", "same"),
    [
        (b"a=%7E", b"a=~"),
        (b"a", b"a="),
        (b"=", b"="),
        (b"a=%2f", b"a=%2F"),
        (b"b=1&a=2", b"a=2&b=1"),
        (b"a=+", b"a=%2B"),
    ],
    ids=["tilde", "no equals sign", "empty", "lower-case escape", "order", "plus"],
)
def test_t011_sig_spellings_of_one_query_are_one_query(query, same) -> None:
    assert canonical.canonical_query(query) == canonical.canonical_query(same)


def test_t011_sig_a_broken_escape_matches_nothing() -> None:
    request = signed(url="http://h.test/?a=%251")
    broken = RawRequest(request.method, request.raw_path, b"a=%G1", request.headers)

    with pytest.raises(faults.BadSignature):
        prove(broken)


def test_what_the_gate_signs_is_proved() -> None:
    signer = Signer("AKIDEXAMPLE", SECRET, "eu-west-1")
    made = signer.sign(
        method="PUT",
        path="/b/a%20b",
        query="x=1",
        headers={"host": "store:9000", "x-amz-meta-a": "ü"},
        payload_hash=EMPTY,
        now=NOW,
    )
    raw = RawRequest(
        "PUT", b"/b/a%20b", b"x=1", tuple((n.encode(), v.encode()) for n, v in made.headers.items())
    )

    prove(raw, Dialect.S3, b"")
    assert SECRET not in repr(signer)
