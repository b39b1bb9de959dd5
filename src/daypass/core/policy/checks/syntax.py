"""Every syntax error of a policy, each with its place and a sentence that says how it should look.

`parse` refuses a document at the first of them; here all are found, for whoever writes the policy.
The first one has the path that `parse` reports. Source: IAM user guide, "Grammar of the IAM JSON
policy language".
"""

import difflib
from collections.abc import Callable, Iterable, Iterator

from daypass.core.faults import Malformed
from daypass.core.jsontext import Json
from daypass.core.policy.language import operators
from daypass.core.policy.language.model import VERSION_2008, VERSION_2012
from daypass.core.policy.language.parse import (
    DOCUMENT_ELEMENTS,
    PRINCIPAL_TYPES,
    STATEMENT_ELEMENTS,
    SYNTAX_ERRORS,
)

OPERATOR_SPELLINGS = (
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
    "StringLike", "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan",
    "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals",
    "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
    "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals",
    "ArnNotEquals", "ArnLike", "ArnNotLike", "Null",
)  # fmt: skip
"""The condition operators as AWS spells them."""

Check = Callable[[Json, str], Iterator[Malformed]]
"""Yields the syntax errors of a value, given with its path."""

SUGGESTED_NAME_CHARACTERS_MAX = 64
"""Names that are longer get no suggestion: no name of the language is half as long."""
_SHOWN_CHARACTERS_MAX = 64


def syntax_violations(document: Json) -> Iterator[Malformed]:
    """Yield a fault with AWS's message, a path and a hint for each syntax error of a document."""
    if not isinstance(document, dict):
        yield _violation("", 'a policy is an object: {"Version": …, "Statement": [ … ]}')
        return
    yield from _unknown_members(document, DOCUMENT_ELEMENTS, "", "a policy")
    if "Version" in document:
        yield from _check_version(document["Version"])
    if "Statement" not in document:
        yield _violation("Statement", 'add "Statement": [ … ] with at least one statement')
        return
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    for at, statement in enumerate(listed):
        yield from _check_statement(statement, f"Statement[{at}]")
    yield from _check_text(document.get("Id", ""), "Id")
    if not listed:
        yield no_statement()


def no_statement() -> Malformed:
    """Return the fault for a policy without a statement."""
    return _violation("Statement", "the list is empty: add at least one statement")


