"""Lock files beside the cache's entries, so that one of many commands fetches for all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from daypass.client.private_files import remove_file


@contextmanager
def hold_lock(path: str) -> Iterator[None]:
    """Hold a lock file, which is created if it is missing, blocking until it is free."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def remove_free_lock(path: str) -> None:
    """Remove a lock file unless another process holds the lock."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_file(path)
    except BlockingIOError:
        return
    finally:
        os.close(file)
