"""Which of several processes may use the database: those that read together, one that writes alone.

SQLite's own locks are waited for by asking again and again, and refuse after a while. This one is waited for by the system, and ends
with the process that holds it. It is taken on a file of its own: a descriptor of the database's file that is closed would drop
SQLite's locks.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TRANSACTION_SECONDS_MAX = 2.0  # of one process, which the others wait for; ours
LOADING_SECONDS_MAX = 60.0  # the same while it reads everything; ours
HoldReport = Callable[[float], None]
"""Is told for how many seconds the lock is going to be held at most, from now on; 0 when it is given back."""


class DatabaseLock:
    """The lock as one process has it; one thread uses it."""

    def __init__(self, file: int, promise: HoldReport) -> None:
        """Take over a descriptor that this process alone has opened; whoever holds the lock for longer than promised may be ended."""
        self._file = file
        self._promise = promise

    @contextmanager
    def hold(self, *, alone: bool) -> Iterator[None]:
        """Hold the lock, alone or with others who do not want it alone."""
        fcntl.flock(self._file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        self._promise(TRANSACTION_SECONDS_MAX)
        try:
            yield
        finally:
            self._promise(0)
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def expect_loading(self) -> None:
        """Say, while it is held, that everything is going to be read."""
        self._promise(LOADING_SECONDS_MAX)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


class NoLock:
    """What stands for the lock where one process has the database to itself."""

    @contextmanager
    def hold(self, *, alone: bool) -> Iterator[None]:  # noqa: ARG002 - nobody else is there
        """Hold no lock."""
        yield

    def expect_loading(self) -> None:
        """Keep nobody waiting."""

    def close(self) -> None:
        """Let go of no file."""
