"""Steady time: forwards with the wall clock, never back with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.core.time.steady_time import CORRECTION_SECONDS_MAX, Moment, SteadyTime

START = 1_767_225_600.0
HOUR, DAY = 3_600, 86_400


def after(*steps, mark=0.0):
    """Return steady time and the jumps after steps of (seconds that passed, seconds by which the
    wall clock was set).
    """
    wall, monotonic = START, 50.0
    time, jump = SteadyTime.start(mark, wall=wall, monotonic=monotonic)
    jumps = [jump] if jump else []
    for passed, was_set in steps:
        wall, monotonic = wall + passed + was_set, monotonic + passed
        time, jump = time.advanced_to(wall=wall, monotonic=monotonic)
        jumps += [jump] if jump else []
    return time.steady - START, wall - START, [each.seconds for each in jumps]


@pytest.mark.parametrize(
    ("steps", "steady", "jumps"),
    [
        ([(60, 0)], 60, []),
        ([(60, DAY)], DAY + 60, [DAY]),
        ([(60, DAY), (60, -DAY)], DAY + 120, [DAY, -DAY]),
        ([(60, DAY), (60, -DAY), (HOUR, 0)], DAY + 120 + HOUR, [DAY, -DAY]),
        ([(60, -HOUR)], 60, [-HOUR]),
        ([(60, -HOUR), (HOUR, 0), (60, 0)], 120 + HOUR, [-HOUR]),
        ([(60, -HOUR), (60, HOUR)], 120, [-HOUR, HOUR]),
        # A correction is waited out, however often the clocks are read meanwhile.
        ([(60, -5)], 55, []),
        ([(60, 0), (1, -5)], 60, []),
        ([(60, 0), (1, -5), (4, 0)], 60, []),
        ([(60, 0), (1, -5), (10, 0)], 66, []),
        ([(60, 0), (1, 5)], 66, []),
        # Small steps that come to a large one are a jump too.
        ([(1, -5), (1, -6)], 0, [-11]),
        ([(1, -5), (1, -6), (60, 0)], 51, [-11]),
    ],
)  # fmt: skip
def test_steady_time_after_the_wall_clock_was_set(steps, steady, jumps) -> None:
    found, _, said = after(*steps)

    assert found == pytest.approx(steady)
    assert said == pytest.approx(jumps)


@pytest.mark.parametrize(
    ("ahead", "steady", "jumps"),
    [
        (-DAY, 60, []),
        (0, 60, []),
        (CORRECTION_SECONDS_MAX, 60, []),
        (HOUR, HOUR + 60, [-HOUR]),
        (DAY, DAY + 60, [-DAY]),
    ],
)
def test_a_start_goes_on_from_the_newest_time_that_was_kept(ahead, steady, jumps) -> None:
    found, _, said = after((60, 0), mark=START + ahead)

    assert found == pytest.approx(steady)
    assert said == jumps


steps = st.lists(
    st.tuples(st.floats(0, 3 * DAY), st.floats(-30 * DAY, 30 * DAY)), min_size=1, max_size=20
)


@given(steps, st.floats(0, 2 * DAY))
def test_steady_time_never_goes_back_and_is_never_behind_the_wall_clock(steps, ahead) -> None:
    before = -1.0
    for count in range(len(steps) + 1):
        steady, wall, _ = after(*steps[:count], mark=START + ahead - DAY)

        assert steady >= before
        assert steady >= wall
        before = steady


@given(steps)
def test_what_lasts_an_hour_is_over_an_hour_later_whatever_was_done_to_the_clock(steps) -> None:
    began, _, _ = after(*steps)
    # A correction may still be waited out: no longer than one may be.
    ended, _, _ = after(*steps, (HOUR + CORRECTION_SECONDS_MAX, 0))

    assert ended >= began + HOUR - 1e-3


def test_a_lead_is_in_whole_seconds_and_never_negative() -> None:
    assert Moment(wall=10.9, steady=10.95).lead == 0
    assert Moment(wall=10.9, steady=86_410.1).lead == 86_400


@pytest.mark.parametrize(("mark", "steady"), [(HOUR, HOUR), (60, 60), (-HOUR, 60)])
def test_steady_time_is_raised_to_what_another_has_come_to_and_never_lowered(mark, steady) -> None:
    # T303-TIME
    time, _ = SteadyTime.start(0.0, wall=START + 60, monotonic=50.0)
    raised = time.raised_to(START + mark)

    assert raised.steady == START + steady
    assert raised.advanced_to(wall=START + 120, monotonic=110.0)[0].steady == max(
        START + 120, raised.steady + 60 * (mark == HOUR)
    )


def general(time, *, wall, monotonic):
    """Return the next steady time by the rules alone, without the short way of usual readings."""
    passed = time.steady + max(0.0, monotonic - time.monotonic)
    follows_wall = passed - wall <= CORRECTION_SECONDS_MAX
    latest = max(monotonic, time.monotonic)
    moved = wall - latest - time.offset
    is_jump = abs(moved) > CORRECTION_SECONDS_MAX
    offset = wall - latest if is_jump else time.offset
    return SteadyTime(max(wall, time.steady) if follows_wall else passed, latest, offset), is_jump


near = st.lists(st.tuples(st.floats(-2, 2), st.floats(-11, 11)), min_size=1, max_size=30)


@given(near, st.floats(0, 20))
def test_usual_readings_of_the_clocks_follow_the_same_rules(steps, ahead) -> None:
    wall, monotonic = START, 50.0
    time, _ = SteadyTime.start(START + ahead, wall=wall, monotonic=monotonic)
    for passed, was_set in steps:
        wall, monotonic = wall + passed + was_set, monotonic + passed
        expected, is_jump = general(time, wall=wall, monotonic=monotonic)
        time, jump = time.advanced_to(wall=wall, monotonic=monotonic)

        assert (time, jump is not None) == (expected, is_jump)
