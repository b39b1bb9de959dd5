"""Locks of the cache and of its entries, so that one of many commands fetches for all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from daypass.client.private_files import remove_file


@contextmanager
def hold_lock(path: str) -> Iterator[None]:
    """Hold a lock file, which is created if it is missing, blocking until it is free."""
    with _locked(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)):
        yield


@contextmanager
def hold_directory(path: str) -> Iterator[None]:
    """Hold the lock of a directory itself, blocking until it is free."""
    with _locked(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)):
        yield


@contextmanager
def _locked(file: int) -> Iterator[None]:
    """Lock an open file, and close it at the end."""
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
