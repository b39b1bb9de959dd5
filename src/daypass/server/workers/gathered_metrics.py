"""The metrics of all workers as one page, which the parent collects within a time limit."""

from collections.abc import Iterable

import msgspec

from daypass.server.health.metrics import (
    MetricsSnapshot,
    combine_snapshots,
    counters_only,
    format_page,
)

_decoder = msgspec.msgpack.Decoder(MetricsSnapshot)


class MetricsRound:
    """One collection of all workers' metrics, which serves every request for the page meanwhile."""

    def __init__(self, workers: Iterable[str], until: float) -> None:
        """Begin to wait for the workers of these names, `until` a monotonic time."""
        self.until = until
        self.askers: set[str] = set()
        """The workers that requested the page."""
        self._awaited = set(workers)

    @property
    def is_complete(self) -> bool:
        """Return whether every worker has sent its metrics or ended."""
        return not self._awaited

    def mark_done(self, worker: str) -> None:
        """Wait for a worker no longer: it has sent its metrics, or has ended."""
        self._awaited.discard(worker)


class WorkerMetrics:
    """The last metrics of each worker, and the counters of those that ended.

    A counter must not decrease because a worker has died.
    """

    def __init__(self) -> None:
        self._last: dict[str, MetricsSnapshot] = {}
        self._ended: list[MetricsSnapshot] = []

    def store(self, worker: str, snapshot: bytes) -> None:
        """Store a worker's metrics, a `MetricsSnapshot` as msgpack."""
        self._last[worker] = _decoder.decode(snapshot)

    def keep_counters(self, worker: str) -> None:
        """Keep the last counters of a worker that has ended."""
        last = self._last.pop(worker, None)
        if last is not None:
            self._ended = [combine_snapshots([*self._ended, counters_only(last)])]

    def page(self) -> bytes:
        """Return the combined metrics as the page of `/metrics`."""
        return format_page([*self._last.values(), *self._ended]).encode()
