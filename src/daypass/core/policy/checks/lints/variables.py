"""Warnings about policy variables: misspelled, in a place that has none, or never with a value.

Source: IAM user guide, "IAM policy elements: Variables and tags".
"""

from collections.abc import Iterator

from daypass.core.policy.checks.lints.cached_reference import CachedReference
from daypass.core.policy.checks.lints.codes import LintMessage
from daypass.core.policy.language import operators
from daypass.core.policy.language.model import VERSION_2012, PolicyDocument, Statement
from daypass.core.policy.language.patterns import Variable, tokenize


def check_variables(
    document: PolicyDocument, statement: Statement, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    """Yield warnings about the variables of a statement."""
    yield from _misplaced_variables(statement, path)
    for place, text in _texts_with_paths(statement, path):
        if "${" not in text:
            continue
        if document.version != VERSION_2012:
            yield "old-variable", f"`{text}` is plain text in this version of the language", place
            continue
        if text.count("${") > text.count("}"):
            yield "brace", f"a closing brace is missing in `{text}`", place
        for token in tokenize(text, variables=True):
            if isinstance(token, Variable):
                yield from _check_variable(token, text, place, reference)


def _check_variable(
    variable: Variable, text: str, place: str, reference: CachedReference
) -> Iterator[LintMessage]:
    problem = _variable_problem(variable)
    if problem:
        yield "variable", f"{problem} in `{text}`", place
        return
    is_many = reference.is_multivalued(variable.key)
    service = variable.key.partition(":")[0].lower()
    if is_many:
        yield (
            "variable-value",
            f"{variable.key} has several values, so `${{{variable.key}}}` never has one",
            place,
        )
    elif is_many is None and (service == "aws" or service in reference.services()):
        near = reference.suggest_key(service, variable.key)
        yield (
            "variable-value",
            f"there is no key `{variable.key}`, so the variable has no value{near}",
            place,
        )


def _variable_problem(variable: Variable) -> str:
    if not variable.key:
        return "an empty variable"
    if "'" in variable.key or "," in variable.key:
        return "a default that is not in quotes after a comma and a space"
    if any(map(str.isspace, variable.key)):
        return "a space inside a variable"
    return ""


def _misplaced_variables(statement: Statement, path: str) -> Iterator[LintMessage]:
    for condition in statement.conditions:
        qualified = operators.parse_operator(condition.operator)
        if qualified is None:
            continue
        family = operators.operator_family(qualified.operator)
        for value in condition.values:
            if "${" in value and family not in operators.FAMILIES_WITH_VARIABLES:
                yield (
                    "variable-place",
                    f"`{value}` is no variable under {condition.operator}",
                    f"{path}.Condition.{condition.operator}.{condition.key}",
                )


def _texts_with_paths(statement: Statement, path: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a statement that can have variables, each with its path."""
    for name, entries in (
        ("Resource", statement.resources or ()),
        ("NotResource", statement.not_resources or ()),
    ):
        yield from ((f"{path}.{name}[{at}]", text) for at, text in enumerate(entries))
    for condition in statement.conditions:
        for value in condition.values:
            yield f"{path}.Condition.{condition.operator}.{condition.key}", value
