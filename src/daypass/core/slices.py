"""Work in steps: a generator yields where others may have the event loop, and returns what the work comes to."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]


def at_once(steps: Steps[Result]) -> Result:
    """Take every step without a pause and return the result: where nobody else waits, or the work is known to be short."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
