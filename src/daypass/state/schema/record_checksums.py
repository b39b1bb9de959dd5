"""Checksums of records, partitions and commits, by which damage of the disk is found and named.

They do not protect from somebody who can write the database, who can also write checksums.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache

CHECKSUM_BYTES = 16
PLACES_MAX = 4096
"""How many partitions, each with a kind, are kept with the state of a hash that has read them."""


def of_record(partition: str, kind: str, key: str, seq: int, body: bytes) -> bytes:
    """Return the checksum of a record over its place, the commit that wrote it, and its body."""
    # As `_digest` with `_text`, in fewer steps: a start computes hundreds of thousands of these.
    key_bytes = len(key) if key.isascii() else len(_text(key))
    number = str(seq)
    parts = f"{key_bytes}:{key}{len(number)}:{number}{len(body)}:"
    found = _place_hash(partition, kind).copy()
    found.update(parts.encode("utf-8", "surrogateescape") + body)
    return found.digest()


@lru_cache(PLACES_MAX)
def _place_hash(partition: str, kind: str) -> "hashlib.blake2b":
    """Return a hash of the first parts of what a checksum covers, which many records share.

    It must be copied, not updated.
    """
    place = _joined(b"record", _text(partition), _text(kind))
    return hashlib.blake2b(place, digest_size=CHECKSUM_BYTES)


def of_partition(name: str, revision: int, records: Iterable[bytes]) -> bytes:
    """Return a partition's checksum from those of its records, in any order.

    A lost record changes it.
    """
    total = 0
    for each in records:
        total ^= int.from_bytes(each)
    return of_partition_total(name, revision, total)


def of_partition_total(name: str, revision: int, total: int) -> bytes:
    """Return a partition's checksum from the exclusive or of its records' checksums as numbers."""
    own = _digest(b"partition", _text(name), b"%d" % revision)
    return (int.from_bytes(own) ^ total).to_bytes(CHECKSUM_BYTES)


def change_revision(checksum: bytes, name: str, before: int, after: int) -> bytes:
    """Return a partition's checksum after its revision changed from `before` to `after`."""
    out, into = of_partition(name, before, ()), of_partition(name, after, ())
    return toggle_record(toggle_record(checksum, out), into)


def toggle_record(checksum: bytes, record: bytes) -> bytes:
    """Return a partition's checksum with a record's added to it, or taken out of it."""
    return (int.from_bytes(checksum) ^ int.from_bytes(record)).to_bytes(CHECKSUM_BYTES)


def of_commit(seq: int, nonce: str, node: str, at: int, event: bytes) -> str:
    """Return the second half of a commit's id, in hex, which binds the event to its commit."""
    return _digest(b"commit", b"%d" % seq, nonce.encode(), _text(node), b"%d" % at, event)[:8].hex()


def _digest(*parts: bytes) -> bytes:
    """Hash the parts such that no two lists of parts give the hash the same bytes."""
    return hashlib.blake2b(_joined(*parts), digest_size=CHECKSUM_BYTES).digest()


def _joined(*parts: bytes) -> bytes:
    return b"".join([b"%d:%b" % (len(part), part) for part in parts])


def _text(text: str) -> bytes:
    # Text that is not UTF-8, because a bit flipped, was read with surrogate escapes.
    return text.encode("utf-8", "surrogateescape")
