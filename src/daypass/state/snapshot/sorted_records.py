"""An immutable sequence in order of key, of which a change copies one block and the list of blocks.

It is read as fast as a list. Sorting a list again after each change would cost the more, the more
records there are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Generic, TypeVar

V = TypeVar("V")
BLOCK_ENTRIES_MAX = 512
"""The most values of a block; a block that grows beyond is cut in two."""


class SortedRecords(Generic[V]):
    """Values in order of their keys, which compare as text."""

    __slots__ = ("_firsts", "_keys", "_values")

    def __init__(self, values: Mapping[str, V]) -> None:
        keys = sorted(values)
        # Half full, so that the first changes do not cut every block.
        starts = range(0, len(keys), BLOCK_ENTRIES_MAX // 2)
        blocks = [keys[start : start + BLOCK_ENTRIES_MAX // 2] for start in starts]
        self._firsts = [block[0] for block in blocks]
        """The first key of each block."""
        self._keys = blocks
        self._values = [[values[key] for key in block] for block in blocks]

    def __iter__(self) -> Iterator[V]:
        return chain.from_iterable(self._values)

    def from_key(self, key: str) -> Iterator[V]:
        """Yield the values from a key on, which need not exist."""
        block = max(bisect_right(self._firsts, key) - 1, 0)
        if not self._keys:
            return
        yield from self._values[block][bisect_left(self._keys[block], key) :]
        for values in islice(self._values, block + 1, None):
            yield from values

    def changed(self, changes: Mapping[str, V | None]) -> "SortedRecords[V]":
        """Return the sequence after changes: a key gets its new value, or is removed if None."""
        after: SortedRecords[V] = SortedRecords({})
        after._firsts = list(self._firsts)
        after._keys = list(self._keys)
        after._values = list(self._values)
        for key, value in changes.items():
            after._change(key, value)
        return after

    def _change(self, key: str, value: V | None) -> None:
        """Make one change in lists of blocks that no other sequence has yet."""
        if not self._keys:
            if value is not None:
                self._firsts, self._keys, self._values = [key], [[key]], [[value]]
            return
        block = max(bisect_right(self._firsts, key) - 1, 0)
        keys, values = list(self._keys[block]), list(self._values[block])
        index = bisect_left(keys, key)
        is_known = index < len(keys) and keys[index] == key
        if value is None:
            if not is_known:
                return
            del keys[index], values[index]
        elif is_known:
            values[index] = value
        else:
            keys.insert(index, key)
            values.insert(index, value)
        self._replace_block(block, keys, values)

    def _replace_block(self, block: int, keys: list[str], values: list[V]) -> None:
        """Put a block in place of another: two halves if it is too large, nothing if it is empty.

        A small one takes in its successor, so that the list of blocks shrinks with the records.
        """
        end = block + 1
        if end < len(self._keys) and len(keys) + len(self._keys[end]) <= BLOCK_ENTRIES_MAX // 4:
            keys, values = keys + self._keys[end], values + self._values[end]
            end += 1
        half = len(keys) // 2 if len(keys) > BLOCK_ENTRIES_MAX else len(keys)
        parts = [part for part in (slice(0, half), slice(half, None)) if keys[part]]
        self._firsts[block:end] = [keys[part][0] for part in parts]
        self._keys[block:end] = [keys[part] for part in parts]
        self._values[block:end] = [values[part] for part in parts]
