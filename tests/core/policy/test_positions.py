"""Where in its text each part of a document stands, whatever the text is."""

import json

import pytest

from daypass.core.policy.checks import finding_paths
from daypass.core.policy.checks.lints.cached_reference import CachedReference
from daypass.core.policy.language import positions
from daypass.core.policy.language.positions import TextPosition, TextSpan, locate_members

TEXT = (
    '{\n "Version": "2012-10-17",\n "Statement": [\n'
    '  {"Sid": "a\\"]", "Action": ["x", ["y", 5]]},\n'
    '  {"Effect": "Deny"}\n ]\n}'
)


def pieces(text):
    return {path: text[span.start : span.end] for path, span in locate_members(text).spans.items()}


def test_every_value_has_the_span_of_its_text() -> None:
    found = pieces(TEXT)

    def check(path, value):
        assert json.loads(found[path]) == value
        inner = (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        )
        for step, each in inner:
            check((*path, step), each)

    check((), json.loads(TEXT))


def test_names_have_positions_and_lines_count_from_one() -> None:
    found = locate_members(TEXT)

    assert (
        TEXT[
            slice(
                *(
                    found.names["Statement", 0, "Action"].start,
                    found.names["Statement", 0, "Action"].end,
                )
            )
        ]
        == '"Action"'
    )
    assert found.position(0) == TextPosition(1, 1)
    assert found.position(TEXT.index('"Version"')) == TextPosition(2, 2)
    assert positions.statement_position(TEXT, 0) == (TextPosition(4, 3), TextPosition(4, 45))
    assert positions.statement_position(TEXT, 1) == (TextPosition(5, 3), TextPosition(5, 21))
    assert positions.statement_position(TEXT, 2) is None
    assert positions.statement_position('{"Statement": {"a": 1}}', 0) == (
        TextPosition(1, 15),
        TextPosition(1, 23),
    )
    assert positions.statement_position('{"Statement": {"a": 1}}', 1) is None
    assert positions.statement_position("{}", 0) is None


def test_a_missing_path_has_the_span_of_the_closest_one_above() -> None:
    found = locate_members(TEXT)

    assert found.nearest_span(("Statement", 1, "Action", 0)) == found.spans["Statement", 1]
    assert found.nearest_span(("Version",)) == found.spans["Version",]
    assert locate_members("").nearest_span(("a", 0)) == TextSpan(0, 0)


def test_repeated_members_are_found_but_for_the_first() -> None:
    found = locate_members('{"a": 1, "b": {"a": 2, "a": 3}, "a": 4, "a": 5}')

    assert [(path, span.start) for path, span in found.repeated_names] == [
        (("b", "a"), 23),
        (("a",), 32),
        (("a",), 40),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "]",
        ",",
        "}{",
        "[1, 2",
        '{"a" "b"}',
        "{1: 2}",
        '"\\x"',
        '{"\\x": 1}',
        "\ud800",
        "{,}",
        "[,,]",
        '{"a": [1}',
        "nonsense here",
        '"unclosed',
    ],
)
def test_any_text_has_positions(text) -> None:
    found = locate_members(text)

    assert all(0 <= span.start <= span.end <= len(text) for span in found.spans.values())
    assert found.position(len(text)).line >= 1


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("document", ()),
        ("Version", ("Version",)),
        ("Statement[0]", ("Statement", 0)),
        ("Statement[12].Action[3]", ("Statement", 12, "Action", 3)),
        ("Statement[0].Condition", ("Statement", 0, "Condition")),
        ("Statement[0].Condition.Bool", ("Statement", 0, "Condition", "Bool")),
        (
            "Statement[0].Condition.Bool.aws:a.b/c[0]",
            ("Statement", 0, "Condition", "Bool", "aws:a.b/c[0]"),
        ),
    ],
)
def test_a_path_is_parsed_as_it_is_formatted(text, path) -> None:
    assert finding_paths.parse_path(text) == path
    assert finding_paths.format_path(path) == ("" if text == "document" else text)


def test_the_nearest_name_is_suggested() -> None:
    names = CachedReference(reference=None)

    assert (
        names.suggest("getobjct", ["PutObject", "GetObject"], prefix="s3:")
        == "; did you mean `s3:GetObject`?"
    )
    assert names.suggest("zzz", ["PutObject"]) == ""


def test_the_offset_at_which_a_text_stops_being_json_is_found() -> None:
    assert finding_paths.first_json_error("{}") is None
    assert finding_paths.first_json_error('{"a" 1}') == (
        "this is not JSON: Expecting ':' delimiter",
        5,
    )
    assert (
        finding_paths.first_json_error("[" * 100_000)[0]
        == "this JSON is nested too deeply, or has too long a number"
    )
    assert (
        finding_paths.first_json_error(" " * 131_073)[0] == "this is longer than any policy may be"
    )
