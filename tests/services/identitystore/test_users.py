"""Users of an identity store: created, changed, looked for and deleted."""

import pytest
from msgspec.structs import replace
from tests.services.identitystore.people_world import (
    BEFORE,
    INSTANCE,
    OTHER_INSTANCE,
    OTHER_STORE,
    SOMEBODY,
    STORE,
    People,
    records_in,
    uid,
)
from tests.services.organizations.organized import MEMBER
from tests.services.support import ACCOUNT, NOW, refused, user

from daypass.core import quotas
from daypass.core.domain.identity_center.assignment import Assignment
from daypass.core.domain.identity_center.external_id import ExternalId
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import NO_PROFILE, Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.faults import AlreadyExists, Conflict, Invalid, NotFound, TooMany, Violation
from daypass.core.identity_center.people.attributes import ENTERPRISE
from daypass.services.identitystore import users

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
UNIQUE = {"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}
ATTRIBUTES = {
    "Name": {"FamilyName": "Doe", "GivenName": "Jane", "Formatted": "Jane Doe"},
    "DisplayName": "Jane Doe",
    "NickName": "J",
    "ProfileUrl": "https://example.com/jane",
    "Emails": [{"Value": "jane@example.com", "Type": "work", "Primary": True}],
    "Addresses": [{"StreetAddress": "Road 1", "Country": "NL", "Primary": False}],
    "PhoneNumbers": [{"Value": "+31", "Primary": False}],
    "UserType": "employee",
    "Title": "Engineer",
    "PreferredLanguage": "nl",
    "Locale": "nl-NL",
    "Timezone": "Europe/Amsterdam",
    "Photos": [{"Value": "a.png", "Display": "Jane", "Primary": True}],
    "Website": "https://example.com",
    "Birthdate": "2000-02-29",
    "Roles": [{"Value": "Researcher", "Primary": False}],
}
EXTENSIONS = {ENTERPRISE: {"department": "Research", "employeeNumber": "7"}}


@pytest.fixture
def world():
    return People()


def ids(identifier):
    return {
        "IdentityStoreId": STORE,
        "UserId": identifier,
        "UserArn": f"arn:aws:identitystore:::user/{identifier}",
    }


def test_a_user_is_answered_with_every_attribute_that_was_given(world) -> None:
    made = world.call(users.create_user, UserName="jane", **ATTRIBUTES, Extensions=EXTENSIONS)
    described = world.call(users.describe_user, UserId=made["UserId"], Extensions=[ENTERPRISE])

    assert made == {**ids(made["UserId"]), "Revision": "1"}
    assert described == {
        **ids(made["UserId"]),
        "Revision": "1",
        "UserName": "jane",
        "UserStatus": "ENABLED",
        "CreatedAt": NOW,
        "CreatedBy": ROOT,
        "UpdatedAt": NOW,
        "UpdatedBy": ROOT,
        **ATTRIBUTES,
        "Extensions": EXTENSIONS,
    }
    listed = world.call(users.list_users, Extensions=[ENTERPRISE])["Users"]
    assert [each["Extensions"] for each in listed] == [EXTENSIONS]


def test_a_user_needs_a_name_and_nothing_else(world) -> None:
    made = world.call(users.create_user, UserName="jane")
    described = world.call(users.describe_user, UserId=made["UserId"])

    assert world.named("jane").profile == NO_PROFILE
    assert sorted(set(described) - set(ids(""))) == [
        "CreatedAt",
        "CreatedBy",
        "Revision",
        "UpdatedAt",
        "UpdatedBy",
        "UserName",
        "UserStatus",
    ]
    with refused(Invalid, "userName is a required attribute"):
        world.call(users.create_user, DisplayName="Jane Doe")


def test_an_extension_is_shown_only_to_who_asks_for_it(world) -> None:
    made = world.call(users.create_user, UserName="jane", Extensions=EXTENSIONS)
    world.person("john")

    assert "Extensions" not in world.call(users.describe_user, UserId=made["UserId"])
    described = world.call(users.describe_user, UserId=uid("john"), Extensions=[ENTERPRISE])
    assert "Extensions" not in described
    for call, more in (
        (users.describe_user, {"UserId": uid("john"), "Extensions": ["aws:identitystore:other"]}),
        (users.list_users, {"Extensions": ["aws:identitystore:other"]}),
        (users.create_user, {"UserName": "x", "Extensions": {"aws:identitystore:other": {}}}),
    ):
        with refused(Invalid, "The extension aws:identitystore:other is not supported."):
            world.call(call, **more)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"UserName": "JANE"}, "Duplicate UserName"),
        ({"UserName": "ｊane"}, "Duplicate UserName"),
        ({"UserName": "ja\u200dne"}, None),
        ({"UserName": "ja\ufe0fne"}, "Duplicate UserName"),
        ({"UserName": uid("jane")}, "Duplicate UserName"),
        ({"UserName": uid("jane").upper()}, "Duplicate UserName"),
        ({"UserName": "john", "Emails": [{"Value": "JANE@example.com"}]}, "Duplicate Email"),
    ],
)
def test_two_people_never_have_one_name_or_address(world, params, words) -> None:
    """T181-SCIM."""
    profile = users.with_attribute(NO_PROFILE, "emails", [{"value": "jane@example.com"}])
    world.person("jane", profile=profile, email="jane@example.com")
    world.person("other")
    if words is None:
        # The model refuses a character of this class.
        with pytest.raises(Violation):
            world.call(users.create_user, **params)
        return

    fault = world.refusal(users.create_user, **params)
    assert (type(fault), fault.message, fault.details) == (AlreadyExists, words, UNIQUE)

    path, value = (
        ("emails", [{"value": params["Emails"][0]["Value"]}])
        if "Emails" in params
        else ("userName", params["UserName"])
    )
    fault = world.refusal(
        users.update_user,
        UserId=uid("other"),
        Operations=[{"AttributePath": path, "AttributeValue": value}],
    )
    assert (type(fault), fault.message, fault.details) == (AlreadyExists, words, UNIQUE)


