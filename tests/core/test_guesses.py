"""How long whoever guesses has to wait, and what is counted."""

import pytest

from daypass.core import guesses
from daypass.core.faults import Throttled
from daypass.core.guesses import (
    FREE_TRIES,
    LONGEST_WAIT_SECONDS,
    NO_ATTEMPTS,
    Attempts,
    RecordedGuess,
    wait_seconds,
)


def test_t163_portal_a_day_of_guessing_has_less_than_one_chance_in_ten_thousand() -> None:
    known, tries, now = NO_ATTEMPTS, 0, 0
    while now < 86_400:
        try:
            known = guesses.count_guess(known, now)
        except Throttled:
            now += 1
            continue
        tries += 1

    # Three codes of a million are good at a time.
    assert tries * 3 / 10**6 < 1e-4
    assert wait_seconds(10_000) == LONGEST_WAIT_SECONDS


def test_the_first_guesses_are_free_and_the_next_one_waits_until_its_time() -> None:
    known = NO_ATTEMPTS
    for _ in range(FREE_TRIES):
        known = guesses.count_guess(known, 0)

    assert known == Attempts(FREE_TRIES, 60)
    with pytest.raises(Throttled):
        guesses.count_guess(known, 59)
    assert guesses.count_guess(known, 60) == Attempts(FREE_TRIES + 1, 180)


@pytest.mark.parametrize(
    ("tries", "after"),
    [(1, NO_ATTEMPTS), (2, Attempts(1, 7)), (9, Attempts(8, 7)), (0, NO_ATTEMPTS)],
)
def test_a_guess_that_nobody_looked_at_leaves_no_trace(tries, after) -> None:
    assert guesses.uncount_guess(Attempts(tries, 99), RecordedGuess("alice", 7, 60)) == after
