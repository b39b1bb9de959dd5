"""Validate an organization file against `schema.json`, the schema that editors complete with.

Only the keywords of JSON Schema that the file uses are implemented (`KEYWORDS`).
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from daypass.files.bounded_yaml import line_of_member

KEYWORDS = frozenset(
    {
        "$defs",
        "$ref",
        "$schema",
        "additionalProperties",
        "anyOf",
        "description",
        "enum",
        "items",
        "maxLength",
        "maximum",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
    }
)
_TYPES: Mapping[str, tuple[type, str]] = {
    "object": (dict, "a mapping"),
    "array": (list, "a list"),
    "string": (str, "a text"),
    "integer": (int, "a whole number"),
    "boolean": (bool, "true or false"),
    "null": (type(None), "empty"),
}


class FileError(NamedTuple):
    """An error in the file: its line, a message, and a hint or empty."""

    line: int
    message: str
    hint: str = ""


def schema_text() -> str:
    """Return `schema.json` as text."""
    return files("daypass.blueprint.file").joinpath("schema.json").read_text(encoding="utf-8")


@cache
def load_schema() -> dict[str, Any]:
    """Return the parsed schema."""
    found: dict[str, Any] = json.loads(schema_text())
    return found


def schema_errors(value: Any) -> Iterator[FileError]:
    """Yield an error for every violation of the schema in a loaded file."""
    yield from _value_errors(value, load_schema(), "the file", 1)


def _value_errors(value: Any, rule: dict[str, Any], what: str, line: int) -> Iterator[FileError]:
    if "$ref" in rule:
        rule = load_schema()["$defs"][rule["$ref"].rpartition("/")[2]] | {
            key: each for key, each in rule.items() if key != "$ref"
        }
    if "anyOf" in rule:
        tried = [list(_value_errors(value, each, what, line)) for each in rule["anyOf"]]
        if all(tried):
            yield from tried[0]
        return
    wrong = _own_error(value, rule, what)
    if wrong is not None:
        yield FileError(line, *wrong)
    elif isinstance(value, dict):
        yield from _member_errors(value, rule, what, line)
    elif isinstance(value, list) and "items" in rule:
        for at, each in enumerate(value):
            yield from _value_errors(
                each, rule["items"], f"{what}[{at}]", line_of_member(value, at, line)
            )


def _own_error(value: Any, rule: dict[str, Any], what: str) -> tuple[str, str] | None:
    """Return message and hint if a value itself, apart from its members, is invalid; else None."""
    if "enum" in rule:
        if value not in rule["enum"]:
            return f"{what} is not a known value", _known_values_hint(value, rule["enum"])
        return None
    listed = rule.get("type", [])
    kinds = [listed] if isinstance(listed, str) else listed
    if kinds and not any(_is_of_type(value, kind) for kind in kinds):
        wanted = " or ".join(_TYPES[kind][1] for kind in kinds if kind != "null")
        is_scalar = not isinstance(value, dict | list) and value is not None
        return (
            f"{what} has to be {wanted}",
            "put it in quotes" if "string" in kinds and is_scalar else "",
        )
    if isinstance(value, str):
        return _text_error(value, rule, what)
    if isinstance(value, int) and not rule.get("minimum", value) <= value <= rule.get(
        "maximum", value
    ):
        return f"{what} has to be from {rule['minimum']} to {rule['maximum']}", ""
    return None


def _text_error(value: str, rule: dict[str, Any], what: str) -> tuple[str, str] | None:
    if len(value) > rule.get("maxLength", len(value)):
        return f"{what} has at most {rule['maxLength']} characters", ""
    if len(value) < rule.get("minLength", 0):
        return f"{what} has at least {rule['minLength']} characters", ""
    if "pattern" in rule and not re.fullmatch(rule["pattern"], value, re.ASCII):
        return f"{what} `{value}` is malformed", f"it has to match {rule['pattern']}"
    return None


def _is_of_type(value: Any, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _TYPES[kind][0])


def _known_values_hint(value: Any, known: Any) -> str:
    close = difflib.get_close_matches(str(value), [str(each) for each in known], n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(map(str, known))}"


def _member_errors(value: Any, rule: dict[str, Any], what: str, line: int) -> Iterator[FileError]:
    known, more = rule.get("properties", {}), rule.get("additionalProperties", True)
    for name in rule.get("required", ()):
        if name not in value:
            yield FileError(
                line_of_member(value, None, line), f"{what} has no `{name}`", f"add `{name}`"
            )
    for key, each in value.items():
        here = line_of_member(value, key, line)
        if not isinstance(key, str):
            yield FileError(here, f"`{key}` in {what} is not text", "put it in quotes")
        elif key in known:
            yield from _value_errors(each, known[key], f"`{key}`", here)
        elif more is False:
            yield FileError(here, f"{what} has no `{key}`", _known_values_hint(key, known))
        elif isinstance(more, dict):
            yield from _value_errors(each, more, f"`{key}`", here)
