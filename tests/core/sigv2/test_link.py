"""Links of Signature Version 2: what is signed, what is refused, and botocore beside them."""

import base64
import hmac
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import assume, given
from hypothesis import strategies as st

from daypass.core import faults, quotas
from daypass.core.http.request import RawRequest
from daypass.core.sigv2.link import SIGNED_PARAMETERS, is_link, read_link_claim
from daypass.core.sigv2.verify import check_clock, string_to_sign, verify_link

NOW = 1_767_268_800
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
END = NOW + 600
SIGNED = f"AWSAccessKeyId={KEY_ID}&Signature=x&Expires={END}"


def request_of(query=SIGNED, method="GET", path="/b/k", headers=()):
    pairs = ((b"host", b"gate.test"), *headers)
    return RawRequest(method, path.encode(), query.encode(), pairs)


def signed_text(request, host_bucket=""):
    return string_to_sign(request, read_link_claim(request), host_bucket=host_bucket).decode()


def test_the_example_of_awss_guide_is_verified() -> None:
    request = request_of(
        f"AWSAccessKeyId={KEY_ID}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
        path="/photos/puppy.jpg",
    )

    verify_link(request, read_link_claim(request), SECRET, host_bucket="johnsmith")


@pytest.mark.parametrize(
    ("request_", "host_bucket", "signed"),
    [
        (request_of(), "", f"GET\n\n\n{END}\n/b/k"),
        (request_of(path="/k"), "b", f"GET\n\n\n{END}\n/b/k"),
        (request_of(path="/"), "b", f"GET\n\n\n{END}\n/b/"),
        (request_of(path="/b"), "", f"GET\n\n\n{END}\n/b"),
        # The path is never decoded: the key `k?acl` is no sub-resource.
        (request_of(path="/b/k%3Facl"), "", f"GET\n\n\n{END}\n/b/k%3Facl"),
        (request_of(path="/b/%6b/../%2F+"), "", f"GET\n\n\n{END}\n/b/%6b/../%2F+"),
        (request_of(f"acl&{SIGNED}"), "", f"GET\n\n\n{END}\n/b/k?acl"),
        (request_of(f"acl=&{SIGNED}"), "", f"GET\n\n\n{END}\n/b/k?acl="),
        (request_of(f"uploadId=u%2F&partNumber=1&{SIGNED}", "PUT"), "", f"PUT\n\n\n{END}\n/b/k?partNumber=1&uploadId=u/"),
        (request_of(f"response-content-type=a%3Db%2B&{SIGNED}"), "", f"GET\n\n\n{END}\n/b/k?response-content-type=a=b+"),
        (request_of(f"x-id=GetObject&{SIGNED}"), "", f"GET\n\n\n{END}\n/b/k"),
        (request_of(f"content-type=a%2Fb&content-md5=bQ%3D%3D&{SIGNED}", "PUT"), "", f"PUT\nbQ==\na/b\n{END}\n/b/k"),
        (request_of(method="PUT", headers=((b"content-type", b"a/b"), (b"content-md5", b"m"))), "", f"PUT\nm\na/b\n{END}\n/b/k"),
        (request_of(f"content-type=a%2Fb&{SIGNED}", headers=((b"content-type", b"a/b"),)), "", f"GET\n\na/b\n{END}\n/b/k"),
        # A header is the same in the query and beside it; the names are sorted in lower case.
        (
            request_of(f"X-Amz-Meta-B=%20a%20b%20&{SIGNED}", headers=((b"x-amz-acl", b"private"), (b"x-amz-meta-c", b"1"), (b"x-amz-meta-c", b"2"))),
            "",
            f"GET\n\n\n{END}\nx-amz-acl:private\nx-amz-meta-b:a b\nx-amz-meta-c:1,2\n/b/k",
        ),
        (request_of(f"x-amz-security-token=t%2F&{SIGNED}"), "", f"GET\n\n\n{END}\nx-amz-security-token:t/\n/b/k"),
    ],
)  # fmt: skip
def test_the_string_to_sign_has_everything_that_changes_the_meaning(
    request_, host_bucket, signed
) -> None:
    assert signed_text(request_, host_bucket) == signed


