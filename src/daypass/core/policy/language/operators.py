"""The condition operators: how a request's value is compared with a policy's.

A comparison says yes or no. A request's value that cannot be read compares with nothing, and a negated operator turns that round;
a policy's value that cannot be read makes no comparison at all. Source: IAM user guide, "IAM JSON policy elements: Condition
operators".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from daypass.core.arn import PARTS, six_parts
from daypass.core.policy.language import qualifiers, written_values
from daypass.core.policy.language.globs import Wild
from daypass.core.policy.language.match import Context, Pattern, Token, Tokens, Variable, tokenize

Compare = Callable[[str, Context], bool]
"""A policy's value, made ready: says whether a request's value compares."""

Prepare = Callable[[str, bool], Compare | None]
"""Makes a policy's value ready, None if it cannot be read; the flag says whether `${…}` means anything in it."""


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator without its qualifiers.

    `exact` marks the plain equality of texts, for which a set will do; `folds` one that ignores their case.
    """

    name: str
    is_negated: bool
    prepare: Prepare
    exact: bool = False
    folds: bool = False


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


def family(operator: Operator) -> str:
    """Return what an operator compares: `string`, `arn`, `numeric`, `date`, `bool`, `binary`, `ip` or `null`."""
    name = operator.name.removeprefix("not")
    return next(kind for kind in _FAMILIES if name.startswith(kind))


def takes_variables(operator: Operator) -> bool:
    """Say whether policy variables in a value are replaced: in texts and ARNs alone."""
    return family(operator) in {"string", "arn"}


_FAMILIES = ("string", "arn", "numeric", "date", "bool", "binary", "ip", "null")


# Strings.


def _exact(text: str, variables: bool) -> Compare:  # noqa: FBT001 - a column of the table
    return Pattern(tokenize(text, variables=variables, wildcards=False)).matches


def _ignoring_case(text: str, variables: bool) -> Compare:  # noqa: FBT001 - the same
    return Pattern(tokenize(text, variables=variables, wildcards=False), ignores_case=True).matches


def _like(text: str, variables: bool) -> Compare:  # noqa: FBT001 - the same
    return Pattern(tokenize(text, variables=variables)).matches


# ARNs: six parts, each a pattern of its own; a star never crosses one of the first five colons.


def _arn_like(text: str, variables: bool) -> Compare | None:  # noqa: FBT001 - the same
    tokens = tokenize(text, variables=variables)
    if len(tokens) == 1 and isinstance(tokens[0], Variable):
        return _arn_of(tokens[0])
    split = split_arn(tokens)
    if split is None:
        return None
    patterns = [Pattern(part) for part in split]
    # Its text between two wildcards stands in every ARN that matches, colons included: most ARNs lack it.
    longest = max((token for token in tokens if isinstance(token, str)), key=len, default="")

    def compare(value: str, context: Context) -> bool:
        if longest not in value:
            return False
        parts = six_parts(value)
        if parts is None:
            return False
        # The last parts first: that is where ARNs differ, and where a long list of them ends soonest.
        for at in range(PARTS - 1, -1, -1):  # noqa: SIM110 - a generator costs more
            if not patterns[at].matches(parts[at], context):
                return False
        return True

    return compare


def _arn_of(variable: Variable) -> Compare:
    """Compare with the whole ARN that a variable stands for; nothing in it is a wildcard."""

    def compare(value: str, context: Context) -> bool:
        expected = variable.value(context)
        return value == expected and six_parts(value) is not None

    return compare


def split_arn(tokens: Tokens) -> list[Tokens] | None:
    """Split a pattern at its first five colons that stand as text; nothing for one that has fewer."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        pieces = token.split(":", PARTS - len(parts))
        for number, piece in enumerate(pieces):
            if number:
                parts.append([])
            if piece:
                parts[-1].append(piece)
    return [tuple(part) for part in parts] if len(parts) == PARTS else None


def has_wildcard(text: str, *, variables: bool) -> bool:
    """Say whether a value holds a star or a question mark that is none that a variable spells."""
    return any(isinstance(token, Wild) for token in tokenize(text, variables=variables))


# Numbers, dates, truth, bytes and addresses.


def _ordered(
    read: Callable[[str], Decimal | None], test: Callable[[Decimal, Decimal], bool]
) -> Prepare:
    def prepare(text: str, _variables: bool) -> Compare | None:  # noqa: FBT001 - a column of the table
        expected = read(text)
        if expected is None:
            return None

        def compare(value: str, _context: Context) -> bool:
            found = read(value)
            if found is None:
                return qualifiers.unreadable_request_value_matches()
            return test(found, expected)

        return compare

    return prepare


def _bool(text: str, _variables: bool) -> Compare | None:  # noqa: FBT001 - the same
    expected = text.lower()
    if expected not in {"true", "false"}:
        return None
    return lambda value, _context: value.lower() == expected


def _binary(text: str, _variables: bool) -> Compare | None:  # noqa: FBT001 - the same
    expected = written_values.decoded_bytes(text)
    if expected is None:
        return None
    return lambda value, _context: written_values.decoded_bytes(value) == expected


def _address(text: str, _variables: bool) -> Compare | None:  # noqa: FBT001 - a column of the table
    expected = written_values.network(text)
    if expected is None:
        return None

    version = expected.version
    first, last = int(expected.network_address), int(expected.broadcast_address)

    def compare(value: str, _context: Context) -> bool:
        found = written_values.placed_address(value)
        if found is None:
            return qualifiers.unreadable_request_value_matches()
        return found[0] == version and first <= found[1] <= last

    return compare


_TESTS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "lessthan": lambda found, expected: found < expected,
    "lessthanequals": lambda found, expected: found <= expected,
    "greaterthan": lambda found, expected: found > expected,
    "greaterthanequals": lambda found, expected: found >= expected,
}


def _equal(found: Decimal, expected: Decimal) -> bool:
    return found == expected


def _pair(
    positive: str, negative: str, prepare: Prepare, *, exact: bool = False, folds: bool = False
) -> list[Operator]:
    return [
        Operator(positive, is_negated=False, prepare=prepare, exact=exact, folds=folds),
        Operator(negative, is_negated=True, prepare=prepare, exact=exact, folds=folds),
    ]


def _all() -> dict[str, Operator]:
    operators = [
        *_pair("stringequals", "stringnotequals", _exact, exact=True),
        *_pair(
            "stringequalsignorecase",
            "stringnotequalsignorecase",
            _ignoring_case,
            exact=True,
            folds=True,
        ),
        *_pair("stringlike", "stringnotlike", _like),
        *_pair("arnequals", "arnnotequals", _arn_like),
        *_pair("arnlike", "arnnotlike", _arn_like),
        *_pair("ipaddress", "notipaddress", _address),
        Operator("bool", is_negated=False, prepare=_bool),
        Operator("binaryequals", is_negated=False, prepare=_binary),
    ]
    for kind, read in (("numeric", written_values.number), ("date", written_values.instant)):
        operators += _pair(f"{kind}equals", f"{kind}notequals", _ordered(read, _equal))
        operators += [
            Operator(kind + name, is_negated=False, prepare=_ordered(read, test))
            for name, test in _TESTS.items()
        ]
    return {operator.name: operator for operator in operators}


NULL = Operator("null", is_negated=False, prepare=_bool)
"""Not a comparison: whether the key is there at all."""

OPERATORS: Mapping[str, Operator] = {**_all(), NULL.name: NULL}
