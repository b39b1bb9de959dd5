"""Counts for `/metrics`, in Prometheus's text format, of one process or of several together.

A process counts for itself (`Metrics`) and gives a `Snapshot` of that away. Snapshots of several are `combined`, and `page` is the
text of all; what is `gone` of a process that has ended belongs to them still, because a counter never goes down.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

import msgspec

Figures = dict[tuple[str, ...], int | float]
Labels = TypeVar("Labels", bound=tuple[str, ...])


class Combine(StrEnum):
    """What becomes of the figures that several processes have for the same thing."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"


class Kind(StrEnum):
    """What Prometheus is told that a figure is."""

    COUNTER = "counter"
    GAUGE = "gauge"


_COMBINED: Mapping[Combine, Callable[[int | float, int | float], int | float]] = {
    Combine.SUM: operator.add,
    Combine.MAX: max,
    Combine.MIN: min,
}


class Metric(msgspec.Struct, frozen=True):
    """Figures of one name, each with the values of the labels."""

    name: str
    meaning: str
    kind: Kind
    combine: Combine
    labels: tuple[str, ...]
    figures: tuple[tuple[tuple[str, ...], int | float], ...]


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that a process counts, at one moment; msgpack and JSON can carry it to another."""

    metrics: tuple[Metric, ...] = ()


class Metrics:
    """What happened since the start, counted; gauges are asked when somebody looks."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._jobs: Counter[tuple[str, str]] = Counter()
        self._gauges: dict[str, Callable[[], Metric]] = {}

    def count(self, service: str, operation: str, outcome: str) -> None:
        """Count an answer; all three words come from the models, so their number is bounded."""
        self._answers[service, operation, outcome] += 1

    def count_job(self, job: str, outcome: str) -> None:
        """Count a look at a job of the server's own; both words are ours, so their number is bounded."""
        self._jobs[job, outcome] += 1

    def gauge(
        self, name: str, meaning: str, combine: Combine, read: Callable[[], int | float]
    ) -> None:
        """Show a figure that is read when somebody looks."""
        self._gauges[name] = lambda: _gauge(name, meaning, combine, (), {(): read()})

    def gauges(
        self,
        name: str,
        meaning: str,
        combine: Combine,
        label: str,
        read: Callable[[], Mapping[str, float]],
    ) -> None:
        """Show one figure for each value of a label; the values are our own words, so their number is bounded."""
        self._gauges[name] = lambda: _gauge(
            name, meaning, combine, (label,), {(value,): figure for value, figure in read().items()}
        )

    def snapshot(self) -> Snapshot:
        """Return everything as it is now."""
        return Snapshot(
            (
                _counter(
                    "daypass_requests_total",
                    "Answers by service, operation and outcome.",
                    ("service", "operation", "outcome"),
                    self._answers,
                ),
                _counter(
                    "daypass_jobs_total",
                    "Looks at what the server does by itself, by job and outcome.",
                    ("job", "outcome"),
                    self._jobs,
                ),
                *(read() for read in self._gauges.values()),
            )
        )

    def text(self) -> str:
        """Return everything in Prometheus's text exposition format 0.0.4."""
        return page([self.snapshot()])


def page(snapshots: Iterable[Snapshot]) -> str:
    """Return what several processes count, together, in Prometheus's text exposition format 0.0.4."""
    return "".join(f"{line}\n" for each in combined(snapshots).metrics for line in _lines(each))


def combined(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return one snapshot of several: counters as they first come and by their labels, then gauges by their names."""
    found: dict[str, tuple[Metric, Figures]] = {}
    for snapshot in snapshots:
        for metric in snapshot.metrics:
            _, figures = found.setdefault(metric.name, (metric, {}))
            join = _COMBINED[metric.combine]
            for values, figure in metric.figures:
                figures[values] = join(figures[values], figure) if values in figures else figure
    whole = [_with(metric, figures) for metric, figures in found.values()]
    return Snapshot(
        (
            *(each for each in whole if not _is_gauge(each)),
            *sorted(filter(_is_gauge, whole), key=lambda each: each.name),
        )
    )


def gone(snapshot: Snapshot) -> Snapshot:
    """Return what still counts of a process that has ended: its counters. What its gauges showed is over."""
    return Snapshot(tuple(each for each in snapshot.metrics if not _is_gauge(each)))


def _counter(name: str, meaning: str, labels: Labels, counts: Mapping[Labels, int]) -> Metric:
    return Metric(name, meaning, Kind.COUNTER, Combine.SUM, labels, tuple(counts.items()))


def _gauge(
    name: str, meaning: str, combine: Combine, labels: tuple[str, ...], figures: Figures
) -> Metric:
    return Metric(name, meaning, Kind.GAUGE, combine, labels, tuple(figures.items()))


def _is_gauge(metric: Metric) -> bool:
    return metric.kind is Kind.GAUGE


def _with(metric: Metric, figures: Figures) -> Metric:
    """Return a metric with other figures, counters in the order of their labels."""
    items = figures.items() if _is_gauge(metric) else sorted(figures.items())
    return msgspec.structs.replace(metric, figures=tuple(items))


def _lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {metric.meaning}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for values, figure in metric.figures:
        pairs = zip(metric.labels, values, strict=True)
        labels = ",".join(f'{label}="{value}"' for label, value in pairs)
        shown = f"{figure:g}" if _is_gauge(metric) else str(figure)
        yield f"{metric.name}{{{labels}}} {shown}" if labels else f"{metric.name} {shown}"
