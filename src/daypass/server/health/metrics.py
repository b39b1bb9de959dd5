"""Counters and gauges for `/metrics` in Prometheus's text format, of one or several processes.

A process counts for itself (`Metrics`) and passes a `MetricsSnapshot` on. `combine_snapshots` adds
up those of several processes, and `format_page` writes them as text. The counters of a process that
has ended are still part of them (`counters_only`), because a counter must never decrease.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

import msgspec

Figures = dict[tuple[str, ...], int | float]
Labels = TypeVar("Labels", bound=tuple[str, ...])


class Aggregation(StrEnum):
    """How the figures of several processes for the same metric become one."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"


class MetricKind(StrEnum):
    """The type of a metric, in Prometheus's words."""

    COUNTER = "counter"
    GAUGE = "gauge"


_AGGREGATIONS: Mapping[Aggregation, Callable[[int | float, int | float], int | float]] = {
    Aggregation.SUM: operator.add,
    Aggregation.MAX: max,
    Aggregation.MIN: min,
}


class Metric(msgspec.Struct, frozen=True):
    """A metric and its figures, each with the values of the labels."""

    name: str
    meaning: str
    kind: MetricKind
    combine: Aggregation
    labels: tuple[str, ...]
    figures: tuple[tuple[tuple[str, ...], int | float], ...]


class MetricsSnapshot(msgspec.Struct, frozen=True):
    """All metrics of a process at one moment; msgpack and JSON can carry it to another process."""

    metrics: tuple[Metric, ...] = ()


class Metrics:
    """The counters of a process since its start, and its gauges, read for each snapshot."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._jobs: Counter[tuple[str, str]] = Counter()
        self._gauges: dict[str, Callable[[], Metric]] = {}

    def count_answer(self, service: str, operation: str, outcome: str) -> None:
        """Count an answer; all three words come from the models, so their number is bounded."""
        self._answers[service, operation, outcome] += 1

    def count_job(self, job: str, outcome: str) -> None:
        """Count a run of a server's own job; both words are ours, so their number is bounded."""
        self._jobs[job, outcome] += 1

    def add_gauge(
        self, name: str, meaning: str, combine: Aggregation, read: Callable[[], int | float]
    ) -> None:
        """Add a gauge without labels; `read` returns its figure for each snapshot."""
        self._gauges[name] = lambda: _make_gauge(name, meaning, combine, (), {(): read()})

    def add_labelled_gauge(
        self,
        name: str,
        meaning: str,
        combine: Aggregation,
        label: str,
        read: Callable[[], Mapping[str, float]],
    ) -> None:
        """Add a gauge with one label; `read` returns the figure of each label value.

        The values are our own words, so their number is bounded.
        """
        self._gauges[name] = lambda: _make_gauge(
            name, meaning, combine, (label,), {(value,): figure for value, figure in read().items()}
        )

    def snapshot(self) -> MetricsSnapshot:
        """Return all metrics as they are now."""
        return MetricsSnapshot(
            (
                _make_counter(
                    "daypass_requests_total",
                    "Answers by service, operation and outcome.",
                    ("service", "operation", "outcome"),
                    self._answers,
                ),
                _make_counter(
                    "daypass_jobs_total",
                    "Looks at what the server does by itself, by job and outcome.",
                    ("job", "outcome"),
                    self._jobs,
                ),
                *(read() for read in self._gauges.values()),
            )
        )

    def text(self) -> str:
        """Return all metrics in Prometheus's text format 0.0.4."""
        return format_page([self.snapshot()])


def format_page(snapshots: Iterable[MetricsSnapshot]) -> str:
    """Return the combined metrics of several processes in Prometheus's text format 0.0.4."""
    return "".join(
        f"{line}\n" for each in combine_snapshots(snapshots).metrics for line in _format_lines(each)
    )


def combine_snapshots(snapshots: Iterable[MetricsSnapshot]) -> MetricsSnapshot:
    """Return the combined snapshot of several processes.

    Counters come in the order of their first appearance, each sorted by its labels; gauges follow,
    sorted by name.
    """
    by_name: dict[str, tuple[Metric, Figures]] = {}
    for snapshot in snapshots:
        for metric in snapshot.metrics:
            _, figures = by_name.setdefault(metric.name, (metric, {}))
            aggregate = _AGGREGATIONS[metric.combine]
            for values, figure in metric.figures:
                figures[values] = (
                    aggregate(figures[values], figure) if values in figures else figure
                )
    metrics = [_with_figures(metric, figures) for metric, figures in by_name.values()]
    return MetricsSnapshot(
        (
            *(each for each in metrics if not _is_gauge(each)),
            *sorted(filter(_is_gauge, metrics), key=lambda each: each.name),
        )
    )


def counters_only(snapshot: MetricsSnapshot) -> MetricsSnapshot:
    """Return the snapshot of a process that has ended without its gauges, which no longer apply."""
    return MetricsSnapshot(tuple(each for each in snapshot.metrics if not _is_gauge(each)))


def _make_counter(name: str, meaning: str, labels: Labels, counts: Mapping[Labels, int]) -> Metric:
    return Metric(name, meaning, MetricKind.COUNTER, Aggregation.SUM, labels, tuple(counts.items()))


def _make_gauge(
    name: str, meaning: str, combine: Aggregation, labels: tuple[str, ...], figures: Figures
) -> Metric:
    return Metric(name, meaning, MetricKind.GAUGE, combine, labels, tuple(figures.items()))


def _is_gauge(metric: Metric) -> bool:
    return metric.kind is MetricKind.GAUGE


def _with_figures(metric: Metric, figures: Figures) -> Metric:
    """Return a metric with other figures; those of counters are sorted by their labels."""
    items = figures.items() if _is_gauge(metric) else sorted(figures.items())
    return msgspec.structs.replace(metric, figures=tuple(items))


def _format_lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {metric.meaning}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for values, figure in metric.figures:
        pairs = zip(metric.labels, values, strict=True)
        labels = ",".join(f'{label}="{value}"' for label, value in pairs)
        number = f"{figure:g}" if _is_gauge(metric) else str(figure)
        yield f"{metric.name}{{{labels}}} {number}" if labels else f"{metric.name} {number}"
