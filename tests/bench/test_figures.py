"""Figures, their goals, and the ratios they are made of."""

import pytest
from tests.bench import baseline, report
from tests.bench.figures import (
    Figure,
    as_figure,
    at_least,
    at_most,
    median_ratio,
    not_measured,
    read_goal,
    readable,
)


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (at_most(2, 1.2), 1.2, "aim"),
        (at_most(2, 1.2), 1.21, "must"),
        (at_most(2, 1.2), 2, "must"),
        (at_most(2, 1.2), 2.01, "MISSED"),
        (at_least(25, 50), 24.9, "MISSED"),
        (at_least(25, 50), 25, "must"),
        (at_least(25, 50), 50, "aim"),
        (at_most(2), 1, "must"),
        (None, 1, ""),
        (at_most(2), None, ""),
    ],
)
def test_a_verdict_says_which_part_of_a_goal_is_reached(goal, value, verdict) -> None:
    assert Figure("row", value, goal=goal).verdict == verdict


@pytest.mark.parametrize(
    ("given", "goal"),
    [
        ("<= 250", at_most(250)),
        (">= 25, aim 50", at_least(25, 50)),
        ("at least 25 (aim 50)", at_least(25, 50)),
        ("must 90, aim 70", at_most(90, 70)),
        ("≤ 90,000", at_most(90_000)),
        (2, at_most(2)),
        ((2, 1.2), at_most(2, 1.2)),
        (at_least(3), at_least(3)),
        ("", None),
        (None, None),
    ],
)
def test_a_goal_is_read_from_what_modules_write(given, goal) -> None:
    assert read_goal(given) == goal


@pytest.mark.parametrize("given", ["soon", ">= ", "fast: 2"])
def test_a_goal_that_cannot_be_read_is_an_error_and_not_no_goal(given) -> None:
    with pytest.raises(ValueError, match="no goal"):
        read_goal(given)


def test_a_ratio_is_of_the_sides_of_one_round_so_that_a_neighbour_changes_nothing() -> None:
    theirs, ours = [100, 1_000, 110], [10, 100, 10]

    assert median_ratio(theirs, ours) == 10


def test_rounds_that_do_not_pair_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        median_ratio([1, 2], [1])


@pytest.mark.parametrize(
    "row",
    [
        ("PUT in nginx's", None, "×", "not measured: nginx is not installed"),
        ("PUT in nginx's", "not measured: nginx is not installed", "×", "<= 2"),
    ],
)
def test_a_row_without_a_value_says_why_it_was_not_measured(row) -> None:
    figure = as_figure(row)

    assert figure == not_measured("PUT in nginx's", "nginx is not installed")
    assert report.line(figure).endswith("not measured: nginx is not installed")


def test_a_line_has_value_goal_verdict_peer_and_baseline() -> None:
    figure = as_figure(Figure("row", 12.345, "×", at_least(25, 50), "peer 9 µs"))

    line = " ".join(report.line(figure, 11.0).split())
    assert line == "row 12.3 × ≥ 25, aim 50 MISSED peer 9 µs; baseline 11"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (123_456.7, "123,457"),
        (2.0, "2"),
    ],
)
def test_a_number_has_the_digits_that_count(value, text) -> None:
    assert readable(value) == text


def test_recording_a_part_keeps_what_was_not_taken(tmp_path) -> None:
    path = tmp_path / "baseline.json"
    baseline.record({"calls": {"one": 7.4321, "two": 2.0}}, path)

    baseline.record({"calls": {"one": 8, "three": None}, "growth": {"four": 12_345.6}}, path)

    assert baseline.read(path) == {"calls": {"one": 8, "two": 2}, "growth": {"four": 12_346}}


def test_no_baseline_is_nothing_recorded(tmp_path) -> None:
    assert baseline.read(tmp_path / "baseline.json") == {}
