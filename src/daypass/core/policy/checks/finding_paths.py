"""The paths of findings, such as `Statement[0].Action[1]`, and the place where JSON breaks off."""

import json
import re

from daypass.core import quotas
from daypass.core.policy.language.positions import MemberPath

_TRAILING_INDEX = re.compile(r"\[([0-9]+)\]\Z")
_STEP = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


def parse_path(text: str) -> MemberPath:
    """Return the members and indexes of a path such as `Statement[0].Action[1]`.

    What follows a condition's operator is one member, because condition keys contain dots. Empty
    for `document`.
    """
    head, condition, rest = text.partition(".Condition.")
    found: MemberPath = tuple(
        int(match[1]) if match[1] else match[2] for match in _STEP.finditer(head)
    )
    if condition:
        operator, _, key = rest.partition(".")
        found = (*found, "Condition", operator, *([key] if key else []))
    return () if text == "document" else found


def parse_value_path(text: str) -> MemberPath:
    """Return the same as `parse_path`, with an index at the end split off a condition key."""
    path, match = parse_path(text), _TRAILING_INDEX.search(text)
    key = path[-1] if path else None
    if match is None or not isinstance(key, str):
        return path
    return (*path[:-1], key.removesuffix(match[0]), int(match[1]))


def format_path(path: MemberPath) -> str:
    """Return the text of a path: `Statement[0].Action[1]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def first_json_error(text: str) -> tuple[str, int] | None:
    """Return what makes a text invalid JSON, and the offset; None for valid JSON."""
    if len(text) > quotas.DOCUMENT_CHARACTERS_MAX:
        return "this is longer than any policy may be", 0
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"this is not JSON: {error.msg}", error.pos
    except (ValueError, RecursionError):
        return "this JSON is nested too deeply, or has too long a number", 0
    return None