AMBIGUOUS, NOT_COVERED, BAD_LINK = faults.Ambiguous, faults.NotCovered, faults.BadLink
REFUSED = [
    # a second mechanism
    (request_of(headers=((b"authorization", b"AWS a:b"),)), AMBIGUOUS),
    (request_of(headers=((b"authorization", b""),)), AMBIGUOUS),
    (request_of(f"X-Amz-Algorithm=AWS4-HMAC-SHA256&{SIGNED}"), AMBIGUOUS),
    (request_of(f"x-amz-credential=a&{SIGNED}"), AMBIGUOUS),
    (request_of(f"X-Amz-Signature=a&{SIGNED}"), AMBIGUOUS),
    (request_of(f"%58-Amz-Signature=a&{SIGNED}"), AMBIGUOUS),
    # another method
    *((request_of(method=method), NOT_COVERED) for method in ("POST", "DELETE", "OPTIONS", "get", "PATCH")),
    # what this version does not sign
    *(
        (request_of(f"{name}&{SIGNED}"), NOT_COVERED)
        for name in (
            "prefix=a", "list-type=2", "marker=a", "max-keys=1", "delimiter=%2F", "encoding-type=url", "attributes", "retention", "legal-hold", "encryption",
            "publicAccessBlock", "ownershipControls", "policyStatus", "intelligent-tiering", "abac", "annotation", "session", "renameObject", "id=1",
            "X-Id=GetObject", "x-other=1", "foo", "ACL", "Acl", "versionid=1", "VersionId=1", "Response-Content-Type=a", "response-other=1", "signature=a",
            "awsaccesskeyid=a", "expires=1", "range=bytes%3D0-1", "cache-control=a", "content-encoding=gzip", "content-length=1", "host=a", "=a", "%FF", "x-amz", "x%2Damz",
        )
    ),
    # values that read as something else once they are decoded
    *((request_of(f"{name}=a%26versionId%3DOLD&{SIGNED}"), NOT_COVERED) for name in ("response-content-disposition", "versionId", "uploadId", "acl", "select-type")),
    *(
        (request_of(f"{name}=a%0Ax-amz-acl%3Apublic-read&{SIGNED}"), NOT_COVERED)
        for name in ("x-amz-meta-a", "content-type", "content-md5", "response-content-type", "AWSAccessKeyId2", "x-id")
    ),
    *((request_of(f"x-amz-meta-a={code}&{SIGNED}"), NOT_COVERED) for code in ("%00", "%09", "%0D", "%1f", "%7F", "%zz", "%4")),
    *((request_of(f"{name}=b&{SIGNED}"), NOT_COVERED) for name in ("x-amz-meta-a%3Ab", "x-amz-meta-a%20", "x-amz-a%C3%BC", "x-amz-a%0A", "x-amz-%22")),
    *((request_of(headers=((name, b"a\x01b"),)), NOT_COVERED) for name in (b"x-amz-meta-a", b"content-type", b"content-md5")),
    # one thing said twice
    (request_of(f"{SIGNED}&Expires={END}"), AMBIGUOUS),
    (request_of(f"{SIGNED}&%53ignature=x"), AMBIGUOUS),
    (request_of(f"acl&acl&{SIGNED}"), AMBIGUOUS),
    (request_of(f"acl&%61cl&{SIGNED}"), AMBIGUOUS),
    (request_of(f"x-amz-acl=a&X-AMZ-ACL=a&{SIGNED}"), AMBIGUOUS),
    (request_of(f"content-type=a&Content-Type=a&{SIGNED}"), AMBIGUOUS),
    (request_of(f"x-amz-acl=a&{SIGNED}", headers=((b"x-amz-acl", b"a"),)), AMBIGUOUS),
    (request_of(f"content-type=a&{SIGNED}", headers=((b"content-type", b"b"),)), AMBIGUOUS),
    (request_of(f"content-md5=a&{SIGNED}", headers=((b"content-md5", b""),)), AMBIGUOUS),
    (request_of(headers=((b"x-amz-security-token", b"a"), (b"x-amz-security-token", b"a"))), AMBIGUOUS),
    (request_of(headers=((b"x-amz-copy-source", b"a"), (b"x-amz-copy-source", b"b"))), AMBIGUOUS),
    (request_of(headers=((b"host", b"other"),)), AMBIGUOUS),
    # incomplete
    (request_of(f"Signature=x&Expires={END}"), BAD_LINK),
    (request_of(f"AWSAccessKeyId={KEY_ID}&Expires={END}"), BAD_LINK),
    (request_of(f"AWSAccessKeyId={KEY_ID}&Signature=x"), BAD_LINK),
    (request_of(f"AWSAccessKeyId=&Signature=x&Expires={END}"), BAD_LINK),
    (request_of(f"AWSAccessKeyId&Signature=x&Expires={END}"), BAD_LINK),
    *((request_of(f"AWSAccessKeyId={KEY_ID}&Signature=x&Expires={each}"), BAD_LINK) for each in ("", "-1", "%2B1", "1e3", "1.0", "12345678901", "%D9%A1", "tomorrow", "0x10", "1%20")),
    # too much
    (request_of("&".join([SIGNED, *(f"x-amz-meta-{at}=a" for at in range(quotas.QUERY_PARAMETERS_MAX))])), NOT_COVERED),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "fault"), REFUSED, ids=range(len(REFUSED)))
