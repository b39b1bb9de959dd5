"""Matching without regular expressions: patterns are token lists, matched in one pass with one place to go back to.

A pattern is split into tokens when it is compiled, so that a star which came out of a variable is an ordinary character
and never a wildcard.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

Context = Mapping[str, str | tuple[str, ...]]
"""Condition keys in lower case; a tuple is a multivalued key."""


class Wild(enum.Enum):
    """What in a pattern is not a character."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """A `${key}` or `${key, 'default'}`; the key is in lower case."""

    key: str
    default: str | None = None


Token = str | Wild | Variable
"""Literal text, a wildcard, or a variable that stands for literal text."""

Tokens = tuple[Token, ...]


def literal(text: str) -> Tokens:
    """Return a pattern that is nothing but text."""
    return (text,) if text else ()


def tokenize(text: str, *, variables: bool, wildcards: bool = True) -> Tokens:
    """Split a pattern; `${*}`, `${?}` and `${$}` are those characters, and `${` without an end is text."""
    found: list[Token] = []
    plain = ""
    at = 0
    while at < len(text):
        character = text[at]
        end = text.find("}", at) if variables and text.startswith("${", at) else -1
        if end >= 0:
            token = _variable(text[at + 2 : end])
            at = end + 1
        else:
            token = Wild(character) if wildcards and character in "*?" else character
            at += 1
        if isinstance(token, str):
            plain += token
            continue
        if plain:
            found.append(plain)
            plain = ""
        if token is not Wild.ANY or found[-1:] != [Wild.ANY]:
            found.append(token)
    return (*found, plain) if plain else tuple(found)


def _variable(inside: str) -> Token:
    if inside in {"*", "?", "$"}:
        return inside
    key, comma, rest = inside.partition(", '")
    if comma and rest.endswith("'"):
        return Variable(key.lower(), rest[:-1])
    return Variable(inside.lower())


def substituted(tokens: Tokens, context: Context) -> Tokens | None:
    """Put literal values in the place of variables; nothing where one has no value.

    A multivalued key has none; a default stands in for a key that is absent.
    """
    if not any(isinstance(token, Variable) for token in tokens):
        return tokens
    found: list[Token] = []
    for token in tokens:
        if not isinstance(token, Variable):
            found.append(token)
            continue
        value = context.get(token.key)
        if not isinstance(value, str):
            value = token.default
        if value is None:
            return None
        found.append(value)
    return tuple(found)


def glob(tokens: Tokens, text: str) -> bool:
    """Say whether the whole text matches; a star is any run of characters, a question mark exactly one."""
    if len(tokens) == 1 and isinstance(tokens[0], str):
        return tokens[0] == text
    at = place = 0
    again: tuple[int, int] | None = None
    while True:
        if place == len(tokens):
            if at == len(text):
                return True
        else:
            token = tokens[place]
            if token is Wild.ANY:
                if place + 1 == len(tokens):
                    return True
                again = (place + 1, at)
                place += 1
                continue
            size = 1 if token is Wild.ONE else len(token) if isinstance(token, str) else 0
            fits = at < len(text) if token is Wild.ONE else text.startswith(str(token), at)
            if fits:
                at, place = at + size, place + 1
                continue
        if again is None:
            return False
        # The last star takes one character more, and everything behind it is tried again.
        place, start = again
        at = start + 1
        if at > len(text):
            return False
        again = (place, at)


@dataclass(frozen=True, slots=True)
class ActionPattern:
    """An action such as `s3:Get*`, in lower case; `*` alone has an empty service and matches everything."""

    service: str
    name: Tokens
    matches_all: bool = False

    def matches(self, service: str, name: str) -> bool:
        """Say whether an action, given in lower case, matches."""
        return self.matches_all or (self.service == service and glob(self.name, name))


def action(text: str) -> ActionPattern | None:
    """Compile an action; nothing for one that can never match: not ASCII, no name, a space in it."""
    if text == "*":
        return ActionPattern("", (), matches_all=True)
    service, colon, name = text.partition(":")
    if not (text.isascii() and colon and name) or any(map(str.isspace, name)) or "*" in service:
        return None
    return ActionPattern(service.lower(), tokenize(name.lower(), variables=False))
