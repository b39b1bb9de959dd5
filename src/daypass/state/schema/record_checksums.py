"""Checksums of records, partitions and commits, by which damage of the disk is found and named.

They do not protect from somebody who can write the database, who can also write checksums.
"""

import hashlib
from collections.abc import Iterable

CHECKSUM_BYTES = 16


def of_record(partition: str, kind: str, key: str, seq: int, body: bytes) -> bytes:
    """Return the checksum of a record over its place, the commit that wrote it, and its body."""
    return _digest(b"record", _text(partition), _text(kind), _text(key), b"%d" % seq, body)


def of_partition(name: str, revision: int, records: Iterable[bytes]) -> bytes:
    """Return a partition's checksum from those of its records, in any order.

    A lost record changes it.
    """
    total = _digest(b"partition", _text(name), b"%d" % revision)
    for each in records:
        total = toggle_record(total, each)
    return total


def change_revision(checksum: bytes, name: str, before: int, after: int) -> bytes:
    """Return a partition's checksum after its revision changed from `before` to `after`."""
    out, into = of_partition(name, before, ()), of_partition(name, after, ())
    return toggle_record(toggle_record(checksum, out), into)


def toggle_record(checksum: bytes, record: bytes) -> bytes:
    """Return a partition's checksum with a record's added to it, or taken out of it."""
    return bytes(a ^ b for a, b in zip(checksum, record, strict=True))


def of_commit(seq: int, nonce: str, node: str, at: int, event: bytes) -> str:
    """Return the second half of a commit's id, in hex, which binds the event to its commit."""
    return _digest(b"commit", b"%d" % seq, nonce.encode(), _text(node), b"%d" % at, event)[:8].hex()


def _digest(*parts: bytes) -> bytes:
    """Hash the parts such that no two lists of parts give the hash the same bytes."""
    found = hashlib.blake2b(digest_size=CHECKSUM_BYTES)
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.digest()


def _text(text: str) -> bytes:
    # Text that is not UTF-8, because a bit flipped, was read with surrogate escapes.
    return text.encode(errors="surrogateescape")
