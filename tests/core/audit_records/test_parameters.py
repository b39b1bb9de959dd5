"""A call's parameters in an audit record: listed names alone, bounded."""

import json
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.core.audit_records import recorded_parameters
from daypass.core.audit_records.recorded_parameters import (
    HIDDEN,
    OMITTED,
    redacted_parameters,
    redacted_result,
)
from daypass.core.audit_records.texts import TEXT_MAX, escape_document, escape_text, escape_texts
from daypass.server.app import operations_by_service
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog

CATALOG = load_catalog(SERVICES)
BUILT = [
    CATALOG.services[service].operations[name]
    for service, known in operations_by_service(CATALOG).items()
    for name in known
]
SECRET = {
    "AuthenticationCode1",
    "AuthenticationCode2",
    "ContextAssertion",
    "EncodedMessage",
    "Marker",
    "NextToken",
    "TokenCode",
    "accessToken",
    "nextToken",
}
"""Parameters of operations that are served whose values are never shown, whatever the model says
of them."""
SENSITIVE_BY_MODEL = {"AccountName", "Email", "Notes", "SourceName"}
_PERSONAL = """
    Addresses AttributeValue Birthdate Country Display DisplayName Emails FamilyName Formatted
    GivenName HonorificPrefix HonorificSuffix Issuer Locale Locality MiddleName NickName
    PhoneNumbers Photos PostalCode PreferredLanguage Primary ProfileUrl Region Roles StreetAddress
    Timezone Title UserType Website
"""
PERSONAL = set(_PERSONAL.split())
"""What the identity store says of people, which its model does not always call sensitive."""


def members(model, name, seen=frozenset()):
    """Yield every member below a shape."""
    if not name or name in seen:
        return
    shape = model.shape(name)
    for member in shape.members:
        yield member.name
        yield from members(model, member.shape, seen | {name})
    for inside in (shape.item.shape if shape.item else "", shape.value):
        yield from members(model, inside, seen | {name})


def test_every_parameter_of_every_operation_served_is_listed_as_shown_or_known_as_a_secret() -> (
    None
):
    found = {name for each in BUILT for name in members(each.service.model, each.input_shape)}

    assert found - set(recorded_parameters.RECORDED_PARAMETERS) == (
        SECRET | SENSITIVE_BY_MODEL | PERSONAL
    )


def test_a_parameter_that_nobody_has_listed_is_hidden() -> None:
    assert redacted_parameters({"UserName": "alice", "NewPassword": "hunter2"}) == {
        "userName": "alice",
        "newPassword": HIDDEN,
    }


@pytest.mark.parametrize("name", sorted(SECRET))
def test_a_secret_parameter_is_hidden_on_every_level(name) -> None:
    found = json.dumps(
        redacted_parameters({"Target": {"Tags": [{name: "do not tell"}]}, name: "do not tell"})
    )

    assert "do not tell" not in found
    assert found.count(HIDDEN) == 2


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        (
            "organizations",
            "CreateAccount",
            {"Email": "dev@example.com", "AccountName": "dev", "RoleName": "Access"},
            {"email": HIDDEN, "accountName": HIDDEN, "roleName": "Access"},
        ),
        (
            "organizations",
            "InviteAccountToOrganization",
            {"Target": {"Id": "dev@example.com", "Type": "EMAIL"}, "Notes": "hello"},
            {"target": {"id": HIDDEN, "type": "EMAIL"}, "notes": HIDDEN},
        ),
        (
            "organizations",
            "DescribeHandshake",
            {"HandshakeId": "h-1"},
            {"handshakeId": "h-1"},
        ),
        (
            "sts",
            "AssumeRole",
            {"RoleArn": "arn:aws:iam::1:role/r", "TokenCode": "123456", "DurationSeconds": 900},
            {"roleArn": "arn:aws:iam::1:role/r", "tokenCode": HIDDEN, "durationSeconds": 900},
        ),
        (
            "iam",
            "ChangePassword",
            {"OldPassword": "one", "NewPassword": "two"},
            {"oldPassword": HIDDEN, "newPassword": HIDDEN},
        ),
    ],
)
def test_what_the_model_calls_sensitive_is_hidden(service, operation, params, expected) -> None:
    known = CATALOG.services[service].operations[operation]

    assert redacted_parameters(params, known.secret_parameters) == expected


@pytest.mark.parametrize("operation", BUILT, ids=lambda each: f"{each.service.name}:{each.name}")
def test_no_listed_result_is_sensitive_by_the_model_and_shown_all_the_same(operation) -> None:
    answer = dict.fromkeys(members(operation.service.model, operation.output_shape), "value")
    found = redacted_result(answer, operation.secret_results)

    assert not {name[:1].lower() + name[1:] for name in operation.secret_results} & set(found)


