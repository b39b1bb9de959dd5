"""Policy documents as text: compare them, and replace references by ids and ids by references.

The reference `${account:…}` stands for the id of an account, named by e-mail address, by name or as
`management`; `${organization}` for the organization's id. So a file works in any organization.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from daypass.core.account_ids import is_account_id

REFERENCE = re.compile(r"\$\{(account:[^{}]+|organization)\}")
ACCOUNT_PREFIX = "account:"
ORGANIZATION_REFERENCE = "organization"


def is_same_policy(one: str, other: str) -> bool:
    """Say whether two documents are equivalent.

    Documents are compared as JSON, with forms that IAM itself rewrites treated as equal; text that
    is not JSON has to be identical.
    """
    if one == other:
        return True
    try:
        return bool(_canonical(json.loads(one)) == _canonical(json.loads(other)))
    except ValueError:
        return False


def _canonical(document: Any) -> Any:
    """Return a document in IAM's form: lists of one unwrapped, account ids as root ARNs."""
    if not isinstance(document, dict) or "Statement" not in document:
        return document
    found = []
    for statement in parse_statements(json.dumps(document)):
        short = {key: _unwrapped(value) for key, value in statement.items()}
        principal = short.get("Principal")
        if isinstance(principal, dict):
            short["Principal"] = {
                key: _account_root_arns(_unwrapped(each)) for key, each in principal.items()
            }
        found.append(short)
    return document | {"Statement": found}


def _unwrapped(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _account_root_arns(value: Any) -> Any:
    if isinstance(value, list):
        return [_account_root_arns(each) for each in value]
    is_account = isinstance(value, str) and is_account_id(value)
    return f"arn:aws:iam::{value}:root" if is_account else value


def fill_references(text: str, ids: Mapping[str, str]) -> str:
    """Return a text with references replaced by ids; a reference not in `ids` stays."""
    return REFERENCE.sub(lambda found: ids.get(found[1], found[0]), text)


def find_references(text: str) -> Iterator[str]:
    """Yield the references in a text, such as `account:dev@example.com`."""
    for found in REFERENCE.finditer(text):
        yield found[1]


def insert_references(text: str, names: Mapping[str, str]) -> str:
    """Return a text with ids replaced by references; `names` has references by id."""
    if not names:
        return text
    # An id is never part of a longer word, or of a longer number.
    ids = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    pattern = re.compile(rf"(?<![0-9A-Za-z-])(?:{ids})(?![0-9A-Za-z-])")
    return pattern.sub(lambda found: f"${{{names[found[0]]}}}", text)


def parse_statements(text: str) -> list[dict[str, Any]]:
    """Return the statements of a document; empty if it has none or is not a JSON object."""
    try:
        document = json.loads(text)
    except ValueError:
        return []
    found = document.get("Statement", []) if isinstance(document, dict) else []
    listed = found if isinstance(found, list) else [found]
    return [each for each in listed if isinstance(each, dict)]


def is_tightening(old: str, new: str) -> bool:
    """Say whether a changed document cannot allow more: it keeps each Deny, and adds no Allow."""

    def of(text: str, effect: str) -> set[str]:
        return {
            json.dumps({k: v for k, v in each.items() if k != "Sid"}, sort_keys=True)
            for each in parse_statements(text)
            if each.get("Effect") == effect
        }

    return of(old, "Deny") <= of(new, "Deny") and of(new, "Allow") <= of(old, "Allow")


def map_strings(value: Any, change: Callable[[str], str]) -> Any:
    """Return a JSON value with every string in it changed, keys included."""
    if isinstance(value, dict):
        return {change(key): map_strings(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [map_strings(each, change) for each in value]
    return change(value) if isinstance(value, str) else value
