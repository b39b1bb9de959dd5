"""Warnings about actions: entries that match no action, and entries that another one covers.

An entry is compared only with entries that begin alike: a document of a thousand entries takes a
thousand steps, not a million.
"""

from bisect import bisect_left
from collections.abc import Iterator

from daypass.core.policy.checks.lints.cached_reference import CachedReference
from daypass.core.policy.checks.lints.codes import LintMessage
from daypass.core.policy.language import actions
from daypass.core.policy.language.model import Statement

_STAR_STANDIN = "\0"
"""Stands for an entry's own star: a text that only a star of another entry matches."""


def check_actions(
    statement: Statement, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    """Yield warnings about a statement's Action or NotAction."""
    for name, entries in (
        ("Action", statement.actions or ()),
        ("NotAction", statement.not_actions or ()),
    ):
        for at, entry in enumerate(entries):
            yield from _unknown_entry(entry, f"{path}.{name}[{at}]", reference)
        covering_entries = _CoveringEntries(entries, reference)
        for at, entry in enumerate(entries):
            cover = covering_entries.covering_entry(at)
            if cover is not None:
                yield (
                    "redundant",
                    f"`{entry}` is already covered by `{cover}`",
                    f"{path}.{name}[{at}]",
                )


def _unknown_entry(entry: str, path: str, reference: CachedReference) -> Iterator[LintMessage]:
    service = actions.service_prefix(entry)
    if service is None:
        yield "never", f"`{entry}` matches no action", path
    elif service and service not in reference.services():
        near = reference.suggest(service, reference.services())
        yield "unknown-service", f"there is no service `{service}`{near}", path
    elif service:
        yield from _unknown_name(entry, service, path, reference)


def _unknown_name(
    entry: str, service: str, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    name = entry.partition(":")[2].lower()
    listed = reference.actions(service)
    if name in listed:
        return
    if set("*?") & set(name):
        if not _matches_any(entry, name, list(listed), reference):
            yield "unknown-action", f"`{entry}` matches no action of {service}", path
        return
    near = reference.suggest(entry.partition(":")[2], listed.values(), prefix=f"{service}:")
    yield "unknown-action", f"there is no action `{entry}`{near}", path


def _matches_any(entry: str, pattern: str, names: list[str], reference: CachedReference) -> bool:
    """Return whether a pattern matches one of sorted action names.

    True also if that would take too many comparisons.
    """
    head = _literal_head(pattern)
    first = bisect_left(names, head)
    if pattern[len(head) :].strip("*") == "":
        return first < len(names) and names[first].startswith(head)
    matcher = actions.ActionPatterns([entry])
    service = entry.partition(":")[0].lower()
    for name in names[first:]:
        if not name.startswith(head):
            return False
        if not reference.may_compare() or matcher.matches(f"{service}:{name}"):
            return True
    return False


def _literal_head(pattern: str) -> str:
    """Return the text before the first wildcard."""
    ends = [at for at in (pattern.find("*"), pattern.find("?")) if at >= 0]
    return pattern[: min(ends)] if ends else pattern


class _CoveringEntries:
    """The entries of one element, indexed by the text before their first wildcard."""

    def __init__(self, entries: tuple[str, ...], reference: CachedReference) -> None:
        self._entries = entries
        self._reference = reference
        self._first_index: dict[str, int] = {}
        self._prefix_patterns: dict[str, list[int]] = {}
        self._other_patterns: dict[str, list[tuple[int, actions.ActionPatterns]]] = {}
        for at, entry in enumerate(entries):
            lower = entry.lower()
            if self._first_index.setdefault(lower, at) == at:
                self._index(at, entry, lower)
        self._head_sizes = sorted(
            {len(head) for head in (*self._prefix_patterns, *self._other_patterns)}
        )

    def _index(self, at: int, entry: str, lower: str) -> None:
        if actions.service_prefix(entry) is None or not set("*?") & set(lower):
            return
        head = _literal_head(lower)
        if lower[len(head) :].strip("*"):
            self._other_patterns.setdefault(head, []).append((at, actions.ActionPatterns([entry])))
        else:
            self._prefix_patterns.setdefault(head, []).append(at)

    def covering_entry(self, at: int) -> str | None:
        """Return the first other entry that covers an entry, given by its index; None if none does.

        Of equal entries the first covers the later ones.
        """
        lower = self._entries[at].lower()
        first = self._first_index[lower]
        found = [first] if first < at else []
        if "?" not in lower:
            found += self._covering_patterns(first, lower)
        return self._entries[min(found)] if found else None

    def _covering_patterns(self, first: int, lower: str) -> Iterator[int]:
        """Yield, for each beginning of a text, the first other pattern that covers the text."""
        text = lower.replace("*", _STAR_STANDIN)
        for size in self._head_sizes:
            if size > len(text):
                return
            head = text[:size]
            yield from [
                other for other in self._prefix_patterns.get(head, ())[:2] if other != first
            ][:1]
            for other, matcher in self._other_patterns.get(head, ()):
                if not self._reference.may_compare():
                    return
                if other != first and matcher.matches(text):
                    yield other
                    break
