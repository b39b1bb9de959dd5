"""Texts in an answer's XML: looked at together, they are written as each by itself."""

import sys
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog
from daypass.wire.errors import is_plain_xml, xml_text

OPERATIONS = load_catalog(SERVICES).services["sts"].operations
ROLE_ID = ".//{*}AssumedRoleId"


def answer_of(name):
    return {
        "Credentials": {"AccessKeyId": "ASIA", "Expiration": 0},
        "AssumedRoleUser": {"AssumedRoleId": name, "Arn": "arn:aws:sts::1:x/y"},
        "SessionTokenSize": 7,
    }


def test_a_plain_text_is_one_that_is_written_as_it_is() -> None:
    for each in map(chr, range(sys.maxunicode + 1)):
        assert is_plain_xml(each) == (" " <= each <= "~" and xml_text(each) == each), repr(each)
    assert is_plain_xml("")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a", "a"),
        ("", ""),
        ("a&b", "a&amp;b"),
        ("<a>", "&lt;a&gt;"),
        ("a\rb", "a&#13;b"),
        ("a\x00b", "a\ufffdb"),
        ("\u00e9", "\u00e9"),
        ("\ud800", "\ufffd"),
    ],
)
def test_a_text_deep_in_an_answer_is_escaped(name, written) -> None:
    body = OPERATIONS["AssumeRole"].serialize(answer_of(name), "id").body.decode()

    assert f"<AssumedRoleId>{written}</AssumedRoleId>" in body
    assert "<Expiration>1970-01-01T00:00:00Z</Expiration>" in body
    assert "<SessionTokenSize>7</SessionTokenSize>" in body


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_a_client_reads_the_text_that_was_answered(name) -> None:
    body = OPERATIONS["AssumeRole"].serialize(answer_of(name), "id").body
    expected = name.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")

    found = ElementTree.fromstring(body)  # noqa: S314 - our own answer
    assert (found.find(ROLE_ID).text or "") == expected
