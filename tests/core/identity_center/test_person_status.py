"""Disabling, enabling and signing out a person."""

import pytest

from daypass.core.domain.identity_center.person import Person
from daypass.core.identity_center import person_status

ALICE = Person(
    account="d-0123456789",
    id="11111111-1111-4111-8111-111111111111",
    name="Alice",
    folded_name="alice",
    created=1,
    created_by="maker",
    updated=1,
    updated_by="maker",
)
OFF = person_status.disable(ALICE, now=5, by="operator")


def facts(person):
    return person.is_enabled, person.generation, person.ended_by, person.revision, person.updated


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (ALICE, (True, 0, "", 1, 1)),
        (OFF, (False, 1, "administrator", 2, 5)),
        (person_status.disable(OFF, now=9, by="operator"), (False, 1, "administrator", 2, 5)),
        (person_status.enable(OFF, now=9, by="operator"), (True, 1, "administrator", 3, 9)),
        (person_status.enable(ALICE, now=9, by="operator"), (True, 0, "", 1, 1)),
        (person_status.sign_out(ALICE), (True, 1, "administrator", 1, 1)),
        (person_status.sign_out(OFF), (False, 2, "administrator", 2, 5)),
    ],
    ids=[
        "untouched",
        "disabled: all has ended",
        "disabled twice: as once",
        "enabled: what ended stays ended",
        "enabled twice: as once",
        "signed out: no attribute changes",
        "signed out while disabled",
    ],
)
def test_a_person_is_disabled_enabled_and_signed_out(after, expected) -> None:
    assert facts(after) == expected


def test_who_disabled_a_person_is_in_the_record() -> None:
    assert (OFF.updated_by, OFF.created_by) == ("operator", "maker")
