"""Errors about values that are stored although they cannot be read.

An unreadable value never allows a request, so the statement does not do what it says.
"""

from collections.abc import Iterator

from daypass.core.policy.checks.lints.codes import LintMessage
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.language import resources
from daypass.core.policy.language.conditions import unreadable_values
from daypass.core.policy.language.model import PolicyCondition, PolicyDocument, Statement
from daypass.core.policy.language.operators import parse_operator

_KINDS_WITHOUT_SHORT_ARNS = frozenset(
    {
        DocumentKind.BUCKET,
        DocumentKind.RESOURCE,
        DocumentKind.ENDPOINT,
        DocumentKind.DELEGATION,
    }
)


def check_unreadable(document: PolicyDocument, kind: DocumentKind) -> Iterator[LintMessage]:
    """Yield an error for each unreadable condition value, and each unreadable short ARN."""
    for at, statement in enumerate(document.statements):
        path = f"Statement[{at}]"
        for condition in statement.conditions:
            yield from _unreadable_condition_values(
                condition, statement, path, variables=document.has_variables
            )
        if kind in _KINDS_WITHOUT_SHORT_ARNS:
            yield from _unreadable_short_arns(statement, path, variables=document.has_variables)


def _unreadable_condition_values(
    condition: PolicyCondition, statement: Statement, path: str, *, variables: bool
) -> Iterator[LintMessage]:
    """Yield an error for each value that the operator of a condition cannot parse."""
    qualified = parse_operator(condition.operator)
    if qualified is None:
        return
    unreadable = unreadable_values(condition, variables=variables)
    if statement.effect == "Deny":
        effect = "this Deny applies as if the condition held"
    elif qualified.operator.is_negated:
        effect = "this Allow never applies"
    else:
        effect = "it is ignored"
    for at, value in enumerate(condition.values):
        if value in unreadable:
            path_of_value = f"{path}.Condition.{condition.operator}.{condition.key}[{at}]"
            yield (
                "unreadable",
                f"`{value}` cannot be compared by {condition.operator}: {effect}",
                path_of_value,
            )


def _unreadable_short_arns(
    statement: Statement, path: str, *, variables: bool
) -> Iterator[LintMessage]:
    """Yield an error for each short ARN in a policy of a resource or an endpoint."""
    is_allow = statement.effect == "Allow"
    for name, entries, effect in (
        (
            "Resource",
            statement.resources,
            "in this Allow it matches no resource"
            if is_allow
            else "in this Deny it is padded with stars",
        ),
        (
            "NotResource",
            statement.not_resources,
            "this Allow never applies" if is_allow else "in this Deny it exempts no resource",
        ),
    ):
        for at, text in enumerate(entries or ()):
            if not resources.is_readable_resource(text, variables=variables):
                yield (
                    "unreadable",
                    f"`{text}` has fewer than six parts: {effect}",
                    f"{path}.{name}[{at}]",
                )
