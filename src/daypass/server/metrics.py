"""Counts for `/metrics`, in Prometheus's text format."""

from collections import Counter
from collections.abc import Callable, Mapping


class Metrics:
    """What happened since the start, counted; gauges are asked when somebody looks."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._jobs: Counter[tuple[str, str]] = Counter()
        self._gauges: dict[str, tuple[str, Callable[[], Mapping[str, float]]]] = {}
        """By name: what each means, and a function to its figures by their labels as they are printed."""

    def count(self, service: str, operation: str, outcome: str) -> None:
        """Count an answer; all three words come from the models, so their number is bounded."""
        self._answers[service, operation, outcome] += 1

    def count_job(self, job: str, outcome: str) -> None:
        """Count a look at a job of the server's own; both words are ours, so their number is bounded."""
        self._jobs[job, outcome] += 1

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Show a figure that is read when somebody looks."""
        self._gauges[name] = (meaning, lambda: {"": read()})

    def gauges(
        self, name: str, meaning: str, label: str, read: Callable[[], Mapping[str, float]]
    ) -> None:
        """Show one figure for each value of a label; the values are our own words, so their number is bounded."""
        self._gauges[name] = (
            meaning,
            lambda: {f'{{{label}="{value}"}}': figure for value, figure in read().items()},
        )

    def text(self) -> str:
        """Return everything in Prometheus's text exposition format 0.0.4."""
        lines = [
            "# HELP daypass_requests_total Answers by service, operation and outcome.",
            "# TYPE daypass_requests_total counter",
        ]
        for (service, operation, outcome), count in sorted(self._answers.items()):
            labels = f'service="{service}",operation="{operation}",outcome="{outcome}"'
            lines.append(f"daypass_requests_total{{{labels}}} {count}")
        lines += [
            "# HELP daypass_jobs_total Looks at what the server does by itself, by job and outcome.",
            "# TYPE daypass_jobs_total counter",
        ]
        for (job, outcome), count in sorted(self._jobs.items()):
            lines.append(f'daypass_jobs_total{{job="{job}",outcome="{outcome}"}} {count}')
        for name, (meaning, read) in sorted(self._gauges.items()):
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
            lines += [f"{name}{labels} {figure:g}" for labels, figure in read().items()]
        return "\n".join(lines) + "\n"
