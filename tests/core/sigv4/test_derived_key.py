"""A derived key signs as `hmac` does, as often as it is asked to."""

import hmac

import pytest

from daypass.core.sigv4.derived_key import DerivedKey

TEXTS = [b"", b"x", b"AWS4-HMAC-SHA256\n" * 8, b"y" * 64, bytes(range(256)) * 300]


@pytest.mark.parametrize("raw", [bytes(32), bytes(range(32)), b"\xff" * 32, b"k" * 64])
def test_a_derived_key_signs_as_hmac_does(raw) -> None:
    key = DerivedKey(raw)

    for text in (*TEXTS, *TEXTS):
        assert key.sign(text) == hmac.digest(raw, text, "sha256").hex()


def test_a_case_of_the_rfc() -> None:
    """RFC 4231, 4.2: test case 1, whose key is filled up to a block."""
    key = DerivedKey(b"\x0b" * 20)

    assert key.sign(b"Hi There") == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )


def test_a_derived_key_is_not_shown() -> None:
    raw = bytes(range(32))

    assert repr(DerivedKey(raw)) == "DerivedKey()"
