"""Policies that name principals, in storage: users and roles by unique id, so that a new one of the same name inherits no trust.

Source: IAM user guide, "AWS JSON policy elements: Principal" ("transforms … to the principal's unique ID").
"""

import json
import re
from collections.abc import Callable

from daypass.core.faults import Malformed
from daypass.core.policy.parse import Json

Resolve = Callable[[str], str | None]
"""From an ARN to a unique id, or back; nothing for what does not exist."""

_ENTITY = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/.+", re.ASCII)
_OTHER = re.compile(
    r"\*|[0-9]{12}|arn:[a-z-]+:iam::[0-9]{12}:root"
    r"|arn:[a-z-]+:sts::[0-9]{12}:(?:assumed-role/[^*?]+/[^*?]+|federated-user/[^*?]+)",
    re.ASCII,
)
_UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,124}", re.ASCII)


def stored(text: str, id_of: Resolve) -> str:
    """Return a valid trust or resource policy with ids for the ARNs of users and roles.

    Raises `Malformed` `Invalid principal in policy: "AWS":"…"` for one that does not exist or holds a wildcard.
    """

    def replace(value: str) -> str:
        if _ENTITY.fullmatch(value):
            unique_id = id_of(value)
            if unique_id is not None:
                return unique_id
        elif _OTHER.fullmatch(value) or _UNIQUE_ID.fullmatch(value):
            return value
        raise Malformed(f'Invalid principal in policy: "AWS":"{value}"', path="Principal")

    return _rewritten(text, replace)


def displayed(text: str, arn_of: Resolve) -> str:
    """Return a stored policy with the ARNs of those who still exist; ids of the others show as they are."""

    def replace(value: str) -> str:
        return (arn_of(value) or value) if _UNIQUE_ID.fullmatch(value) else value

    return _rewritten(text, replace)


def _rewritten(text: str, replace: Callable[[str], str]) -> str:
    """Return the document with every AWS principal replaced; without one, the text as it is."""
    # A number with a fraction is kept as its text, which means the same and is written back as it stood.
    document: Json = json.loads(text, parse_float=str)
    changed = _walk(document, replace)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) if changed else text


def _walk(document: Json, replace: Callable[[str], str]) -> bool:
    changed = False
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        for name in ("Principal", "NotPrincipal"):
            element = statement.get(name) if isinstance(statement, dict) else None
            if not isinstance(element, dict) or "AWS" not in element:
                continue
            entries = element["AWS"]
            listed = entries if isinstance(entries, list) else [entries]
            replaced: list[Json] = [replace(each) for each in listed if isinstance(each, str)]
            element["AWS"] = replaced if isinstance(entries, list) else replaced[0]
            changed = changed or replaced != listed
    return changed