def suggest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean "…"?` with the nearest known name; empty if none is near."""
    if len(name) > SUGGESTED_NAME_CHARACTERS_MAX:
        return ""
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f'; did you mean "{by_lower[found[0]]}"?' if found else ""


def quoted(text: str) -> str:
    """Return a text of a document in quotes, as it is shown to people: shortened if it is long."""
    is_long = len(text) > _SHOWN_CHARACTERS_MAX
    return f'"{text[:_SHOWN_CHARACTERS_MAX]}…"' if is_long else f'"{text}"'


def _violation(path: str, hint: str, *, is_about_name: bool = False) -> Malformed:
    return Malformed(SYNTAX_ERRORS, path=path or "document", hint=hint, is_about_name=is_about_name)


def _unknown_members(
    members: dict[str, Json], known: frozenset[str], path: str, owner: str
) -> Iterator[Malformed]:
    for name in members:
        if name not in known:
            yield _violation(
                f"{path}.{name}".lstrip("."),
                f"{owner} has no member {quoted(name)}"
                f"{suggest(name, known) or _listed_names(known)}",
                is_about_name=True,
            )


def _listed_names(known: Iterable[str]) -> str:
    return f": its members are {', '.join(sorted(known))}"


def _check_version(version: Json) -> Iterator[Malformed]:
    if not isinstance(version, str) or version not in {VERSION_2012, VERSION_2008}:
        written = quoted(version) if isinstance(version, str) else "this"
        yield _violation(
            "Version", f'{written} is no version of the policy language: write "{VERSION_2012}"'
        )


def _check_statement(statement: Json, path: str) -> Iterator[Malformed]:
    if not isinstance(statement, dict):
        yield _violation(path, 'a statement is an object: {"Effect": "Allow", …}')
        return
    yield from _unknown_members(statement, STATEMENT_ELEMENTS, path, "a statement")
    for one, other in (
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
        ("Principal", "NotPrincipal"),
    ):
        if one in statement and other in statement:
            yield _violation(
                f"{path}.{other}",
                f"a statement has {one} or {other}, not both: split it into two statements",
                is_about_name=True,
            )
    yield from _check_effect(statement, path)
    for name, check in _ELEMENT_CHECKS.items():
        if name in statement:
            yield from check(statement[name], f"{path}.{name}")


def _check_effect(statement: dict[str, Json], path: str) -> Iterator[Malformed]:
    effect = statement.get("Effect")
    if isinstance(effect, str) and effect.lower() in {"allow", "deny"}:
        return
    if "Effect" not in statement:
        hint = 'the statement has no Effect: add "Effect": "Allow" or "Effect": "Deny"'
    elif isinstance(effect, str):
        near = suggest(effect, ("Allow", "Deny")) or ': write "Allow" or "Deny"'
        hint = f"{quoted(effect)} is no effect{near}"
    else:
        hint = 'Effect is a text: write "Allow" or "Deny"'
    yield _violation(f"{path}.Effect", hint)


def _check_text(value: Json, path: str) -> Iterator[Malformed]:
    if not isinstance(value, str):
        yield _violation(path, f"{path.rpartition('.')[2]} is a text: write it in quotes")


def _check_texts(value: Json, path: str) -> Iterator[Malformed]:
    """Yield the syntax errors of a text, or of a list of texts, in which AWS accepts null."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            if each is not None and not isinstance(each, str):
                yield _violation(f"{path}[{at}]", "an entry is a text: write it in quotes")
    elif not isinstance(value, str):
        yield _violation(path, 'write a text, or a list of texts: ["…", "…"]')


def _check_principals(value: Json, path: str) -> Iterator[Malformed]:
    if value == "*":
        return
    if not isinstance(value, dict):
        written = value if isinstance(value, str) and len(value) <= _SHOWN_CHARACTERS_MAX else "…"
        yield _violation(path, f'name a type of principal, as in {{"AWS": "{written}"}}, or "*"')
        return
    yield from _unknown_members(value, PRINCIPAL_TYPES, path, "a principal")
    for kind, entries in value.items():
        if kind in PRINCIPAL_TYPES:
            yield from _check_texts(entries, f"{path}.{kind}")


def _check_conditions(value: Json, path: str) -> Iterator[Malformed]:
    if not isinstance(value, dict):
        yield _violation(path, 'write {"StringEquals": {"aws:username": "…"}}, as an object')
        return
    for name, block in value.items():
        yield from _check_operator(name, block, f"{path}.{name}")


def _check_operator(name: str, block: Json, path: str) -> Iterator[Malformed]:
    """Yield the syntax errors of one operator; an unknown one with an empty block is none."""
    if not isinstance(block, dict):
        yield _violation(path, f'write {quoted(name)}: {{"aws:username": "…"}}, as an object')
        return
    keys: dict[str, str] = {}
    for key in block:
        if keys.setdefault(key.lower(), key) != key:
            hint = f"{quoted(keys[key.lower()])} and {quoted(key)} are one key: join their values"
            yield _violation(path, hint)
    if block and operators.parse_operator(name) is None:
        yield _violation(path, unknown_operator_hint(name), is_about_name=True)
    for key, values in block.items():
        for each in values if isinstance(values, list) else [values]:
            if not isinstance(each, str | bool | int | float):
                yield _violation(
                    f"{path}.{key}", "a value is a text, a number, true or false, or a list of them"
                )


def unknown_operator_hint(name: str) -> str:
    """Return a sentence about a condition operator that does not exist, with the nearest one."""
    qualifier, colon, plain = name.rpartition(":")
    if colon and qualifier.lower() not in {"forallvalues", "foranyvalue"}:
        near = suggest(qualifier, ("ForAllValues", "ForAnyValue"))
        return f"{quoted(qualifier)} is neither ForAllValues nor ForAnyValue{near}"
    if plain.lower() == "nullifexists":
        return '"Null" takes no IfExists'
    if_exists = "IfExists" if plain.lower().endswith("ifexists") else ""
    near = suggest(plain, (f"{each}{if_exists}" for each in OPERATOR_SPELLINGS))
    return f"there is no condition operator {quoted(plain)}{near}"


_ELEMENT_CHECKS: dict[str, Check] = {
    "Sid": _check_text,
    "Principal": _check_principals,
    "NotPrincipal": _check_principals,
    "Action": _check_texts,
    "NotAction": _check_texts,
    "Resource": _check_texts,
    "NotResource": _check_texts,
    "Condition": _check_conditions,
}
"""The check of each element but Effect, in the order in which `parse` reads them."""
