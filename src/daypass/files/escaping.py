"""Strings of others as they are shown to people: nothing of them steers a terminal, or the CI system that reads a log.

Escape sequences, controls for the direction of text, line ends and invisible characters are written as Python writes them. Commands of
CI logs lose their first character's meaning: GitHub's and Azure's `::error::`, `##[…]` and `##vso[…]`, TeamCity's `##teamcity[…]`.
"""

import json
import re
from typing import Any

_COMMAND_ANYWHERE = re.compile(r"#(?=#[a-z]*\[)")
_COMMAND_AT_START = re.compile(r"( *):(?=:)")


def escape_text(text: str) -> str:
    """Return a text for a line that goes on before and after it."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return _COMMAND_ANYWHERE.sub(r"\\x23", text)


def escape_line_start(text: str) -> str:
    """Return what `shown` made for the start of a line, where CI systems look for `::`."""
    return (
        _COMMAND_AT_START.sub(r"\1\\x3a", text, count=1)
        if text.lstrip(" ").startswith("::")
        else text
    )


def escaped_json(value: Any, *, indent: int | None = None, is_ascii: bool = False) -> str:
    """Return a value as JSON: exactly that value, spelled so that it can be shown."""
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    return "\n".join(map(_escape_json_line, text.split("\n")))


def _escape_json_line(text: str) -> str:
    """Return a line of JSON in which what steers is escaped; it can only stand inside of strings."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
    return _COMMAND_ANYWHERE.sub(r"\\u0023", text)
