"""One condition, compiled: an operator, a key and values; what absent keys, sets and negation mean.

Source: IAM user guide, "Condition operators", "Multivalued context keys" and "…IfExists".
"""

from collections.abc import Callable
from dataclasses import replace

from daypass.core.policy import choices
from daypass.core.policy.match import Context, Pattern, tokenize
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
    condition = _without_case(condition)
    found = named(condition.operator)
    if found is None:
        return never
    key = condition.key.lower()
    if found.operator is NULL:
        return _null(found, key, condition.values)
    is_plain = not (found.every or found.some or found.if_exists)
    satisfies = _satisfies(found.operator, condition.values, variables=variables, is_plain=is_plain)
    if found.every:
        return lambda context: all(satisfies(value, context) for value in _values(context.get(key)))
    if found.some:
        return lambda context: any(satisfies(value, context) for value in _values(context.get(key)))
    return _single(found, key, satisfies)


def _without_case(condition: Condition) -> Condition:
    """Return the condition with the spelling of the request's own values, where a key is compared without case."""
    if condition.key.lower() not in _UPPER:
        return condition
    return replace(condition, values=tuple(value.upper() for value in condition.values))


_UPPER = frozenset({"s3:authtype"})
"""Keys whose values are words in capitals, compared without case; S3 user guide, "Condition keys for Amazon S3"."""


def _single(found: Named, key: str, satisfies: Satisfies) -> Test:
    when_absent = found.if_exists or found.operator.is_negated

    def test(context: Context) -> bool:
        value = context.get(key)
        if isinstance(value, str):
            return satisfies(value, context)
        return choices.unqualified_on_many() if choices.is_present(value) else when_absent

    return test


def _null(found: Named, key: str, values: tuple[str, ...]) -> Test:
    if found.every:
        return lambda _context: True
    if found.some:
        return never
    wanted = {value.lower() for value in values}

    def test(context: Context) -> bool:
        return ("false" if choices.is_present(context.get(key)) else "true") in wanted

    return test


def _values(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _satisfies(
    operator: Operator, values: tuple[str, ...], *, variables: bool, is_plain: bool
) -> Satisfies:
    """Say yes when any value compares; negated, when none does. Without values only a plain negation is satisfied."""
    negated = operator.is_negated
    if not values:
        return lambda _value, _context: negated and is_plain
    if operator.exact:
        texts = {
            Pattern(tokenize(value, variables=variables, wildcards=False)).text for value in values
        }
        if None not in texts:
            return lambda value, _context: (value in texts) is not negated
    compares = [operator.prepare(value, variables) for value in values]
    if len(compares) == 1:
        only = compares[0]
        return lambda value, context: only(value, context) is not negated

    def satisfies(value: str, context: Context) -> bool:
        for compare in compares:
            # A variable without a value compares with nothing, so it does not stop a negated operator either.
            if compare(value, context):
                return not negated
        return negated

    return satisfies
