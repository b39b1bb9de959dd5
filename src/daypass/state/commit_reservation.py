"""The next commit, kept for somebody who decides while nobody else commits.

Who is overtaken again and again, by writers of other nodes too, would never be done: each run would be stale before it is committed.
So the storage is held, brought up to its last commit, for as long as one run takes.
"""

import threading
from concurrent.futures import Future
from typing import Generic, TypeVar

J = TypeVar("J")
RESERVED_SECONDS_MAX = 0.5  # how long everybody who commits waits for one who decides; ours


class CommitReservation(Generic[J]):
    """Between the thread that commits and the one that decides."""

    def __init__(self) -> None:
        self.ready: Future[None] = Future()
        """Is done when everything that was committed is known, and nobody else commits until the reservation is used or given up."""
        self._given = threading.Condition()
        self._is_over = False
        self._job: J | None = None

    def use(self, job: J) -> bool:
        """Have a job committed now; say whether that is to be expected: not if it came too late."""
        with self._given:
            if self._is_over:
                return False
            self._is_over, self._job = True, job
            self._given.notify()
            return True

    def give_up(self) -> None:
        """Let others commit, if they may not yet."""
        with self._given:
            self._is_over = True
            self._given.notify()

    def job(self) -> J | None:
        """Return what is to be committed, None if there is none in time. For the thread that commits."""
        with self._given:
            self._given.wait_for(lambda: self._is_over, RESERVED_SECONDS_MAX)
            self._is_over = True
            return self._job
