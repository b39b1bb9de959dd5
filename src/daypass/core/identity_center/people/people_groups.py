"""Making a group of people, and changing one by operations on attributes.

Source: identity store API reference, "CreateGroup" and "UpdateGroup".
"""

from collections.abc import Iterable

from msgspec.structs import replace

from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.identity_center.people.attributes import unknown_path
from daypass.core.identity_center.people.documents import fold_first_letter, read_text
from daypass.core.identity_center.people.names import folded_group_name, read_group_name
from daypass.core.identity_center.people.persons import AttributeChange


def new_group(
    store: str, identifier: str, name: str, *, by: str, now: int, description: str = ""
) -> PeopleGroup:
    """Return a new group of a store; raises `Invalid` for a name that no group may have.

    `by` is the ARN, or the name, of whoever makes it. That the name is free is for the caller to
    check.
    """
    return PeopleGroup(
        account=store,
        id=identifier,
        name=name,
        folded_name=folded_group_name(name),
        created=now,
        created_by=by,
        description=description,
    )


def changed_group(
    group: PeopleGroup, changes: Iterable[AttributeChange], *, by: str, now: int
) -> PeopleGroup:
    """Return a group after changes of attributes, in order, as the next revision.

    Raises `Invalid` if any of the changes is not allowed.
    """
    name, description = group.name, group.description
    for path, value in changes:
        match fold_first_letter(path):
            case "displayName":
                name = read_group_name(value)
            case "description":
                description = "" if value is None else read_text(value, "description")
            case _:
                raise unknown_path()
    return replace(
        group,
        name=name,
        folded_name=folded_group_name(name),
        description=description,
        revision=group.revision + 1,
        updated=now,
        updated_by=by,
    )
