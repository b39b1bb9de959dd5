"""The condition operators: how a request's value is compared with a policy's.

A comparison says yes or no. A request's value that cannot be read compares with nothing, and a negated operator turns that round;
a policy's value that cannot be read makes no comparison at all. Source: IAM user guide, "IAM JSON policy elements: Condition
operators".
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from daypass.core import quotas
from daypass.core.policy.language import qualifiers
from daypass.core.policy.language.globs import Wildcard
from daypass.core.policy.language.match import (
    Pattern,
    RequestContext,
    Token,
    Tokens,
    Variable,
    tokenize,
)

ARN_PARTS = 6
_PARSED_VALUES_MAX = 4096
"""How many read dates, numbers and addresses are kept: a clock's text is the same for a second."""

ValueComparison = Callable[[str, RequestContext], bool]
"""A policy's value, made ready: says whether a request's value compares."""

CompileValue = Callable[[str, bool], ValueComparison | None]
"""Makes a policy's value ready, None if it cannot be read; the flag says whether `${…}` means anything in it."""


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator without its qualifiers.

    `exact` marks the plain equality of texts, for which a set will do; `folds` one that ignores their case.
    """

    name: str
    is_negated: bool
    compile_value: CompileValue
    is_exact: bool = False
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class QualifiedOperator:
    """An operator as a policy names it, with its qualifiers."""

    operator: Operator
    for_all_values: bool = False
    """`ForAllValues:`"""
    for_any_value: bool = False
    """`ForAnyValue:`"""
    if_exists: bool = False


def parse_operator(text: str) -> QualifiedOperator | None:
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
    return QualifiedOperator(
        operator, for_all_values=every, for_any_value=some, if_exists=if_exists
    )


def operator_family(operator: Operator) -> str:
    """Return what an operator compares: `string`, `arn`, `numeric`, `date`, `bool`, `binary`, `ip` or `null`."""
    name = operator.name.removeprefix("not")
    return next(kind for kind in _FAMILIES if name.startswith(kind))


_FAMILIES = ("string", "arn", "numeric", "date", "bool", "binary", "ip", "null")


# Strings.


def _string_equals(text: str, variables: bool) -> ValueComparison:  # noqa: FBT001 - a column of the table
    return Pattern(tokenize(text, variables=variables, wildcards=False)).matches


def _string_equals_ignore_case(text: str, variables: bool) -> ValueComparison:  # noqa: FBT001 - the same
    return Pattern(tokenize(text, variables=variables, wildcards=False), ignores_case=True).matches


def _string_like(text: str, variables: bool) -> ValueComparison:  # noqa: FBT001 - the same
    return Pattern(tokenize(text, variables=variables)).matches


# ARNs: six parts, each a pattern of its own; a star never crosses one of the first five colons.


def _arn_like(text: str, variables: bool) -> ValueComparison | None:  # noqa: FBT001 - the same
    tokens = tokenize(text, variables=variables)
    if len(tokens) == 1 and isinstance(tokens[0], Variable):
        return _arn_equals_variable(tokens[0])
    split = split_arn(tokens)
    if split is None:
        return None
    patterns = [Pattern(part) for part in split]
    # Its text between two wildcards stands in every ARN that matches, colons included: most ARNs lack it.
    longest = max((token for token in tokens if isinstance(token, str)), key=len, default="")

    def compare(value: str, context: RequestContext) -> bool:
        if longest not in value:
            return False
        parts = value.split(":", ARN_PARTS - 1)
        if len(parts) != ARN_PARTS:
            return False
        # The last parts first: that is where ARNs differ, and where a long list of them ends soonest.
        for at in range(ARN_PARTS - 1, -1, -1):  # noqa: SIM110 - a generator costs more
            if not patterns[at].matches(parts[at], context):
                return False
        return True

    return compare


def _arn_equals_variable(variable: Variable) -> ValueComparison:
    """Compare with the whole ARN that a variable stands for; nothing in it is a wildcard."""

    def compare(value: str, context: RequestContext) -> bool:
        expected = variable.value(context)
        return value == expected and value.count(":") >= ARN_PARTS - 1

    return compare


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


def has_wildcard(text: str, *, variables: bool) -> bool:
    """Say whether a value holds a star or a question mark that is none that a variable spells."""
    return any(isinstance(token, Wildcard) for token in tokenize(text, variables=variables))


# Numbers, dates, truth, bytes and addresses.

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)


@lru_cache(_PARSED_VALUES_MAX)
def parse_number(text: str) -> Decimal | None:
    """Read a decimal number; nothing for anything else, such as `12abc` or `1e2`."""
    if len(text) > quotas.NUMBER_CHARACTERS_MAX or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?)?)?",
    re.ASCII,
)
_SECONDS = re.compile(r"-?[0-9]{1,19}", re.ASCII)


@lru_cache(_PARSED_VALUES_MAX)
def parse_date(text: str) -> Decimal | None:
    """Read a date of the W3C profile, or a whole number of seconds since 1970; nothing for anything else."""
    if _SECONDS.fullmatch(text):
        return Decimal(text)
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    zone = zone or qualifiers.default_time_zone()
    try:
        whole = datetime(
            int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=_time_zone(zone),
        )  # fmt: skip
        seconds = whole - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return Decimal(seconds // timedelta(seconds=1)) + Decimal(f"0.{fraction or 0}")


def _time_zone(text: str) -> timezone:
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _ordered_comparison(
    read: Callable[[str], Decimal | None], test: Callable[[Decimal, Decimal], bool]
) -> CompileValue:
    def compile_value(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001 - a column of the table
        expected = read(text)
        if expected is None:
            return None

        def compare(value: str, _context: RequestContext) -> bool:
            found = read(value)
            if found is None:
                return qualifiers.unreadable_request_value_matches()
            return test(found, expected)

        return compare

    return compile_value


def _bool(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001 - the same
    expected = text.lower()
    if expected not in {"true", "false"}:
        return None
    return lambda value, _context: value.lower() == expected


def _binary(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001 - the same
    expected = parse_base64(text)
    if expected is None:
        return None
    return lambda value, _context: parse_base64(value) == expected


def parse_base64(text: str) -> bytes | None:
    """Return the bytes of a base64 text; None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_DECIMAL = re.compile(r"[0-9]{1,3}", re.ASCII)


