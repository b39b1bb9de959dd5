"""What a statement of a trust policy has to be, beside what every statement has to be."""

import re
from collections.abc import Iterator

from daypass.core.faults import Malformed
from daypass.core.policy.language import operators
from daypass.core.policy.language.model import Condition, Statement

NO_PRINCIPAL = "Missing required field Principal"


_TRUST_ACTION = re.compile(
    r"sts:(assumerole[a-z*?]*|tagsession|setsourceidentity|setcontext)", re.ASCII
)


def action_entries(statement: Statement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the entries of Action and of NotAction, each with its name."""
    return (("Action", statement.actions or ()), ("NotAction", statement.not_actions or ()))


def trust_shape(statement: Statement, path: str) -> Iterator[Malformed]:
    """Give what a statement has too much of, and a principal that is missing."""
    if statement.resources is not None or statement.not_resources is not None:
        yield Malformed("Has prohibited field Resource", path=f"{path}.Resource")
    if statement.not_principals is not None:
        yield Malformed("Has prohibited field NotPrincipal", path=f"{path}.NotPrincipal")
    elif statement.principals is None:
        yield Malformed(NO_PRINCIPAL, path=f"{path}.Principal")
    elif not statement.principals.entries:
        yield Malformed(f"{NO_PRINCIPAL} cannot be empty!", path=f"{path}.Principal")


def trust_actions(statement: Statement, path: str) -> Iterator[Malformed]:
    """Give each action that does not take a role."""
    for name, entries in action_entries(statement):
        for at, entry in enumerate(entries):
            if not _TRUST_ACTION.fullmatch(entry.lower()):
                yield Malformed(
                    "AssumeRole policy may only specify STS AssumeRole actions.",
                    path=f"{path}.{name}[{at}]",
                )


def federated_subject(statement: Statement, path: str) -> Iterator[Malformed]:
    """Refuse trust in an identity provider that everybody shares, unless it says which subject is meant."""
    entries = statement.principals.entries if statement.principals else ()
    for kind, value in entries:
        shared = next((host for host in _SHARED_ISSUERS if value.endswith(f"/{host}")), None)
        if kind != "Federated" or shared is None or statement.effect != "Allow":
            continue
        if not any(_pins_subject(condition, shared) for condition in statement.conditions):
            yield Malformed(
                f"Trust in {shared} must be limited by a condition on {shared}:sub.",
                path=f"{path}.Condition",
            )


_SHARED_ISSUERS = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io")


def _pins_subject(condition: Condition, host: str) -> bool:
    named = operators.named(condition.operator)
    return (
        named is not None
        and not named.every
        and not named.if_exists
        and named.operator.name in {"stringequals", "stringlike", "stringequalsignorecase"}
        and condition.key.lower() == f"{host}:sub"
        and bool(condition.values)
        and all(value.partition(":")[2].strip("*?/") for value in condition.values)
    )
