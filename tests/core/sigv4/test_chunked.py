"""Bodies in signed chunks: AWS's own example, any cut, and everything that is not what was
signed.
"""

import base64
import hashlib
import itertools
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.core import faults, quotas
from daypass.core.sigv4.chunked import (
    VIEWED_BYTES_MIN,
    ChunkedDecoder,
    ChunkedEncoder,
    SignatureChain,
    signed_chunks_length,
    unsigned_chunks_length,
)
from daypass.core.sigv4.verify import signing_key

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = signing_key(SECRET, date="20130524", region="us-east-1", service="s3")
DATE, SCOPE = "20130524T000000Z", "20130524/us-east-1/s3/aws4_request"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"


def chain(seed=SEED):
    return SignatureChain(KEY, DATE, SCOPE, seed)


def signed(*chunks, seed=SEED):
    encoder = ChunkedEncoder(chain(seed))
    return b"".join(encoder.encode_chunk(data) for data in (*chunks, b""))


def decode(body, decoder):
    data = b"".join(decoder.feed(body))
    return data, decoder.finish()


def test_awss_example_has_awss_signatures() -> None:
    made = chain()

    found = [
        made.sign_chunk(hashlib.sha256(data).hexdigest())
        for data in (b"a" * 65536, b"a" * 1024, b"")
    ]

    assert [f"{one[:8]}…{one[-4:]}" for one in found] == [
        "ad80c730…8648",
        "0055627c…5497",
        "b6c6ea8a…9df9",
    ]


def test_the_trailers_signature_is_not_the_one_that_awss_page_prints() -> None:
    """The page shows the value for another first line; the real one was computed again from its
    definition.
    """
    made = chain(TRAILER_SEED)
    found = [
        made.sign_chunk(hashlib.sha256(data).hexdigest())
        for data in (b"a" * 65536, b"a" * 1024, b"")
    ]

    signature = made.sign_trailers({"x-amz-checksum-crc32c": "sOO8/Q=="})

    assert [f"{one[:8]}…{one[-4:]}" for one in found[:2]] == ["b474d886…5aa2", "1c1344b1…e5c7"]
    assert found[2] == "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"
    assert signature == "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"


def with_trailer(data, ending=b"\r\n\r\n"):
    made = chain()
    encoder = ChunkedEncoder(made)
    body = encoder.encode_chunk(data) + encoder.encode_chunk(b"")[:-2]
    value = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    trailers = {"x-amz-checksum-crc32": value}
    signature = made.sign_trailers(trailers)
    line = f"x-amz-checksum-crc32:{value}\r\nx-amz-trailer-signature:{signature}".encode()
    return body + line + ending, trailers


ANNOUNCED = frozenset({"x-amz-checksum-crc32"})


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=4),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_a_body_may_be_cut_anywhere(chunks, cuts) -> None:
    body = signed(*chunks)
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    decoder = ChunkedDecoder(chain())

    data = b"".join(
        piece
        for start, end in itertools.pairwise(places)
        for piece in decoder.feed(body[start:end])
    )

    assert data == b"".join(chunks)
    assert decoder.finish() == {}


@pytest.mark.parametrize("ending", [b"\r\n\r\n", b"\r\n", b"\n", b"", b"\n\r\n"])
def test_signed_trailers_are_verified_however_they_end(ending) -> None:
    body, trailers = with_trailer(b"hello", ending)

    assert decode(body, ChunkedDecoder(chain(), announced=ANNOUNCED)) == (b"hello", trailers)


def test_an_unsigned_body_has_no_signatures() -> None:
    body = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"

    data, trailers = decode(body, ChunkedDecoder(None, announced=ANNOUNCED))

    assert data == b"hello"
    assert trailers == {"x-amz-checksum-crc32": "NhCmhg=="}


ONE, TWO = signed(b"one", b"two"), signed(b"one")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        pytest.param(ONE.replace(b"one", b"0ne"), faults.BadSignature, id="T030-PAY a chunk's data"),
        pytest.param(ONE[: ONE.index(b"3;", 5)] * 2, faults.BadSignature, id="T030-PAY a chunk repeated"),
        pytest.param(ONE[ONE.index(b"3;", 5) :], faults.BadSignature, id="T030-PAY the first chunk left out"),
        pytest.param(ONE[: ONE.index(b"0;")], faults.Incomplete, id="T030-PAY no last chunk"),
        pytest.param(ONE[:30], faults.Incomplete, id="cut in a size line"),
        pytest.param(ONE + b"more", faults.Incomplete, id="data after the end"),
        pytest.param(b"3\r\none\r\n", faults.Invalid, id="no signature where one is needed"),
        pytest.param(b"3;chunk-signature=" + b"0" * 64 + b"\r\noneXX", faults.Invalid, id="no line end after data"),
        pytest.param(b"0" * 400, faults.Invalid, id="a long size line"),
        pytest.param(b"3;" + b"x" * 10_000_000, faults.Invalid, id="T033-PAY ten megabytes of extensions"),
    ],
)  # fmt: skip
def test_a_signed_body_that_is_not_what_was_signed_is_refused(body, fault) -> None:
    with pytest.raises(fault):
        decode(body, ChunkedDecoder(chain()))


