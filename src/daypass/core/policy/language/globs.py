"""Patterns of literal text, stars and question marks, matched in one pass over the text.

No pattern becomes a regular expression. A pattern is split at its stars into pieces; the first and
the last stand at the ends of the text, and each of the others is searched once, as far left as it
fits. A piece with question marks in the middle is searched bit-parallel, with one machine word per
sixty characters of it (Baeza-Yates and Gonnet, "A new approach to text searching", 1992), so that
no pattern restarts the search. In a long text the search looks at all positions at once: a number
has one bit for each position of a character, and a piece costs one step for each of its own
characters, however long the text is.
"""

import enum
from collections.abc import Callable, Sequence
from functools import lru_cache


class Wildcard(enum.Enum):
    """A token of a pattern that is not literal text."""

    ANY = "*"
    """Any text, the empty text included."""
    ONE = "?"
    """Exactly one character."""


Matcher = Callable[[str], bool]
"""Returns whether the whole of a text matches."""


def compile_glob(tokens: tuple[str | Wildcard, ...]) -> Matcher:
    """Return the matcher of a pattern given as tokens; common shapes get a test of their own."""
    simplified = _simplified_tokens(tokens)
    if not simplified:
        return lambda text: not text
    if len(simplified) == 1:
        return _single_token_matcher(simplified[0])
    if len(simplified) == 2:  # noqa: PLR2004 - a pair
        first, last = simplified
        if isinstance(first, str) and last is Wildcard.ANY:
            return lambda text: text.startswith(first)
        if first is Wildcard.ANY and isinstance(last, str):
            return lambda text: text.endswith(last)
    return _general_matcher(simplified)


def compile_starred(pattern: str) -> Matcher:
    """Return the matcher of a text in which only stars are special; cheap to make."""
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return lambda text: text == pattern
    if len(pieces) == 2 and not pieces[1]:  # noqa: PLR2004 - a text, and a star behind it
        start = pieces[0]
        return lambda text: text.startswith(start)
    return lambda text: matches_pieces(pieces, text)


def matches_pieces(pieces: Sequence[str], text: str) -> bool:
    """Return whether a text is these pieces (at least two) in order, with any text between them."""
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
    """Return the tokens with neighbouring texts joined, and without stars that follow a star."""
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
    """Return the matcher of a pattern of several tokens.

    A usual pattern is prepared at once, when its policy is compiled: preparing hundreds of them
    later would make the first decision slow. A long one is prepared when a text comes that is long
    enough for it.
    """
    length_min = sum(len(token) for token in tokens if isinstance(token, str)) + tokens.count(
        Wildcard.ONE
    )
    # Most texts lack the longest literal piece, and that test is the quickest.
    longest = max((token for token in tokens if isinstance(token, str)), key=len, default="")
    ready = _pieces_matcher(tokens) if len(tokens) <= _EAGER_TOKENS_MAX else None

    def matches(text: str) -> bool:
        nonlocal ready
        if len(text) < length_min or longest not in text:
            return False
        if ready is None:
            ready = _pieces_matcher(tokens)
        return ready(text)

    return matches


_EAGER_TOKENS_MAX = 16
"""Patterns of at most so many tokens are prepared when they are compiled."""


def _pieces_matcher(tokens: tuple[str | Wildcard, ...]) -> Matcher:
    groups: list[list[str | Wildcard]] = [[]]
    for token in tokens:
        if token is Wildcard.ANY:
            groups.append([])
        else:
            groups[-1].append(token)
    first = _Piece(groups[0])
    if len(groups) == 1:
        return lambda text: len(text) == first.size and first.matches_at(text, 0)
    last = _Piece(groups[-1])
    # Most pieces are plain text, for which `str.find` will do.
    middle = [
        str(group[0]) if len(group) == 1 and group[0] is not Wildcard.ONE else _Piece(group)
        for group in groups[1:-1]
    ]

    def matches(text: str) -> bool:
        end = len(text) - last.size
        if not first.matches_at(text, 0) or not last.matches_at(text, end):
            return False
        at = first.size
        for piece in middle:
            if isinstance(piece, str):
                at = text.find(piece, at, end)
                if at < 0:
                    return False
                at += len(piece)
            else:
                at = piece.find_end(text, at, end)
                if at < 0:
                    return False
        return True

    return matches


