"""SHA-256 of short bytes, as a request needs it several times."""

import hashlib

_EMPTY = hashlib.sha256()


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of bytes, 64 hexadecimal digits in lower case."""
    # `hashlib.sha256` looks its algorithm up each time, which takes longer than a copy.
    state = _EMPTY.copy()
    state.update(data)
    return state.hexdigest()
