"""The metrics of all workers as one page: the parent asks each, and waits for none of them for long."""

from collections.abc import Iterable

import msgspec

from daypass.server.health.metrics import Snapshot, combined, gone, page

_decoder = msgspec.msgpack.Decoder(Snapshot)


class Gathering:
    """One round, for everybody who asks while it is under way; `until` is monotonic time."""

    def __init__(self, workers: Iterable[str], until: float) -> None:
        self.until = until
        self.askers: set[str] = set()
        """The workers that want the page."""
        self._awaited = set(workers)

    @property
    def is_over(self) -> bool:
        """Say whether nobody is waited for any more."""
        return not self._awaited

    def told(self, worker: str) -> None:
        """Wait for a worker no longer: it has told its metrics, or has ended."""
        self._awaited.discard(worker)


class Figures:
    """What each worker told the last time, and what those counted that are gone: a counter never falls because a worker has died."""

    def __init__(self) -> None:
        self._last: dict[str, Snapshot] = {}
        self._gone: list[Snapshot] = []

    def told(self, worker: str, snapshot: bytes) -> None:
        """Keep what a worker told."""
        self._last[worker] = _decoder.decode(snapshot)

    def ended(self, worker: str) -> None:
        """Keep the counts of a worker that has ended, as it told them last."""
        last = self._last.pop(worker, None)
        if last is not None:
            self._gone = [combined([*self._gone, gone(last)])]

    def page(self) -> bytes:
        """Return the page."""
        return page([*self._last.values(), *self._gone]).encode()
