"""Users and roles in stored policies: by unique id, so that one made anew has no inherited trust.

Trust policies and resource policies name users and roles by ARN when they are written and read;
they are stored with the unique ids. Source: IAM user guide, "AWS JSON policy elements: Principal"
("transforms … to the principal's unique ID").
"""

import json
import re
from collections.abc import Callable

from daypass.core.faults import Malformed
from daypass.core.jsontext import Json
from daypass.core.policy.language.principal_element import is_storable_entry, is_unique_id

ResolvePrincipal = Callable[[str], str | None]
"""From an ARN to a unique id, or back; None for a user or role that does not exist."""

_USER_OR_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/.+", re.ASCII)


def with_unique_ids(text: str, id_of: ResolvePrincipal) -> str:
    """Return a valid trust or resource policy with unique ids in place of user and role ARNs.

    Raises `Malformed` `Invalid principal in policy: "AWS":"…"` for a principal that does not exist,
    contains a wildcard, or is `*` under another type than AWS.
    """

    def replace(kind: str, value: str) -> str:
        if is_storable_entry(kind, value):
            unique_id = (
                id_of(value) if kind == "AWS" and _USER_OR_ROLE_ARN.fullmatch(value) else value
            )
            if unique_id is not None:
                return unique_id
        raise Malformed(invalid_principal_message(kind, value), path="Principal")

    return _replace_in_text(text, replace)


def invalid_principal_message(kind: str, value: str) -> str:
    """Return AWS's message for a principal that may not be stored."""
    return f'Invalid principal in policy: "{kind.upper()}":"{value}"'


def with_arns(text: str, arn_of: ResolvePrincipal) -> str:
    """Return a stored policy with the ARNs of users and roles that exist in place of their ids.

    The id of a deleted one is left as it is.
    """

    def replace(kind: str, value: str) -> str:
        is_id = kind == "AWS" and is_unique_id(value)
        return (arn_of(value) or value) if is_id else value

    return _replace_in_text(text, replace)


ReplaceEntry = Callable[[str, str], str]
"""From a type of principal and an entry to the entry that replaces it."""


def _replace_in_text(text: str, replace: ReplaceEntry) -> str:
    """Return the document with every principal replaced; the same text if none changes."""
    # A number with a fraction becomes text: it means the same, and keeps its digits.
    document: Json = json.loads(text, parse_float=str)
    changed = _replace_in_document(document, replace)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) if changed else text


def _replace_in_document(document: Json, replace: ReplaceEntry) -> bool:
    """Replace the principals in a document; return whether any changed."""
    changed = False
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        for name in ("Principal", "NotPrincipal"):
            element = statement.get(name) if isinstance(statement, dict) else None
            if isinstance(element, dict):
                changed = _replace_in_element(element, replace) or changed
    return changed


def _replace_in_element(element: dict[str, Json], replace: ReplaceEntry) -> bool:
    """Replace the entries of one Principal element; return whether any changed."""
    changed = False
    for kind, entries in element.items():
        listed = entries if isinstance(entries, list) else [entries]
        replaced: list[Json] = [replace(kind, each) for each in listed if isinstance(each, str)]
        element[kind] = replaced if isinstance(entries, list) else replaced[0]
        changed = changed or replaced != listed
    return changed
