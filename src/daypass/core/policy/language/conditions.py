"""One condition of a policy, compiled to a test of the request's context.

A test covers absent keys, the set qualifiers ForAllValues and ForAnyValue, IfExists and negation.
Whether a policy's value can be read is decided once, when the document is compiled, never while a
request waits. Source: IAM user guide, "Condition operators", "Multivalued context keys" and
"…IfExists".
"""

from collections.abc import Callable
from dataclasses import replace

from daypass.core import quotas
from daypass.core.policy.language import undocumented_rules
from daypass.core.policy.language.model import PolicyCondition
from daypass.core.policy.language.operators import (
    NULL,
    Operator,
    QualifiedOperator,
    ValueComparison,
    parse_operator,
)
from daypass.core.policy.language.patterns import Pattern, RequestContext, tokenize
from daypass.core.slices import Steps, at_once

ConditionTest = Callable[[RequestContext], bool]
"""A compiled condition: returns whether it holds in a request context."""

ValueTest = Callable[[str, RequestContext], bool]
"""Returns whether one value of the request satisfies the operator, negation included."""


def never(_context: RequestContext) -> bool:
    """Return False: the test of a condition that holds in no context."""
    return False


def always(_context: RequestContext) -> bool:
    """Return True: the test of a condition that holds in every context."""
    return True


def unreadable_values(condition: PolicyCondition, *, variables: bool) -> tuple[str, ...]:
    """Return the values that the operator cannot parse; all of them if it is unknown."""
    qualified = parse_operator(condition.operator)
    if qualified is None:
        return condition.values
    compile_value = qualified.operator.compile_value
    return tuple(value for value in condition.values if compile_value(value, variables) is None)


def compile_condition(
    condition: PolicyCondition, *, variables: bool, is_allow: bool
) -> ConditionTest:
    """Return the test of a condition in an Allow or in a Deny.

    An unreadable value never makes an Allow apply, and makes a Deny apply.
    """
    return at_once(compile_condition_in_steps(condition, variables=variables, is_allow=is_allow))


def compile_condition_in_steps(
    condition: PolicyCondition, *, variables: bool, is_allow: bool
) -> Steps[ConditionTest]:
    """Compile a condition as `compile_condition` does, yielding between batches of values.

    A batch is `quotas.COMPILED_VALUES_PER_STEP` values; between them others may have the event
    loop.
    """
    condition = _with_values_in_capitals(condition)
    qualified = parse_operator(condition.operator)
    if qualified is None:
        return always if undocumented_rules.unknown_operator_holds(is_allow=is_allow) else never
    operator, key = qualified.operator, condition.key.lower()
    compiled = []
    for start in range(0, len(condition.values), quotas.COMPILED_VALUES_PER_STEP):
        if start:
            yield
        batch = condition.values[start : start + quotas.COMPILED_VALUES_PER_STEP]
        compiled += [operator.compile_value(value, variables) for value in batch]
    comparisons = [compare for compare in compiled if compare is not None]
    if len(comparisons) < len(compiled):
        holds = undocumented_rules.unreadable_policy_value_holds(
            is_allow=is_allow, is_negated=operator.is_negated
        )
        if holds is not None:
            return always if holds else never
    if operator is NULL:
        return _null_test(qualified, key, condition.values)
    is_plain = not (qualified.for_all_values or qualified.for_any_value or qualified.if_exists)
    texts = _constant_texts(condition.values, variables=variables) if operator.is_exact else None
    satisfies = _value_test(operator, comparisons, texts, is_plain=is_plain)
    if qualified.for_all_values:
        return lambda context: all(
            satisfies(value, context) for value in _request_values(context.get(key))
        )
    if qualified.for_any_value:
        return lambda context: any(
            satisfies(value, context) for value in _request_values(context.get(key))
        )
    return _single_value_test(qualified, key, satisfies)


def _with_values_in_capitals(condition: PolicyCondition) -> PolicyCondition:
    """Return the condition with values in upper case if its key is compared without case."""
    if condition.key.lower() not in _KEYS_WITH_VALUES_IN_CAPITALS:
        return condition
    return replace(condition, values=tuple(value.upper() for value in condition.values))


_KEYS_WITH_VALUES_IN_CAPITALS = frozenset({"s3:authtype"})
"""Keys whose values in a request are always capitals and are compared without case.

Source: S3 user guide, "Condition keys for Amazon S3".
"""


def _single_value_test(
    qualified: QualifiedOperator, key: str, satisfies: ValueTest
) -> ConditionTest:
    """Return the test of an operator without a set qualifier."""
    when_absent = qualified.if_exists or qualified.operator.is_negated

    def test(context: RequestContext) -> bool:
        value = context.get(key)
        if isinstance(value, str):
            return satisfies(value, context)
        return (
            undocumented_rules.unqualified_operator_holds_on_many_values()
            if undocumented_rules.is_key_present(value)
            else when_absent
        )

    return test


def _null_test(qualified: QualifiedOperator, key: str, values: tuple[str, ...]) -> ConditionTest:
    """Return the test of the Null operator: whether the key is absent, as the values say.

    With ForAllValues it always holds, with ForAnyValue never.
    """
    if qualified.for_all_values:
        return always
    if qualified.for_any_value:
        return never
    wanted = {value.lower() for value in values}

    def test(context: RequestContext) -> bool:
        return (
            "false" if undocumented_rules.is_key_present(context.get(key)) else "true"
        ) in wanted

    return test


def _request_values(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return a key's values in the request as a tuple, empty if the key is absent."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _constant_texts(values: tuple[str, ...], *, variables: bool) -> frozenset[str] | None:
    """Return the texts that the values stand for; None if one depends on the request."""
    texts = [
        Pattern(tokenize(value, variables=variables, wildcards=False)).text for value in values
    ]
    known = frozenset(text for text in texts if text is not None)
    return known if None not in texts else None


def _value_test(
    operator: Operator,
    comparisons: list[ValueComparison],
    texts: frozenset[str] | None,
    *,
    is_plain: bool,
) -> ValueTest:
    """Return the test of one request value: any policy value compares, or none does if negated.

    Without policy values only a negated operator without qualifier or IfExists is satisfied.
    """
    negated = operator.is_negated
    if not comparisons:
        return lambda _value, _context: negated and is_plain
    if texts is not None and operator.ignores_case:
        lowered = frozenset(text.lower() for text in texts)
        return lambda value, _context: (value.lower() in lowered) is not negated
    if texts is not None:
        return lambda value, _context: (value in texts) is not negated
    if len(comparisons) == 1:
        only = comparisons[0]
        return lambda value, context: only(value, context) is not negated

    def satisfies(value: str, context: RequestContext) -> bool:
        for compare in comparisons:
            # A variable without a value matches no text, so a negated operator holds for it.
            if compare(value, context):
                return not negated
        return negated

    return satisfies
