"""The condition keys that documents refer to, in conditions and in variables such as `${key}`."""

from collections.abc import Iterable, Iterator

from daypass.core.policy.language.model import PolicyDocument, Statement
from daypass.core.policy.language.operators import (
    FAMILIES_WITH_VARIABLES,
    operator_family,
    parse_operator,
)
from daypass.core.policy.language.patterns import Variable, tokenize


def referenced_keys(documents: Iterable[PolicyDocument]) -> list[str]:
    """Return each condition key once, in the first spelling met; keys are compared without case."""
    found: dict[str, str] = {}
    for document in documents:
        for statement in document.statements:
            for key in statement_keys(statement, variables=document.has_variables):
                found.setdefault(key.lower(), key)
    return list(found.values())


def referenced_key_families(statement: Statement, *, variables: bool) -> frozenset[str]:
    """Return the families of condition keys that a statement refers to, in lower case.

    A family is the key without what follows its slash: `aws:principaltag`.
    """
    keys = statement_keys(statement, variables=variables)
    return frozenset(key.lower().partition("/")[0] for key in keys) or _NO_FAMILIES


_NO_FAMILIES: frozenset[str] = frozenset()
"""One shared empty set for the many statements without condition keys."""


def statement_keys(statement: Statement, *, variables: bool) -> Iterator[str]:
    """Yield a statement's condition keys in order; `variables`: whether `${…}` is a variable."""
    for condition in statement.conditions:
        yield condition.key
        qualified = parse_operator(condition.operator)
        if (
            qualified is not None
            and operator_family(qualified.operator) in FAMILIES_WITH_VARIABLES
            and variables
        ):
            yield from _variable_keys(condition.values)
    if variables:
        yield from _variable_keys((*(statement.resources or ()), *(statement.not_resources or ())))


def _variable_keys(texts: Iterable[str]) -> Iterator[str]:
    """Yield the keys of the variables in some texts."""
    for text in texts:
        if "${" not in text:
            continue
        for token in tokenize(text, variables=True):
            if isinstance(token, Variable):
                yield token.key
