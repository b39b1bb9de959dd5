"""One condition, compiled: an operator, a key and values; what absent keys, sets and negation mean.

Source: IAM user guide, "Condition operators", "Multivalued context keys" and "…IfExists".
"""

from collections.abc import Callable

from daypass.core.policy.match import Context, substituted
from daypass.core.policy.model import Condition
from daypass.core.policy.operators import NULL, Named, Operator, named

Test = Callable[[Context], bool]
"""A compiled condition: says whether it holds in a context."""

Satisfies = Callable[[str, Context], bool]
"""Whether one value of the request satisfies the operator, negation included."""


def never(_context: Context) -> bool:
    """Hold in no context: what is not understood."""
    return False


def compile_condition(condition: Condition, *, variables: bool) -> Test:
    """Return the test of a condition; one with an unknown operator never holds."""
    found = named(condition.operator)
    if found is None:
        return never
    key = condition.key.lower()
    if found.operator is NULL:
        return _null(found, key, condition.values)
    satisfies = _satisfies(found.operator, condition.values, variables=variables)
    if found.every:
        return lambda context: all(
            satisfies(value, context) for value in _present(context.get(key))
        )
    if found.some:
        return lambda context: any(
            satisfies(value, context) for value in _present(context.get(key))
        )
    return _single(found, key, satisfies)


def _single(found: Named, key: str, satisfies: Satisfies) -> Test:
    when_absent = found.if_exists or found.operator.is_negated

    def test(context: Context) -> bool:
        value = context.get(key)
        if isinstance(value, str):
            return satisfies(value, context)
        # A multivalued key needs a set operator: without one nothing holds, negated or not. An empty one is absent.
        return not value and when_absent

    return test


def _null(found: Named, key: str, values: tuple[str, ...]) -> Test:
    if found.every:
        return lambda _context: True
    if found.some:
        return never
    wanted = {value.lower() for value in values}

    def test(context: Context) -> bool:
        is_absent = not _present(context.get(key))
        return ("true" if is_absent else "false") in wanted

    return test


def _present(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _satisfies(operator: Operator, values: tuple[str, ...], *, variables: bool) -> Satisfies:
    """Say yes when any value compares; negated, when none does."""
    if operator.pattern is not None and operator.matches is not None:
        return _by_pattern(operator, values, variables=variables)
    assert operator.prepare is not None  # noqa: S101 - every operator has one way or the other
    compares = [operator.prepare(value) for value in values]
    if not values:
        return lambda _value, _context: False
    if operator.is_negated:
        return lambda value, _context: not any(compare(value) for compare in compares)
    return lambda value, _context: any(compare(value) for compare in compares)


def _by_pattern(operator: Operator, values: tuple[str, ...], *, variables: bool) -> Satisfies:
    pattern, matches = operator.pattern, operator.matches
    assert pattern is not None  # noqa: S101 - the one caller has looked
    assert matches is not None  # noqa: S101 - the same
    patterns = [pattern(value, variables) for value in values]
    negated = operator.is_negated
    if not values:
        return lambda _value, _context: False

    def satisfies(value: str, context: Context) -> bool:
        for tokens in patterns:
            # A variable without a value matches nothing, so it does not stop a negated operator either.
            filled = substituted(tokens, context)
            if filled is not None and matches(filled, value):
                return not negated
        return negated

    return satisfies
