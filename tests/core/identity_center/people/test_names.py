"""Names of people and groups: which ones are refused, and how they compare."""

import pytest

from daypass.core.domain.identity_center.person import Profile, TypedValue
from daypass.core.faults import Invalid
from daypass.core.identity_center.people import names
from daypass.core.identity_center.people.persons import changed_person, new_person, primary_email

NO_SUCH_CHARACTER = "The attribute userName has a character that is not allowed."
RESERVED = "The attribute userName is a reserved name."
LONG = "The attribute userName is too long in its normalized form."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (None, "userName is a required attribute"),
        ("", "The attribute userName must have 1 to 128 characters."),
        ("a" * 129, "The attribute userName must have 1 to 128 characters."),
        (5, "The attribute userName must be a string."),
        ("Root ", NO_SUCH_CHARACTER),
        ("a b", NO_SUCH_CHARACTER),
        ("a\u3000b", NO_SUCH_CHARACTER),
        ("a\tb", NO_SUCH_CHARACTER),
        ("a\u200db", NO_SUCH_CHARACTER),
        ("Administrator", RESERVED),
        ("administrator", RESERVED),
        ("AWSADMINISTRATORS", RESERVED),
        ("Ａdministrator", RESERVED),
        ("Admin\ufe0fistrator", RESERVED),
        ("\ufe0f", "The attribute userName has only characters that are not visible."),
        ("\ufdfa" * 29, LONG),
    ],
)
def test_a_user_name_is_refused(name, words) -> None:
    """T234: no name equals a reserved one after it is normalized."""
    with pytest.raises(Invalid) as refused:
        names.folded_user_name(names.read_user_name(name))
    assert refused.value.message == words


@pytest.mark.parametrize(
    "name", ["a", "a" * 128, "jane.doe@example.com", "ROOT", "r\u043eot", "admin/", "\ufdfa" * 28]
)
def test_other_user_names_are_taken_as_they_are(name) -> None:
    """T234: letters of another script are other letters, and make another name."""
    assert names.read_user_name(name) == name
    assert names.folded_user_name(name) not in names.RESERVED


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (None, "displayName is a required attribute"),
        ("awsAdministrators", "The attribute displayName is a reserved name."),
        ("a" * 1025, "The attribute displayName must have 1 to 1024 characters."),
        ("\ufdfa" * 228, "The attribute displayName is too long in its normalized form."),
    ],
)
def test_a_group_name_is_refused(name, words) -> None:
    with pytest.raises(Invalid) as refused:
        names.folded_group_name(names.read_group_name(name))
    assert refused.value.message == words


@pytest.mark.parametrize("name", ["a b", "a" * 1024, "Night \u3000 shift"])
def test_other_group_names_are_taken_as_they_are(name) -> None:
    assert names.read_group_name(name) == name
    assert names.folded_group_name(name) == names.fold_name(name)


@pytest.mark.parametrize(
    ("emails", "found"),
    [
        ((), ""),
        ((TypedValue(type="work"),), ""),
        ((TypedValue(value="Jane@Example.com", primary=True),), "jane@example.com"),
        ((TypedValue(value="Jane@Example.com"),), "jane@example.com"),
        ((TypedValue(value="Administrator"),), "administrator"),
    ],
)
def test_the_only_address_is_the_primary_one(emails, found) -> None:
    assert primary_email(Profile(emails=emails)) == found


def test_an_address_that_is_too_long_when_it_is_compared_is_refused() -> None:
    with pytest.raises(Invalid, match=r"emails\.value is too long in its normalized form"):
        names.folded_email("\ufdfa" * 300)


def test_a_changed_person_compares_by_the_new_name() -> None:
    person = new_person("d-0123456789", "1", "Jane", by="a", now=1)
    changed = changed_person(person, [("UserName", "Roe")], by="b", now=2)

    assert (person.folded_name, changed.folded_name) == ("jane", "roe")
    assert (changed.revision, changed.updated, changed.updated_by) == (2, 2, "b")
    assert (changed.created, changed.created_by) == (1, "a")
