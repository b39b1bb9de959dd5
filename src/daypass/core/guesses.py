"""Guesses at what is secret, such as a one-time code: after a few wrong ones, each further one has to wait, longer and longer.

A code has a million values and three of them are good at a time. Five tries, then waits from a minute that double up to two hours,
leave some twenty tries a day: a chance below one in ten thousand (P-PORTAL-3's bound).
"""

from dataclasses import dataclass
from typing import NamedTuple

from daypass.core.faults import Throttled

FREE_TRIES = 5
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 2 * 60 * 60
SUBJECTS_MAX = 100_000
"""Of how many subjects guesses are kept; beyond that who has the least to wait is forgotten."""


class Attempts(NamedTuple):
    """How often somebody has guessed since the last right guess, and until when (epoch seconds) the next one is refused."""

    tries: int
    until: int


NO_ATTEMPTS = Attempts(0, 0)


@dataclass(frozen=True, slots=True)
class RecordedGuess:
    """A guess that was counted: whose it is, until when its subject had to wait before it, how long to wait after it in seconds."""

    subject: str
    waited_until: int
    wait: int


def wait_seconds(tries: int) -> int:
    """Return how long to wait after so many guesses in a row of which none was right."""
    if tries < FREE_TRIES:
        return 0
    doublings = min(tries - FREE_TRIES, 16)
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS << doublings)


def clamp_wait(known: Attempts, steady: int) -> Attempts:
    """Return what was counted, with the longest wait at most: nobody waits longer, whatever was written down."""
    return known._replace(until=min(known.until, steady + LONGEST_WAIT_SECONDS))


def count_guess(known: Attempts, steady: int) -> Attempts:
    """Return what is counted with one more guess, which nobody has looked at yet; raises `Throttled` if it has to wait."""
    if known.until > steady:
        raise throttled_fault()
    wait = wait_seconds(known.tries + 1)
    return Attempts(known.tries + 1, steady + wait if wait else 0)


def uncount_guess(known: Attempts, guess: RecordedGuess) -> Attempts:
    """Return what is counted without a guess that nobody looked at."""
    return Attempts(known.tries - 1, guess.waited_until) if known.tries > 1 else NO_ATTEMPTS


def throttled_fault() -> Throttled:
    """Return what is said to somebody who has to wait."""
    return Throttled("Too many wrong MFA codes; try again later.")
