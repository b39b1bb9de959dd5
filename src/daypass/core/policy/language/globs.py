"""Patterns of literal text, stars and question marks, matched in one pass over the text.

No pattern becomes a regular expression. A pattern is cut at its stars into pieces; the first and the last stand at the ends of
the text, and each of the others is looked for once, as far left as it fits. A piece with question marks in the middle is
looked for with one machine word per sixty characters of it (Baeza-Yates and Gonnet, "A new approach to text searching", 1992),
so that no pattern makes the search start over. In a long text it is looked for at all places at once: a number has a bit for
each place at which a character stands, and a piece costs one step for each of its own characters, however long the text.
"""

import enum
from collections.abc import Callable, Sequence
from functools import lru_cache


class Wildcard(enum.Enum):
    """What in a pattern is not a character."""

    ANY = "*"
    ONE = "?"


Matcher = Callable[[str], bool]
"""Says whether the whole of a text matches."""


def compile_glob(tokens: tuple[str | Wildcard, ...]) -> Matcher:
    """Return what matches texts against a pattern; the usual shapes get a test of their own."""
    merged = _simplified_tokens(tokens)
    if not merged:
        return lambda text: not text
    if len(merged) == 1:
        return _single_token_matcher(merged[0])
    if len(merged) == 2:  # noqa: PLR2004 - a pair
        first, last = merged
        if isinstance(first, str) and last is Wildcard.ANY:
            return lambda text: text.startswith(first)
        if first is Wildcard.ANY and isinstance(last, str):
            return lambda text: text.endswith(last)
    return _general_matcher(merged)


def compile_starred(pattern: str) -> Matcher:
    """Return what matches texts against a pattern in which nothing but stars is special; making it costs next to nothing."""
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return lambda text: text == pattern
    return lambda text: matches_pieces(pieces, text)


def matches_pieces(pieces: Sequence[str], text: str) -> bool:
    """Say whether a text is these pieces in their order, with anything between them; there are at least two."""
    first, last = pieces[0], pieces[-1]
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for number in range(1, len(pieces) - 1):
        piece = pieces[number]
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _simplified_tokens(tokens: tuple[str | Wildcard, ...]) -> tuple[str | Wildcard, ...]:
    """Join neighbouring texts, and forget stars that follow a star."""
    found: list[str | Wildcard] = []
    last: str | Wildcard | None = None
    for token in tokens:
        if token is Wildcard.ONE:
            found.append(token)
        elif isinstance(token, str) and isinstance(last, str):
            found[-1] = last = last + token
            continue
        elif token and not (token is last is Wildcard.ANY):
            found.append(token)
        else:
            continue
        last = token
    return tuple(found)


def _single_token_matcher(token: str | Wildcard) -> Matcher:
    if isinstance(token, str):
        return lambda text: text == token
    if token is Wildcard.ANY:
        return lambda _text: True
    return lambda text: len(text) == 1


def _general_matcher(tokens: tuple[str | Wildcard, ...]) -> Matcher:
    """Return what matches a pattern of several pieces; those of a long one are made ready when a text comes that is long enough.

    A usual one is ready at once, when its policy is compiled: hundreds of them would otherwise make the first decision slow.
    """
    least = sum(len(token) for token in tokens if isinstance(token, str)) + tokens.count(
        Wildcard.ONE
    )
    # Most texts lack the longest piece of literal text, which is the quickest to say.
    longest = max((token for token in tokens if isinstance(token, str)), key=len, default="")
    ready = _pieces_matcher(tokens) if len(tokens) <= _EAGER_TOKENS_MAX else None

    def matches(text: str) -> bool:
        nonlocal ready
        if len(text) < least or longest not in text:
            return False
        if ready is None:
            ready = _pieces_matcher(tokens)
        return ready(text)

    return matches


_EAGER_TOKENS_MAX = 16


def _pieces_matcher(tokens: tuple[str | Wildcard, ...]) -> Matcher:
    groups: list[list[str | Wildcard]] = [[]]
    for token in tokens:
        if token is Wildcard.ANY:
            groups.append([])
        else:
            groups[-1].append(token)
    first = _Piece(groups[0])
    if len(groups) == 1:
        return lambda text: len(text) == first.size and first.stands_at(text, 0)
    last = _Piece(groups[-1])
    # Most pieces are text alone, and looked for as such.
    middle = [
        str(group[0]) if len(group) == 1 and group[0] is not Wildcard.ONE else _Piece(group)
        for group in groups[1:-1]
    ]

    def matches(text: str) -> bool:
        end = len(text) - last.size
        if not first.stands_at(text, 0) or not last.stands_at(text, end):
            return False
        at = first.size
        for piece in middle:
            if isinstance(piece, str):
                at = text.find(piece, at, end)
                if at < 0:
                    return False
                at += len(piece)
            else:
                at = piece.end_of_first(text, at, end)
                if at < 0:
                    return False
        return True

    return matches


