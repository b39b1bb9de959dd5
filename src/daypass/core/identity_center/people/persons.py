"""Making a person, and changing one by operations on attributes.

The fields by which people are compared follow from the others, so each person is made here. Source:
identity store API reference, "CreateUser", "UpdateUser" and "AttributeOperation".
"""

from collections.abc import Iterable

from msgspec.structs import replace

from daypass.core.domain.identity_center.person import (
    NO_PROFILE,
    Person,
    Profile,
    encode_profile,
)
from daypass.core.identity_center.people.attributes import with_attribute
from daypass.core.identity_center.people.documents import Document, fold_first_letter
from daypass.core.identity_center.people.names import (
    folded_email,
    folded_user_name,
    read_user_name,
)

USER_NAME = "userName"
AttributeChange = tuple[str, Document]
"""A path and its new value; None removes the attribute."""


def new_person(
    store: str, identifier: str, name: str, *, by: str, now: int, profile: Profile = NO_PROFILE
) -> Person:
    """Return a new person of a store; raises `Invalid` for a name that nobody may have.

    `by` is the ARN, or the name, of whoever makes it. That name and address are free is for the
    caller to check.
    """
    return Person(
        account=store,
        id=identifier,
        name=name,
        folded_name=folded_user_name(name),
        created=now,
        created_by=by,
        email=primary_email(profile),
        encoded_profile=encode_profile(profile),
    )


def changed_person(
    person: Person, changes: Iterable[AttributeChange], *, by: str, now: int
) -> Person:
    """Return a person after changes of attributes, in order, as the next revision.

    Raises `Invalid` if any of the changes is not allowed.
    """
    name, profile = person.name, person.profile
    for path, value in changes:
        if fold_first_letter(path) == USER_NAME:
            name = read_user_name(value)
        else:
            profile = with_attribute(profile, path, value)
    return replace(
        person,
        name=name,
        folded_name=folded_user_name(name),
        encoded_profile=encode_profile(profile),
        email=primary_email(profile),
        revision=person.revision + 1,
        updated=now,
        updated_by=by,
    )


def primary_email(profile: Profile) -> str:
    """Return the e-mail address that is unique in the store, as it is compared; empty without one.

    A person has one address at most, so it counts whether or not it is marked as the primary one:
    Terraform marks none.
    """
    return folded_email(profile.emails[0].value) if profile.emails else ""
