"""Prints figures, a line for each, with goal, verdict, peer and baseline beside it."""

from tests.bench.figures import readable

NAME, VALUE, GOAL, VERDICT = 66, 14, 20, 8


def line(figure, baseline=None):
    """Return a figure's line."""
    if figure.value is None:
        return f"  {figure.name:<{NAME}} {figure.note}"
    value = f"{readable(figure.value)} {figure.unit}".rstrip()
    goal = str(figure.goal) if figure.goal else ""
    beside = [figure.peer, f"baseline {readable(baseline)}" if baseline is not None else ""]
    told = "; ".join(each for each in (*beside, figure.note) if each)
    return f"  {figure.name:<{NAME}} {value:>{VALUE}}  {goal:<{GOAL}} {figure.verdict:<{VERDICT}} {told}".rstrip()  # fmt: skip


def as_data(figure, baseline=None):
    """Return a figure as JSON has it."""
    goal = figure.goal
    return {
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "must": goal.must if goal else None,
        "aim": goal.aim if goal else None,
        "is_least": goal.is_least if goal else None,
        "verdict": figure.verdict,
        "peer": figure.peer,
        "baseline": baseline,
        "note": figure.note,
    }
