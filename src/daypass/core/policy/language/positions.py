"""The lines and columns of the members of a JSON document.

Positions are computed after `parse` has accepted the text, or to say where it is not JSON: a member
that is there twice has two positions. Offsets count characters from zero; lines and columns count
from one.
"""

import bisect
import json
import re
from dataclasses import dataclass
from functools import lru_cache

from daypass.core import quotas

MemberPath = tuple[str | int, ...]
"""Member names and list indexes from the top, such as `("Statement", 0, "Action")`."""

_TOKEN = re.compile(r'[ \t\n\r]*("(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+)', re.ASCII)


@dataclass(frozen=True, slots=True)
class TextSpan:
    """The offsets of a piece of text, its end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextPosition:
    """A line and a column, both counted from one."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class DocumentPositions:
    """The spans of all members of a document.

    If a member is there twice, `spans` has the last one, and `repeated_names` the names of all but
    the first.
    """

    spans: dict[MemberPath, TextSpan]
    names: dict[MemberPath, TextSpan]
    """The spans of the members' names."""
    repeated_names: tuple[tuple[MemberPath, TextSpan], ...]
    line_starts: tuple[int, ...]
    """The offset at which each line starts."""

    def position(self, offset: int) -> TextPosition:
        """Return the line and the column of an offset."""
        line = bisect.bisect_right(self.line_starts, offset)
        return TextPosition(line, offset - self.line_starts[line - 1] + 1)

    def nearest_span(self, path: MemberPath) -> TextSpan:
        """Return the span of a path, or of the closest path above it that the document has."""
        while path not in self.spans and path:
            path = path[:-1]
        return self.spans.get(path, TextSpan(0, 0))


def locate_members(text: str) -> DocumentPositions:
    """Return the positions of all members of a text.

    A text that is not JSON, or too deep or too long, is read as far as possible.
    """
    walk = _MemberWalk(text[: quotas.DOCUMENT_CHARACTERS_MAX])
    walk.run()
    starts = (0, *(match.end() for match in re.finditer("\n", text)))
    return DocumentPositions(walk.spans, walk.names, tuple(walk.repeated), starts)


class _MemberWalk:
    """One pass over the tokens of a document, with a stack in place of recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: dict[MemberPath, TextSpan] = {}
        self.names: dict[MemberPath, TextSpan] = {}
        self.repeated: list[tuple[MemberPath, TextSpan]] = []
        self._open: list[tuple[MemberPath, int, str]] = []
        self._path: MemberPath = ()
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
                self.spans[self._path] = TextSpan(begun, end)
            self._awaits_name = False
        elif mark == ",":
            self._next()
        elif mark == ":":
            self._awaits_name = False
        elif self._awaits_name and self._open:
            self._name(mark, start, end)
        else:
            self.spans[self._path] = TextSpan(start, end)

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
        self._path = (*self._open[-1][0], _member_name(token))
        if self._path in self.names:
            self.repeated.append((self._path, TextSpan(start, end)))
        self.names[self._path] = TextSpan(start, end)


_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]', re.DOTALL)


def statement_position(text: str, index: int) -> tuple[TextPosition, TextPosition] | None:
    """Return the start and the end of statement number `index`, the first being 0; else None.

    The lines and columns of positions count from one.
    """
    found = statement_positions(text)
    return found[index] if 0 <= index < len(found) else None


@lru_cache(maxsize=64)
def statement_positions(text: str) -> tuple[tuple[TextPosition, TextPosition], ...]:
    """Return the start and the end of each statement of a policy that `parse` has accepted.

    The positions are cached, so that asking for many statements of a text reads it once.
    """
    found = []
    line, read = 1, 0
    for span in _StatementSpans(text[: quotas.DOCUMENT_CHARACTERS_MAX]).spans:
        places = []
        for offset in (span.start, span.end):
            line, read = line + text.count("\n", read, offset), offset
            places.append(TextPosition(line, offset - text.rfind("\n", 0, offset)))
        found.append((places[0], places[1]))
    return tuple(found)


class _StatementSpans:
    """One pass over a document's structure that finds the spans of its statements alone."""

    def __init__(self, text: str) -> None:
        self.spans: list[TextSpan] = []
        self._depth = 0
        self._awaits_name = False
        self._name = ""
        self._inside = 0
        """The depth inside a statement: 2 for a single one, 3 in a list, 0 outside Statement."""
        self._begun = 0
        for match in _STRUCTURE.finditer(text):
            self._take(match[0], match.start(), match.end())

    def _take(self, mark: str, start: int, end: int) -> None:
        if mark in "{[":
            self._depth += 1
            self._opened(mark, start)
        elif mark in "}]":
            if mark == "}" and self._depth == self._inside:
                self.spans.append(TextSpan(self._begun, end))
            self._depth -= 1
        elif self._depth == 1:
            self._of_the_document(mark)

    def _opened(self, mark: str, start: int) -> None:
        if self._depth == 1:
            self._awaits_name = True
        elif self._depth == _DEPTH_ALONE:
            is_list = mark == "["
            self._inside = (
                (_DEPTH_IN_LIST if is_list else _DEPTH_ALONE) if self._name == "Statement" else 0
            )
        if mark == "{" and self._depth == self._inside:
            self._begun = start

    def _of_the_document(self, mark: str) -> None:
        if mark == ",":
            self._awaits_name = True
        elif mark == ":":
            self._awaits_name = False
        elif self._awaits_name:
            self._name = _member_name(mark)


_DEPTH_ALONE, _DEPTH_IN_LIST = 2, 3


def _member_name(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token
