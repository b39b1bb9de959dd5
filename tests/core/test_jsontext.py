"""JSON that has one meaning: what is read, and which flaw each other text has."""

import math

import pytest

from daypass.core.jsontext import (
    JsonFlaw,
    JsonReader,
    NotJson,
    count_values_max,
    parse_finite_float,
)

READER = JsonReader(integer=int, fraction=parse_finite_float)


def read(text, *, values=50, depth=5, characters=None):
    return READER.read(text, values=values, depth=depth, characters=characters)


def flaw_of(text, **bounds):
    with pytest.raises(NotJson) as refused:
        read(text, **bounds)
    return refused.value.flaw


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        (' [1, 2.5, true, null, "a"] ', [1, 2.5, True, None, "a"]),
        (r'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        ('{"a": {"a": 1}}', {"a": {"a": 1}}),
    ],
)
def test_json_is_read(text, value) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a': 1}",
        "[1,]",
        "{} {}",
        "\ufeff{}",
        "// a\n{}",
        "NaN",
        "-Infinity",
        "1e999",
        "01",
        "+1",
        '"\t"',
        '"\\ud800"',
        '["\\udc00"]',
        '{"\\ud800": 1}',
    ],
)
def test_what_is_not_json_or_is_no_text_or_number_is_broken(text) -> None:
    assert flaw_of(text) is JsonFlaw.NOT_JSON


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 1}', r'{"a": 1, "\u0061": 2}', '[{"b": {"a": 1, "a": 2}}]']
)
def test_a_name_that_is_there_twice_has_two_readings(text) -> None:
    assert flaw_of(text) is JsonFlaw.DUPLICATE_NAME


def test_a_text_is_as_long_as_rich_and_as_deep_as_it_may_be() -> None:
    assert read("1   ", characters=4) == 1
    assert flaw_of("1    ", characters=4) is JsonFlaw.TOO_LONG
    assert read("[1,1,1]", values=4) == [1, 1, 1]
    assert flaw_of("[1,1,1,1]", values=4) is JsonFlaw.TOO_MANY_VALUES
    assert read('[{"a":[1]}]', depth=3) == [{"a": [1]}]
    assert flaw_of('[{"a":[1]}]', depth=2) is JsonFlaw.TOO_DEEP
    assert flaw_of("[" * 100_000, values=1_000_000) is JsonFlaw.NOT_JSON


def test_numbers_are_made_as_the_caller_says() -> None:
    spelled = JsonReader(integer=len, fraction=lambda text: -len(text))

    assert spelled.read("[100, 1.00]", values=5, depth=5) == [3, -4]


def test_only_numbers_that_a_float_can_be_are_finite() -> None:
    assert parse_finite_float("1e308") == 1e308
    with pytest.raises(ValueError):
        parse_finite_float("1e309")
    assert math.isinf(float("1e309"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("[]", 2),
        ('["a,b"]', 3),
        ('["' + "," * 2_000 + '"]', 2),
        (r'["\",' + "," * 2_000 + '"]', 2),
        ("[" * 2_000, 2_001),
    ],
)
def test_values_are_counted_outside_of_strings_once_there_are_many(text, count) -> None:
    assert count_values_max(text) == count
