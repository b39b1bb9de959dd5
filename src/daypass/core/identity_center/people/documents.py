"""Reading values of attributes that a model leaves open: texts, flags, structures, lists.

UpdateUser, UpdateGroup and `Extensions` take any JSON value, so the bounds that a model checks
elsewhere are checked here. A refusal names the attribute and never repeats its value, which is
personal.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from daypass.core import quotas
from daypass.core.faults import Invalid

S = TypeVar("S")
Document = object
"""A JSON value."""
_CATEGORIES: Final = frozenset("LMNPS")
"""First letters of the Unicode categories that a text may have: letters, marks, numbers,
punctuation, symbols."""
_SPACES: Final = frozenset("\t\n\r \u00a0\u3000")


def read_text(
    value: Document, path: str, *, characters_max: int = quotas.ATTRIBUTE_CHARACTERS_MAX
) -> str:
    """Return a text of 1 to `characters_max` characters; raises `Invalid` for another value."""
    if not isinstance(value, str):
        raise Invalid(f"The attribute {path} must be a string.")
    if not 1 <= len(value) <= characters_max:
        raise Invalid(f"The attribute {path} must have 1 to {characters_max} characters.")
    if not has_printable_characters(value):
        raise Invalid(f"The attribute {path} has a character that is not allowed.")
    return value


def has_printable_characters(text: str, *, spaces: frozenset[str] = _SPACES) -> bool:
    """Return whether a text consists of `spaces`, letters, marks, numbers and visible signs."""
    return all(each in spaces or unicodedata.category(each)[0] in _CATEGORIES for each in text)


def read_flag(value: Document, path: str) -> bool:
    """Return a boolean; raises `Invalid` for another value."""
    if not isinstance(value, bool):
        raise Invalid(f"The attribute {path} must be a boolean.")
    return value


def read_structure(value: Document, path: str, structure: type[S], parts: Mapping[str, str]) -> S:
    """Return a structure of a JSON object's members; raises `Invalid` for another value.

    `parts` are the names of the members, and the fields of the structure that they fill. A member
    that is null is not set.
    """
    if not isinstance(value, Mapping):
        raise Invalid(f"The attribute {path} must be an object.")
    fields: dict[str, Any] = {}
    for name, member in value.items():
        part = fold_first_letter(name)
        field = parts.get(part)
        if field is None:
            raise Invalid(f"The attribute {path} has a member that is not known.")
        if field in fields:
            raise Invalid(f"The attribute {path}.{part} is there twice.")
        if member is not None:
            read = read_flag if field == "primary" else read_text
            fields[field] = read(member, f"{path}.{part}")
    return structure(**fields)


def read_list(
    value: Document, path: str, structure: type[S], parts: Mapping[str, str], *, entries_max: int
) -> tuple[S, ...]:
    """Return a list of 1 to `entries_max` structures; raises `Invalid` for another value."""
    if not isinstance(value, list):
        raise Invalid(f"The attribute {path} must be a list.")
    if not 1 <= len(value) <= entries_max:
        raise Invalid(f"The attribute {path} must have 1 to {entries_max} entries.")
    return tuple(read_structure(each, path, structure, parts) for each in value)


def fold_first_letter(name: str) -> str:
    """Return a name with a small first letter: clients spell `userName` and `UserName`."""
    return name[:1].lower() + name[1:]
