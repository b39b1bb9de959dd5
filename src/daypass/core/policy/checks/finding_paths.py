"""Saying where and what: paths as text and back, the nearest known name, the place at which a text stops being JSON."""

import difflib
import json
import re
from collections.abc import Iterable

from daypass.core import quotas
from daypass.core.policy.language.positions import MemberPath

_TRAILING_INDEX = re.compile(r"\[([0-9]+)\]\Z")
_STEP = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


def parse_path(text: str) -> MemberPath:
    """Return the path that `Statement[0].Action[1]` writes; in a condition the last step is a whole key."""
    head, condition, rest = text.partition(".Condition.")
    found: MemberPath = tuple(
        int(match[1]) if match[1] else match[2] for match in _STEP.finditer(head)
    )
    if condition:
        operator, _, key = rest.partition(".")
        found = (*found, "Condition", operator, *([key] if key else []))
    return () if text == "document" else found


def parse_value_path(text: str) -> MemberPath:
    """Return the path of a condition's value, written as its key's with `[0]` behind it."""
    path, match = parse_path(text), _TRAILING_INDEX.search(text)
    key = path[-1] if path else None
    if match is None or not isinstance(key, str):
        return path
    return (*path[:-1], key.removesuffix(match[0]), int(match[1]))


def format_path(path: MemberPath) -> str:
    """Return a path as text."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def suggest_name(name: str, known: Iterable[str], *, before: str = "") -> str:
    """Return `; did you mean …?` with the nearest of the known names, empty where none is near."""
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return f"; did you mean `{before}{by_lower[found[0]]}`?" if found else ""


def first_json_error(text: str) -> tuple[str, int] | None:
    """Return what is wrong with a text that is no JSON, and the offset; nothing for JSON."""
    if len(text) > quotas.DOCUMENT_CHARACTERS_MAX:
        return "this is longer than any policy", 0
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"this is no JSON: {error.msg}", error.pos
    except (ValueError, RecursionError):
        return "this is no JSON that can be read", 0
    return None
