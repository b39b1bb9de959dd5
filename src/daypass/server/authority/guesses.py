"""Counts guesses at one-time codes, each one before its code is compared.

The counts are in the store, so that neither a restart nor another node forgives a guess. Waits are
kept by the monotonic clock too, so that setting the clock forwards ends no wait. How long a caller
waits is the rule of `core.guesses`.
"""

from concurrent.futures import Future
from typing import Protocol

from daypass.core import guesses
from daypass.core.guesses import RecordedGuess
from daypass.core.sources import Clock
from daypass.server import clock


class GuessStore(Protocol):
    """Stores the counts of guesses by subject; a future is done when its count is durable."""

    def count_guess(self, subject: str, steady: int) -> "Future[RecordedGuess]":
        """Count a guess made at `steady` seconds of steady time.

        The future raises `Throttled` if the subject has to wait.
        """

    def take_back_guess(self, guess: RecordedGuess) -> None:
        """Subtract a guess from the count; returns before that is durable."""

    def forget_guesses(self, subject: str) -> None:
        """Set the count of a subject to zero; returns before that is durable."""


class GuessCounter:
    """Counts guesses in a row by subject, and refuses guesses while the subject has to wait."""

    def __init__(self, store: GuessStore, *, monotonic: Clock = clock.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._wait_ends: dict[str, float] = {}
        """When each wait begun since the start ends, by the monotonic clock."""

    def count(self, subject: str, steady: int) -> "Future[RecordedGuess]":
        """Count a guess before its code is compared; the future is done when that is durable.

        Raises `Throttled`, without counting, if the subject has to wait; the future raises it too,
        and `Unavailable` if the store refuses. In both cases the code must not be compared.
        """
        if self._monotonic() < self._wait_ends.get(subject, 0.0):
            raise guesses.throttled_fault()
        counting = self._store.count_guess(subject, steady)
        counting.add_done_callback(self._note_wait)
        return counting

    def _note_wait(self, counting: "Future[RecordedGuess]") -> None:
        if counting.cancelled() or counting.exception() is not None:
            return
        guess = counting.result()
        if guess.wait:
            while len(self._wait_ends) >= guesses.SUBJECTS_MAX:
                del self._wait_ends[next(iter(self._wait_ends))]
            self._wait_ends[guess.subject] = self._monotonic() + guess.wait

    def take_back(self, guess: RecordedGuess) -> None:
        """Subtract a guess whose call was refused before its code was compared."""
        self._wait_ends.pop(guess.subject, None)
        self._store.take_back_guess(guess)

    def forget(self, subject: str) -> None:
        """Set the count of a subject to zero, because its code was right."""
        self._wait_ends.pop(subject, None)
        self._store.forget_guesses(subject)
