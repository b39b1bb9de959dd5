"""What can be the name and the value of a header."""

import pytest

from daypass.core.http.fields import (
    fold_field_name,
    is_field_name,
    is_field_value,
    is_sendable_field,
    list_elements,
    media_type,
)

NAMES = [
    ("a", True), ("x-amz-meta-a", True), ("!#$%&'*+-.^_`|~09AZaz", True), ("", False), ("a b", False), ("a\t", False), ("a:", False), ("a\r\n", False), ("a\n", False),
    ("\u00e4", False), ("(a)", False), ("a/b", False), ("a\x00", False), ('"a"', False), ("a,b", False), ("\x7f", False), ("\u212a", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "holds"), NAMES)
def test_a_name_is_a_token(name, holds) -> None:
    assert is_field_name(name) is holds
    assert is_sendable_field(name.encode(), b"1") is holds


VALUES = [
    ("", True), ("a", True), ("a b", True), ("a  b", True), ("Zo\u00eb \u20ac \U0001f600", True), ("\u00a0", True), ('"a", b;c=d', True),
    (" a", False), ("a ", False), ("\ta", False), ("a\t", False), ("a\tb", False), ("a\r", False), ("a\n", False), ("a\r\nb: c", False), ("a\x00", False), ("\x1b[0m", False),
    ("\x7f", False), ("\x80", False), ("\x85", False), ("\x9f", False), ("\u2028", False), ("\u2029", False), ("\ud800", False), ("\udcff", False),
]  # fmt: skip


@pytest.mark.parametrize(("value", "holds"), VALUES)
def test_a_value_is_one_line_without_control_characters(value, holds) -> None:
    assert is_field_value(value) is holds


OCTETS = [(b"", True), (b"a\tb", True), (b"\x80\xff", True), (b"a\r", False), (b"a\n", False), (b"\x00", False), (b"\x7f", False), (b"\x1f", False)]  # fmt: skip


@pytest.mark.parametrize(("value", "holds"), OCTETS)
def test_what_is_sent_on_may_be_opaque_but_is_one_line(value, holds) -> None:
    assert is_sendable_field(b"a", value) is holds


@pytest.mark.parametrize(
    ("name", "found"),
    [("X-Amz-A", "x-amz-a"), ("\u212aey", "\u212aey"), ("\u0130", "\u0130"), ("KEY", "key")],
)
def test_case_is_folded_in_ascii_alone(name, found) -> None:
    assert fold_field_name(name) == found


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("text/xml", "text/xml"),
        ("Text/XML; charset=utf-8", "text/xml"),
        ("\t text/xml \t;a", "text/xml"),
        ("", ""),
        (";text/xml", ""),
        ("text/xml\xa0", "text/xml\xa0"),
        ("\x85text/xml", "\x85text/xml"),
        ("text/xml\x1f", "text/xml\x1f"),
    ],
)
def test_a_media_type_has_blanks_and_tabs_around_it_and_no_other_white_space(sent, found) -> None:
    assert media_type(sent) == found


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("a,b", ["a", "b"]),
        (" a\t, ,b,", ["a", "b"]),
        ("", []),
        (",", []),
        ("a b", ["a b"]),
        ("a,\xa0b", ["a", "\xa0b"]),
    ],
)
def test_a_list_has_elements_between_its_commas(sent, found) -> None:
    assert list_elements(sent) == found
