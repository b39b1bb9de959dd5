"""Rate limiting of guesses at one-time codes: after five in a row, waits that double.

A code has a million values and three of them are valid at a time. Five tries, then waits that
double from one minute to two hours, leave some twenty tries a day: a chance below one in ten
thousand (P-PORTAL-3's bound). Counts are stored by `state.side_tables.attempts`; a right code
resets them.
"""

from dataclasses import dataclass
from typing import NamedTuple

from daypass.core.faults import Throttled

FREE_TRIES = 5
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 2 * 60 * 60
SUBJECTS_MAX = 100_000
"""Subjects whose guesses are counted at once; beyond that the count with the shortest wait is
deleted."""


class Attempts(NamedTuple):
    """The number of a subject's guesses since its last right one, and when it may guess again.

    `until` is in seconds of steady time since 1970; guesses before it are refused.
    """

    tries: int
    until: int


NO_ATTEMPTS = Attempts(0, 0)


@dataclass(frozen=True, slots=True)
class RecordedGuess:
    """A guess that was counted before its code was compared, with what is needed to uncount it."""

    subject: str
    waited_until: int
    """The subject's `Attempts.until` before this guess."""
    wait: int
    """The seconds that the subject must wait after this guess, if it is wrong."""


def wait_seconds(tries: int) -> int:
    """Return how many seconds to wait after this number of wrong guesses in a row."""
    if tries < FREE_TRIES:
        return 0
    doublings = min(tries - FREE_TRIES, 16)
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS << doublings)


def clamp_wait(known: Attempts, steady: int) -> Attempts:
    """Return the attempts with `until` at most the longest wait after `steady`.

    A stored time that lies further ahead, such as one from a clock that was wrong, would lock the
    subject out.
    """
    return known._replace(until=min(known.until, steady + LONGEST_WAIT_SECONDS))


def count_guess(known: Attempts, steady: int) -> Attempts:
    """Return the attempts with one more guess, counted before its code is compared.

    Raises `Throttled` if the subject still has to wait.
    """
    if known.until > steady:
        raise throttled_fault()
    wait = wait_seconds(known.tries + 1)
    return Attempts(known.tries + 1, steady + wait if wait else 0)


def uncount_guess(known: Attempts, guess: RecordedGuess) -> Attempts:
    """Return the attempts without a guess whose code was never compared."""
    return Attempts(known.tries - 1, guess.waited_until) if known.tries > 1 else NO_ATTEMPTS


def throttled_fault() -> Throttled:
    """Return the fault to raise for a guess that comes before its wait has ended."""
    return Throttled("Too many wrong MFA codes; try again later.")
