"""Names of people and groups: what they may consist of, reserved ones, and how they compare.

Source: identity store API reference, "CreateUser" and "CreateGroup".
"""

from typing import Final

from daypass.core import quotas
from daypass.core.faults import Invalid
from daypass.core.identity_center.folding import fold_name
from daypass.core.identity_center.people.documents import (
    Document,
    has_printable_characters,
    read_text,
)

RESERVED: Final = frozenset({"administrator", "awsadministrators"})
"""Names that no person and no group may have, as they are compared."""


def read_user_name(value: Document) -> str:
    """Return a user name; raises `Invalid` for a value that is not one."""
    if value is None:
        raise Invalid("userName is a required attribute")
    name = read_text(value, "userName", characters_max=quotas.USER_NAME_CHARACTERS_MAX)
    if not has_printable_characters(name, spaces=frozenset()):
        raise Invalid("The attribute userName has a character that is not allowed.")
    return name


def read_group_name(value: Document) -> str:
    """Return a group's display name; raises `Invalid` for a value that is not one."""
    if value is None:
        raise Invalid("displayName is a required attribute")
    return read_text(value, "displayName")


def folded_user_name(name: str) -> str:
    """Return a user name as it is compared; raises `Invalid` for one that nobody may have."""
    return _folded(name, "userName", quotas.FOLDED_USER_NAME_CHARACTERS_MAX)


def folded_group_name(name: str) -> str:
    """Return a display name as it is compared; raises `Invalid` for one that no group may have."""
    return _folded(name, "displayName", quotas.FOLDED_TEXT_CHARACTERS_MAX)


def folded_email(address: str) -> str:
    """Return an e-mail address as it is compared, empty for none; raises `Invalid` if too long."""
    return _folded(address, "emails.value", quotas.FOLDED_TEXT_CHARACTERS_MAX) if address else ""


def _folded(name: str, path: str, characters_max: int) -> str:
    # Some characters stand for eighteen: a short name can be a long one when it is compared.
    folded = fold_name(name)
    if not folded:
        raise Invalid(f"The attribute {path} has only characters that are not visible.")
    if len(folded) > characters_max:
        raise Invalid(f"The attribute {path} is too long in its normalized form.")
    if folded in RESERVED and path != "emails.value":
        raise Invalid(f"The attribute {path} is a reserved name.")
    return folded
