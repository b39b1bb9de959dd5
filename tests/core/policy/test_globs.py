"""Patterns: what matches, and that no pattern makes the matching slow."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.core.policy.language.globs import Wildcard, compile_glob
from daypass.core.policy.language.patterns import (
    Pattern,
    compile_wildcards,
    display_pattern,
    fill_variables,
    tokenize,
)
from daypass.core.policy.language.resources import compile_resource

LETTERS = "ab:"


def obvious(pattern, text):
    """Try everything."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(obvious(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and obvious(pattern[1:], text[1:])


def test_a_pattern_matches_what_trying_everything_finds() -> None:
    dice = random.Random(7)
    seen = {True: 0, False: 0}
    for _ in range(20_000):
        pattern = "".join(
            dice.choice("ab*?" if dice.random() < 0.9 else ":") for _ in range(dice.randint(0, 7))
        )
        text = "".join(dice.choice(LETTERS) for _ in range(dice.randint(0, 9)))
        expected = obvious(pattern, text)

        assert compile_wildcards(pattern)(text) is expected, (pattern, text)
        seen[expected] += 1
    assert min(seen.values()) > 1000


def by_table(pattern, text):
    """Say the same by a table of every beginning of both: slow, and sure of long texts too."""
    row = [True] + [False] * len(text)
    for token in pattern:
        before = row
        row = [before[0] and token == "*"]
        for at, character in enumerate(text, 1):
            row.append(
                before[at] or row[-1]
                if token == "*"
                else before[at - 1] and token in {"?", character}
            )
    return row[-1]


def test_a_pattern_matches_long_texts_as_it_matches_short_ones() -> None:
    dice = random.Random(8)
    seen = {True: 0, False: 0}
    for _ in range(2_000):
        pattern = "".join(dice.choice("ab*?\u00e9\U0001f600") for _ in range(dice.randint(1, 12)))
        text = "".join(dice.choice("aab\u00e9\U0001f600") for _ in range(dice.randint(60, 130)))
        pattern = f"*{pattern}*" if dice.random() < 0.9 else pattern
        expected = by_table(pattern, text)

        assert compile_wildcards(pattern)(text) is expected, (pattern, text)
        seen[expected] += 1
    assert min(seen.values()) > 500


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a*c", "abcc", True),
        ("*?*?*", "a", False),
        ("*?*?*", "ab", True),
        ("a?*b", "ab", False),
        ("a?*b", "axb", True),
        ("*b?d*", "abxbcde", True),
        ("*a?a*", "aab", False),
        ("*??b*", "ab", False),
        ("?", "", False),
        ("", "", True),
        ("*ab*ab*", "ab", False),
        ("*ab*ab*", "abab", True),
        ("ab*ba", "aba", False),
        ("*\u00e9?*", "xé", False),
        ("*.*", "ab", False),
        ("*\n*", "a\nb", True),
    ],
)
def test_a_pattern_matches(pattern, text, matches) -> None:
    assert compile_wildcards(pattern)(text) is matches


HOSTILE = {
    "stars": "*" * 10_000,
    "question marks": "?" * 10_000,
    "both": "*?" * 5_000,
    "stars and letters": "*a" * 5_000 + "b",
    "question marks and letters": "*" + "a?" * 5_000 + "b*",
    "one long piece": "*" + "a" * 9_998 + "b*",
    "many pieces": "*aa?" * 2_500 + "b",
    "every letter": "*" + "".join(chr(0x100 + n) + "?" for n in range(4_999)) + "*",
}


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "text", ["a" * 20_000, "ab" * 10_000, ":" * 20_000], ids=["a", "ab", "colons"]
)
def test_no_pattern_is_slow(pattern, text) -> None:
    """Trying one place after the other would take minutes here."""
    compile_wildcards(pattern)(text)
    compile_resource(f"arn:aws:s3:::{pattern}", variables=True)(f"arn:aws:s3:::{text}", {})
    compile_resource(f"arn:*:{pattern}", variables=True)(f"arn:aws:s3:::{text}", {})


