"""Checksums of records, beside a second computation that joins their parts one by one."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from daypass.state.schema import record_checksums

TEXT = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("\udc80\udcff"))


def joined(*parts):
    """Return the hash of each part after its length, as the checksums of the first schema have."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.digest()


def encoded(text):
    return text.encode(errors="surrogateescape")


@given(TEXT, TEXT, TEXT, st.integers(0, 2**63 - 1), st.binary())
def test_the_checksum_of_a_record_covers_its_parts_with_their_lengths(
    partition, kind, key, seq, body
) -> None:
    texts = [encoded(each) for each in (partition, kind, key)]

    found = record_checksums.of_record(partition, kind, key, seq, body)
    assert found == joined(b"record", *texts, b"%d" % seq, body)
    # What records of one place share is not changed by any of them.
    assert found == record_checksums.of_record(partition, kind, key, seq, body)


@given(TEXT, st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=16, max_size=16)))
def test_the_checksum_of_a_partition_is_of_all_its_records_in_any_order(
    name, revision, records
) -> None:
    total = joined(b"partition", encoded(name), b"%d" % revision)
    for each in records:
        total = bytes(one ^ other for one, other in zip(total, each, strict=True))

    assert record_checksums.of_partition(name, revision, records) == total
    assert record_checksums.of_partition(name, revision, records[::-1]) == total
