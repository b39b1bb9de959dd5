"""Guesses at one-time codes, counted by who makes them: after a few, each further one has to wait, longer and longer.

A guess is counted before it is looked at, so that guesses at the same moment count too, and written down before it is answered,
so that a restart forgives none. Who waits does so by the monotonic clock, so that a clock that is set forwards ends no wait. What
was written down before a restart goes by steady time (`core.steady_time`): a clock that was set back meanwhile locks nobody.

A code has a million values and three of them are good at a time. Five tries, then waits from a minute that double up to two hours,
leave some twenty tries a day: a chance below one in ten thousand (P-PORTAL-3's bound).
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from daypass.core.faults import Throttled
from daypass.server import clock
from daypass.state.attempts import Attempts

FREE_TRIES = 5
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 2 * 60 * 60
SUBJECTS_MAX = 100_000
_NO_ATTEMPTS: Mapping[str, Attempts] = MappingProxyType({})


def wait_seconds(tries: int) -> int:
    """Return how long to wait after so many guesses in a row of which none was right."""
    if tries < FREE_TRIES:
        return 0
    doublings = min(tries - FREE_TRIES, 16)
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS << doublings)


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess that was counted: whose it is, and until when its subject had to wait before it."""

    subject: str
    waited_until: int


class Keep(Protocol):
    """Writes down the attempts of a subject, or forgets them for None; the future is done when that is durable."""

    def __call__(self, subject: str, counted: Attempts | None) -> "Future[None]":
        """Write them down."""


class Guesses:
    """Guesses in a row by subject, and until when the next one has to wait; `keep` writes them down."""

    def __init__(
        self,
        known: Mapping[str, Attempts] = _NO_ATTEMPTS,
        keep: Keep | None = None,
        *,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._counted = dict(known)
        self._keep = keep
        self._monotonic = monotonic
        self._ends: dict[str, float] = {}
        """When the waits end that were begun since the start, by the monotonic clock."""

    def of(self, subject: str) -> Attempts | None:
        """Return what is counted of a subject; None if it has made no guess since its last right one."""
        return self._counted.get(subject)

    def count(self, subject: str, steady: int) -> Guess:
        """Count a guess that nobody has looked at yet; raises `Throttled`, and counts none, for one that has to wait."""
        tries, until = self._counted.pop(subject, Attempts(0, 0))
        # However far ahead the time was at which it was counted: nobody waits longer than the longest wait.
        until = min(until, steady + LONGEST_WAIT_SECONDS)
        if self._has_to_wait(subject, until - steady):
            self._put(subject, Attempts(tries, until))
            raise Throttled("Too many wrong MFA codes; try again later.")
        wait = wait_seconds(tries + 1)
        self._put(subject, Attempts(tries + 1, steady + wait if wait else 0))
        self._ends[subject] = self._monotonic() + wait
        return Guess(subject, until)

    def _has_to_wait(self, subject: str, seconds: int) -> bool:
        """Say whether a wait goes on; `seconds` is what is left of it by steady time."""
        end = self._ends.get(subject)
        return seconds > 0 if end is None else self._monotonic() < end

    def take_back(self, guess: Guess) -> None:
        """Count a guess no more: the call was refused before anybody looked at its code."""
        counted = self._counted.pop(guess.subject, None)
        self._ends.pop(guess.subject, None)
        if counted is not None and counted.tries > 1:
            self._put(guess.subject, Attempts(counted.tries - 1, guess.waited_until))

    def forget(self, subject: str) -> None:
        """Forget the guesses of somebody whose code was right, also where they were written down."""
        self._ends.pop(subject, None)
        if self._counted.pop(subject, None) is not None and self._keep is not None:
            self._keep(subject, None)

    def kept(self, subject: str) -> "Future[None]":
        """Return a future that is done when the guesses of a subject are written down; it raises if they cannot be."""
        if self._keep is not None:
            return self._keep(subject, self._counted.get(subject))
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def _put(self, subject: str, counted: Attempts) -> None:
        while len(self._counted) >= SUBJECTS_MAX:
            oldest = next(iter(self._counted))
            del self._counted[oldest]
            self._ends.pop(oldest, None)
            if self._keep is not None:
                self._keep(oldest, None)
        self._counted[subject] = counted
