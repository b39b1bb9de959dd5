"""Policies that name principals, in storage: users and roles by unique id, so that a new one of the same name inherits no trust.

Source: IAM user guide, "AWS JSON policy elements: Principal" ("transforms … to the principal's unique ID").
"""

import json
import re
from collections.abc import Callable

from daypass.core.faults import Malformed
from daypass.core.jsontext import Json
from daypass.core.policy.language.principal_element import is_unique_id, may_be_written

Resolve = Callable[[str], str | None]
"""From an ARN to a unique id, or back; nothing for what does not exist."""

_ENTITY = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/.+", re.ASCII)


def stored(text: str, id_of: Resolve) -> str:
    """Return a valid trust or resource policy with ids for the ARNs of users and roles.

    Raises `Malformed` `Invalid principal in policy: "AWS":"…"` for one that does not exist, holds a wildcard, or is `*` under
    another type than AWS.
    """

    def replace(kind: str, value: str) -> str:
        if may_be_written(kind, value):
            unique_id = id_of(value) if kind == "AWS" and _ENTITY.fullmatch(value) else value
            if unique_id is not None:
                return unique_id
        raise Malformed(invalid(kind, value), path="Principal")

    return _rewritten(text, replace)


def invalid(kind: str, value: str) -> str:
    """Return AWS's words for a principal that may not be stored."""
    return f'Invalid principal in policy: "{kind.upper()}":"{value}"'


def displayed(text: str, arn_of: Resolve) -> str:
    """Return a stored policy with the ARNs of those who still exist; ids of the others show as they are."""

    def replace(kind: str, value: str) -> str:
        is_id = kind == "AWS" and is_unique_id(value)
        return (arn_of(value) or value) if is_id else value

    return _rewritten(text, replace)


Replace = Callable[[str, str], str]
"""From a type of principal and an entry to the entry in its place."""


def _rewritten(text: str, replace: Replace) -> str:
    """Return the document with every principal replaced; without one, the text as it is."""
    # A number with a fraction is kept as its text, which means the same and is written back as it stood.
    document: Json = json.loads(text, parse_float=str)
    changed = _walk(document, replace)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) if changed else text


def _walk(document: Json, replace: Replace) -> bool:
    changed = False
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        for name in ("Principal", "NotPrincipal"):
            element = statement.get(name) if isinstance(statement, dict) else None
            if isinstance(element, dict):
                changed = _replace_each(element, replace) or changed
    return changed


def _replace_each(element: dict[str, Json], replace: Replace) -> bool:
    changed = False
    for kind, entries in element.items():
        listed = entries if isinstance(entries, list) else [entries]
        replaced: list[Json] = [replace(kind, each) for each in listed if isinstance(each, str)]
        element[kind] = replaced if isinstance(entries, list) else replaced[0]
        changed = changed or replaced != listed
    return changed
