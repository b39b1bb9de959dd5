"""Cutting an answer's ordered list into pages, with authenticated markers.

A `KeyedList` and a `SortedList` continue after the last key of the page before, so that entries
added or removed between two pages make no other entry appear twice or be missed. Any other list
continues at the position where the page before ended. A marker is opaque and has a MAC: it is valid
for one account or person, one operation and one set of filters.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

from daypass.core.faults import Violation
from daypass.wire.limits import MARKER_CHARACTERS_MAX, PAGE_SIZE, PAGE_WEIGHT_MAX

_MAC_BYTES = 16
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Paginator:
    """An operation's paging parameters and results, from botocore's paginator model."""

    input_token: str
    output_token: str
    result_key: str
    limit_key: str
    more_results: str = ""
    size: int = PAGE_SIZE
    """Entries of a page if the request sets no limit."""
    more_result_keys: tuple[str, ...] = ()
    """Further lists of the answer, paged after the first as if all were one list; each page has
    all of them."""


@dataclass(frozen=True, slots=True)
class KeyedList:
    """An ordered list whose entries have rising numbers that never change.

    `show` converts an entry for the answer.
    """

    pairs: Iterable[tuple[int, Any]]
    show: Callable[[Any], Any] = lambda entry: entry

    def after(self, last: int) -> Iterable[tuple[int, Any]]:
        """Return the numbered entries after a number, whose own entry may be gone."""
        return (pair for pair in self.pairs if pair[0] > last)


@dataclass(frozen=True, slots=True)
class SortedList(Generic[E]):
    """An ordered list whose entries have texts as keys that never change, such as record keys.

    A page begins at its first entry without passing over those before, however many there are.
    """

    after: Callable[[str], Iterable[E]]
    """Returns the entries after a key, whose own entry may be gone; all for the empty key."""
    key: Callable[[E], str]
    show: Callable[[E], Any] = lambda entry: entry
    """Converts an entry for the answer."""


@dataclass(frozen=True, slots=True)
class ComputedList:
    """A list of `count` entries, computed one by one for the page they are on, each in a step.

    `entry` computes the entry at an index, after the steps of `prepare`. `weigh` returns an entry's
    weight: a page ends early once its entries weigh more than `PAGE_WEIGHT_MAX`.
    """

    count: int
    entry: Callable[[int], Any]
    prepare: Callable[[], Iterable[None]]
    weigh: Callable[[Any], int]


AnswerSteps = Generator[None, None, dict[str, Any]]
"""A computation in steps, between which other requests have the event loop; its result is an
answer."""


def answer_page(
    paginator: Paginator,
    answer: Mapping[str, Any],
    params: Mapping[str, Any],
    *,
    scope: str,
    keys: Sequence[bytes],
) -> AnswerSteps:
    """Work out, in steps, the answer with one page of its list, and the marker of the next page.

    `scope` names the list's owner and the operation. The first of `keys` makes the next marker's
    MAC; the request's marker may have been made by any of them. Raises `Violation` for one that
    was not made for this list.
    """
    items: Iterable[Any] | KeyedList | SortedList[Any] | ComputedList
    items = answer.get(paginator.result_key, ())
    if paginator.more_result_keys:
        items = _concatenated_lists(paginator, answer)
    size = params.get(paginator.limit_key) or paginator.size
    binding = _marker_binding(paginator, params, scope)
    opened = _open_marker(
        params.get(paginator.input_token), binding, keys, member=paginator.input_token
    )
    if isinstance(items, SortedList):
        return _sorted_page(paginator, answer, items, opened.decode(), size, binding, keys[0])
    start = int.from_bytes(opened, "big")
    if isinstance(items, ComputedList):
        found = yield from _compute_entries(items, start, size)
        end = start + len(found)
        return _answer_with_page(
            paginator,
            answer,
            found,
            _make_marker(end, binding, keys[0]) if end < items.count else "",
        )
    if isinstance(items, KeyedList):
        pairs = list(islice(items.after(start - 1), size + 1))
    else:
        pairs = list(islice(enumerate(items), start, start + size + 1))
    show = items.show if isinstance(items, KeyedList) else None
    found = [show(item) if show else item for _, item in pairs[:size]]
    more = len(pairs) > size
    return _answer_with_page(
        paginator,
        answer,
        found,
        _make_marker(pairs[size - 1][0] + 1, binding, keys[0]) if more else "",
    )


def _sorted_page(
    paginator: Paginator,
    answer: Mapping[str, Any],
    items: SortedList[Any],
    start: str,
    size: int,
    binding: bytes,
    key: bytes,
) -> dict[str, Any]:
    """Return the answer with the entries after a key, and the marker of the last of them."""
    entries = list(islice(items.after(start), size + 1))
    found = entries[:size]
    marker = ""
    if len(entries) > size:
        marker = _seal_marker(items.key(found[-1]).encode(), binding, key)
    return _answer_with_page(paginator, answer, list(map(items.show, found)), marker)


def _concatenated_lists(
    paginator: Paginator, answer: Mapping[str, Any]
) -> Iterable[tuple[str, Any]]:
    """Yield the entries of an answer's lists in a row, each with the name of its list."""
    for name in (paginator.result_key, *paginator.more_result_keys):
        for entry in answer.get(name, ()):
            yield name, entry


