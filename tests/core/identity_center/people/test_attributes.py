"""The attributes of a person: paths, values and refusals, from `cases/attributes.json`."""

import json
from pathlib import Path

import msgspec
import pytest

from daypass.core import quotas
from daypass.core.domain.identity_center.person import (
    NO_PROFILE,
    Person,
    Profile,
    encode_profile,
)
from daypass.core.faults import Invalid
from daypass.core.identity_center.people.attributes import (
    STRUCTURED,
    TEXTS,
    with_attribute,
    with_extensions,
)
from daypass.core.identity_center.people.documents import read_text

CASES = json.loads((Path(__file__).parent / "cases" / "attributes.json").read_text())


def after(changes):
    profile = NO_PROFILE
    for path, value in changes:
        profile = with_attribute(profile, path, value)
    return profile


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["set"][-1][0])
def test_an_attribute_is_set_removed_or_refused_as_its_case_says(case) -> None:
    if "refused" in case:
        with pytest.raises(Invalid) as refused:
            after(case["set"])
        assert refused.value.message == case["refused"]
    else:
        found = json.loads(msgspec.json.encode(after(case["set"])))
        assert found == case["gives"]


def test_every_attribute_of_a_profile_can_be_set() -> None:
    fields = {*TEXTS.values(), *(each.field for each in STRUCTURED.values())}

    assert fields == set(Profile.__struct_fields__)
    for each in STRUCTURED.values():
        shared = {"display"} if each.field != "photos" else set()
        assert set(each.parts.values()) >= set(each.structure.__struct_fields__) - shared


@pytest.mark.parametrize("length", [1, quotas.ATTRIBUTE_CHARACTERS_MAX])
def test_a_text_has_up_to_1024_characters(length) -> None:
    assert read_text("x" * length, "title") == "x" * length
    with pytest.raises(Invalid):
        read_text("x" * (quotas.ATTRIBUTE_CHARACTERS_MAX + 1), "title")


def test_an_extension_that_is_not_known_is_refused() -> None:
    with pytest.raises(Invalid, match="The extension aws:identitystore:other is not supported"):
        with_extensions(NO_PROFILE, {"aws:identitystore:other": {}})


def test_a_profile_is_read_from_its_record_as_it_was_written() -> None:
    profile = after([["name.familyName", "Doe"], ["emails", [{"value": "a@example.com"}]]])
    person = Person(
        account="d-0123456789",
        id="1",
        name="a",
        folded_name="a",
        created=1,
        created_by="",
        encoded_profile=encode_profile(profile),
    )

    assert person.profile == profile
    assert "Doe" not in repr(person)
    assert encode_profile(NO_PROFILE) == b""
