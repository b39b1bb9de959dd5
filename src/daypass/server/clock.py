"""The one clock and the one source of randomness of a server; everything below takes them as arguments."""

import os
import time


def wall() -> float:
    """Return the time in seconds since 1970."""
    return time.time()  # noqa: TID251 - this is the edge


def monotonic() -> float:
    """Return seconds of a clock that nobody sets."""
    return time.monotonic()


def entropy(size: int) -> bytes:
    """Return so many random bytes from the operating system."""
    return os.urandom(size)  # noqa: TID251 - this is the edge