@lru_cache(_PARSED_VALUES_MAX)
def parse_address(text: str) -> Address | None:
    """Read an IPv4 or IPv6 address, an IPv4-mapped one as IPv4 (RFC 4291, 2.5.5.2); None for anything else, zones included."""
    found = _parse_written_address(text)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _parse_written_address(text: str) -> Address | None:
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def parse_network(text: str) -> Network | None:
    """Read `address/length`; bits behind the prefix do not count. None for anything else, netmasks included.

    A range of IPv4-mapped addresses is the IPv4 range; a mapped address with a shorter prefix than theirs has two readings, and
    so none.
    """
    plain, slash, length = text.partition("/")
    written, found = _parse_written_address(plain), parse_address(plain)
    if written is None or found is None or (slash and not _DECIMAL.fullmatch(length)):
        return None
    bits = int(length) if slash else qualifiers.default_prefix_length(is_v6=written.version == 6)  # noqa: PLR2004 - IPv6
    bits -= written.max_prefixlen - found.max_prefixlen
    if not 0 <= bits <= found.max_prefixlen:
        return None
    return ipaddress.ip_network(f"{found}/{bits}", strict=False)


def _ip_address(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001 - a column of the table
    expected = parse_network(text)
    if expected is None:
        return None

    version = expected.version
    first, last = int(expected.network_address), int(expected.broadcast_address)

    def compare(value: str, _context: RequestContext) -> bool:
        found = _version_and_number(value)
        if found is None:
            return qualifiers.unreadable_request_value_matches()
        return found[0] == version and first <= found[1] <= last

    return compare


@lru_cache(_PARSED_VALUES_MAX)
def _version_and_number(text: str) -> tuple[int, int] | None:
    """Return an address's version and number; a policy's many ranges are compared with one address."""
    found = parse_address(text)
    return None if found is None else (found.version, int(found))


_ORDERINGS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "lessthan": lambda found, expected: found < expected,
    "lessthanequals": lambda found, expected: found <= expected,
    "greaterthan": lambda found, expected: found > expected,
    "greaterthanequals": lambda found, expected: found >= expected,
}


def _equal(found: Decimal, expected: Decimal) -> bool:
    return found == expected


def _operator_and_negation(
    positive: str,
    negative: str,
    compile_value: CompileValue,
    *,
    is_exact: bool = False,
    ignores_case: bool = False,
) -> list[Operator]:
    return [
        Operator(
            positive,
            is_negated=False,
            compile_value=compile_value,
            is_exact=is_exact,
            ignores_case=ignores_case,
        ),
        Operator(
            negative,
            is_negated=True,
            compile_value=compile_value,
            is_exact=is_exact,
            ignores_case=ignores_case,
        ),
    ]


def _operators_by_name() -> dict[str, Operator]:
    operators = [
        *_operator_and_negation("stringequals", "stringnotequals", _string_equals, is_exact=True),
        *_operator_and_negation(
            "stringequalsignorecase",
            "stringnotequalsignorecase",
            _string_equals_ignore_case,
            is_exact=True,
            ignores_case=True,
        ),
        *_operator_and_negation("stringlike", "stringnotlike", _string_like),
        *_operator_and_negation("arnequals", "arnnotequals", _arn_like),
        *_operator_and_negation("arnlike", "arnnotlike", _arn_like),
        *_operator_and_negation("ipaddress", "notipaddress", _ip_address),
        Operator("bool", is_negated=False, compile_value=_bool),
        Operator("binaryequals", is_negated=False, compile_value=_binary),
    ]
    for kind, read in (("numeric", parse_number), ("date", parse_date)):
        operators += _operator_and_negation(
            f"{kind}equals", f"{kind}notequals", _ordered_comparison(read, _equal)
        )
        operators += [
            Operator(kind + name, is_negated=False, compile_value=_ordered_comparison(read, test))
            for name, test in _ORDERINGS.items()
        ]
    return {operator.name: operator for operator in operators}


NULL = Operator("null", is_negated=False, compile_value=_bool)
"""Not a comparison: whether the key is there at all."""

OPERATORS: Mapping[str, Operator] = {**_operators_by_name(), NULL.name: NULL}
