"""The changes of attributes in `Operations`, as UpdateUser and UpdateGroup take them."""

from collections.abc import Mapping
from typing import Any

from daypass.core.identity_center.people.persons import AttributeChange


def requested_changes(req: Mapping[str, Any]) -> list[AttributeChange]:
    """Return each path of a request with its new value; None removes the attribute."""
    return [(each["AttributePath"], each.get("AttributeValue")) for each in req["Operations"]]
