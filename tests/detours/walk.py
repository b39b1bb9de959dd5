"""One walk through our functions: which calls which, in order, on the thread that takes it.

A function is one that a `def` in `src/daypass` makes. Lambdas and comprehensions are part of the
function that runs them, and so is a library between two of our functions. A coroutine or a
generator is called once, however often it goes on.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Self

import daypass

SRC = f"{Path(daypass.__file__).parent}/"


@dataclass(eq=False)
class Step:
    """A call of one of our functions, and the calls that it makes itself, in order."""

    file: str
    """As `server/http/api`."""
    function: str
    """As `Api.answer`."""
    steps: list["Step"] = field(default_factory=list)

    def walked(self) -> Iterator["Step"]:
        """Yield the call and every call below it, in order."""
        yield self
        for each in self.steps:
            yield from each.walked()


class Walk:
    """The calls that are made while its context lasts."""

    def __init__(self) -> None:
        self.roots: list[Step] = []
        """The calls that none of our functions makes: whoever walks, or the event loop."""
        self._known: dict[FrameType, Step] = {}

    def __enter__(self) -> Self:
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        self._known.clear()

    def _seen(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not _is_ours(frame.f_code) or frame in self._known:
            return
        above = frame.f_back
        while above is not None and not _is_ours(above.f_code):
            above = above.f_back
        # Who was called before the walk began is no part of it.
        caller = self._known.get(above) if above else None
        step = self._known[frame] = _step(frame.f_code)
        (caller.steps if caller else self.roots).append(step)

    def calls(self) -> list[Step]:
        """Return every call in order."""
        return [step for root in self.roots for step in root.walked()]

    def crossings(self) -> list[tuple[Step, Step]]:
        """Return caller and called of every call that leaves its caller's file and comes back."""
        pairs = [(step, each) for step in self.calls() for each in step.steps]
        return [(caller, called) for caller, called in pairs if caller.file != called.file]

    def detours(self) -> Counter[tuple[str, str]]:
        """Return how often each detour is taken.

        A detour is a pair of files: a function in the first calls one in the second, which returns
        to it, however often that happens.
        """
        return Counter((caller.file, called.file) for caller, called in self.crossings())


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(SRC) and not code.co_name.startswith("<")


def _step(code: CodeType) -> Step:
    file = code.co_filename.removeprefix(SRC).removesuffix(".py").removesuffix("/__init__")
    return Step(file, code.co_qualname.replace(".<locals>", ""))
