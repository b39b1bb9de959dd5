"""What a write would meet now, found out by trying one on a timer, beside the event loop.

A condition of `/readyz` that followed real writes alone would stay false after a passing error for as long as nobody writes,
and true on a full disk for as long as nobody tries.
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


class Probe:
    """One thing that is tried again and again; `attempt` begins a try and returns a future of why it failed, or of an empty string."""

    def __init__(self, attempt: Callable[[], "Future[str]"], clock: Clock) -> None:
        self._attempt = attempt
        self._clock = clock
        self._refusal = ""
        self._under_way: Future[str] | None = None
        self._begun = 0.0
        self._due = 0.0
        self._is_outdated = False
        """Whether something real was refused since the try that is under way began."""

    def tick(self) -> None:
        """Begin a try if one is due; called on the event loop every second."""
        self._collect()
        if self._under_way is None and self._clock() >= self._due:
            self._is_outdated = False
            self._begun = self._clock()
            self._under_way = self._attempt()

    def refused(self, reason: str) -> None:
        """Note that something real was refused, not merely a try; the next try that succeeds takes it back."""
        self._refusal = reason
        self._is_outdated = True
        self._due = self._clock()

    def look(self) -> str:
        """Return why a write would be refused now, an empty string if it would be taken."""
        self._collect()
        if self._under_way is not None and self._clock() - self._begun > limits.PROBE_SECONDS_MAX:
            return "a write has been waiting for too long"
        return self._refusal

    def _collect(self) -> None:
        if self._under_way is None or not self._under_way.done():
            return
        try:
            found = self._under_way.result()
        except Exception as error:  # noqa: BLE001 - what cannot be tried is not known to work
            found = f"trying a write failed with {type(error).__name__}"
        self._under_way = None
        if not self._is_outdated:
            self._refusal = found
        again = limits.PROBE_AGAIN_SECONDS if self._refusal else limits.PROBE_SECONDS
        self._due = self._clock() + again


def try_audit_log(path: Path) -> str:
    """Return why lines cannot be appended to an audit log now, an empty string if they can.

    As many bytes as a full turn's lines have are written at its end and taken back, under the file's own lock; what was written
    before is forced to disk. Not to be called on the event loop: a disk may take its time.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError as error:
        return f"it cannot be opened: {error.strerror}"
    try:
        if not _lock(file):
            return "another process holds its lock"
        _append_and_take_back(file)
        fcntl.flock(file, fcntl.LOCK_UN)
        os.fdatasync(file)
    except OSError as error:
        return f"it cannot be written: {error.strerror}"
    finally:
        os.close(file)
    return ""


def _lock(file: int) -> bool:
    """Take the file's lock, and say whether it was to be had in time."""
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


def _append_and_take_back(file: int) -> None:
    size = os.fstat(file).st_size
    try:
        written = os.write(file, bytes(limits.PROBE_BYTES))
    finally:
        os.ftruncate(file, size)
    if written != limits.PROBE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
