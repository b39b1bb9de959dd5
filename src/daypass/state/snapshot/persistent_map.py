"""Immutable maps by text, of which a change copies only a little: dicts if small, tries if large.

A dict is read fastest, and is copied whole by each change. A large map is a hash array mapped trie
(`immutables.Map`): a change copies one path of it, and it is read at twice the price of a dict.
"""

from collections.abc import Mapping
from typing import TypeVar, cast

from immutables import Map

V = TypeVar("V")
DICT_ENTRIES_MAX = 512
"""The largest map that is a dict: copying it takes three microseconds."""


def new_map(values: dict[str, V]) -> Mapping[str, V]:
    """Return a map of these values; the caller must not change the dict afterwards."""
    return Map(values) if len(values) > DICT_ENTRIES_MAX else values


def changed_map(before: Mapping[str, V], changes: Mapping[str, V | None]) -> Mapping[str, V]:
    """Return a map after changes: each key gets its new value, or is removed if that is None."""
    if not changes:
        return before
    if isinstance(before, Map):
        trie = _changed_trie(before, changes)
        # At half the size, so that a map that grows and shrinks is not converted each time.
        return trie if len(trie) > DICT_ENTRIES_MAX // 2 else dict(trie)
    after = {**before, **changes}
    for key in [key for key, value in changes.items() if value is None]:
        del after[key]
    found = cast("dict[str, V]", after)
    return new_map(found)


def _changed_trie(before: "Map[str, V]", changes: Mapping[str, V | None]) -> "Map[str, V]":
    after = before.mutate()
    for key, value in changes.items():
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    return after.finish()