@pytest.mark.parametrize(
    "size",
    [b"11111111111111111", b"0x5", b"-1", b"+5", b" 5", b"5 ", b"", b"1_0", b"5;chunk-signature=" + b"0" * 64, b"ffffffff", b"\xd9\xa3"],
)  # fmt: skip
def test_t033_pay_a_size_is_eight_hex_digits_at_most_and_nothing_else(size) -> None:
    with pytest.raises(faults.Invalid):
        decode(size + b"\r\nhello\r\n0\r\n\r\n", ChunkedDecoder(None))


@pytest.mark.parametrize(
    ("tail", "fault"),
    [
        (b"x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:a\r\n\r\n", faults.BadTrailer),
        (b"\r\n", faults.BadTrailer),
        (b"x-amz-other:a\r\n\r\n", faults.BadTrailer),
        (b"no colon\r\n\r\n", faults.Invalid),
        (b"".join(b"x-%d:a\r\n" % n for n in range(quotas.TRAILERS_MAX + 1)) + b"\r\n", faults.Invalid),
        (b"x:" + b"a" * quotas.TRAILER_BYTES_MAX + b"\r\n\r\n", faults.Invalid),
        (b"x-amz-checksum-crc32:a\r\nx-amz-trailer-signature:" + b"0" * 64 + b"\r\n\r\n", faults.BadTrailer),
    ],
    ids=["twice", "missing", "another", "unreadable", "too many", "too long", "signed where nothing is"],
)  # fmt: skip
def test_trailers_are_exactly_those_that_were_announced(tail, fault) -> None:
    with pytest.raises(fault):
        decode(b"5\r\nhello\r\n0\r\n" + tail, ChunkedDecoder(None, announced=ANNOUNCED))


def test_a_trailer_with_another_value_or_without_signature_is_refused() -> None:
    body, _ = with_trailer(b"hello")
    unsigned = body[: body.index(b"x-amz-trailer-signature")] + b"\r\n"

    for broken in (body.replace(b"crc32:", b"crc32:A"), unsigned):
        with pytest.raises(faults.BadSignature):
            decode(broken, ChunkedDecoder(chain(), announced=ANNOUNCED))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_a_body_or_a_fault(data, is_signed) -> None:
    decoder = ChunkedDecoder(chain() if is_signed else None)
    try:
        decode(data, decoder)
    except faults.Fault:
        return

    assert not is_signed


@pytest.mark.parametrize("size", [1, 3, VIEWED_BYTES_MIN - 1, VIEWED_BYTES_MIN, 70_000])
@pytest.mark.parametrize("read_bytes", [1_000, VIEWED_BYTES_MIN, 50_000, 10**6])
def test_large_pieces_are_views_of_what_arrived_and_small_ones_are_copies(size, read_bytes) -> None:
    """A view of a few bytes would keep all bytes around it."""
    chunks = [bytes([number]) * size for number in range(5)]
    body = signed(*chunks)
    decoder = ChunkedDecoder(chain())
    pieces = [
        piece
        for at in range(0, len(body), read_bytes)
        for piece in decoder.feed(body[at : at + read_bytes])
    ]

    assert b"".join(pieces) == b"".join(chunks)
    assert {type(piece) for piece in pieces if len(piece) < VIEWED_BYTES_MIN} <= {bytes}
    assert {type(piece) for piece in pieces if len(piece) >= VIEWED_BYTES_MIN} <= {memoryview}
    assert decoder.finish() == {}


def test_memory_stays_bounded_while_a_large_chunk_flows() -> None:
    decoder = ChunkedDecoder(None)
    list(decoder.feed(b"3fffffff\r\n"))
    for _ in range(64):
        assert sum(map(len, decoder.feed(b"x" * 65536))) == 65536

    assert len(decoder._buffer) == 0


@given(st.integers(0, 5000), st.integers(1, 700))
def test_the_length_of_an_encoded_body_is_known_before(length, size) -> None:
    data = bytes(length)
    chunks = [data[at : at + size] for at in range(0, length, size)]

    assert signed_chunks_length(length, chunk_bytes=size) == len(signed(*chunks))
    plain = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    assert unsigned_chunks_length(length, chunk_bytes=size) == len(plain)


def test_a_body_may_be_cut_at_any_byte() -> None:
    framed = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    for at in range(len(framed) + 1):
        decoder = ChunkedDecoder(None)
        found = b"".join([*decoder.feed(framed[:at]), *decoder.feed(framed[at:])])
        assert (found, decoder.finish()) == (b"abcde", {})


def test_a_key_is_not_shown() -> None:
    assert repr(KEY) not in repr(chain())
