"""Which tags a thing may have, whatever service refuses the others."""

import pytest

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import TagFaults, add_tags, check_tag_keys, remove_tags
from daypass.core.faults import AlreadyExists, Invalid, TooMany

FAULTS = TagFaults(
    duplicate=lambda: AlreadyExists("twice"),
    reserved=lambda: Invalid("reserved"),
    too_many=lambda: TooMany("too many"),
)
KNOWN = (Tag("team", "red"), Tag("Stage", "dev"))


@pytest.mark.parametrize(
    ("added", "tags"),
    [
        ((), KNOWN),
        ((Tag("a", ""),), (*KNOWN, Tag("a", ""))),
        ((Tag("TEAM", "blue"),), (Tag("TEAM", "blue"), Tag("Stage", "dev"))),
    ],
)
def test_a_tag_is_added_or_takes_the_place_of_one_whose_key_differs_in_case_alone(
    added, tags
) -> None:
    assert add_tags(KNOWN, added, FAULTS) == tags


@pytest.mark.parametrize(
    ("added", "fault"),
    [
        ((Tag("a", "1"), Tag("A", "2")), AlreadyExists),
        ((Tag("aws:a", "1"),), Invalid),
        ((Tag("AWS:a", "1"),), Invalid),
        ((Tag("aws:a", "1"), Tag("aws:A", "1")), AlreadyExists),
    ],
)
def test_a_key_that_is_there_twice_or_reserved_is_refused_as_the_service_says(added, fault) -> None:
    with pytest.raises(fault):
        add_tags(KNOWN, added, FAULTS)
    with pytest.raises(fault):
        check_tag_keys(added, duplicate=FAULTS.duplicate, reserved=FAULTS.reserved)


def test_a_reserved_key_that_is_there_already_is_no_matter() -> None:
    known = (Tag("aws:a", "1"),)

    assert add_tags(known, (Tag("b", "2"),), FAULTS) == (*known, Tag("b", "2"))


def test_a_thing_has_so_many_tags_and_no_more() -> None:
    full = tuple(Tag(f"k{at}", "") for at in range(quotas.TAGS_MAX))

    assert add_tags((), full, FAULTS) == full
    assert add_tags(full, (Tag("K0", "new"),), FAULTS)[0] == Tag("K0", "new")
    with pytest.raises(TooMany):
        add_tags(full, (Tag("one", "more"),), FAULTS)


def test_tags_are_taken_off_by_key_in_whatever_case() -> None:
    assert remove_tags(KNOWN, ["TEAM", "none"]) == (Tag("Stage", "dev"),)