def test_names_of_another_store_are_free(world) -> None:
    world.member(MEMBER)
    world.instance(OTHER_INSTANCE, OTHER_STORE, owner=MEMBER)
    world.person("jane", store=OTHER_STORE)

    world.call(users.create_user, UserName="jane")
    assert world.named("jane").id != uid("jane")


def test_a_person_keeps_name_and_address_in_another_spelling(world) -> None:
    made = world.call(users.create_user, UserName="jane", Emails=[{"Value": "jane@example.com"}])
    operations = [
        {"AttributePath": "userName", "AttributeValue": "Jane"},
        {"AttributePath": "emails", "AttributeValue": [{"value": "Jane@Example.com"}]},
    ]
    world.call(users.update_user, UserId=made["UserId"], Operations=operations)

    assert world.named("jane").name == "Jane"
    assert world.store.person_with_email("jane@example.com").id == made["UserId"]


def test_a_name_and_an_address_are_free_again_once_given_up(world) -> None:
    made = world.call(users.create_user, UserName="jane", Emails=[{"Value": "jane@example.com"}])
    operations = [
        {"AttributePath": "userName", "AttributeValue": "roe"},
        {"AttributePath": "emails", "AttributeValue": None},
    ]
    world.call(users.update_user, UserId=made["UserId"], Operations=operations)

    again = world.call(users.create_user, UserName="jane", Emails=[{"Value": "jane@example.com"}])
    assert again["UserId"] != made["UserId"]


def test_a_store_has_a_hundred_thousand_users_at_most(world, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "PEOPLE_MAX", 1)
    world.call(users.create_user, UserName="jane")

    with refused(TooMany, "An identity store has at most 1 users."):
        world.call(users.create_user, UserName="john")


