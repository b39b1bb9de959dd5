"""SHA-256 as `hashlib` has it, however often it is asked for."""

import hashlib

import pytest

from daypass.core.hashes import sha256_hex


@pytest.mark.parametrize("data", [b"", b"a", b"x" * 64, bytes(range(256)) * 300])
def test_the_hash_is_that_of_hashlib(data) -> None:
    for _ in range(2):
        assert sha256_hex(data) == hashlib.sha256(data).hexdigest()
