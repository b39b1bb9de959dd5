"""Warnings about actions: ones that do not exist, ones that another entry has already.

An entry is compared with those alone that begin like it: a document of a thousand entries takes a thousand steps, not a million.
"""

from bisect import bisect_left
from collections.abc import Iterator

from daypass.core.policy.checks.cached_reference import CachedReference
from daypass.core.policy.checks.lint_conditions import LintMessage
from daypass.core.policy.language import actions
from daypass.core.policy.language.model import Statement

_STAR_STANDIN = "\0"
"""What stands for an entry's own star: a text that only a star of another entry matches."""


def check_actions(statement: Statement, path: str, known: CachedReference) -> Iterator[LintMessage]:
    """Give what is likely not meant about a statement's actions."""
    for name, entries in (
        ("Action", statement.actions or ()),
        ("NotAction", statement.not_actions or ()),
    ):
        for at, entry in enumerate(entries):
            yield from _unknown_entry(entry, f"{path}.{name}[{at}]", known)
        covers = _CoveringEntries(entries, known)
        for at, entry in enumerate(entries):
            cover = covers.of(at)
            if cover is not None:
                yield "redundant", f"`{entry}` is in `{cover}` already", f"{path}.{name}[{at}]"


def _unknown_entry(entry: str, path: str, known: CachedReference) -> Iterator[LintMessage]:
    service = actions.service_prefix(entry)
    if service is None:
        yield "never", f"`{entry}` matches no action", path
    elif service and service not in known.services():
        near = known.suggest(service, known.services())
        yield "unknown-service", f"there is no service `{service}`{near}", path
    elif service:
        yield from _unknown_name(entry, service, path, known)


def _unknown_name(
    entry: str, service: str, path: str, known: CachedReference
) -> Iterator[LintMessage]:
    name = entry.partition(":")[2].lower()
    listed = known.actions(service)
    if name in listed:
        return
    if set("*?") & set(name):
        if not _matches_any(entry, name, list(listed), known):
            yield "unknown-action", f"`{entry}` matches no action of {service}", path
        return
    near = known.suggest(entry.partition(":")[2], listed.values(), before=f"{service}:")
    yield "unknown-action", f"there is no action `{entry}`{near}", path


def _matches_any(entry: str, pattern: str, names: list[str], known: CachedReference) -> bool:
    """Say whether a pattern matches one of sorted names, True where that takes too many comparisons to say."""
    head = _literal_head(pattern)
    first = bisect_left(names, head)
    if pattern[len(head) :].strip("*") == "":
        return first < len(names) and names[first].startswith(head)
    matcher = actions.ActionPatterns([entry])
    service = entry.partition(":")[0].lower()
    for name in names[first:]:
        if not name.startswith(head):
            return False
        if not known.may_compare() or matcher.matches(f"{service}:{name}"):
            return True
    return False


def _literal_head(pattern: str) -> str:
    """Return what stands before the first wildcard."""
    ends = [at for at in (pattern.find("*"), pattern.find("?")) if at >= 0]
    return pattern[: min(ends)] if ends else pattern


class _CoveringEntries:
    """The entries of one element, by what they begin with."""

    def __init__(self, entries: tuple[str, ...], known: CachedReference) -> None:
        self._entries = entries
        self._known = known
        self._first: dict[str, int] = {}
        self._heads: dict[str, list[int]] = {}
        self._general: dict[str, list[tuple[int, actions.ActionPatterns]]] = {}
        for at, entry in enumerate(entries):
            lower = entry.lower()
            if self._first.setdefault(lower, at) == at:
                self._index(at, entry, lower)
        self._sizes = sorted({len(head) for head in (*self._heads, *self._general)})

    def _index(self, at: int, entry: str, lower: str) -> None:
        if actions.service_prefix(entry) is None or not set("*?") & set(lower):
            return
        head = _literal_head(lower)
        if lower[len(head) :].strip("*"):
            self._general.setdefault(head, []).append((at, actions.ActionPatterns([entry])))
        else:
            self._heads.setdefault(head, []).append(at)

    def of(self, at: int) -> str | None:
        """Return the first other entry that has all that an entry says; of equal ones the later adds nothing."""
        lower = self._entries[at].lower()
        first = self._first[lower]
        found = [first] if first < at else []
        if "?" not in lower:
            found += self._patterns(first, lower)
        return self._entries[min(found)] if found else None

    def _patterns(self, first: int, lower: str) -> Iterator[int]:
        """Give the first pattern of each beginning that has a text, but for the text itself."""
        text = lower.replace("*", _STAR_STANDIN)
        for size in self._sizes:
            if size > len(text):
                return
            head = text[:size]
            yield from [other for other in self._heads.get(head, ())[:2] if other != first][:1]
            for other, matcher in self._general.get(head, ()):
                if not self._known.may_compare():
                    return
                if other != first and matcher.matches(text):
                    yield other
                    break
