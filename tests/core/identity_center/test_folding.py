"""Names that look alike, or differ in case alone, are one name."""

import sys
import unicodedata

import pytest
import regex

from daypass.core.identity_center.folding import fold_name

ALIKE = [
    ("Alice", "alice"),
    ("ＡＬＩＣＥ", "alice"),
    ("ﬁona", "fiona"),
    ("STRASSE", "straße"),
    ("e\u0301mile", "émile"),
    ("al\ufe0fice", "alice"),
    ("a\u034flice", "alice"),
    ("alice\U000e0101", "alice"),
    ("ÅNGSTRÖM", "ångström"),
]
DIFFERENT = [("alice", "alíce"), ("root", "r\u043eot"), ("alice", "alice2"), ("a.b", "ab")]
IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_compare_equal(one, other) -> None:
    """T181-SCIM, T234-PRIV."""
    assert fold_name(one) == fold_name(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_names_do_not(one, other) -> None:
    assert fold_name(one) != fold_name(other)


def characters():
    """Yield every character that the names of people and groups may have."""
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] in "LMNPS":
            yield chr(code)


def test_what_is_folded_folds_to_itself() -> None:
    assert [each for each in characters() if fold_name(fold_name(each)) != fold_name(each)] == []


def test_exactly_the_characters_without_a_glyph_are_left_out() -> None:
    assert [each for each in characters() if not fold_name(each)] == [
        each for each in characters() if IGNORABLE.match(each)
    ]
