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

Samples = dict[tuple[str, ...], int | float]
Labels = TypeVar("Labels", bound=tuple[str, ...])


class Aggregation(StrEnum):
    """How the samples of several processes for the same metric become one."""

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
    """A metric and its samples, each with the values of the labels."""

    name: str
    help_text: str
    kind: MetricKind
    aggregation: Aggregation
    labels: tuple[str, ...]
    samples: tuple[tuple[tuple[str, ...], int | float], ...]


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
        self, name: str, help_text: str, aggregation: Aggregation, read: Callable[[], int | float]
    ) -> None:
        """Add a gauge without labels; `read` returns its sample for each snapshot."""
        self._gauges[name] = lambda: _make_gauge(name, help_text, aggregation, (), {(): read()})

    def add_labelled_gauge(
        self,
        name: str,
        help_text: str,
        aggregation: Aggregation,
        label: str,
        read: Callable[[], Mapping[str, float]],
    ) -> None:
        """Add a gauge with one label; `read` returns the sample of each label value.

        The values are our own words, so their number is bounded.
        """
        self._gauges[name] = lambda: _make_gauge(
            name,
            help_text,
            aggregation,
            (label,),
            {(value,): sample for value, sample in read().items()},
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
                    "Runs of the server's own jobs, by job and outcome.",
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
    by_name: dict[str, tuple[Metric, Samples]] = {}
    for snapshot in snapshots:
        for metric in snapshot.metrics:
            _, samples = by_name.setdefault(metric.name, (metric, {}))
            aggregate = _AGGREGATIONS[metric.aggregation]
            for values, sample in metric.samples:
                samples[values] = (
                    aggregate(samples[values], sample) if values in samples else sample
                )
    metrics = [_with_samples(metric, samples) for metric, samples in by_name.values()]
    return MetricsSnapshot(
        (
            *(each for each in metrics if not _is_gauge(each)),
            *sorted(filter(_is_gauge, metrics), key=lambda each: each.name),
        )
    )


def counters_only(snapshot: MetricsSnapshot) -> MetricsSnapshot:
    """Return the snapshot of a process that has ended without its gauges, which no longer apply."""
    return MetricsSnapshot(tuple(each for each in snapshot.metrics if not _is_gauge(each)))


def _make_counter(
    name: str, help_text: str, labels: Labels, counts: Mapping[Labels, int]
) -> Metric:
    return Metric(
        name, help_text, MetricKind.COUNTER, Aggregation.SUM, labels, tuple(counts.items())
    )


def _make_gauge(
    name: str, help_text: str, aggregation: Aggregation, labels: tuple[str, ...], samples: Samples
) -> Metric:
    return Metric(name, help_text, MetricKind.GAUGE, aggregation, labels, tuple(samples.items()))


def _is_gauge(metric: Metric) -> bool:
    return metric.kind is MetricKind.GAUGE


def _with_samples(metric: Metric, samples: Samples) -> Metric:
    """Return a metric with other samples; those of counters are sorted by their labels."""
    items = samples.items() if _is_gauge(metric) else sorted(samples.items())
    return msgspec.structs.replace(metric, samples=tuple(items))


def _format_lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {metric.help_text}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for values, sample in metric.samples:
        pairs = zip(metric.labels, values, strict=True)
        labels = ",".join(f'{label}="{value}"' for label, value in pairs)
        number = f"{sample:g}" if _is_gauge(metric) else str(sample)
        yield f"{metric.name}{{{labels}}} {number}" if labels else f"{metric.name} {number}"
