"""Claims that are kept: read as new ones are, refused as new ones are, within bounds."""

import pytest
from tests.kept.world import spelled
from tests.server.read_world import NOW

from daypass.core.faults import Ambiguous, BadAuthentication, BadSignature, UnsignedHeaders
from daypass.core.http.normalization import normalize_headers
from daypass.core.sigv4 import claim as claims
from daypass.core.sigv4 import known_claims
from daypass.core.sigv4.known_claims import KnownClaims

KEY = "AKIAEXAMPLE000000000", "s" * 40, ""
SESSION = "ASIAEXAMPLE000000000", "s" * 40, "first"


def request(credentials=KEY, now=NOW, action="GetCallerIdentity", **how):
    return spelled(credentials, now, "sts", action, {}, **how)


def with_headers(made, change):
    """Return a request whose headers, a dictionary, were changed."""
    headers = dict(made.headers)
    change(headers)
    return type(made)(
        made.method,
        made.raw_path,
        made.raw_query,
        normalize_headers(tuple(headers.items())),
        made.body,
        made.client,
    )


@pytest.fixture
def known():
    """Claims of which one is kept: that of a usual request."""
    made = KnownClaims()
    made.keep(request(), claims.read_claim(request()))
    assert len(made._known) == 1
    return made


def test_a_claim_that_is_known_is_not_parsed_again(known, monkeypatch) -> None:
    later = request(now=NOW + 60, action="GetSessionToken")
    expected = claims.read_claim(later)
    monkeypatch.setattr(claims, "read_claim", None)

    assert known.read(later) == expected


def test_date_and_token_are_those_of_the_request_itself() -> None:
    known = KnownClaims()
    first = request(SESSION)
    known.keep(first, claims.read_claim(first))
    other = request((*SESSION[:2], "other"), NOW + 60)
    found = known.read(other)

    assert (found.token, found.amz_date) == ("other", "20260101T120100Z")
    assert found == claims.read_claim(other)
    assert not any(b"first" in repr(each).encode() for each in known._known.values())


def _without(name):
    return lambda headers: headers.pop(name)


def _with(name, value):
    return lambda headers: headers.update({name: value})


def _signature(text):
    def change(headers):
        headers[b"authorization"] = headers[b"authorization"][:-64] + text

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_with(b"x-amz-more", b"1"), UnsignedHeaders),
        (_with(b"x-amz-security-token", b"theirs"), UnsignedHeaders),
        (_without(b"host"), BadSignature),
        (_without(b"content-type"), BadSignature),
        (_without(b"x-amz-date"), BadAuthentication),
        (_with(b"x-amz-date", b"today"), BadAuthentication),
        (_signature(b"G" * 64), BadSignature),
        (_signature(b"A" * 64), BadSignature),
        (_signature(b"a" * 63 + b"\n"), BadSignature),
        (_signature(b"a" * 63), BadSignature),
    ],
)
def test_a_request_that_is_refused_is_refused_although_its_prefix_is_known(
    known, change, fault
) -> None:
    changed = with_headers(request(), change)
    with pytest.raises(fault) as anew:
        claims.read_claim(changed)
    with pytest.raises(fault) as kept:
        known.read(changed)

    assert str(kept.value) == str(anew.value)
    assert kept.value.details == anew.value.details


def test_another_header_that_needs_no_signature_is_read_anew(known) -> None:
    more = request(unsigned_headers=(("accept", "*/*"),))

    assert known.read(more) == claims.read_claim(more)


def test_a_header_that_was_sent_twice_is_refused(known) -> None:
    made = request()
    twice = (*made.headers, (b"host", b"authority.test"))
    repeated = type(made)("POST", b"/", b"", twice, made.body, "")

    with pytest.raises(Ambiguous):
        known.read(repeated)


def test_a_signature_in_the_query_beside_one_in_the_header_is_refused(known) -> None:
    with pytest.raises(Ambiguous):
        known.read(request(query="X-Amz-Signature=1"))


def test_an_unsigned_request_has_no_claim(known) -> None:
    assert known.read(with_headers(request(), _without(b"authorization"))) is None


def test_only_so_many_claims_are_kept(monkeypatch) -> None:
    monkeypatch.setattr(known_claims, "KNOWN_MAX", 3)
    known = KnownClaims()
    for number in range(20):
        made = request((f"AKIA{number:016}", "s" * 40, ""))
        known.keep(made, claims.read_claim(made))
        assert len(known._known) <= 3


@pytest.mark.parametrize(("more", "kept"), [(0, 1), (1, 0)], ids=["at the bound", "past it"])
def test_a_long_header_is_not_kept(more, kept) -> None:
    prefix = len(dict(request().headers)[b"authorization"]) - 64
    name = "A" * (known_claims.PREFIX_BYTES_MAX - prefix + len(KEY[0]) + more)
    made = request((name, "s" * 40, ""))
    known = KnownClaims()
    known.keep(made, claims.read_claim(made))

    assert len(known._known) == kept


def test_nothing_that_is_kept_holds_a_signature(known) -> None:
    signature = claims.read_claim(request()).signature
    [(prefix, kept)] = known._known.items()

    assert signature not in prefix.decode()
    assert signature not in repr(kept)