def test_t431_sig_a_link_with_two_readings_is_refused_before_cryptography(request_, fault) -> None:
    assert is_link(request_.raw_query)
    with pytest.raises(fault) as raised:
        read_link_claim(request_)
    assert type(raised.value) is fault


@pytest.mark.parametrize(
    ("query", "is_one"),
    [
        (SIGNED, True), ("AWSAccessKeyId=a", True), ("a&Signature", True), ("Signature=", True), ("a=b&AWSAccessKeyId&c", True),
        ("", False), ("X-Amz-Signature=a", False), ("signature=a", False), ("Signatures=a", False), ("AWSAccessKeyIds", False), ("a=Signature", False), ("a=AWSAccessKeyId%3D", False),
    ],
)  # fmt: skip
def test_a_link_is_recognized_by_its_own_parameters_alone(query, is_one) -> None:
    assert is_link(query.encode()) is is_one


@pytest.mark.parametrize(
    ("ends_in", "message"),
    [
        (1, ""), (quotas.PRESIGNED_SECONDS_MAX, ""),
        (0, "Request has expired"), (-1, "Request has expired"), (-NOW, "Request has expired"),
        (quotas.PRESIGNED_SECONDS_MAX + 1, "Request is not yet valid"), (9_999_999_999 - NOW, "Request is not yet valid"),
    ],
)  # fmt: skip
def test_t431_sig_a_link_holds_in_the_seven_days_before_its_end(ends_in, message) -> None:
    claim = read_link_claim(
        request_of(f"AWSAccessKeyId={KEY_ID}&Signature=x&Expires={NOW + ends_in}")
    )
    if not message:
        check_clock(claim, now=NOW)
        return
    with pytest.raises(faults.BadClock, match=message):
        check_clock(claim, now=NOW)


