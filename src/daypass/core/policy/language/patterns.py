"""Patterns as policies write them: text, wildcards and variables such as `${aws:username}`.

A pattern is split into tokens once. The value of a variable is literal: it is put in after the
pattern was split, so that a star in a tag's value is a star and not a wildcard. Source: IAM user
guide, "IAM policy elements: Variables and tags".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from daypass.core.policy.language.globs import (
    Matcher,
    Wildcard,
    compile_glob,
    compile_starred,
    matches_pieces,
)

RequestContext = Mapping[str, str | tuple[str, ...]]
"""Condition keys in lower case, with their values; a tuple is a multivalued key."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A `${key}` or `${key, 'default'}`; the key is in lower case."""

    key: str
    default: str | None = None

    def value(self, context: RequestContext) -> str | None:
        """Return the variable's value in a request.

        None if its key is absent or multivalued and the variable has no default.
        """
        found = context.get(self.key)
        return found if isinstance(found, str) else self.default


Token = str | Wildcard | Variable
"""Literal text, a wildcard, or a variable that stands for literal text."""

Tokens = tuple[Token, ...]


def tokenize(text: str, *, variables: bool, wildcards: bool = True) -> Tokens:
    """Return the tokens of a pattern; the flags say whether it has variables and wildcards.

    `${*}`, `${?}` and `${$}` are those characters as text; a `${` without its closing brace is
    text.
    """
    found: list[Token] = []
    plain = 0
    for match in _SPECIAL_TEXT[variables, wildcards].finditer(text):
        start, after = match.span()
        if plain < start:
            found.append(text[plain:start])
        plain = after
        special = match[0]
        if special[0] == "$":
            found.append(_variable_token(special[2:-1]))
        else:
            # A run of wildcards becomes its question marks, then one star if it has any.
            found += [Wildcard.ONE] * special.count("?")
            found += [Wildcard.ANY] if "*" in special else []
    if plain < len(text):
        found.append(text[plain:])
    return tuple(found)


_SPECIAL_TEXT: Mapping[tuple[bool, bool], re.Pattern[str]] = {
    (False, False): re.compile(r"(?!)"),
    (False, True): re.compile(r"[*?]+"),
    (True, False): re.compile(r"\$\{[^}]*\}"),
    (True, True): re.compile(r"\$\{[^}]*\}|[*?]+"),
}
"""What is not plain text, by whether a pattern has variables, and whether it has wildcards."""


def compile_wildcards(text: str) -> Matcher:
    """Return the matcher of a text in which only stars and question marks are special."""
    if "?" not in text:
        return compile_starred(text)
    found = tokenize(text, variables=False)
    return compile_glob(tuple(token for token in found if not isinstance(token, Variable)))


def _variable_token(inside: str) -> Token:
    """Return the token of the text between `${` and `}`."""
    if inside in {"*", "?", "$"}:
        return inside
    key, comma, rest = inside.partition(", '")
    if comma and rest.endswith("'"):
        return Variable(key.lower(), rest[:-1])
    return Variable(inside.lower())


def fill_variables(
    tokens: Tokens, context: RequestContext, *, characters_max: int | None = None
) -> tuple[str | Wildcard, ...] | None:
    """Return the tokens with each variable replaced by its value.

    None if a variable has no value, or if the whole is longer than `characters_max` characters.
    """
    found: list[str | Wildcard] = []
    size = 0
    for token in tokens:
        text = token.value(context) if isinstance(token, Variable) else token
        if text is None:
            return None
        if isinstance(text, str):
            size += len(text)
            if characters_max is not None and size > characters_max:
                return None
        found.append(text)
    return tuple(found)


class Pattern:
    """A pattern of the tokens that `tokenize` returns, matched against whole texts."""

    __slots__ = ("_fixed", "_ignores_case", "_longest", "_pieces", "_tokens")

    def __init__(self, tokens: Tokens, *, ignores_case: bool = False) -> None:
        self._ignores_case = ignores_case
        self._tokens = tuple(map(_lower_case_token, tokens)) if ignores_case else tokens
        fixed = [token for token in self._tokens if not isinstance(token, Variable)]
        self._fixed: Matcher | None = (
            compile_glob(tuple(fixed)) if len(fixed) == len(self._tokens) else None
        )
        self._pieces = _split_at_stars(self._tokens)
        texts = [token for token in self._tokens if isinstance(token, str)]
        # Every text that matches contains it, whatever the values of the variables.
        self._longest = max(texts, key=len, default="")

    @property
    def text(self) -> str | None:
        """Return the text of a pattern without wildcards and variables, None for others."""
        if self._ignores_case or any(not isinstance(token, str) for token in self._tokens):
            return None
        return "".join(str(token) for token in self._tokens)

    def matches(self, text: str, context: RequestContext) -> bool:
        """Return whether a text matches in this request context.

        A variable without a value matches no text.
        """
        if self._ignores_case:
            text = text.lower()
        if self._longest not in text:
            return False
        if self._fixed is not None:
            return self._fixed(text)
        first = self._tokens[0]
        if isinstance(first, str) and not text.startswith(first):
            return False
        if self._pieces:
            return self._matches_pieces(text, self._pieces, context)
        # What matches is no longer than `text`; three times that leaves room for any case.
        found = fill_variables(self._tokens, context, characters_max=3 * len(text))
        if found is None:
            return False
        if self._ignores_case:
            found = tuple(token.lower() if isinstance(token, str) else token for token in found)
        return compile_glob(found)(text)

    def _matches_pieces(
        self, text: str, pieces: tuple[Tokens, ...], context: RequestContext
    ) -> bool:
        """Return the same as `matches` for a pattern with stars and without question marks.

        Such a pattern needs no compiled matcher: its pieces are filled in and compared at once.
        """
        texts = []
        room = len(text)
        for piece in pieces:
            found = ""
            for token in piece:
                part = token.value(context) if isinstance(token, Variable) else token
                # Lower-casing makes no text shorter: a piece too long now is too long afterwards.
                if not isinstance(part, str) or len(found) + len(part) > room:
                    return False
                found += part
            if self._ignores_case:
                found = found.lower()
            room -= len(found)
            if room < 0:
                return False
            texts.append(found)
        return matches_pieces(texts, text)


def _split_at_stars(tokens: Tokens) -> tuple[Tokens, ...]:
    """Return the tokens before, between and after the stars.

    Empty for a pattern that has a question mark or no star.
    """
    if Wildcard.ONE in tokens or Wildcard.ANY not in tokens:
        return ()
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token is Wildcard.ANY:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return tuple(tuple(piece) for piece in pieces)


def _lower_case_token(token: Token) -> Token:
    return token.lower() if isinstance(token, str) else token


def display_pattern(text: str, context: RequestContext) -> str:
    """Return a pattern's text with its variables replaced by their values, for people to read.

    A variable without a value stays as `${key}`.
    """
    parts = []
    for token in tokenize(text, variables=True, wildcards=False):
        if isinstance(token, Variable):
            value = token.value(context)
            parts.append(f"${{{token.key}}}" if value is None else value)
        else:
            parts.append(str(token))
    return "".join(parts)