def test_what_was_issued_is_told_without_its_secret() -> None:
    answer = {
        "Credentials": {
            "AccessKeyId": "ASIA1",
            "SecretAccessKey": "secret",
            "SessionToken": "token",
            "Expiration": 1000,
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROA1:alice", "Arn": "arn:1"},
        "PackedPolicySize": 3,
    }

    assert redacted_result(answer) == {
        "credentials": {"accessKeyId": "ASIA1", "expiration": 1000},
        "assumedRoleUser": {"assumedRoleId": "AROA1:alice", "arn": "arn:1"},
        "packedPolicySize": 3,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (2**63 - 1, 2**63 - 1),
        (2**63, OMITTED),
        (b"bytes", HIDDEN),
        (1.5, HIDDEN),
        (["a"] * 100, ["a"] * 100),
        (["a"] * 101, [*["a"] * 100, "… (101 members)"]),
        (datetime(2026, 11, 24, tzinfo=UTC), "2026-11-24T00:00:00+00:00"),
        ("x" * recorded_parameters.CHARACTERS_MAX, "x" * recorded_parameters.CHARACTERS_MAX),
        (
            "x" * (recorded_parameters.CHARACTERS_MAX + 1),
            "x" * recorded_parameters.CHARACTERS_MAX
            + f"… ({recorded_parameters.CHARACTERS_MAX + 1} characters)",
        ),
        ('{\n\t"a": 1\r\n}', '{\n\t"a": 1\r\n}'),
        ("\x1b[31m\u202e\x00", "\\u001b[31m\\u202e\\u0000"),
    ],
)
def test_a_value_is_shown_within_its_bounds(value, expected) -> None:
    assert redacted_parameters({"Value": value}) == {"value": expected}


def test_what_comes_after_a_record_is_full_is_omitted() -> None:
    found = redacted_parameters(
        {"PolicyDocument": "x" * recorded_parameters.CHARACTERS_MAX, "UserName": "alice"}
    )

    assert found == {"policyDocument": "x" * recorded_parameters.CHARACTERS_MAX, OMITTED: 1}


NAMES = st.sampled_from(
    [*sorted(recorded_parameters.RECORDED_PARAMETERS)[:4], "TokenCode"]
) | st.text(max_size=20)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=9),
    lambda inside: st.lists(inside, max_size=5) | st.dictionaries(NAMES, inside, max_size=5),
    max_leaves=20,
)
CROWD = [["a"] * 1000] * 1000


@given(st.dictionaries(NAMES, TREES, max_size=5), st.sampled_from([1, 500]))
def test_no_record_of_parameters_is_longer_than_its_bound(params, times) -> None:
    grown = {**params, "Tags": [params] * times, "Value": str(params) * times}
    found = json.dumps(redacted_parameters(grown), ensure_ascii=False)

    assert len(found) <= 4 * recorded_parameters.CHARACTERS_MAX


@pytest.mark.parametrize(
    "params",
    [
        {"Tags": CROWD},
        {f"name{number}": "x" for number in range(100_000)},
        {"x" * 1_000_000: ""},
        {"Tags": [{"Key": "\x00" * 1000} for _ in range(100)]},
    ],
    ids=["lists of lists", "names", "one name", "texts to escape"],
)
def test_a_crowd_of_values_is_bounded_too(params) -> None:
    assert len(json.dumps(redacted_parameters(params))) <= 4 * recorded_parameters.CHARACTERS_MAX


@given(
    st.text(alphabet=st.characters() | st.sampled_from("\ud800\u202e\x1b\n\t")), st.integers(1, 40)
)
def test_a_text_that_is_kept_acts_on_no_terminal_and_can_be_written(text, size) -> None:
    for kept in (escape_text(text), escape_document(text, size)):
        kept.encode()

        assert all(each.isprintable() or each in "\n\r\t" for each in kept)
    assert len(escape_document(text, size)) <= size + len(f"… ({len(text)} characters)")


def test_a_name_begins_with_a_small_letter_as_in_cloudtrail() -> None:
    assert all(
        known[0] in string.ascii_lowercase
        for known in recorded_parameters.RECORDED_PARAMETERS.values()
    )
    assert recorded_parameters.RECORDED_PARAMETERS["RoleArn"] == "roleArn"


@given(st.lists(st.text(max_size=TEXT_MAX + 1), max_size=3), st.integers(0, TEXT_MAX + 2))
def test_texts_are_escaped_together_as_each_by_itself(texts, length) -> None:
    for each in (texts, [*texts, "a" * length], ["\x7f"], ["\u202e", "a"], ["\u00e9"]):
        assert list(escape_texts(each)) == [escape_text(text) for text in each]
