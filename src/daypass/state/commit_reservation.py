"""A reservation of the next commit, for a caller that decides while nobody else commits.

Without it a caller could be overtaken again and again, also by writers of other nodes: each run
would be stale before it is committed. With it the store is locked, at its last commit, for as long
as one run takes.
"""

import threading
from concurrent.futures import Future
from typing import Generic, TypeVar

J = TypeVar("J")
RESERVED_SECONDS_MAX = 0.5  # how long other commits wait for the holder to decide; ours


class CommitReservation(Generic[J]):
    """Hand-over between the thread that commits and the thread that decides."""

    def __init__(self) -> None:
        self.ready: Future[None] = Future()
        """Done when every earlier commit is known; from then on nobody else commits until the end.

        The reservation ends when it is used or cancelled, or after `RESERVED_SECONDS_MAX`.
        """
        self._changed = threading.Condition()
        self._is_over = False
        self._job: J | None = None

    def use(self, job: J) -> bool:
        """Pass the job to commit; return whether it came in time."""
        with self._changed:
            if self._is_over:
                return False
            self._is_over, self._job = True, job
            self._changed.notify()
            return True

    def cancel(self) -> None:
        """End the reservation without a commit, so that others can commit."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def wait_for_job(self) -> J | None:
        """Wait for the job and return it; None if none came in time. For the committing thread."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over, RESERVED_SECONDS_MAX)
            self._is_over = True
            return self._job