@pytest.mark.parametrize("spoil", [lambda _: "", lambda text: text + "=", lambda text: "A" + text[1:] if text[0] != "A" else "B" + text[1:], lambda text: text.rstrip("="), lambda text: text.lower(), lambda _: "é"])  # fmt: skip
def test_t431_sig_no_other_signature_holds(spoil) -> None:
    made = base64.b64encode(
        hmac.digest(SECRET.encode(), signed_text(request_of()).encode(), "sha1")
    ).decode()
    query = SIGNED.replace("Signature=x", f"Signature={quote(spoil(made), safe='')}")
    request = request_of(query)
    good = request_of(SIGNED.replace("Signature=x", f"Signature={quote(made, safe='')}"))

    verify_link(good, read_link_claim(good), SECRET, host_bucket="")
    with pytest.raises((faults.BadSignature, BAD_LINK)):
        verify_link(request, read_link_claim(request), SECRET, host_bucket="")


def test_a_claim_shows_neither_its_signature_nor_its_token() -> None:
    claim = read_link_claim(request_of(f"x-amz-security-token=secret-token&{SIGNED}"))

    assert repr(claim) == f"LinkClaim('{KEY_ID}', {END})"


PIECES = st.sampled_from(
    [
        SIGNED, "AWSAccessKeyId=A", "Signature=x", f"Expires={END}", "acl", "acl=", "ACL", "response-content-type=a%26b", "x-amz-meta-a=1", "X-Amz-Meta-A=1",
        "content-type=a", "X-Amz-Signature=0", "%00", "%", "=", "", "x-id=a", "prefix=a", "%61cl", "Expires=1e3", "é", "x-amz-security-token=t", "+", "versionId=null",
    ]
)  # fmt: skip


@given(
    query=st.lists(PIECES | st.text(max_size=6), max_size=6).map("&".join),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", ""]),
    path=st.text(max_size=6),
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"x-amz-meta-a", b"content-type", b"authorization", b"x-amz-acl"]),
            st.binary(max_size=4),
        ),
        max_size=3,
    ),
)
def test_any_query_is_refused_or_verified_against_one_string(method, query, path, headers) -> None:
    request = request_of(query, method, path, tuple(headers))
    try:
        claim = read_link_claim(request)
    except faults.Unauthenticated:
        return

    text = string_to_sign(request, claim, host_bucket="b")
    assert text.count(b"\n") == 4 + len(claim.amz_headers) + path.count("\n")
    with pytest.raises(faults.BadSignature):
        verify_link(request, claim, SECRET, host_bucket="b")


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
NAMES = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)
PARAMETERS = sorted(name.decode() for name in SIGNED_PARAMETERS)


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT"]),
    key=TEXT.filter(bool),
    token=st.none() | TEXT.filter(str.isascii).filter(bool),
    metadata=st.dictionaries(NAMES, TEXT.filter(str.isascii), max_size=3),
    content_type=st.none() | TEXT.filter(str.isascii),
    parameters=st.dictionaries(
        st.sampled_from(PARAMETERS), st.none() | TEXT.filter(lambda text: "&" not in text)
    ),
    headers_stay=st.booleans(),
)
def test_what_botocore_signs_is_verified_in_the_query_and_beside_it(
    method, key, token, metadata, content_type, parameters, headers_stay
) -> None:
    parts = [name if v is None else f"{name}={quote(v, safe='')}" for name, v in parameters.items()]
    url = f"http://gate.test/b/{quote(key, safe='/~')}" + ("?" + "&".join(parts) if parts else "")
    headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
    headers |= {} if content_type is None else {"Content-Type": content_type}
    made = AWSRequest(method, url, headers=headers)
    HmacV1QueryAuth(Credentials(KEY_ID, SECRET, token), expires=600).add_auth(made)
    signed = urlsplit(made.url)
    query, beside = signed.query, ()
    if headers_stay:
        # Several blanks in a header are read as one, which is not what was signed.
        assume(not any("  " in value for value in headers.values()))
        kept = [
            each for each in query.split("&") if not each.startswith(("x-amz-meta-", "content-"))
        ]
        query = "&".join(kept)
        beside = tuple(
            (name.lower().encode(), value.strip().encode()) for name, value in headers.items()
        )
    request = request_of(query, method, signed.path, beside)

    verify_link(request, read_link_claim(request), SECRET, host_bucket="")
