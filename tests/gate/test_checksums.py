"""Checksums against their published check values, and of a body that is cut anywhere."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.gate.body import checksums
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.presigned_checksums import OF_EMPTY_BODY

CHECK = b"123456789"
VALUES = [
    ("crc32", "cbf43926"),
    ("crc32c", "e3069283"),
    ("crc64nvme", "ae8b14860a799888"),
    ("md5", "25f9e794323b453885f5181f1b624d0b"),
    ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
    ("sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
]


@pytest.mark.parametrize(("algorithm", "value"), VALUES)
def test_an_algorithm_has_its_check_value(algorithm, value) -> None:
    digest = checksums.new_digest(algorithm)
    digest.update(CHECK[:4])
    digest.update(CHECK[4:])

    assert digest.digest().hex() == value
    checksums.check_trailer(algorithm, digest, base64.b64encode(bytes.fromhex(value)).decode())


@pytest.mark.parametrize("algorithm", [name for name, _ in VALUES])
@given(st.binary(max_size=60), st.integers(0, 60))
def test_where_a_body_is_cut_changes_nothing(algorithm, data, cut) -> None:
    whole, cut_up = checksums.new_digest(algorithm), checksums.new_digest(algorithm)
    whole.update(data)
    cut_up.update(data[:cut])
    cut_up.update(data[cut:])

    assert whole.digest() == cut_up.digest()


def test_what_the_gate_cannot_compute_is_left_to_the_store_or_refused() -> None:
    assert checksums.declared_check("xxhash64", "AAAA") is None
    with pytest.raises(S3Error) as refused:
        checksums.new_digest("xxhash64")
    assert refused.value.status == 501
    with pytest.raises(S3Error):
        checksums.declared_check("nonsense", "AAAA")


def test_the_checksum_of_an_empty_body_is_known_for_every_computed_algorithm() -> None:
    computed = {
        checksums.PREFIX + algorithm: base64.b64encode(make().digest()).decode()
        for algorithm, make in checksums.COMPUTED.items()
    }

    assert computed == OF_EMPTY_BODY