class _Piece:
    """What stands between two stars: texts and question marks."""

    __slots__ = ("_anything", "_final", "_masks", "_parts", "size")

    def __init__(self, tokens: list[str | Wildcard]) -> None:
        self._parts: list[tuple[int, str]] = []
        self.size = 0
        for token in tokens:
            if isinstance(token, str):
                self._parts.append((self.size, token))
                self.size += len(token)
            else:
                self.size += 1
        self._masks: dict[str, int] = {}
        self._anything = 0
        self._final = 0

    def _prepare(self) -> None:
        """Note for each character at which places of the piece it may stand; where no text stands, any may."""
        positions: dict[str, list[int]] = {}
        taken = bytearray(self.size)
        for offset, text in self._parts:
            taken[offset : offset + len(text)] = b"\1" * len(text)
            for at, character in enumerate(text, offset):
                positions.setdefault(character, []).append(at)
        self._anything = _bit_mask([at for at in range(self.size) if not taken[at]], self.size)
        self._masks = {
            character: _bit_mask(places, self.size) | self._anything
            for character, places in positions.items()
        }
        self._final = 1 << (self.size - 1)

    def stands_at(self, text: str, at: int) -> bool:
        """Say whether the piece stands at a place; the text is known to be long enough."""
        for offset, part in self._parts:  # noqa: SIM110 - a generator costs more than the comparison
            if not text.startswith(part, at + offset):
                return False
        return True

    def end_of_first(self, text: str, at: int, end: int) -> int:
        """Return where the first occurrence between two places ends; -1 if there is none."""
        if not self._parts:
            return at + self.size if at + self.size <= end else -1
        if end - at >= _LONG_TEXT_CHARACTERS:
            return self._end_in(_character_index(text), at, end)
        if not self._masks:
            self._prepare()
        state, masks, anything, final = 0, self._masks, self._anything, self._final
        for place in range(at, end):
            state = (state << 1 | 1) & masks.get(text[place], anything)
            if state & final:
                return place + 1
        return -1

    def _end_in(self, places: "_CharacterIndex", at: int, end: int) -> int:
        """Say the same of a long text, by all of its places at once."""
        starts = -1 << at
        for offset, part in self._parts:
            for further, character in enumerate(part, offset):
                starts &= places.of(character) >> further
                if not starts:
                    return -1
        found = (starts & -starts).bit_length() - 1 + self.size
        return found if found <= end else -1


_LONG_TEXT_CHARACTERS = 64
"""From so many characters on a text's places are noted for all patterns that are asked of it."""
_INDEXED_TEXTS_MAX = 16


class _CharacterIndex:
    """A text, and at which places each character stands: a number with a bit for each place."""

    def __init__(self, text: str) -> None:
        # Four bytes a character; the last of them is always zero.
        octets = text.encode("utf-32-le", "surrogatepass")
        self._planes = [octets[plane::4][::-1] for plane in range(3)]
        self._known: dict[str, int] = {}

    def of(self, character: str) -> int:
        """Return the places of a character, the first place in the lowest bit."""
        known = self._known.get(character)
        if known is None:
            known = -1
            for plane, octet in zip(
                self._planes, ord(character).to_bytes(3, "little"), strict=True
            ):
                known &= int(plane.translate(_EQUALS[octet]), 2)
            self._known[character] = known
        return known


_EQUALS = [bytes(49 if other == octet else 48 for other in range(256)) for octet in range(256)]
"""For each octet what makes ones of it and zeros of all others."""


@lru_cache(maxsize=_INDEXED_TEXTS_MAX)
def _character_index(text: str) -> _CharacterIndex:
    """Return a text's places; one decision asks many patterns of the same few texts."""
    return _CharacterIndex(text)


def _bit_mask(places: list[int], size: int) -> int:
    flags = bytearray(b"0" * size)
    for place in places:
        flags[size - 1 - place] = 49  # the digit one
    return int(flags, 2)
