"""Types of the functions that read a clock and draw random bytes, which are passed in as arguments.

Only the process (`server`, `cli`) reads a real clock or random source, so that code below it is
deterministic in tests.
"""

from collections.abc import Callable

Clock = Callable[[], float]
"""Returns the time in seconds; from which moment they count (1970, or a process's start), its
user says."""
Entropy = Callable[[int], bytes]
"""Takes a number of bytes and returns as many random bytes; tests pass a counter."""
