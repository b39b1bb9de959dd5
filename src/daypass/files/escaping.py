"""Escape strings that others wrote, so that printing them controls neither terminal nor CI system.

Escape sequences, controls for the direction of text, line ends and invisible characters are written
as Python's escapes. The first character of commands in CI logs is escaped too: GitHub's and Azure's
`::error::`, `##[…]` and `##vso[…]`, TeamCity's `##teamcity[…]`.
"""

import json
import re
from typing import Any

_COMMAND_ANYWHERE = re.compile(r"#(?=#[a-z]*\[)")
_COMMAND_AT_START = re.compile(r"( *):(?=:)")


def escape_text(text: str) -> str:
    """Return a text with control characters and CI commands escaped, for anywhere within a line."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return _COMMAND_ANYWHERE.sub(r"\\x23", text)


def escape_line_start(text: str) -> str:
    """Return an escaped text for the start of a line, where CI systems look for `::` commands."""
    return (
        _COMMAND_AT_START.sub(r"\1\\x3a", text, count=1)
        if text.lstrip(" ").startswith("::")
        else text
    )


def escaped_json(value: Any, *, indent: int | None = None, is_ascii: bool = False) -> str:
    """Return a value as JSON that parses to the same value and is safe to print."""
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    return "\n".join(map(_escape_json_line, text.split("\n")))


def _escape_json_line(text: str) -> str:
    """Escape control characters and CI commands in a line of JSON, where only strings have them."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
    return _COMMAND_ANYWHERE.sub(r"\\u0023", text)
