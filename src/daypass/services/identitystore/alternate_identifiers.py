"""Names by which a user or a group is looked for: alternate identifiers and filters.

Clients write the paths of attributes as `userName` and as `UserName`, so their case does not count.
Source: identity store API reference, "AlternateIdentifier" and "Filter".
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from daypass.core.faults import Invalid

Req = Mapping[str, Any]


class AlternateIdentifier(NamedTuple):
    """What a resource is looked for by: a unique attribute, or an external id."""

    value: str
    """The attribute's value, or the external id."""
    path: str = ""
    """The path of the attribute in lower case; empty for an external id."""
    issuer: str = ""
    """The issuer of the external id; empty for an attribute."""


def read_alternate(req: Req, *, unique: Collection[str]) -> AlternateIdentifier:
    """Return what `AlternateIdentifier` asks for; `unique` are the paths of unique attributes.

    Raises `Invalid` for none, for two, for another attribute, and for a value that is no text.
    """
    alternate = req["AlternateIdentifier"]
    if len(alternate) != 1:
        raise Invalid("AlternateIdentifier must have exactly one of ExternalId, UniqueAttribute.")
    if "ExternalId" in alternate:
        external = alternate["ExternalId"]
        return AlternateIdentifier(external["Id"], issuer=external["Issuer"])
    attribute = alternate["UniqueAttribute"]
    path, value = attribute["AttributePath"], attribute["AttributeValue"]
    if path.lower() not in unique:
        raise Invalid(f"The attribute {path} is not a unique attribute")
    if not isinstance(value, str) or not value:
        raise Invalid(f"attribute value cannot be empty or null for attribute path {path}")
    return AlternateIdentifier(value, path=path.lower())


def filtered_value(req: Req, path: str) -> str | None:
    """Return the value that the only filter asks for; None without a filter.

    `path` is the path of the attribute by which the list can be filtered, in lower case. Raises
    `Invalid` for another one.
    """
    for each in req.get("Filters", ()):
        if each["AttributePath"].lower() != path:
            raise Invalid(f"The attribute {each['AttributePath']} cannot be filtered by.")
        value: str = each["AttributeValue"]
        return value
    return None
