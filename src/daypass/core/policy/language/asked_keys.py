"""Which condition keys documents ask for: in their conditions, and in the variables of their patterns."""

from collections.abc import Iterable, Iterator

from daypass.core.policy.language.match import Variable, tokenize
from daypass.core.policy.language.model import PolicyDocument, Statement
from daypass.core.policy.language.operators import operator_family, parse_operator

_FAMILIES_WITH_VARIABLES = frozenset({"string", "arn"})


def referenced_keys(documents: Iterable[PolicyDocument]) -> list[str]:
    """Return each key once, in the spelling in which it comes first; case means nothing."""
    found: dict[str, str] = {}
    for document in documents:
        for statement in document.statements:
            for key in _statement_keys(statement, variables=document.has_variables):
                found.setdefault(key.lower(), key)
    return list(found.values())


def referenced_key_families(statement: Statement, *, variables: bool) -> frozenset[str]:
    """Return the keys that a statement asks for, in lower case, without what follows a slash: `aws:principaltag`."""
    asked = _statement_keys(statement, variables=variables)
    return frozenset(key.lower().partition("/")[0] for key in asked) or _NO_FAMILIES


_NO_FAMILIES: frozenset[str] = frozenset()


def _statement_keys(statement: Statement, *, variables: bool) -> Iterator[str]:
    for condition in statement.conditions:
        yield condition.key
        operator = parse_operator(condition.operator)
        if (
            operator is not None
            and operator_family(operator.operator) in _FAMILIES_WITH_VARIABLES
            and variables
        ):
            yield from _variable_keys(condition.values)
    if variables:
        yield from _variable_keys((*(statement.resources or ()), *(statement.not_resources or ())))


def _variable_keys(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if "${" not in text:
            continue
        for token in tokenize(text, variables=True):
            if isinstance(token, Variable):
                yield token.key
