"""A figure of the bench: a row with its value, its goal, and what a peer needed in the same run."""

import re
import statistics
from dataclasses import dataclass

_NUMBERS = re.compile(r"^(?P<sign><=|>=|≤|≥|at most|at least)?\s*(?P<must>[\d.,]+)(?:\D*aim\s*(?P<aim>[\d.,]+))?", re.IGNORECASE)  # fmt: skip
_LEAST = {">=", "≥", "at least"}


@dataclass(frozen=True)
class Goal:
    """What a figure must reach, and what it should: a least or a greatest value."""

    must: float
    aim: float | None = None
    is_least: bool = False

    def verdict(self, value):
        """Return `aim`, `must` or `MISSED`: which of the two a value reaches."""
        reaches = lambda bound: value >= bound if self.is_least else value <= bound
        if self.aim is not None and reaches(self.aim):
            return "aim"
        return "must" if reaches(self.must) else "MISSED"

    def __str__(self):
        sign = "≥" if self.is_least else "≤"
        aim = f", aim {readable(self.aim)}" if self.aim is not None else ""
        return f"{sign} {readable(self.must)}{aim}"


def at_most(must, aim=None):
    """Return the goal of a figure that should be small."""
    return Goal(must, aim)


def at_least(must, aim=None):
    """Return the goal of a figure that should be large."""
    return Goal(must, aim, is_least=True)


def read_goal(given):
    """Return the goal that a module gives: a `Goal`, None, a number that is the most,
    (must, aim), or a text such as `>= 25, aim 50`. Raises `ValueError` for any other.
    """
    if given is None or given == "" or isinstance(given, Goal):
        return given or None
    if isinstance(given, int | float):
        return at_most(given)
    if isinstance(given, tuple):
        return at_most(*given)
    found = _NUMBERS.match(given.strip().removeprefix("must").strip())
    if not found:
        raise ValueError(f"no goal: {given!r}")
    must, aim = (found[each] and float(found[each].replace(",", "")) for each in ("must", "aim"))
    return Goal(must, aim, is_least=(found["sign"] or "").lower() in _LEAST)


@dataclass(frozen=True)
class Figure:
    """A row of the bench.

    `value` is None for a row that was not measured, and `note` says why. `peer` names what the row
    is a ratio to, with its own figure.
    """

    name: str
    value: float | None
    unit: str = ""
    goal: Goal | None = None
    peer: str = ""
    note: str = ""

    @property
    def has_failed(self):
        """Say whether the figure should have been measured, and could not."""
        return self.note.startswith(NOT_RUN)

    @property
    def verdict(self):
        """Return which part of its goal the figure reaches; empty without a goal or a value."""
        return self.goal.verdict(self.value) if self.goal and self.value is not None else ""


def not_measured(name, why):
    """Return the row of a figure that could not be measured here."""
    return Figure(name, None, note=f"not measured: {why}")


NOT_RUN = "could not run: "


def could_not_run(name, error):
    """Return the row that stands for what an error kept from being measured."""
    return Figure(name, None, note=f"{NOT_RUN}{type(error).__name__}: {error}")


def as_figure(row):
    """Return a row of a module, a figure or (name, value, unit, goal), as a figure.

    A value that is no number was not measured; it, or the goal's place, says why.
    """
    if isinstance(row, Figure):
        return row
    name, value, unit, goal = row
    if value is None or isinstance(value, str):
        return not_measured(name, (value or goal).removeprefix("not measured: "))
    return Figure(name, value, unit, read_goal(goal))


def readable(value):
    """Return a number as a person reads it: three digits that count, or all before the point."""
    if value is None:
        return ""
    if float(value).is_integer() or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


def median_ratio(numerators, denominators):
    """Return the median of the ratios of each round: neighbours that come and go change both
    sides of a round, and the sides of different rounds never meet.
    """
    pairs = zip(numerators, denominators, strict=True)
    return statistics.median(numerator / denominator for numerator, denominator in pairs)
