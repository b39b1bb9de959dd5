"""The condition keys that an allowed request lacks, and on whose absence the permission rests.

An absent key makes a negated operator, IfExists, ForAllValues and Null hold, and keeps the other
operators of a Deny from holding: a request that has the key may be denied.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from daypass.core.policy.decision.decide import decide_without_deny
from daypass.core.policy.decision.model import Layer
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.explanation.explain import (
    Explanation,
    LayerEvaluation,
    StatementElement,
    StatementEvaluation,
    layer_verdict,
)
from daypass.core.policy.language.model import PolicyCondition
from daypass.core.policy.language.operators import (
    FAMILIES_WITH_VARIABLES,
    operator_family,
    parse_operator,
)
from daypass.core.policy.language.patterns import RequestContext, Variable, tokenize
from daypass.core.policy.language.undocumented_rules import is_key_present


class AbsentKeyReliance(NamedTuple):
    """A statement that would turn a permission into a denial, or might, if keys were present."""

    layer: Layer
    rule: Rule
    keys: tuple[str, ...]


def absent_key_reliances(explanation: Explanation) -> list[AbsentKeyReliance]:
    """Return what a permission rests on; empty for a denial.

    A Deny is returned if only absent keys stop it, an Allow if no other statement allows in its
    place and it applies because keys are absent.
    """
    if not explanation.decision.allowed or explanation.policies is None:
        return []
    context = explanation.request.context
    found = [
        AbsentKeyReliance(evaluation.layer, each.rule, keys)
        for evaluation in explanation.evaluations
        for each in evaluation.relevant.values()
        if not each.rule.statement.is_allow and (keys := _keys_that_stop(each, context))
    ]
    return found + _needed_allows(explanation)


def _needed_allows(explanation: Explanation) -> list[AbsentKeyReliance]:
    """Return the Allow statements that hold by absent keys and that the permission needs."""
    context = explanation.request.context
    upheld = [
        (evaluation, AbsentKeyReliance(evaluation.layer, each.rule, keys))
        for evaluation in explanation.evaluations
        for each in evaluation.relevant.values()
        if each.rule.statement.is_allow
        and each.stopped_by is None
        and (keys := _keys_that_uphold(each.rule, context))
    ]
    if _is_allowed_without([each.rule for _, each in upheld], explanation):
        return []
    needed = [
        each
        for evaluation, each in upheld
        if not _is_allowed_without(
            [other.rule for beside, other in upheld if beside is evaluation], explanation
        )
    ]
    # Either of two layers may suffice: then the permission rests on both together.
    return needed or [each for _, each in upheld]


def _is_allowed_without(rules: Iterable[Rule], explanation: Explanation) -> bool:
    """Return whether the request is allowed if some Allow statements do not apply."""
    left_out = set(map(id, rules))
    if not left_out or explanation.policies is None:
        return True
    verdicts = [
        (each.layer, layer_verdict(_without(each, left_out))) for each in explanation.evaluations
    ]
    return decide_without_deny(explanation.request, explanation.policies, verdicts).allowed


def _without(evaluation: LayerEvaluation, left_out: set[int]) -> Iterator[StatementEvaluation]:
    return (each for each in evaluation.relevant.values() if id(each.rule) not in left_out)


def _keys_that_stop(result: StatementEvaluation, context: RequestContext) -> tuple[str, ...]:
    """Return the absent keys that alone stop a Deny; empty if something else stops it too."""
    syntax = result.rule.statement.syntax
    variables = result.rule.statement.has_variables
    found: list[str] = []
    if result.stopped_by is StatementElement.RESOURCE:
        found = [*_absent_variables(syntax.resources or (), context, variables=variables)]
        if not found:
            return ()
    elif result.stopped_by is not StatementElement.CONDITION:
        return ()
    for condition, test in zip(
        syntax.conditions, result.rule.statement.condition_tests, strict=True
    ):
        if test(context):
            continue
        keys = [*_absent_keys(condition, context, variables=variables)]
        if not keys:
            return ()
        found += keys
    return tuple(dict.fromkeys(found))


def _keys_that_uphold(rule: Rule, context: RequestContext) -> tuple[str, ...]:
    """Return the absent keys because of which an Allow applies."""
    statement = rule.statement
    variables = statement.has_variables
    found = [*_absent_variables(statement.syntax.not_resources or (), context, variables=variables)]
    for condition in statement.syntax.conditions:
        qualified = parse_operator(condition.operator)
        is_negated = qualified is not None and qualified.operator.is_negated
        if is_negated or not is_key_present(context.get(condition.key.lower())):
            found += _absent_keys(condition, context, variables=variables)
    return tuple(dict.fromkeys(found))


def _absent_keys(
    condition: PolicyCondition, context: RequestContext, *, variables: bool
) -> Iterator[str]:
    """Yield a condition's key if it is absent, otherwise the absent keys of its variables."""
    if not is_key_present(context.get(condition.key.lower())):
        yield condition.key
        return
    qualified = parse_operator(condition.operator)
    if qualified is not None and operator_family(qualified.operator) in FAMILIES_WITH_VARIABLES:
        yield from _absent_variables(condition.values, context, variables=variables)


def _absent_variables(
    texts: Iterable[str], context: RequestContext, *, variables: bool
) -> Iterator[str]:
    """Yield the keys of variables that have neither a value in the request nor a default."""
    for text in texts if variables else ():
        for token in tokenize(text, variables=True):
            if isinstance(token, Variable) and token.value(context) is None:
                yield token.key
