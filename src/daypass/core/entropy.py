"""Random bytes as an argument: only the edges draw them, so that whatever uses them is a function."""

from collections.abc import Callable

Entropy = Callable[[int], bytes]
"""Takes how many bytes are wanted and returns as many random ones; tests pass a counter."""
