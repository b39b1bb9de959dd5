"""Whoever guesses one-time codes is slowed down: each guess is counted before it is looked at."""

import pytest
from botocore.exceptions import ClientError

from daypass.core.faults import Throttled
from daypass.server.guesses import (
    FREE_TRIES,
    LONGEST_WAIT_SECONDS,
    SUBJECTS_MAX,
    Guesses,
    wait_seconds,
)
from daypass.state.attempts import Attempts


class Alike(Guesses):
    """Guesses by a steady and a monotonic clock that go alike."""

    def __init__(self, *known):
        self.now = 0
        super().__init__(*known, monotonic=lambda: self.now)

    def count(self, subject, steady):
        self.now = steady
        return super().count(subject, steady)


def test_t163_portal_a_day_of_guessing_has_less_than_one_chance_in_ten_thousand() -> None:
    guesses, tries, now = Alike(), 0, 0
    while now < 86_400:
        try:
            guesses.count("alice", now)
        except Throttled:
            now += 1
            continue
        tries += 1

    # Three codes of a million are good at a time.
    assert tries * 3 / 10**6 < 1e-4
    assert wait_seconds(10_000) == LONGEST_WAIT_SECONDS


def test_guesses_that_nobody_has_judged_yet_count() -> None:
    guesses = Alike()
    for _ in range(FREE_TRIES):
        guesses.count("alice", 0)

    with pytest.raises(Throttled):
        guesses.count("alice", 0)


def test_a_right_code_forgives_and_others_are_not_held_up() -> None:
    guesses = Alike()
    for _ in range(FREE_TRIES):
        guesses.count("alice", 0)

    with pytest.raises(Throttled):
        guesses.count("alice", 59)
    guesses.count("bob", 0)
    guesses.forget("alice")
    guesses.count("alice", 0)


def test_a_guess_that_nobody_looked_at_is_taken_back() -> None:
    guesses = Alike()
    for _ in range(FREE_TRIES * 3):
        guesses.take_back(guesses.count("alice", 0))
    for _ in range(FREE_TRIES):
        guesses.count("alice", 0)

    with pytest.raises(Throttled):
        guesses.count("alice", 0)
    assert guesses.of("alice") == Attempts(FREE_TRIES, wait_seconds(FREE_TRIES))


def test_two_guesses_at_once_of_which_one_is_taken_back_leave_one() -> None:
    guesses = Alike()
    first = guesses.count("alice", 0)
    guesses.count("alice", 0)
    guesses.take_back(first)

    assert guesses.of("alice") == Attempts(1, 0)


def test_what_was_counted_before_a_restart_counts_after_it() -> None:
    guesses = Alike({"alice": Attempts(FREE_TRIES, 60)})

    with pytest.raises(Throttled):
        guesses.count("alice", 59)
    guesses.count("alice", 60)


@pytest.mark.parametrize("until", [LONGEST_WAIT_SECONDS + 1, 86_400, 2**62])
def test_nobody_waits_longer_than_the_longest_wait_whatever_was_written_down(until) -> None:
    guesses = Alike({"alice": Attempts(FREE_TRIES, until)})

    with pytest.raises(Throttled):
        guesses.count("alice", 0)
    guesses.count("alice", LONGEST_WAIT_SECONDS)


def test_the_count_of_subjects_is_bounded_and_the_oldest_is_forgotten() -> None:
    guesses = Alike()
    for number in range(SUBJECTS_MAX + 1):
        guesses.count(str(number), 0)

    assert guesses.of("0") is None
    assert guesses.of("1") == Attempts(1, 0)


def test_t163_portal_guessing_at_sts_is_throttled_even_for_the_right_code(live) -> None:
    key = live.user("guesser")
    serial, code = live.device("guesser")
    sts = live.client("sts", key)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    codes = []
    for given in [wrong] * FREE_TRIES + [code]:
        with pytest.raises(ClientError) as error:
            sts.get_session_token(SerialNumber=serial, TokenCode=given)
        codes.append(error.value.response["Error"]["Code"])

    assert codes == ["AccessDenied"] * FREE_TRIES + ["Throttling"]


def test_a_right_code_of_a_call_that_is_denied_counts_as_a_guess(live) -> None:
    key = live.user("prober")
    serial, code = live.device("prober")
    sts = live.client("sts", key)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    arn = f"arn:aws:iam::{live.account}:role/missing"
    codes = []
    # Or the answer's words would tell a right code from a wrong one, as often as somebody likes.
    for given in [code] * (FREE_TRIES - 1) + [wrong, code]:
        with pytest.raises(ClientError) as error:
            sts.assume_role(
                RoleArn=arn, RoleSessionName="session", SerialNumber=serial, TokenCode=given
            )
        codes.append(error.value.response["Error"]["Code"])

    assert codes == ["AccessDenied"] * FREE_TRIES + ["Throttling"]


def test_a_call_that_names_no_device_of_the_callers_is_no_guess(live) -> None:
    key = live.user("mistaken")
    serial, code = live.device("mistaken")
    sts = live.client("sts", key)
    for _ in range(FREE_TRIES * 2):
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.get_session_token(SerialNumber=f"{serial}-other", TokenCode=code)

    assert sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]


@pytest.mark.parametrize("jump", [86_400, -86_400])
def test_a_clock_that_is_set_ends_no_wait_and_makes_none_longer(jump) -> None:
    ticks = [0.0]
    guesses = Guesses(monotonic=lambda: ticks[0])
    for _ in range(FREE_TRIES):
        guesses.count("alice", 100_000)

    with pytest.raises(Throttled):
        guesses.count("alice", 100_000 + jump)
    ticks[0] += 60
    guesses.count("alice", 100_000 + jump)
