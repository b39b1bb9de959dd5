"""Whether a write would succeed now: tried on a timer, beside the event loop.

A `/readyz` condition that followed real writes alone would stay false after a passing error for as
long as nobody writes, and true on a full disk for as long as nobody tries.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from daypass.core.sources import Clock
from daypass.server import limits


class WriteProbe:
    """Repeats one kind of write on a timer, and stores why the last one failed.

    `attempt` begins a write and returns a future of the reason why it failed, empty if it did not.
    """

    def __init__(self, attempt: Callable[[], "Future[str]"], clock: Clock) -> None:
        self._attempt = attempt
        self._clock = clock
        self._refusal = ""
        self._attempt_future: Future[str] | None = None
        self._attempt_since = 0.0
        self._next_attempt = 0.0
        self._is_outdated = False
        """Whether a real write was refused since the running attempt began, whose result does not
        count then."""

    def tick(self) -> None:
        """Begin an attempt if one is due; called on the event loop every second."""
        self._finish_attempt()
        if self._attempt_future is None and self._clock() >= self._next_attempt:
            self._is_outdated = False
            self._attempt_since = self._clock()
            self._attempt_future = self._attempt()

    def report_refusal(self, reason: str) -> None:
        """Store that a real write was refused; the next attempt that succeeds clears it."""
        self._refusal = reason
        self._is_outdated = True
        self._next_attempt = self._clock()

    def failure(self) -> str:
        """Return why a write would be refused now; empty if it would succeed."""
        self._finish_attempt()
        if (
            self._attempt_future is not None
            and self._clock() - self._attempt_since > limits.PROBE_SECONDS_MAX
        ):
            return "a write has been waiting for too long"
        return self._refusal

    def _finish_attempt(self) -> None:
        if self._attempt_future is None or not self._attempt_future.done():
            return
        try:
            refusal = self._attempt_future.result()
        except Exception as error:  # noqa: BLE001 - an attempt that fails is no success
            refusal = f"trying a write failed with {type(error).__name__}"
        self._attempt_future = None
        if not self._is_outdated:
            self._refusal = refusal
        delay = limits.PROBE_AGAIN_SECONDS if self._refusal else limits.PROBE_SECONDS
        self._next_attempt = self._clock() + delay


def probe_audit_log(path: Path) -> str:
    """Return why lines cannot be appended to an audit log now; empty if they can.

    As many bytes as the lines of a full turn of the event loop have are written at the file's end
    and truncated again, under the file's own lock; earlier lines are forced to disk. Not to be
    called on the event loop: a disk may be slow.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError as error:
        return f"it cannot be opened: {error.strerror}"
    try:
        if not _try_lock(file):
            return "another process holds its lock"
        _append_and_truncate(file)
        fcntl.flock(file, fcntl.LOCK_UN)
        os.fdatasync(file)
    except OSError as error:
        return f"it cannot be written: {error.strerror}"
    finally:
        os.close(file)
    return ""


def _try_lock(file: int) -> bool:
    """Take the file's lock; return whether that succeeded in time."""
    end = time.monotonic() + limits.PROBE_AGAIN_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        else:
            return True


def _append_and_truncate(file: int) -> None:
    size = os.fstat(file).st_size
    try:
        written = os.write(file, bytes(limits.PROBE_BYTES))
    finally:
        os.ftruncate(file, size)
    if written != limits.PROBE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
