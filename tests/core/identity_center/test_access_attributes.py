"""Attributes for access control: which are stored, and the session tags that they make."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from daypass.core.domain.identity_center.instance import AccessAttribute, Instance
from daypass.core.domain.identity_center.person import (
    Address,
    Enterprise,
    Person,
    PersonName,
    Profile,
    TypedValue,
    encode_profile,
)
from daypass.core.domain.record import Tag
from daypass.core.faults import Invalid, InvalidParameterValue
from daypass.core.identity_center.access_attributes import (
    SOURCES,
    check_access_attributes,
    session_tags,
)

CASES = json.loads((Path(__file__).parent / "cases" / "access_attributes.json").read_text())
COST = "${path:enterprise.costCenter}"
PROFILE = Profile(
    name=PersonName("Pat Q Doe", "Doe", "Pat", "Q", "Dr", "Jr"),
    display_name="Pat Doe",
    nick_name="P",
    profile_url="https://example.com/pat",
    emails=(TypedValue("second@example.com"), TypedValue("first@example.com", primary=True)),
    addresses=(
        Address(street="Home 1", country="DE", type="home"),
        Address("Street 1", "Town", "State", "12345", "US", "Street 1 Town", "Work"),
    ),
    phone_numbers=(TypedValue("+1 444", "home"), TypedValue("+1 555", "work")),
    user_type="staff",
    title="Engineer",
    preferred_language="en",
    locale="en-US",
    timezone="UTC",
    enterprise=Enterprise(
        "7", "4711", "Example", "South", "Red", "11111111-2222-4333-8444-555555555555"
    ),
)
PERSON = Person(
    account="d-0123456789",
    id="11111111-2222-4333-8444-555555555555",
    name="pat@example.com",
    folded_name="pat@example.com",
    created=1,
    created_by="",
    updated=1,
    updated_by="",
    encoded_profile=encode_profile(PROFILE),
)
NOBODY = replace(PERSON, encoded_profile=b"")


def instance(*attributes):
    """Return an instance with attributes, given as key and source; None: access control is off."""
    listed = None if attributes == (None,) else tuple(AccessAttribute(*each) for each in attributes)
    return Instance(
        account="ssoins-0123456789abcdef",
        owner="111122223333",
        store="d-0123456789",
        region="us-east-1",
        created=1,
        access_attributes=listed,
    )


def with_cost_center(value):
    enterprise = replace(PROFILE.enterprise, cost_center=value)
    return with_profile(replace(PROFILE, enterprise=enterprise))


def with_profile(profile):
    return replace(PERSON, encoded_profile=encode_profile(profile))


def test_the_sources_are_exactly_these() -> None:
    assert sorted(SOURCES) == sorted(CASES["values"])


@pytest.mark.parametrize(("source", "value"), CASES["values"].items())
def test_a_source_reads_its_own_attribute(source, value) -> None:
    assert session_tags(instance(("key", source)), PERSON) == (Tag("key", value),)


@pytest.mark.parametrize("source", [each for each in CASES["values"] if "userName" not in each])
def test_an_attribute_without_a_value_makes_no_tag(source) -> None:
    assert session_tags(instance(("key", source)), NOBODY) == ()


@pytest.mark.parametrize(
    ("source", "profile"),
    [
        (
            "${path:emails[primary eq true].value}",
            Profile(emails=(TypedValue("second@example.com", "work"),)),
        ),
        (
            '${path:phoneNumbers[type eq "work"].value}',
            Profile(phone_numbers=(TypedValue("+1 444", "home", primary=True),)),
        ),
        (
            '${path:addresses[type eq "work"].country}',
            Profile(addresses=(Address(country="DE", primary=True),)),
        ),
    ],
)
def test_a_value_of_another_type_does_not_count(source, profile) -> None:
    assert session_tags(instance(("key", source)), with_profile(profile)) == ()


@pytest.mark.parametrize("attributes", [(None,), ()])
def test_without_attributes_there_are_no_tags(attributes) -> None:
    assert session_tags(instance(*attributes), PERSON) == ()


def test_each_attribute_makes_a_tag_under_its_own_key() -> None:
    found = session_tags(instance(("cost", COST), ("name", "${path:userName}")), PERSON)

    assert found == (Tag("cost", "4711"), Tag("name", "pat@example.com"))


@pytest.mark.parametrize("case", CASES["tag_values"], ids=[c["case"] for c in CASES["tag_values"]])
def test_a_value_that_cannot_be_a_tag_is_refused_by_the_attributes_name(case) -> None:
    value = case["value"] * case.get("times", 1)
    person = with_cost_center(value)

    if case["fits"]:
        assert session_tags(instance(("cost", COST)), person) == (Tag("cost", value),)
        return
    with pytest.raises(Invalid) as caught:
        session_tags(instance(("team", "${path:title}"), ("cost", COST)), person)
    assert caught.value.message == (
        "The value of the attribute cost (${path:enterprise.costCenter}) cannot be a session tag."
    )


@pytest.mark.parametrize("source", CASES["refused_sources"])
def test_any_other_source_is_refused_by_name(source) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        check_access_attributes([AccessAttribute("name", COST), AccessAttribute("key", source)])
    assert caught.value.message == (
        f"The source {source} of the attribute key is not a supported path."
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (
            ("cost", "Cost"),
            "Duplicate attribute keys found. Attribute keys are case insensitive.",
        ),
        (("AWS:cost",), "Attribute keys beginning with aws: are reserved for system use."),
    ],
)
def test_a_key_that_cannot_be_a_session_tags_is_refused(keys, words) -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        check_access_attributes(AccessAttribute(key, COST) for key in keys)
    assert caught.value.message == words


def test_attributes_are_kept_in_their_order() -> None:
    listed = [AccessAttribute("b", COST), AccessAttribute("a", "${path:userName}")]

    assert check_access_attributes(listed) == tuple(listed)
