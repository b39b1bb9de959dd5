"""Requests to the store are signed as `core.sigv4.sign` signs them, whatever was signed before."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from daypass.core.http.paths import percent_encode
from daypass.core.sigv4.sign import Signer
from daypass.gate.store.request_signer import RequestSigner
from daypass.gate.store.store_request import CHUNKED, EMPTY_SHA256

KEYS = ("AKIASTORE", "a secret", "eu-central-1")
HEADERS = {"host": "store:9000"}
NOON = 1_795_500_000
DAY = 24 * 60 * 60
SHARED = RequestSigner(*KEYS)
"""One signer for all examples, so that each begins with what the one before it has left."""

names = st.from_regex(r"x-amz-[a-z-]{1,9}", fullmatch=True)
values = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=20).map(str.strip)
parts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
pairs = st.lists(st.tuples(parts, parts), max_size=3, unique_by=lambda pair: pair[0])
paths = st.lists(parts.map(percent_encode), max_size=4).map(lambda each: "/" + "/".join(each))


def signed(signer, method="GET", path="/b/k", query="", headers=HEADERS, payload=EMPTY_SHA256, now=NOON):  # fmt: skip
    made = signer.sign(
        method=method, path=path, query=query, headers=headers, payload_hash=payload, now=now
    )
    return made.headers, made.signature, made.key, made.amz_date, made.scope


@given(
    st.sampled_from(["GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS"]),
    paths,
    pairs,
    st.dictionaries(names, values, max_size=4),
    st.sampled_from([EMPTY_SHA256, CHUNKED, "UNSIGNED-PAYLOAD"]),
    st.integers(0, 4 * DAY),
)
def test_a_request_is_signed_as_the_general_signer_signs_it(
    method, path, arguments, headers, payload, later
) -> None:
    query = "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in arguments)
    given_parts = (method, path, query, {**HEADERS, **headers}, payload, NOON + later)

    assert signed(SHARED, *given_parts) == signed(Signer(*KEYS), *given_parts)


@pytest.mark.parametrize(
    "value",
    ["a", "", "a  b", "a   b  c", " a", "a ", "\ta\t", "\u00e9", "\u00e9  \u00e8", "a\tb"],
)
def test_a_value_is_signed_as_headers_are_normalized(value) -> None:
    headers = {**HEADERS, "x-amz-meta-a": value}

    assert signed(SHARED, headers=headers) == signed(Signer(*KEYS), headers=headers)


def test_the_next_second_the_next_day_and_the_day_before_have_a_signature_of_their_own() -> None:
    times = [NOON, NOON, NOON + 1, NOON + DAY, NOON - DAY, NOON]

    assert [signed(SHARED, now=at) for at in times] == [
        signed(Signer(*KEYS), now=at) for at in times
    ]


def test_a_signer_shows_nothing_of_its_secret() -> None:
    signed(SHARED)

    shown = repr(SHARED) + repr(vars(SHARED)["_day"])
    assert "a secret" not in shown
    assert repr(signed(SHARED)[2]) not in shown
