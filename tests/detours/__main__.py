"""`make detours`: how AssumeRole, CreateUser and PutObject wind through the files.

Arguments name those that are wanted; without any, all are shown. `--tree` prints every call below
its caller, `--top` the detours that are taken most often.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from tests.detours.paths import CALLS, walks
from tests.detours.walk import Step, Walk

SHOWN = 10


def summary(name: str, walk: Walk) -> str:
    """Return the figures of a walk in one line."""
    calls, crossings, detours = walk.calls(), walk.crossings(), walk.detours()
    files = {step.file for step in calls}
    return (
        f"{name}: {len(calls)} calls in {len(files)} files, "
        f"{len(crossings)} of them into another file and back: {len(detours)} detours"
    )


def top(walk: Walk) -> Iterator[str]:
    """Yield the detours that are taken most often, with what is called there."""
    for (left, entered), count in walk.detours().most_common(SHOWN):
        functions = Counter(
            called.function
            for caller, called in walk.crossings()
            if (caller.file, called.file) == (left, entered)
        )
        listed = ", ".join(_times(each, number) for each, number in functions.most_common())
        yield f"{count:6} {left} → {entered}: {listed}"


def tree(steps: list[Step], depth: int = 1) -> Iterator[str]:
    """Yield a line for each call and for those below it; equal neighbours share theirs."""
    drawn = [
        (f"{'  ' * depth}{each.file}:{each.function}", [*tree(each.steps, depth + 1)])
        for each in steps
    ]
    for (line, below), same in groupby(drawn):
        yield _times(line, len([*same]))
        yield from below


def _times(text: str, count: int) -> str:
    return f"{text} ×{count}" if count > 1 else text


def main(arguments: list[str] | None = None) -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(prog="make detours", description=__doc__)
    parser.add_argument("calls", nargs="*", metavar="CALL", help=", ".join(CALLS))
    parser.add_argument("--tree", action="store_true")
    parser.add_argument("--top", action="store_true")
    options = parser.parse_args(arguments)
    if unknown := set(options.calls) - set(CALLS):
        parser.error(f"`{min(unknown)}` is none of {', '.join(CALLS)}")
    for name, walk in walks().items():
        if options.calls and name not in options.calls:
            continue
        print(summary(name, walk))
        for line in top(walk) if options.top else ():
            print(line)
        for line in tree(walk.roots) if options.tree else ():
            print(line)


if __name__ == "__main__":
    main()
