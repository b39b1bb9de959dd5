"""Warnings about actions: ones that do not exist, ones that another entry has already.

An entry is compared with those alone that begin like it: a document of a thousand entries takes a thousand steps, not a million.
"""

from bisect import bisect_left
from collections.abc import Iterator

from daypass.core.policy.checks.lint_conditions import Said
from daypass.core.policy.checks.lint_known import Known
from daypass.core.policy.language import actions
from daypass.core.policy.language.model import Statement

_STAR = "\0"
"""What stands for an entry's own star: a text that only a star of another entry matches."""


def of_statement(statement: Statement, path: str, known: Known) -> Iterator[Said]:
    """Give what is likely not meant about a statement's actions."""
    for name, entries in (("Action", statement.actions or ()), ("NotAction", statement.not_actions or ())):  # fmt: skip
        for at, entry in enumerate(entries):
            yield from _known(entry, f"{path}.{name}[{at}]", known)
        covers = _Covers(entries, known)
        for at, entry in enumerate(entries):
            cover = covers.of(at)
            if cover is not None:
                yield "redundant", f"`{entry}` is in `{cover}` already", f"{path}.{name}[{at}]"


def _known(entry: str, path: str, known: Known) -> Iterator[Said]:
    service = actions.prefix(entry)
    if service is None:
        yield "never", f"`{entry}` matches no action", path
    elif service and service not in known.services():
        near = known.near(service, known.services())
        yield "unknown-service", f"there is no service `{service}`{near}", path
    elif service:
        yield from _known_name(entry, service, path, known)


def _known_name(entry: str, service: str, path: str, known: Known) -> Iterator[Said]:
    name = entry.partition(":")[2].lower()
    listed = known.actions(service)
    if name in listed:
        return
    if set("*?") & set(name):
        if not _matches_any(entry, name, list(listed), known):
            yield "unknown-action", f"`{entry}` matches no action of {service}", path
        return
    near = known.near(entry.partition(":")[2], listed.values(), before=f"{service}:")
    yield "unknown-action", f"there is no action `{entry}`{near}", path


def _matches_any(entry: str, pattern: str, names: list[str], known: Known) -> bool:
    """Say whether a pattern matches one of sorted names, True where that takes too many comparisons to say."""
    head = _head(pattern)
    first = bisect_left(names, head)
    if pattern[len(head) :].strip("*") == "":
        return first < len(names) and names[first].startswith(head)
    matcher = actions.Actions([entry])
    service = entry.partition(":")[0].lower()
    for name in names[first:]:
        if not name.startswith(head):
            return False
        if not known.may_compare() or matcher.match(f"{service}:{name}"):
            return True
    return False


def _head(pattern: str) -> str:
    """Return what stands before the first wildcard."""
    ends = [at for at in (pattern.find("*"), pattern.find("?")) if at >= 0]
    return pattern[: min(ends)] if ends else pattern


class _Covers:
    """The entries of one element, by what they begin with."""

    def __init__(self, entries: tuple[str, ...], known: Known) -> None:
        self._entries = entries
        self._known = known
        self._first: dict[str, int] = {}
        self._heads: dict[str, list[int]] = {}
        self._general: dict[str, list[tuple[int, actions.Actions]]] = {}
        for at, entry in enumerate(entries):
            lower = entry.lower()
            if self._first.setdefault(lower, at) == at:
                self._index(at, entry, lower)
        self._sizes = sorted({len(head) for head in (*self._heads, *self._general)})

    def _index(self, at: int, entry: str, lower: str) -> None:
        if actions.prefix(entry) is None or not set("*?") & set(lower):
            return
        head = _head(lower)
        if lower[len(head) :].strip("*"):
            self._general.setdefault(head, []).append((at, actions.Actions([entry])))
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
        text = lower.replace("*", _STAR)
        for size in self._sizes:
            if size > len(text):
                return
            head = text[:size]
            yield from [other for other in self._heads.get(head, ())[:2] if other != first][:1]
            for other, matcher in self._general.get(head, ()):
                if not self._known.may_compare():
                    return
                if other != first and matcher.match(text):
                    yield other
                    break
