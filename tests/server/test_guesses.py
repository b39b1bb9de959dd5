"""Whoever guesses one-time codes is slowed down."""

import pytest
from botocore.exceptions import ClientError

from daypass.core.faults import Throttled
from daypass.server.guesses import FREE_TRIES, LONGEST_WAIT_SECONDS, Guesses, wait_seconds


def test_t163_portal_a_day_of_guessing_has_less_than_one_chance_in_ten_thousand() -> None:
    guesses, tries, now = Guesses(), 0, 0
    while now < 86_400:
        try:
            guesses.check("alice", now)
        except Throttled:
            now += 1
            continue
        guesses.failed("alice", now)
        tries += 1

    # Three codes of a million are good at a time.
    assert tries * 3 / 10**6 < 1e-4
    assert wait_seconds(10_000) == LONGEST_WAIT_SECONDS


def test_a_right_code_forgives_and_others_are_not_held_up() -> None:
    guesses = Guesses()
    for _ in range(FREE_TRIES):
        guesses.check("alice", 0)
        guesses.failed("alice", 0)

    with pytest.raises(Throttled):
        guesses.check("alice", 59)
    guesses.check("bob", 0)
    guesses.succeeded("alice")
    guesses.check("alice", 0)


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
