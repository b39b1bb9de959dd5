"""The server's clocks and its source of random bytes; all code below takes them as arguments."""

import os
import time


def wall() -> float:
    """Return the wall clock's time, in seconds since 1970."""
    return time.time()  # noqa: TID251 - this is the edge


def monotonic() -> float:
    """Return the monotonic clock's time in seconds: nobody can set it."""
    return time.monotonic()


def entropy(size: int) -> bytes:
    """Return `size` random bytes from the operating system."""
    return os.urandom(size)  # noqa: TID251 - this is the edge
