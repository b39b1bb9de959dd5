"""Which condition keys documents ask for: in their conditions, and in the variables of their patterns."""

from collections.abc import Iterable, Iterator

from daypass.core.policy.language.match import Variable, tokenize
from daypass.core.policy.language.model import Document, Statement
from daypass.core.policy.language.operators import named, takes_variables


def keys(documents: Iterable[Document]) -> list[str]:
    """Return each key once, in the spelling in which it comes first; case means nothing."""
    found: dict[str, str] = {}
    for document in documents:
        for statement in document.statements:
            for key in _of(statement, variables=document.has_variables):
                found.setdefault(key.lower(), key)
    return list(found.values())


def families(statement: Statement, *, variables: bool) -> frozenset[str]:
    """Return the keys that a statement asks for, in lower case, without what follows a slash: `aws:principaltag`."""
    asked = _of(statement, variables=variables)
    return frozenset(key.lower().partition("/")[0] for key in asked) or _NONE


_NONE: frozenset[str] = frozenset()


def _of(statement: Statement, *, variables: bool) -> Iterator[str]:
    for condition in statement.conditions:
        yield condition.key
        operator = named(condition.operator)
        if operator is not None and takes_variables(operator.operator) and variables:
            yield from _variables(condition.values)
    if variables:
        yield from _variables((*(statement.resources or ()), *(statement.not_resources or ())))


def _variables(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if "${" not in text:
            continue
        for token in tokenize(text, variables=True):
            if isinstance(token, Variable):
                yield token.key