def test_an_update_raises_the_revision_and_says_who_made_it(world) -> None:
    caller = world.caller(world.put(user("admin")))
    person = world.person("jane")
    operations = [
        {"AttributePath": "title", "AttributeValue": "Engineer"},
        {"AttributePath": "Name.FamilyName", "AttributeValue": "Doe"},
    ]
    answer = world.call(users.update_user, caller, UserId=person.id, Operations=operations)
    described = world.call(users.describe_user, UserId=person.id)

    assert answer == {**ids(person.id), "Revision": "2"}
    assert (described["Title"], described["Name"]) == ("Engineer", {"FamilyName": "Doe"})
    assert (described["CreatedAt"], described["CreatedBy"]) == (BEFORE, SOMEBODY)
    assert (described["UpdatedAt"], described["UpdatedBy"]) == (NOW, caller.principal.arn)
    assert described["Revision"] == "2"


def test_an_update_is_made_whole_or_not_at_all(world) -> None:
    person = world.person("jane")
    operations = [
        {"AttributePath": "title", "AttributeValue": "Engineer"},
        {"AttributePath": "userStatus", "AttributeValue": "DISABLED"},
    ]

    with refused(Invalid, "An attribute path names no attribute that can be updated."):
        world.call(users.update_user, UserId=person.id, Operations=operations)
    assert world.named("jane") == person


def test_an_update_has_one_to_a_hundred_operations(world) -> None:
    person = world.person("jane")
    operation = {"AttributePath": "title", "AttributeValue": "Engineer"}
    world.call(users.update_user, UserId=person.id, Operations=[operation] * 100)

    for count in (0, 101):
        with pytest.raises(Violation):
            world.call(users.update_user, UserId=person.id, Operations=[operation] * count)


@pytest.mark.parametrize(
    ("call", "more"),
    [
        (users.update_user, {"Operations": [{"AttributePath": "title"}]}),
        (users.delete_user, {}),
    ],
)
def test_a_change_may_name_the_revision_that_it_is_made_from(world, call, more) -> None:
    person = world.person("jane", revision=7)
    for stale in ("6", "8", "07"):
        fault = world.refusal(call, UserId=person.id, Revision=stale, **more)
        assert (type(fault), fault.details) == (Conflict, {"Reason": "CONCURRENT_MODIFICATION"})
    assert world.named("jane") == person

    world.call(call, UserId=person.id, Revision="7", **more)
    assert world.named("jane") != person


def test_a_deleted_user_takes_memberships_external_ids_and_sessions_along(world) -> None:
    person, other, group = world.person("jane"), world.person("john"), world.group("group")
    for each in (person, other):
        world.membership(group, each)
        world.external_id(each, each.name)
        world.portal_session(each)
    world.put(_assignment(person))
    world.call(users.delete_user, UserId=person.id)

    assert records_in(world, Person, PeopleGroup, GroupMembership, ExternalId) == (1, 1, 1, 1)
    sessions = [
        len(world.directory.partition(person_partition(each.id)).of(PortalSession))
        for each in (person, other)
    ]
    assert sessions == [0, 1]
    assert len(world.directory.instance(INSTANCE).of(Assignment)) == 1


def _assignment(person):
    return Assignment(
        account=INSTANCE,
        target=ACCOUNT,
        permission_set="ps-0123456789abcdef",
        principal_type="USER",
        principal=person.id,
        created=1,
    )


@pytest.mark.parametrize(
    ("call", "more"),
    [
        (users.describe_user, {}),
        (users.update_user, {"Operations": [{"AttributePath": "title"}]}),
        (users.delete_user, {}),
    ],
)
def test_an_id_that_does_not_exist_is_named_in_the_refusal(world, call, more) -> None:
    """T237: another store's ids do not exist in this one."""
    world.member(MEMBER)
    world.instance(OTHER_INSTANCE, OTHER_STORE, owner=MEMBER)
    stranger = world.person("stranger", store=OTHER_STORE)
    for missing in (stranger.id, uid("nobody")):
        fault = world.refusal(call, UserId=missing, **more)

        assert (type(fault), fault.message) == (NotFound, "USER not found.")
        assert fault.details == {"ResourceType": "USER", "ResourceId": missing}
    with refused(Invalid, "The ARN is not that of a user."):
        world.call(call, UserId=f"arn:aws:identitystore:::group/{uid('jane')}", **more)


