"""The lock of the database between processes: shared among readers, exclusive for a writer.

SQLite's own locks are waited for by polling, and refuse after a while. This lock is waited for in
the kernel, and ends with the process that holds it. It is taken on a file of its own: closing a
descriptor of the database's file would drop SQLite's locks.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TRANSACTION_SECONDS_MAX = 2.0  # of one process, while the others wait; ours
LOADING_SECONDS_MAX = 60.0  # the same while it loads all records; ours
HoldReport = Callable[[float], None]
"""Called with the seconds for which the lock will be held at most from now on; 0 at release."""


class DatabaseLock:
    """The lock as one process holds it; used by one thread."""

    def __init__(self, file: int, promise: HoldReport) -> None:
        """Use `file`, a descriptor that this process alone has opened.

        A process that holds the lock for longer than it reported may be killed.
        """
        self._file = file
        self._promise = promise

    @contextmanager
    def hold(self, *, alone: bool) -> Iterator[None]:
        """Hold the lock: exclusive if `alone`, otherwise shared."""
        fcntl.flock(self._file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        self._promise(TRANSACTION_SECONDS_MAX)
        try:
            yield
        finally:
            self._promise(0)
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def expect_loading(self) -> None:
        """Report, while the lock is held, that all records are about to be loaded."""
        self._promise(LOADING_SECONDS_MAX)

    def close(self) -> None:
        """Close the lock's file."""
        os.close(self._file)


class NoLock:
    """Replaces `DatabaseLock` where one process has the database to itself."""

    @contextmanager
    def hold(self, *, alone: bool) -> Iterator[None]:  # noqa: ARG002 - as `DatabaseLock`
        """Do nothing."""
        yield

    def expect_loading(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