def _compute_entries(
    items: ComputedList, start: int, size: int
) -> Generator[None, None, list[Any]]:
    yield from items.prepare()
    found: list[Any] = []
    weight = 0
    for at in range(start, min(start + size, items.count)):
        entry = items.entry(at)
        found.append(entry)
        weight += items.weigh(entry)
        yield
        if weight >= PAGE_WEIGHT_MAX:
            break
    return found


def _answer_with_page(
    paginator: Paginator, answer: Mapping[str, Any], found: list[Any], marker: str
) -> dict[str, Any]:
    """Return the answer with one page's entries; `marker` is empty on the last page."""
    if paginator.more_result_keys:
        lists: dict[str, list[Any]] = {
            name: [] for name in (paginator.result_key, *paginator.more_result_keys)
        }
        for name, entry in found:
            lists[name].append(entry)
        cut = {**answer, **lists}
    else:
        cut = {**answer, paginator.result_key: found}
    if paginator.more_results:
        cut[paginator.more_results] = bool(marker)
    if marker:
        cut[paginator.output_token] = marker
    return cut


def _marker_binding(paginator: Paginator, params: Mapping[str, Any], scope: str) -> bytes:
    """Return what a marker's MAC covers: account, operation, and parameters but those of paging."""
    excluded = {paginator.input_token, paginator.limit_key}
    filters = sorted((name, str(value)) for name, value in params.items() if name not in excluded)
    return msgspec.msgpack.encode((scope, filters))


def _make_marker(start: int, binding: bytes, key: bytes) -> str:
    return _seal_marker(start.to_bytes(8, "big"), binding, key)


def _seal_marker(position: bytes, binding: bytes, key: bytes) -> str:
    """Return the marker of a position; a text's is as long as the text."""
    sealed = position + _mac(position, binding, key)
    return base64.urlsafe_b64encode(sealed).decode("ascii")


def _open_marker(
    marker: str | None, binding: bytes, keys: Sequence[bytes], *, member: str
) -> bytes:
    """Return the position in a marker; empty for the first page."""
    if marker is None:
        return b""
    try:
        raw = base64.b64decode(marker[:MARKER_CHARACTERS_MAX], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Violation(f"Invalid {member}.", member=member) from None
    position, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not any(hmac.compare_digest(mac, _mac(position, binding, key)) for key in keys):
        raise Violation(f"Invalid {member}.", member=member)
    return position


def _mac(body: bytes, binding: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body + hashlib.sha256(binding).digest(), "sha256")[:_MAC_BYTES]
