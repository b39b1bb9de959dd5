"""Taking over a key ring that a command has changed: opened by a thread, tried again until it opens.

While a changed ring does not open, sessions that were sealed under its new key are refused, so the server is not ready. Opening it
may take as long as the operator's command for the master key does.
"""

from collections.abc import Callable
from concurrent.futures import Future

from daypass.core.sources import Clock
from daypass.server import limits
from daypass.state.data_directory.key_ring import Ring
from daypass.state.data_directory.node_data import Data
from daypass.state.unusable import Unusable


class KeyRingWatch:
    """The key ring of one data directory. `open_soon` has a function called by a thread, and returns its future."""

    def __init__(
        self,
        data: Data,
        clock: Clock,
        open_soon: Callable[[Callable[[], Ring]], "Future[Ring]"],
    ) -> None:
        self._data = data
        self._clock = clock
        self._open_soon = open_soon
        self._opening: Future[Ring] | None = None
        self._begun = 0.0
        self._due = 0.0
        self._failures = 0
        self._tried: tuple[int, int] | None = data.ring.stamp
        """Which ring was tried last: one that has changed again is tried at once."""
        self._told = ""

    def tick(self) -> str:
        """Look whether the ring has changed and begin to open it; return a line for the operator, mostly an empty string."""
        line = self._collect()
        self._data.seal()
        if self._opening is not None:
            return line
        stamp = self._data.ring_file.stamp()
        if stamp == self._data.ring.stamp:
            self._failures, self._told = 0, ""
        elif stamp != self._tried or self._clock() >= self._due:
            self._tried = stamp
            self._begun = self._clock()
            self._opening = self._open_soon(self._data.read_ring)
        return line

    def look(self) -> str:
        """Return why sessions may be refused that a command has just sealed, an empty string if they are not."""
        if self._failures:
            return "it has changed and could not be opened"
        if self._opening is not None and self._clock() - self._begun > limits.KEY_RING_SECONDS:
            return "it has changed and is still being opened"
        return ""

    def _collect(self) -> str:
        if self._opening is None or not self._opening.done():
            return ""
        opening, self._opening = self._opening, None
        try:
            self._data.take_over(opening.result())
        except Unusable as error:
            return self._failed(f"error: {error}" + (f" ({error.hint})" if error.hint else ""))
        except Exception as error:  # noqa: BLE001 - whatever it was, the ring is not open
            return self._failed(f"error: opening the key ring failed with {type(error).__name__}")
        self._failures, self._told = 0, ""
        return "the key ring has changed: it is in use"

    def _failed(self, message: str) -> str:
        """Count a failure, and return what the operator has not been told yet."""
        wait = min(limits.KEY_RING_AGAIN_SECONDS * 2**self._failures, limits.KEY_RING_AGAIN_SECONDS_MAX)  # fmt: skip
        self._failures += 1
        self._due = self._clock() + wait
        if message == self._told:
            return ""
        self._told = message
        return f"{message}; the key ring from before stays in use, the new one is tried again"
