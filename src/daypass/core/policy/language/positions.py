"""Where in its text each part of a JSON document stands.

Read after the strict reader has accepted the text, or to say where it went wrong: members that are there twice have two
places. Offsets count characters; lines and columns count from one.
"""

import bisect
import json
import re
from dataclasses import dataclass
from functools import lru_cache

from daypass.core import quotas

Path = tuple[str | int, ...]
"""Members and indexes from the top, such as `("Statement", 0, "Action")`."""

_TOKEN = re.compile(r'[ \t\n\r]*("(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text, its end not included."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both from one."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Map:
    """The spans of a document. Where a member stands twice, `spans` has the last and `repeated` all but the first."""

    spans: dict[Path, Span]
    names: dict[Path, Span]
    """The spans of members' names."""
    repeated: tuple[tuple[Path, Span], ...]
    starts: tuple[int, ...]
    """The offset at which each line starts."""

    def place(self, offset: int) -> Place:
        """Return line and column of an offset."""
        line = bisect.bisect_right(self.starts, offset)
        return Place(line, offset - self.starts[line - 1] + 1)

    def nearest(self, path: Path) -> Span:
        """Return the span of a path, or of the closest that is there above it."""
        while path not in self.spans and path:
            path = path[:-1]
        return self.spans.get(path, Span(0, 0))


def locate(text: str) -> Map:
    """Return where everything stands. Text that is no JSON, too deep or too long is read as far as it makes sense."""
    walk = _Walk(text[: quotas.DOCUMENT_CHARACTERS_MAX])
    walk.run()
    starts = (0, *(match.end() for match in re.finditer("\n", text)))
    return Map(walk.spans, walk.names, tuple(walk.repeated), starts)


class _Walk:
    """One pass over the tokens, with a stack in place of recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: dict[Path, Span] = {}
        self.names: dict[Path, Span] = {}
        self.repeated: list[tuple[Path, Span]] = []
        self._open: list[tuple[Path, int, str]] = []
        self._path: Path = ()
        self._awaits_name = False

    def run(self) -> None:
        at = 0
        while len(self._open) <= quotas.DOCUMENT_DEPTH_MAX and (
            match := _TOKEN.match(self.text, at)
        ):
            at = match.end()
            self._take(match[1], match.start(1), match.end(1))

    def _take(self, mark: str, start: int, end: int) -> None:
        if mark in "{[":
            self._open.append((self._path, start, mark))
            self._awaits_name = mark == "{"
            if mark == "[":
                self._path = (*self._path, 0)
        elif mark in "}]":
            if self._open:
                self._path, begun, _ = self._open.pop()
                self.spans[self._path] = Span(begun, end)
            self._awaits_name = False
        elif mark == ",":
            self._next()
        elif mark == ":":
            self._awaits_name = False
        elif self._awaits_name and self._open:
            self._name(mark, start, end)
        else:
            self.spans[self._path] = Span(start, end)

    def _next(self) -> None:
        if not self._open:
            return
        parent, _, kind = self._open[-1]
        if kind == "{":
            self._path, self._awaits_name = parent, True
        else:
            last = self._path[-1] if len(self._path) > len(parent) else 0
            self._path = (*parent, last + 1 if isinstance(last, int) else 0)

    def _name(self, token: str, start: int, end: int) -> None:
        self._path = (*self._open[-1][0], _name_of(token))
        if self._path in self.names:
            self.repeated.append((self._path, Span(start, end)))
        self.names[self._path] = Span(start, end)


_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]', re.DOTALL)


def statement(text: str, index: int) -> tuple[Place, Place] | None:
    """Return where a statement starts, and where it ends; None for a text that has no such statement."""
    found = statements(text)
    return found[index] if 0 <= index < len(found) else None


@lru_cache(maxsize=64)
def statements(text: str) -> tuple[tuple[Place, Place], ...]:
    """Return where each statement of a policy that was read starts and ends: one reading, whoever asks for how many."""
    found = []
    line, read = 1, 0
    for span in _Statements(text[: quotas.DOCUMENT_CHARACTERS_MAX]).spans:
        places = []
        for offset in (span.start, span.end):
            line, read = line + text.count("\n", read, offset), offset
            places.append(Place(line, offset - text.rfind("\n", 0, offset)))
        found.append((places[0], places[1]))
    return tuple(found)


class _Statements:
    """One pass over the marks of a document that looks at nothing but its statements' braces."""

    def __init__(self, text: str) -> None:
        self.spans: list[Span] = []
        self._depth = 0
        self._awaits_name = False
        self._name = ""
        self._inside = 0
        """The depth inside a statement: two for one alone, three in a list, zero outside of Statement."""
        self._begun = 0
        for match in _MARK.finditer(text):
            self._take(match[0], match.start(), match.end())

    def _take(self, mark: str, start: int, end: int) -> None:
        if mark in "{[":
            self._depth += 1
            self._opened(mark, start)
        elif mark in "}]":
            if mark == "}" and self._depth == self._inside:
                self.spans.append(Span(self._begun, end))
            self._depth -= 1
        elif self._depth == 1:
            self._of_the_document(mark)

    def _opened(self, mark: str, start: int) -> None:
        if self._depth == 1:
            self._awaits_name = True
        elif self._depth == _ALONE:
            is_list = mark == "["
            self._inside = (_LISTED if is_list else _ALONE) if self._name == "Statement" else 0
        if mark == "{" and self._depth == self._inside:
            self._begun = start

    def _of_the_document(self, mark: str) -> None:
        if mark == ",":
            self._awaits_name = True
        elif mark == ":":
            self._awaits_name = False
        elif self._awaits_name:
            self._name = _name_of(mark)


_ALONE, _LISTED = 2, 3


def _name_of(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token
