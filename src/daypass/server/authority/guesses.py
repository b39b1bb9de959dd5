"""Counting guesses at one-time codes before anybody looks at them, in the store, so that a restart and another node forgive none.

Who has to wait does so by the monotonic clock too, so that a clock that is set forwards ends no wait. The rule is `core.guesses`.
"""

from concurrent.futures import Future
from typing import Protocol

from daypass.core import guesses
from daypass.core.guesses import Guess
from daypass.core.sources import Clock
from daypass.server import clock


class Counts(Protocol):
    """Where guesses are counted; all of it is durable before a future is done."""

    def count_guess(self, subject: str, steady: int) -> "Future[Guess]":
        """Count a guess at so many seconds of steady time; the future raises `Throttled` for one that has to wait."""

    def take_back_guess(self, guess: Guess) -> None:
        """Count a guess no more; nobody waits for that."""

    def forget_guesses(self, subject: str) -> None:
        """Forget the guesses of a subject; nobody waits for that."""


class Guesses:
    """Guesses in a row by subject, and until when the next one has to wait."""

    def __init__(self, counts: Counts, *, monotonic: Clock = clock.monotonic) -> None:
        self._counts = counts
        self._monotonic = monotonic
        self._ends: dict[str, float] = {}
        """When the waits end that were begun since the start, by the monotonic clock."""

    def count(self, subject: str, steady: int) -> "Future[Guess]":
        """Count a guess that nobody has looked at yet; the future is done when that is durable.

        Raises `Throttled`, and counts none, for one that has to wait; so does the future, which raises `Unavailable` where the
        store refuses: then nobody may look.
        """
        if self._monotonic() < self._ends.get(subject, 0.0):
            raise guesses.too_many()
        counted = self._counts.count_guess(subject, steady)
        counted.add_done_callback(self._note)
        return counted

    def _note(self, counted: "Future[Guess]") -> None:
        if counted.cancelled() or counted.exception() is not None:
            return
        guess = counted.result()
        if guess.wait:
            while len(self._ends) >= guesses.SUBJECTS_MAX:
                del self._ends[next(iter(self._ends))]
            self._ends[guess.subject] = self._monotonic() + guess.wait

    def take_back(self, guess: Guess) -> None:
        """Count a guess no more: the call was refused before anybody looked at its code."""
        self._ends.pop(guess.subject, None)
        self._counts.take_back_guess(guess)

    def forget(self, subject: str) -> None:
        """Forget the guesses of somebody whose code was right."""
        self._ends.pop(subject, None)
        self._counts.forget_guesses(subject)
