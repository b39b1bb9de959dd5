"""What a browser's form may hold, and until when: its policy says."""

import base64
import json

import pytest

from daypass.core import faults, form_policy

NOW = 1_795_500_000
LATER = "2030-01-01T00:00:00Z"


def encoded(document):
    text = document if isinstance(document, str) else json.dumps(document)
    return base64.b64encode(text.encode()).decode()


def form(*conditions, expiration=LATER):
    return form_policy.parse_post_policy(
        encoded({"expiration": expiration, "conditions": list(conditions)})
    )


HOLDS = [
    # conditions, fields
    ([], {}),
    ([{"acl": "private"}], {"acl": "private"}),
    ([["eq", "$key", "a/b"]], {"key": "a/b"}),
    ([["eq", "$KEY", "a"]], {"key": "a"}),
    ([["starts-with", "$key", "up/"]], {"key": "up/x"}),
    ([["starts-with", "$key", ""]], {"key": "anything"}),
    ([["starts-with", "$Content-Type", "image/"]], {"content-type": "image/png, image/gif"}),
    ([{"a": "1", "b": "2"}], {"a": "1", "b": "2"}),
    ([], {"policy": "x", "x-amz-signature": "y", "file": "z", "x-ignore-me": "w"}),
    ([{"bucket": "b"}], {"bucket": "b"}),
]


@pytest.mark.parametrize(("conditions", "fields"), HOLDS)
def test_a_form_that_keeps_to_its_policy_passes(conditions, fields) -> None:
    form(*conditions).check_fields(fields, now=NOW)


FAILS = [
    ([{"acl": "private"}], {"acl": "public-read"}, 'Policy Condition failed: ["eq", "$acl", "private"]'),
    ([["eq", "$key", "a"]], {"key": "A"}, "Policy Condition failed"),
    ([["eq", "$key", "a"]], {}, "Policy Condition failed"),
    ([["starts-with", "$key", ""]], {}, "Policy Condition failed"),
    ([["starts-with", "$key", "up/"]], {"key": "UP/x"}, "Policy Condition failed"),
    ([["starts-with", "$content-type", "image/"]], {"content-type": "image/png,text/html"}, "Policy Condition failed"),
    ([], {"x-amz-meta-a": "b"}, "Extra input fields: x-amz-meta-a"),
    ([{"key": "a"}], {"key": "a", "acl": "private"}, "Extra input fields: acl"),
    ([{"key": "a"}], {"key": "a", "x-ignored": "1"}, "Extra input fields: x-ignored"),
]  # fmt: skip


@pytest.mark.parametrize(("conditions", "fields", "words"), FAILS)
def test_a_form_that_departs_from_its_policy_is_denied(conditions, fields, words) -> None:
    with pytest.raises(faults.Denied, match="Invalid according to Policy: ") as error:
        form(*conditions).check_fields(fields, now=NOW)

    assert words in error.value.message


def test_a_policy_ends_at_its_expiration() -> None:
    ending = form(expiration="2026-11-24T00:00:00.000Z")

    ending.check_fields({}, now=ending.expires - 1)
    with pytest.raises(faults.Denied, match=r"Policy expired\."):
        ending.check_fields({}, now=ending.expires)


LENGTHS = [
    ([], (0, None)),
    ([["content-length-range", 1, 10]], (1, 10)),
    ([["content-length-range", "1", "10"]], (1, 10)),
    ([["content-length-range", 0, 100], ["content-length-range", 5, 50]], (5, 50)),
    ([["content-length-range", 5, 50], ["content-length-range", 0, 100]], (5, 50)),
]


@pytest.mark.parametrize(("conditions", "bounds"), LENGTHS)
def test_the_narrowest_range_of_lengths_counts(conditions, bounds) -> None:
    found = form(*conditions)

    assert (found.bytes_min, found.bytes_max) == bounds


NOT_UNDERSTOOD = [
    "not base64!",
    encoded("no json"),
    encoded('{"expiration": "2030-01-01T00:00:00Z", "conditions": [], "conditions": []}'),
    encoded("[" * 9_000),
    encoded([]),
    encoded({"expiration": LATER}),
    encoded({"expiration": LATER, "conditions": [], "more": 1}),
    encoded({"expiration": LATER, "conditions": {}}),
    encoded({"expiration": "2030-01-01", "conditions": []}),
    encoded({"expiration": "2030-13-01T00:00:00Z", "conditions": []}),
    encoded({"expiration": 1, "conditions": []}),
    encoded({"expiration": LATER, "conditions": ["x"]}),
    encoded({"expiration": LATER, "conditions": [["eq", "$key"]]}),
    encoded({"expiration": LATER, "conditions": [["matches", "$key", ".*"]]}),
    encoded({"expiration": LATER, "conditions": [["EQ", "$key", "a"]]}),
    encoded({"expiration": LATER, "conditions": [["eq", "key", "a"]]}),
    encoded({"expiration": LATER, "conditions": [["eq", "$key", 1]]}),
    encoded({"expiration": LATER, "conditions": [["eq", 1, "a"]]}),
    encoded({"expiration": LATER, "conditions": [{"key": None}]}),
    encoded({"expiration": LATER, "conditions": [["content-length-range", -1, 5]]}),
    encoded({"expiration": LATER, "conditions": [["content-length-range", True, 5]]}),
    encoded({"expiration": LATER, "conditions": [["content-length-range", "0x1", 5]]}),
    encoded({"expiration": LATER, "conditions": [{"key": "x" * 30_000}]}),
]


@pytest.mark.parametrize("text", NOT_UNDERSTOOD, ids=range(len(NOT_UNDERSTOOD)))
def test_a_policy_that_is_not_understood_allows_nothing(text) -> None:
    with pytest.raises(faults.InvalidPolicy):
        form_policy.parse_post_policy(text)


REDIRECTS = [
    (["eq", "$redirect", "anywhere"], True),
    (["starts-with", "$redirect", "https://good.example/"], True),
    (["starts-with", "$redirect", "http://good.example:8080/done"], True),
    (["starts-with", "$redirect", "https://good.example"], False),
    (["starts-with", "$redirect", "https://"], False),
    (["starts-with", "$redirect", ""], False),
    (["starts-with", "$redirect", "https://good.example@"], False),
    (["starts-with", "$redirect", "https://good.example@evil.example/"], False),
    (["starts-with", "$redirect", "https:///x"], False),
    (["starts-with", "$redirect", "https://good.example\\/"], False),
    (["starts-with", "$redirect", "javascript://good.example/"], False),
    (["starts-with", "$redirect", "https://[/"], False),
    (["eq", "$other", "https://good.example/"], False),
]


@pytest.mark.parametrize(("condition", "pinned"), REDIRECTS)
def test_an_address_is_followed_only_where_the_policy_says_to_which_host(condition, pinned) -> None:
    assert form(condition).fixes_host("redirect") is pinned