def attribute(path, value):
    return {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}


def external(issuer, identifier):
    return {"ExternalId": {"Issuer": issuer, "Id": identifier}}


@pytest.mark.parametrize(
    "alternate",
    [
        attribute("userName", "jane"),
        attribute("UserName", "JANE"),
        attribute("username", "Ｊane"),
        attribute("emails.value", "jane@example.com"),
        attribute("Emails.Value", "Jane@Example.com"),
        external("https://idp.example.com", "42"),
    ],
)
def test_a_user_is_found_by_name_address_or_external_id(world, alternate) -> None:
    person = world.person("Jane", email="jane@example.com")
    world.external_id(person, "42")
    world.external_id(world.group("group"), "43")

    assert world.call(users.get_user_id, AlternateIdentifier=alternate) == ids(person.id)


@pytest.mark.parametrize(
    "alternate",
    [
        attribute("userName", "john"),
        attribute("emails.value", "john@example.com"),
        external("https://idp.example.com", "43"),
        external("https://other.example.com", "42"),
    ],
)
def test_who_is_not_found_is_not_named(world, alternate) -> None:
    person = world.person("Jane", email="jane@example.com")
    world.external_id(person, "42")
    world.external_id(world.group("group"), "43")
    fault = world.refusal(users.get_user_id, AlternateIdentifier=alternate)

    assert (type(fault), fault.message) == (NotFound, "USER not found.")
    assert fault.details == {"ResourceType": "USER"}


@pytest.mark.parametrize(
    ("alternate", "words"),
    [
        ({}, "AlternateIdentifier must have exactly one of ExternalId, UniqueAttribute."),
        (
            attribute("userName", "a") | external("b", "c"),
            "AlternateIdentifier must have exactly one of ExternalId, UniqueAttribute.",
        ),
        (attribute("displayName", "a"), "The attribute displayName is not a unique attribute"),
        (
            attribute("userName", ["a"]),
            "attribute value cannot be empty or null for attribute path userName",
        ),
        (
            attribute("userName", ""),
            "attribute value cannot be empty or null for attribute path userName",
        ),
    ],
)
def test_what_cannot_be_looked_for_is_refused(world, alternate, words) -> None:
    with refused(Invalid, words):
        world.call(users.get_user_id, AlternateIdentifier=alternate)


def test_users_are_listed_in_order_of_id(world) -> None:
    people = [world.person(f"user{number}") for number in range(20)]
    listed = world.call(users.list_users)["Users"]

    assert [each["UserId"] for each in listed] == sorted(each.id for each in people)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("UserName", "jane", ["Jane"]),
        ("userName", "JANE", ["Jane"]),
        ("UserName", "jan", []),
        ("UserName", "ja ne", []),
    ],
)
def test_a_filter_finds_the_user_of_a_name(world, path, value, found) -> None:
    world.person("Jane")
    world.person("john")
    listed = world.call(
        users.list_users, Filters=[{"AttributePath": path, "AttributeValue": value}]
    )

    assert [each["UserName"] for each in listed["Users"]] == found


def test_users_cannot_be_filtered_by_another_attribute(world) -> None:
    with refused(Invalid, "The attribute DisplayName cannot be filtered by."):
        world.call(
            users.list_users,
            Filters=[{"AttributePath": "DisplayName", "AttributeValue": "jane"}],
        )


def test_a_disabled_person_and_external_ids_are_shown(world) -> None:
    person = world.put(replace(world.person("jane"), is_enabled=False))
    world.external_id(person, "42")
    described = world.call(users.describe_user, UserId=person.id)

    assert described["UserStatus"] == "DISABLED"
    assert described["ExternalIds"] == [{"Issuer": "https://idp.example.com", "Id": "42"}]
