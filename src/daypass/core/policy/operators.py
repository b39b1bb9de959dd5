"""The condition operators: how a request's value is compared with a policy's.

A comparison says yes or no; what cannot be read says no, and a negated operator turns that round. Source: IAM user guide,
"IAM JSON policy elements: Condition operators".
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from daypass.core.policy.match import Token, Tokens, glob, literal, tokenize

ARN_PARTS = 6

Compare = Callable[[str], bool]
"""A policy's value, made ready: says whether a request's value compares."""

Prepare = Callable[[str], Compare]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator without its qualifiers."""

    name: str
    is_negated: bool
    prepare: Prepare | None = None
    """Makes a policy's value ready; operators that take variables have `pattern` and `matches` instead."""
    pattern: Callable[[str, bool], Tokens] | None = None
    matches: Callable[[Tokens, str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """An operator as a policy names it, with its qualifiers."""

    operator: Operator
    every: bool = False
    """`ForAllValues:`"""
    some: bool = False
    """`ForAnyValue:`"""
    if_exists: bool = False


def named(text: str) -> Named | None:
    """Return the operator of a name, in any case; nothing for one that there is not."""
    if not text.isascii():
        return None
    name = text.lower()
    every, some = name.startswith("forallvalues:"), name.startswith("foranyvalue:")
    name = name.partition(":")[2] if every or some else name
    if_exists = name.endswith("ifexists")
    operator = OPERATORS.get(name.removesuffix("ifexists"))
    if operator is None or (operator is NULL and if_exists):
        return None
    return Named(operator, every=every, some=some, if_exists=if_exists)


# Strings.


def _exact(text: str, variables: bool) -> Tokens:  # noqa: FBT001 - one of two tables' columns
    return tokenize(text, variables=variables, wildcards=False)


def _like(text: str, variables: bool) -> Tokens:  # noqa: FBT001 - the same
    return tokenize(text, variables=variables)


def _same(tokens: Tokens, value: str) -> bool:
    return glob(_joined(tokens), value)


def _same_ignoring_case(tokens: Tokens, value: str) -> bool:
    lowered = tuple(token.lower() for token in _joined(tokens) if isinstance(token, str))
    return glob(lowered, value.lower())


def _joined(tokens: Tokens) -> Tokens:
    return literal("".join(token for token in tokens if isinstance(token, str)))


def _glob(tokens: Tokens, value: str) -> bool:
    return glob(tokens, value) if tokens else not value


# ARNs: six parts, each a pattern of its own; a star never crosses one of the first five colons.


def _arn_like(tokens: Tokens, value: str) -> bool:
    patterns = split_arn(tokens)
    parts = value.split(":", ARN_PARTS - 1)
    return (
        patterns is not None
        and len(parts) == len(patterns)
        and all(_glob(pattern, part) for pattern, part in zip(patterns, parts, strict=True))
    )


def split_arn(tokens: Tokens) -> list[Tokens] | None:
    """Split a pattern at its first five colons that stand as text; nothing for one that has fewer."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        pieces = token.split(":", ARN_PARTS - len(parts))
        for number, piece in enumerate(pieces):
            if number:
                parts.append([])
            if piece:
                parts[-1].append(piece)
    return [tuple(part) for part in parts] if len(parts) == ARN_PARTS else None


# Numbers, dates, truth, bytes and addresses.

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_DIGITS_MAX = 400


def number(text: str) -> Decimal | None:
    """Read a decimal number; nothing for anything else, such as `12abc` or `1e2`."""
    if len(text) > _DIGITS_MAX or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?)?",
    re.ASCII,
)
_SECONDS = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def instant(text: str) -> Decimal | None:
    """Read a date of the W3C profile, or a whole number of seconds since 1970; nothing for anything else."""
    if _SECONDS.fullmatch(text):
        return Decimal(text)
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        whole = datetime(
            int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=_zone(zone),
        )  # fmt: skip
        seconds = whole - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return Decimal(seconds // timedelta(seconds=1)) + Decimal(f"0.{fraction or 0}")


def _zone(text: str | None) -> timezone:
    if text is None or text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _ordered(
    read: Callable[[str], Decimal | None], test: Callable[[Decimal, Decimal], bool]
) -> Prepare:
    def prepare(text: str) -> Compare:
        expected = read(text)

        def compare(value: str) -> bool:
            found = read(value)
            return expected is not None and found is not None and test(found, expected)

        return compare

    return prepare


def _bool(text: str) -> Compare:
    expected = text.lower()
    return lambda value: expected in {"true", "false"} and value.lower() == expected


def _binary(text: str) -> Compare:
    expected = _bytes(text)
    return lambda value: expected is not None and _bytes(value) == expected


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _address(text: str) -> Compare:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return lambda _value: False

    def compare(value: str) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return compare


_TESTS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "lessthan": lambda found, expected: found < expected,
    "lessthanequals": lambda found, expected: found <= expected,
    "greaterthan": lambda found, expected: found > expected,
    "greaterthanequals": lambda found, expected: found >= expected,
}


def _equal(found: Decimal, expected: Decimal) -> bool:
    return found == expected


def _pair(positive: str, negative: str, prepare: Prepare) -> tuple[Operator, Operator]:
    return Operator(positive, is_negated=False, prepare=prepare), Operator(
        negative, is_negated=True, prepare=prepare
    )


def _pattern_pair(
    name: str,
    not_name: str,
    pattern: Callable[[str, bool], Tokens],
    matches: Callable[[Tokens, str], bool],
) -> tuple[Operator, Operator]:
    return Operator(name, is_negated=False, pattern=pattern, matches=matches), Operator(
        not_name, is_negated=True, pattern=pattern, matches=matches
    )


def _all() -> dict[str, Operator]:
    operators = [
        *_pattern_pair("stringequals", "stringnotequals", _exact, _same),
        *_pattern_pair(
            "stringequalsignorecase", "stringnotequalsignorecase", _exact, _same_ignoring_case
        ),
        *_pattern_pair("stringlike", "stringnotlike", _like, _glob),
        *_pattern_pair("arnequals", "arnnotequals", _like, _arn_like),
        *_pattern_pair("arnlike", "arnnotlike", _like, _arn_like),
        *_pair("ipaddress", "notipaddress", _address),
        Operator("bool", is_negated=False, prepare=_bool),
        Operator("binaryequals", is_negated=False, prepare=_binary),
    ]
    for family, read in (("numeric", number), ("date", instant)):
        operators += _pair(f"{family}equals", f"{family}notequals", _ordered(read, _equal))
        operators += [
            Operator(family + name, is_negated=False, prepare=_ordered(read, test))
            for name, test in _TESTS.items()
        ]
    return {operator.name: operator for operator in operators}


NULL = Operator("null", is_negated=False)
"""Not a comparison: whether the key is there at all."""

OPERATORS: Mapping[str, Operator] = {**_all(), NULL.name: NULL}
