"""The attributes that describe a person: their paths, how each is read, set and removed.

A path is `displayName`, `name.familyName` or `aws:identitystore:enterprise.department`, with a
first letter of any case in each part. A list such as `emails` is replaced whole. Source: identity
store API reference, "User" and "AttributeOperation".
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.identity_center.person import (
    NO_PROFILE,
    Address,
    Enterprise,
    PersonName,
    Profile,
    TypedValue,
)
from daypass.core.faults import Invalid
from daypass.core.identity_center.people.documents import (
    Document,
    fold_first_letter,
    read_list,
    read_structure,
    read_text,
)

S = TypeVar("S", bound=msgspec.Struct)
ENTERPRISE: Final = "aws:identitystore:enterprise"
"""The only extension."""
TEXTS: Final[Mapping[str, str]] = {
    "displayName": "display_name",
    "nickName": "nick_name",
    "profileUrl": "profile_url",
    "userType": "user_type",
    "title": "title",
    "preferredLanguage": "preferred_language",
    "locale": "locale",
    "timezone": "timezone",
    "website": "website",
    "birthdate": "birthdate",
}
"""Attributes that are a text, by their name in paths: the field of `Profile`."""


@dataclass(frozen=True, slots=True)
class StructuredAttribute:
    """An attribute with parts: a structure, or a list of structures with at most `entries_max`."""

    field: str
    """The field of `Profile`."""
    structure: type[msgspec.Struct]
    parts: Mapping[str, str]
    """The fields of the structure, by their names in paths."""
    entries_max: int = 0
    """0 for a structure."""


_NAME_PARTS = {
    "formatted": "formatted",
    "familyName": "family_name",
    "givenName": "given_name",
    "middleName": "middle_name",
    "honorificPrefix": "honorific_prefix",
    "honorificSuffix": "honorific_suffix",
}
_ENTERPRISE_PARTS = {
    "employeeNumber": "employee_number",
    "costCenter": "cost_center",
    "organization": "organization",
    "division": "division",
    "department": "department",
    "manager": "manager",
}
_VALUE_PARTS = {"value": "value", "type": "type", "primary": "primary"}
_ADDRESS_PARTS = {
    "streetAddress": "street",
    "locality": "locality",
    "region": "region",
    "postalCode": "postal_code",
    "country": "country",
    "formatted": "formatted",
    "type": "type",
    "primary": "primary",
}
STRUCTURED: Final[Mapping[str, StructuredAttribute]] = {
    "name": StructuredAttribute("name", PersonName, _NAME_PARTS),
    ENTERPRISE: StructuredAttribute("enterprise", Enterprise, _ENTERPRISE_PARTS),
    "emails": StructuredAttribute("emails", TypedValue, _VALUE_PARTS, 1),
    "addresses": StructuredAttribute("addresses", Address, _ADDRESS_PARTS, 1),
    "phoneNumbers": StructuredAttribute("phone_numbers", TypedValue, _VALUE_PARTS, 1),
    "roles": StructuredAttribute("roles", TypedValue, _VALUE_PARTS, 1),
    "photos": StructuredAttribute(
        "photos", TypedValue, _VALUE_PARTS | {"display": "display"}, quotas.PHOTOS_MAX
    ),
}
"""Attributes with parts, by their name in paths."""


def with_attribute(profile: Profile, path: str, value: Document) -> Profile:
    """Return a profile after setting the attribute of a path, or removing it if the value is None.

    Raises `Invalid` for a path that names no attribute that can be set, and for a value that the
    attribute cannot have.
    """
    head, _, part = path.partition(".")
    head, part = fold_first_letter(head), fold_first_letter(part)
    structured = STRUCTURED.get(head)
    if structured is None:
        field = TEXTS.get(head)
        if field is None or part:
            raise unknown_path()
        return _with(profile, field, "" if value is None else _read_described(value, head))
    if not part:
        return _with(profile, structured.field, _read_whole(structured, head, value))
    if structured.entries_max or part not in structured.parts:
        raise unknown_path()
    text = "" if value is None else read_text(value, f"{head}.{part}")
    before = getattr(profile, structured.field)
    return _with(profile, structured.field, _with(before, structured.parts[part], text))


def with_extensions(profile: Profile, extensions: Mapping[str, Document]) -> Profile:
    """Return a profile with the attributes of extensions, which are by the extension's name.

    Raises `Invalid` for an extension that is not known.
    """
    for name, value in extensions.items():
        check_extension(name)
        profile = with_attribute(profile, name, value)
    return profile


def check_extension(name: str) -> None:
    """Raise `Invalid` for a name that is not an extension's."""
    if name != ENTERPRISE:
        raise Invalid(f"The extension {name} is not supported.")


def unknown_path() -> Invalid:
    """Return the fault for a path that names no attribute that can be set."""
    return Invalid("An attribute path names no attribute that can be updated.")


def _with(structure: S, field: str, value: object) -> S:
    return replace(structure, **{field: value})


def _read_described(value: Document, name: str) -> str:
    text = read_text(value, name)
    if name == "birthdate":
        _check_date(text)
    return text


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _check_date(text: str) -> None:
    """Raise `Invalid` unless a text is a day of the calendar, as in `2001-12-31`."""
    try:
        is_date = _DATE.fullmatch(text) is not None and bool(dt.date.fromisoformat(text))
    except ValueError:
        is_date = False
    if not is_date:
        raise Invalid("The attribute birthdate must be a date as in YYYY-MM-DD.")


def _read_whole(structured: StructuredAttribute, name: str, value: Document) -> object:
    """Return a structure, or a list of structures; the empty one if the value is None."""
    structure, parts = structured.structure, structured.parts
    if value is None:
        return getattr(NO_PROFILE, structured.field)
    if not structured.entries_max:
        return read_structure(value, name, structure, parts)
    found: tuple[Any, ...] = read_list(
        value, name, structure, parts, entries_max=structured.entries_max
    )
    if name == "photos":
        _check_photos(found)
    return found


def _check_photos(photos: tuple[Any, ...]) -> None:
    if not all(each.value for each in photos):
        raise Invalid("The attribute photos.value is required.")
    if sum(each.primary for each in photos) > 1:
        raise Invalid("Only one of the photos can be the primary one.")