def test_variables_that_grow_a_pattern_beyond_the_text_end_it() -> None:
    tokens = tokenize("${k}" * 5_000, variables=True)

    assert fill_variables(tokens, {"k": "x" * 1_000}, characters_max=10_000) is None
    assert not Pattern(tokens).matches("x" * 2_000, {"k": "x" * 1_000})
    assert Pattern(tokens).matches("x" * 5_000, {"k": "x"})


def test_stars_in_a_row_are_one() -> None:
    assert tokenize("a*b", variables=False) == ("a", Wildcard.ANY, "b")
    assert compile_glob(("a", Wildcard.ANY, Wildcard.ANY))("abc")
    assert compile_glob(("a", "b"))("ab")


def test_ignoring_case_looks_at_the_values_of_variables_too() -> None:
    tokens = tokenize("A${k}", variables=True, wildcards=False)

    assert Pattern(tokens, ignores_case=True).matches("aÉ", {"k": "é"})
    assert not Pattern(tokens, ignores_case=True).matches("aÉ", {})
    assert Pattern(tokens, ignores_case=True).text is None
    assert Pattern(("a", "b")).text == "ab"


def test_a_pattern_is_displayed_with_the_values_of_its_variables() -> None:
    assert display_pattern("a/${k}/${none}/${*}", {"k": "*"}) == "a/*/${none}/*"


@pytest.mark.parametrize(
    ("text", "matches"), [("", False), ("a", True), ("ab", True), ("xay", True), ("xa", True)]
)
def test_a_question_mark_between_variables_that_are_empty_is_one_character(text, matches) -> None:
    tokens = tokenize("*${e}?${e}*", variables=True)

    assert Pattern(tokens).matches(text, {"e": ""}) is matches


@pytest.mark.parametrize(
    ("text", "matches"), [("a", False), ("ab", True), ("abc", True), ("b", False)]
)
def test_several_question_marks_between_stars_take_so_many(text, matches) -> None:
    tokens = tokenize("*${e}??${e}*", variables=True)

    assert Pattern(tokens).matches(text, {"e": ""}) is matches
    tail = tokenize("a*${e}?${e}*b", variables=True)
    assert Pattern(tail).matches(f"a{text}b", {"e": ""})
    assert not Pattern(tail).matches("ab", {"e": ""})


def test_the_value_of_a_variable_may_be_as_long_as_the_text_and_no_longer() -> None:
    tokens = tokenize("${k}", variables=True)

    assert fill_variables(tokens, {"k": "abc"}, characters_max=3) == ("abc",)
    assert fill_variables(tokens, {"k": "abcd"}, characters_max=3) is None
    assert fill_variables(tokens, {"k": "abcd"}) == ("abcd",)


@pytest.mark.parametrize("text", ["a*b", "a?b", "*", "?"])
def test_a_pattern_is_displayed_with_its_wildcards(text) -> None:
    assert display_pattern(text, {}) == text


@given(
    pattern=st.lists(
        st.sampled_from(["a", "b", "ab", "*", "İ", "${x}", "${y}", "${z, 'a'}"]), max_size=6
    ).map("".join),
    text=st.text("abİ", max_size=8),
    values=st.fixed_dictionaries(
        {"x": st.text("ab*İ", max_size=4)}, optional={"y": st.text("ab", max_size=3)}
    ),
    ignores_case=st.booleans(),
)
def test_values_between_stars_match_as_the_text_that_they_make(
    pattern, text, values, ignores_case
) -> None:
    tokens = tokenize(pattern, variables=True)
    whole = fill_variables(tokens, values)
    lower = str.lower if ignores_case else str
    texts = whole and tuple(lower(part) if isinstance(part, str) else part for part in whole)
    expected = whole is not None and compile_glob(texts)(lower(text))

    assert Pattern(tokens, ignores_case=ignores_case).matches(text, values) == expected
