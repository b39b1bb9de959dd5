"""Guesses at one-time codes are throttled: each is counted before its code is compared."""

from concurrent.futures import Future

import pytest
from botocore.exceptions import ClientError

from daypass.core import guesses as guesses_rule
from daypass.core.faults import Throttled
from daypass.core.guesses import FREE_TRIES, RecordedGuess
from daypass.server.authority.guesses import GuessCounter


class Counts:
    """What a store does with guesses: it counts whatever comes, with this wait after it."""

    def __init__(self):
        self.wait, self.told = 0, []

    def count_guess(self, subject, steady):
        done = Future()
        self.told.append(("count", subject, steady))
        done.set_result(RecordedGuess(subject, 0, self.wait))
        return done

    def take_back_guess(self, guess):
        self.told.append(("take back", guess.subject))

    def forget_guesses(self, subject):
        self.told.append(("forget", subject))


@pytest.mark.parametrize("jump", [0, 86_400, -86_400])
def test_a_clock_that_is_set_ends_no_wait(jump) -> None:
    ticks, counts = [0.0], Counts()
    guesses = GuessCounter(counts, monotonic=lambda: ticks[0])
    counts.wait = 60
    guesses.count("alice", 100_000).result()

    with pytest.raises(Throttled):
        guesses.count("alice", 100_000 + jump)
    assert len(counts.told) == 1, "one that has to wait is not counted"
    guesses.count("bob", 100_000)
    ticks[0] += 60
    assert guesses.count("alice", 100_000 + jump).result().subject == "alice"


@pytest.mark.parametrize(
    "forgiven", [lambda it, guess: it.forget("alice"), lambda it, guess: it.take_back(guess)]
)
def test_a_forgotten_or_taken_back_guess_ends_the_wait(forgiven) -> None:
    counts = Counts()
    guesses = GuessCounter(counts, monotonic=lambda: 0.0)
    counts.wait = 60
    forgiven(guesses, guesses.count("alice", 0).result())
    guesses.count("alice", 0)

    assert [told[0] for told in counts.told] in (
        ["count", "forget", "count"],
        ["count", "take back", "count"],
    )


def test_waits_that_are_remembered_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(guesses_rule, "SUBJECTS_MAX", 3)
    counts = Counts()
    counts.wait = 60
    guesses = GuessCounter(counts, monotonic=lambda: 0.0)
    for name in "abcd":
        guesses.count(name, 0)

    guesses.count("a", 0)
    with pytest.raises(Throttled):
        guesses.count("d", 0)


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


def test_a_call_that_names_no_device_of_its_caller_is_no_guess(live) -> None:
    key = live.user("mistaken")
    serial, code = live.device("mistaken")
    sts = live.client("sts", key)
    for _ in range(FREE_TRIES * 2):
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.get_session_token(SerialNumber=f"{serial}-other", TokenCode=code)

    assert sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
