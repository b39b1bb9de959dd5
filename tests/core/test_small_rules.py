"""Names, instants, codes and patterns: the small rules that everything else stands on."""

import pytest
from pyotp import HOTP

from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam import totp
from daypass.core.domain.partition import GLOBAL
from daypass.core.domain.record import Record
from daypass.core.faults import BadAuthentication
from daypass.core.http.paths import percent_encode
from daypass.core.http.request import RawRequest
from daypass.core.sigv4 import canonical
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import read_claim
from daypass.core.time.timestamps import format_basic_date, iso8601, parse_basic_date, parse_iso8601


def test_records_know_their_keys_and_names() -> None:
    bucket = Bucket(account=GLOBAL, name="b", owner="1", region="r", created=0)

    assert (bucket.key, bucket.arn) == ("b", "arn:aws:s3:::b")
    assert (
        Account(account="1", name="x", created=0, canonical_user="c").arn == "arn:aws:iam::1:root"
    )
    with pytest.raises(TypeError):
        _ = Record(account="1").key


def test_instants_are_written_and_read_back() -> None:
    assert parse_iso8601(iso8601(1_795_500_000)) == 1_795_500_000
    assert parse_basic_date(format_basic_date(1_795_500_000)) == 1_795_500_000
    with pytest.raises(ValueError, match="no time zone"):
        parse_iso8601("2026-01-01T00:00:00")
    with pytest.raises(ValueError):
        parse_basic_date("20260231T000000Z")


SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, the last six of its eight digits."""
    codes = {59: "287082", 1111111109: "081804", 2000000000: "279037"}

    assert all(totp.matching_step(SEED, code, now=now) == now // 30 for now, code in codes.items())


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("287082", 1),
        ("28708", None),
        ("2870820", None),
        ("+87082", None),
        ("２８７０８２", None),
        (" 287082", None),
        ("000000", None),
    ],
)
def test_t162_portal_a_code_has_one_spelling(given, found) -> None:
    assert totp.matching_step(SEED, given, now=59) == found


def test_a_pair_of_codes_shows_how_far_a_clock_is_off() -> None:
    first, second, third = (HOTP(SEED).at(step) for step in (4, 5, 6))

    assert totp.matching_pair_step(SEED, first, second, now=30) == 5
    assert totp.matching_pair_step(SEED, first, third, now=30) is None
    assert totp.matching_pair_step(SEED, first, "x", now=30) is None
    assert totp.matching_pair_step(SEED, first, second, now=3000) is None


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/", "/"),
        (b"/a/../b", "/b"),
        (b"/../a/", "/a/"),
        (b"//a/./b", "/a/b"),
        (b"/a%20b", "/a%2520b"),
        (b"/..", "/"),
    ],
)
def test_t009_sig_an_apis_path_is_normalised_and_encoded_again(raw, path) -> None:
    assert canonical.canonical_path(raw, Dialect.API) == path
    assert canonical.canonical_path(b"/a/../b//%7E", Dialect.S3) == "/a/../b//~"


def test_a_header_of_another_shape_is_unreadable() -> None:
    header = b"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host"
    with pytest.raises(BadAuthentication, match="'Signature' parameter"):
        read_claim(
            RawRequest(
                "GET",
                b"/",
                b"",
                ((b"host", b"h"), (b"x-amz-date", b"20260101T000000Z"), (b"authorization", header)),
            )
        )


def test_pieces_of_a_query_are_encoded_as_aws_does() -> None:
    assert percent_encode("a b/~é%") == "a%20b%2F~%C3%A9%25"
