"""Long computations as generators, whose every `yield` lets other requests have the event loop."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]


def at_once(steps: Steps[Result]) -> Result:
    """Run a generator of steps to its end without a pause, and return its result.

    For callers without an event loop, and for work that is known to be short.
    """
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