class _Piece:
    """The texts and question marks between two stars of a pattern."""

    __slots__ = ("_any_mask", "_last_bit", "_masks", "_parts", "size")

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
        self._any_mask = 0
        self._last_bit = 0

    def _prepare(self) -> None:
        """Compute for each character the bit mask of positions in the piece where it may stand.

        Where the piece has a question mark, any character may stand.
        """
        positions: dict[str, list[int]] = {}
        taken = bytearray(self.size)
        for offset, text in self._parts:
            taken[offset : offset + len(text)] = b"\1" * len(text)
            for at, character in enumerate(text, offset):
                positions.setdefault(character, []).append(at)
        self._any_mask = _bit_mask([at for at in range(self.size) if not taken[at]], self.size)
        self._masks = {
            character: _bit_mask(places, self.size) | self._any_mask
            for character, places in positions.items()
        }
        self._last_bit = 1 << (self.size - 1)

    def matches_at(self, text: str, at: int) -> bool:
        """Return whether the piece matches at an offset; the text must be long enough."""
        # A generator costs more than the comparison.
        for offset, part in self._parts:  # noqa: SIM110
            if not text.startswith(part, at + offset):
                return False
        return True

    def find_end(self, text: str, at: int, end: int) -> int:
        """Return where the first match in `text[at:end]` ends; -1 if there is none."""
        if not self._parts:
            return at + self.size if at + self.size <= end else -1
        if end - at >= _LONG_TEXT_CHARACTERS:
            return self._find_end_in_long_text(_character_index(text), at, end)
        if not self._masks:
            self._prepare()
        state, masks, any_mask, last_bit = 0, self._masks, self._any_mask, self._last_bit
        for place in range(at, end):
            state = (state << 1 | 1) & masks.get(text[place], any_mask)
            if state & last_bit:
                return place + 1
        return -1

    def _find_end_in_long_text(self, index: "_CharacterIndex", at: int, end: int) -> int:
        """Return the same as `find_end` for a long text, from the positions of its characters."""
        starts = -1 << at
        for offset, part in self._parts:
            for further, character in enumerate(part, offset):
                starts &= index.positions_of(character) >> further
                if not starts:
                    return -1
        found = (starts & -starts).bit_length() - 1 + self.size
        return found if found <= end else -1


_LONG_TEXT_CHARACTERS = 64
"""Texts of at least so many characters are indexed once, for all patterns tried on them."""
_INDEXED_TEXTS_MAX = 16
"""How many indexed texts are cached."""


class _CharacterIndex:
    """The positions of each character of a text, as a number with one bit for each position."""

    def __init__(self, text: str) -> None:
        # Four bytes a character; the last of them is always zero.
        octets = text.encode("utf-32-le", "surrogatepass")
        self._planes = [octets[plane::4][::-1] for plane in range(3)]
        self._positions: dict[str, int] = {}

    def positions_of(self, character: str) -> int:
        """Return the positions of a character; the lowest bit is the first position."""
        known = self._positions.get(character)
        if known is None:
            known = -1
            for plane, octet in zip(
                self._planes, ord(character).to_bytes(3, "little"), strict=True
            ):
                known &= int(plane.translate(_EQUALS[octet]), 2)
            self._positions[character] = known
        return known


_EQUALS = [bytes(49 if other == octet else 48 for other in range(256)) for octet in range(256)]
"""For each octet, the translation table that maps it to the digit 1 and all others to 0."""


@lru_cache(maxsize=_INDEXED_TEXTS_MAX)
def _character_index(text: str) -> _CharacterIndex:
    """Return a text's index; one decision tries many patterns on the same few texts."""
    return _CharacterIndex(text)


def _bit_mask(places: list[int], size: int) -> int:
    """Return the number of `size` bits in which the bits at these positions are set."""
    flags = bytearray(b"0" * size)
    for place in places:
        flags[size - 1 - place] = 49  # the digit one
    return int(flags, 2)
