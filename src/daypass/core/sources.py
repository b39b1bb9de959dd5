"""Time and random bytes as arguments.

Only the edges read a clock and draw bytes, so that whatever uses them is a function.
"""

from collections.abc import Callable

Clock = Callable[[], float]
"""Says what time it is, in seconds; since when, its user says."""
Entropy = Callable[[int], bytes]
"""Takes how many bytes are wanted and returns as many random ones; tests pass a counter."""
