"""Pages of an ordered list.

A page starts behind the last key of the one before where the list has keys (`KeyedList`), so that what comes or goes in between
repeats and skips nothing; else at the place where the one before ended. A marker is opaque and authenticated: it belongs to
one account, one operation and one set of filters.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from daypass.core.faults import Violation
from daypass.wire.limits import MARKER_CHARACTERS_MAX, PAGE_SIZE, PAGE_WEIGHT_MAX

_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Paginator:
    """How an operation pages, from botocore's paginator model."""

    input_token: str
    output_token: str
    result_key: str
    limit_key: str
    more_results: str = ""
    size: int = PAGE_SIZE
    """How many there are on a page where the request does not say."""
    also: tuple[str, ...] = ()
    """Further lists, which follow the first one on its pages as if all were one; each page has all of them, if empty."""


@dataclass(frozen=True, slots=True)
class KeyedList:
    """An ordered list whose entries have numbers that rise and never change; `show` makes of an entry what a page holds."""

    pairs: Iterable[tuple[int, Any]]
    show: Callable[[Any], Any] = lambda entry: entry

    def behind(self, last: int) -> Iterable[tuple[int, Any]]:
        """Give the entries behind the one of that number, whether or not it is still there."""
        return (pair for pair in self.pairs if pair[0] > last)


@dataclass(frozen=True, slots=True)
class ComputedList:
    """A list whose entries are worked out one by one, when a page has them: each is a step of its own.

    `prepare` is what comes before the first, in steps too. `weigh` says how much an entry adds to its page, which ends early
    where its entries weigh too much together.
    """

    count: int
    entry: Callable[[int], Any]
    prepare: Callable[[], Iterable[None]]
    weigh: Callable[[Any], int]


AnswerSteps = Generator[None, None, dict[str, Any]]
"""Work in steps between which others may have the event loop; its result is an answer."""


def answer_page(
    paginator: Paginator,
    answer: Mapping[str, Any],
    params: Mapping[str, Any],
    *,
    scope: str,
    keys: Sequence[bytes],
) -> AnswerSteps:
    """Work out the answer with one page of its list, or of its lists one after the other; `scope` names account and operation.

    The first of the keys authenticates the marker of the next page; a marker that is given is one by any of them.
    Raises `Violation` for a marker that was not made for this list.
    """
    items: Iterable[Any] | KeyedList | ComputedList = answer.get(paginator.result_key, ())
    if paginator.also:
        items = _concatenated_lists(paginator, answer)
    size = params.get(paginator.limit_key) or paginator.size
    bound = _marker_binding(paginator, params, scope)
    start = _marker_start(
        params.get(paginator.input_token), bound, keys, member=paginator.input_token
    )
    if isinstance(items, ComputedList):
        found = yield from _compute_entries(items, start, size)
        end = start + len(found)
        return _answer_with_page(
            paginator, answer, found, _make_marker(end, bound, keys[0]) if end < items.count else ""
        )
    if isinstance(items, KeyedList):
        pairs = list(islice(items.behind(start - 1), size + 1))
    else:
        pairs = list(islice(enumerate(items), start, start + size + 1))
    show = items.show if isinstance(items, KeyedList) else None
    found = [show(item) if show else item for _, item in pairs[:size]]
    more = len(pairs) > size
    return _answer_with_page(
        paginator,
        answer,
        found,
        _make_marker(pairs[size - 1][0] + 1, bound, keys[0]) if more else "",
    )


def _concatenated_lists(
    paginator: Paginator, answer: Mapping[str, Any]
) -> Iterable[tuple[str, Any]]:
    """Give the entries of several lists, each with the name of its list."""
    for name in (paginator.result_key, *paginator.also):
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
    """Return the answer with the entries of one page; the marker is empty on the last."""
    if paginator.also:
        lists: dict[str, list[Any]] = {name: [] for name in (paginator.result_key, *paginator.also)}
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
    """Return what a marker is good for: everything of the request but the page itself."""
    left = {paginator.input_token, paginator.limit_key}
    filters = sorted((name, str(value)) for name, value in params.items() if name not in left)
    return msgspec.msgpack.encode((scope, filters))


def _make_marker(start: int, bound: bytes, key: bytes) -> str:
    body = start.to_bytes(8, "big")
    return base64.urlsafe_b64encode(body + _mac(body, bound, key)).decode("ascii")


def _marker_start(marker: str | None, bound: bytes, keys: Sequence[bytes], *, member: str) -> int:
    if marker is None:
        return 0
    try:
        raw = base64.b64decode(marker[:MARKER_CHARACTERS_MAX], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Violation(f"Invalid {member}.", member=member) from None
    body, mac = raw[:8], raw[8:]
    if not any(hmac.compare_digest(mac, _mac(body, bound, key)) for key in keys):
        raise Violation(f"Invalid {member}.", member=member)
    return int.from_bytes(body, "big")


def _mac(body: bytes, bound: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body + hashlib.sha256(bound).digest(), "sha256")[:_MAC_BYTES]
