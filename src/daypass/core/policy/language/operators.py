"""The condition operators: how a request's value is compared with a policy's value.

A comparison returns True or False. A request's value that cannot be parsed never compares, so a
negated operator holds for it; a policy's value that cannot be parsed has no comparison at all.
Source: IAM user guide, "IAM JSON policy elements: Condition operators".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from daypass.core.arn import PARTS, arn_parts
from daypass.core.policy.language import undocumented_rules
from daypass.core.policy.language.condition_values import (
    address_version_and_number,
    parse_base64,
    parse_date,
    parse_network,
    parse_number,
)
from daypass.core.policy.language.globs import Wildcard
from daypass.core.policy.language.patterns import (
    Pattern,
    RequestContext,
    Token,
    Tokens,
    Variable,
    tokenize,
)

ValueComparison = Callable[[str, RequestContext], bool]
"""A compiled policy value: returns whether a request's value compares with it."""

CompileValue = Callable[[str, bool], ValueComparison | None]
"""Compiles a policy's value; None if it cannot be parsed.

The flag says whether `${…}` is a variable in it.
"""


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator without set qualifier and IfExists; its name is in lower case.

    `is_exact`: values are compared as whole texts, so that a set of them suffices; `ignores_case`:
    without regard to case.
    """

    name: str
    is_negated: bool
    compile_value: CompileValue
    is_exact: bool = False
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class QualifiedOperator:
    """An operator as a policy writes it: with a set qualifier, and with or without IfExists."""

    operator: Operator
    for_all_values: bool = False
    """Whether it begins with `ForAllValues:`."""
    for_any_value: bool = False
    """Whether it begins with `ForAnyValue:`."""
    if_exists: bool = False


def parse_operator(text: str) -> QualifiedOperator | None:
    """Return the operator of a name in any case; None if no operator has the name."""
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
    """Return what an operator compares.

    One of `string`, `arn`, `numeric`, `date`, `bool`, `binary`, `ip` and `null`.
    """
    name = operator.name.removeprefix("not")
    return next(kind for kind in _FAMILIES if name.startswith(kind))


_FAMILIES = ("string", "arn", "numeric", "date", "bool", "binary", "ip", "null")
FAMILIES_WITH_VARIABLES = frozenset({"string", "arn"})
"""The families of operators in whose values `${…}` is a variable."""


# Strings.


# As `CompileValue`.
def _string_equals(text: str, variables: bool) -> ValueComparison:  # noqa: FBT001
    return Pattern(tokenize(text, variables=variables, wildcards=False)).matches


# As above.
def _string_equals_ignore_case(text: str, variables: bool) -> ValueComparison:  # noqa: FBT001
    return Pattern(tokenize(text, variables=variables, wildcards=False), ignores_case=True).matches


def _string_like(text: str, variables: bool) -> ValueComparison:  # noqa: FBT001 - as above
    return Pattern(tokenize(text, variables=variables)).matches


# ARNs: six parts, each a pattern of its own; a star never crosses one of the first five colons.


def _arn_like(text: str, variables: bool) -> ValueComparison | None:  # noqa: FBT001 - as above
    tokens = tokenize(text, variables=variables)
    if len(tokens) == 1 and isinstance(tokens[0], Variable):
        return _arn_equals_variable(tokens[0])
    split = split_arn(tokens)
    if split is None:
        return None
    patterns = [Pattern(part) for part in split]
    # Every ARN that matches contains the longest literal text, and most ARNs do not.
    longest = max((token for token in tokens if isinstance(token, str)), key=len, default="")

    def compare(value: str, context: RequestContext) -> bool:
        if longest not in value:
            return False
        parts = arn_parts(value)
        if parts is None:
            return False
        # The last parts first: ARNs differ there, so that most comparisons end at once.
        for at in range(PARTS - 1, -1, -1):  # noqa: SIM110 - a generator costs more
            if not patterns[at].matches(parts[at], context):
                return False
        return True

    return compare


def _arn_equals_variable(variable: Variable) -> ValueComparison:
    """Return the comparison with the whole ARN in a variable, whose wildcards are literal."""

    def compare(value: str, context: RequestContext) -> bool:
        expected = variable.value(context)
        return value == expected and arn_parts(value) is not None

    return compare


def split_arn(tokens: Tokens) -> list[Tokens] | None:
    """Return the six parts of a pattern, split at its first five colons of literal text.

    None if it has fewer.
    """
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
    """Return whether a value contains a wildcard, not counting `${*}` and `${?}`."""
    return any(isinstance(token, Wildcard) for token in tokenize(text, variables=variables))


# Numbers, dates, booleans, bytes and addresses.


def _ordered_comparison(
    parse_value: Callable[[str], Decimal | None], test: Callable[[Decimal, Decimal], bool]
) -> CompileValue:
    # As above.
    def compile_value(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001
        expected = parse_value(text)
        if expected is None:
            return None

        def compare(value: str, _context: RequestContext) -> bool:
            found = parse_value(value)
            if found is None:
                return undocumented_rules.unreadable_request_value_matches()
            return test(found, expected)

        return compare

    return compile_value


def _bool(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001 - as above
    expected = text.lower()
    if expected not in {"true", "false"}:
        return None
    return lambda value, _context: value.lower() == expected


def _binary(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001 - as above
    expected = parse_base64(text)
    if expected is None:
        return None
    return lambda value, _context: parse_base64(value) == expected


def _ip_address(text: str, _variables: bool) -> ValueComparison | None:  # noqa: FBT001 - as above
    expected = parse_network(text)
    if expected is None:
        return None

    version = expected.version
    first, last = int(expected.network_address), int(expected.broadcast_address)

    def compare(value: str, _context: RequestContext) -> bool:
        found = address_version_and_number(value)
        if found is None:
            return undocumented_rules.unreadable_request_value_matches()
        return found[0] == version and first <= found[1] <= last

    return compare


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
    for kind, parse_value in (("numeric", parse_number), ("date", parse_date)):
        operators += _operator_and_negation(
            f"{kind}equals", f"{kind}notequals", _ordered_comparison(parse_value, _equal)
        )
        operators += [
            Operator(
                kind + name, is_negated=False, compile_value=_ordered_comparison(parse_value, test)
            )
            for name, test in _ORDERINGS.items()
        ]
    return {operator.name: operator for operator in operators}


NULL = Operator("null", is_negated=False, compile_value=_bool)
"""The operator Null, which compares no values: it tests whether the key is present."""

OPERATORS: Mapping[str, Operator] = {**_operators_by_name(), NULL.name: NULL}
