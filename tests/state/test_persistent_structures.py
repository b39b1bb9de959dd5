"""Maps, sorted records and groups of a snapshot, beside a dict and a list that are made anew.

Their bounds are lowered, so that short sequences of changes cross them in both directions.
"""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from daypass.core.domain.iam.access_key import AccessKey
from daypass.state.snapshot import persistent_map, record_groups, sorted_records, table
from daypass.state.snapshot.persistent_map import changed_map
from daypass.state.snapshot.sorted_records import SortedRecords
from daypass.state.snapshot.table import Table

KEYS = st.text("aAbB_é\udc80", min_size=1, max_size=3)
CHANGES = st.dictionaries(KEYS, st.none() | st.integers(), max_size=12)


@pytest.fixture(autouse=True, scope="module")
def low_bounds():
    with (
        patch.object(persistent_map, "DICT_ENTRIES_MAX", 4),
        patch.object(table, "DICT_ENTRIES_MAX", 4),
        patch.object(sorted_records, "BLOCK_ENTRIES_MAX", 4),
    ):
        yield


def applied(plain, changes):
    """Return a plain dict after changes."""
    after = plain | changes
    return {key: value for key, value in after.items() if value is not None}


def in_order(plain):
    return [plain[key] for key in sorted(plain)]


@given(st.lists(CHANGES, max_size=12))
def test_every_version_of_a_map_is_the_dict_that_was_changed_in_the_same_way(steps):
    versions = [({}, {})]
    for changes in steps:
        found, plain = versions[-1]
        versions.append((changed_map(found, changes), applied(plain, changes)))

    for found, plain in versions:
        assert dict(found) == plain
        assert all(found.get(key) == value for key, value in plain.items())
        assert [found.get(key) for changes in steps for key in changes] == [
            plain.get(key) for changes in steps for key in changes
        ]
        assert len(found) == len(plain)


@pytest.mark.parametrize(("size", "kind"), [(0, dict), (4, dict), (5, Map)])
def test_a_new_map_has_the_values_in_the_form_that_fits_their_number(size, kind):
    found = persistent_map.new_map({str(number): number for number in range(size)})

    assert isinstance(found, kind)
    assert dict(found) == {str(number): number for number in range(size)}


def test_a_map_is_a_dict_while_it_is_small_and_again_at_half_of_that_size():
    small = changed_map({}, dict.fromkeys("abcd", 1))
    large = changed_map(small, {"e": 1})
    less = changed_map(large, {"a": None, "b": None})

    assert [type(each) for each in (small, large, less)] == [dict, Map, Map]
    assert type(changed_map(less, {"c": None})) is dict


@given(st.dictionaries(KEYS, st.integers(), max_size=20), st.lists(CHANGES, max_size=12))
def test_every_version_of_sorted_records_is_the_list_that_is_sorted_anew(first, steps):
    versions = [(SortedRecords(first), first)]
    for changes in steps:
        found, plain = versions[-1]
        versions.append((found.changed(changes), applied(plain, changes)))

    for found, plain in versions:
        assert list(found) == in_order(plain)


@given(st.lists(CHANGES, max_size=12))
def test_no_block_is_too_large_or_empty_and_the_first_keys_are_those_of_the_blocks(steps):
    found = SortedRecords({})
    for changes in steps:
        found = found.changed(changes)

        sizes = [len(block) for block in found._keys]
        assert all(0 < size <= 4 for size in sizes)
        assert found._firsts == [block[0] for block in found._keys]
        assert [len(block) for block in found._values] == sizes


def test_the_blocks_of_records_that_were_removed_are_taken_in():
    found = SortedRecords({f"{number:04}": number for number in range(400)})
    found = found.changed({f"{number:04}": None for number in range(396)})

    assert list(found) == [396, 397, 398, 399]
    assert len(found._keys) <= 3


def key(identifier, owner):
    return AccessKey(account="1", id=identifier, owner=owner, secret=b"", created=1)


OWNED = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.none() | st.sampled_from(["", "x", "y", "z"]),
    max_size=8,
)


@given(st.lists(OWNED, max_size=10), st.integers(0, 10))
def test_every_version_of_a_table_has_the_records_order_and_groups_of_a_dict(steps, read_at):
    versions = [(Table(grouped_by=("owner",)), {})]
    for number, owners in enumerate(steps):
        found, plain = versions[-1]
        changes = {
            identifier: owner if owner is None else key(identifier, owner)
            for identifier, owner in owners.items()
        }
        if number == read_at:
            # What was asked for once is carried on by each change.
            assert list(found) == in_order(plain)
        versions.append((found.with_values(changes), applied(plain, changes)))

    for found, plain in versions:
        assert list(found) == in_order(plain)
        assert len(found) == len(plain)
        for owner in ("x", "y", "z", "nobody"):
            expected = [each for each in in_order(plain) if each.owner == owner]
            assert list(found.group(owner)) == expected


def test_records_that_belong_to_nobody_are_in_no_group():
    records = {"a": key("a", ""), "b": key("b", "x")}

    for groups in (
        record_groups.groups_of(records.values(), "owner"),
        record_groups.changed_groups({}, {}, records, "owner"),
    ):
        assert dict(groups) == {"x": (key("b", "x"),)}
