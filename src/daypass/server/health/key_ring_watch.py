"""Reloading the key ring after a command has changed its file.

A thread opens the changed ring, again until it succeeds. Until then, sessions sealed under its new
key are refused, so the server is not ready. Opening may take as long as the operator's command for
the master key does.
"""

from collections.abc import Callable
from concurrent.futures import Future

from daypass.core.sources import Clock
from daypass.server import limits
from daypass.state.data_directory.key_ring import OpenKeyRing
from daypass.state.data_directory.node_data import NodeData
from daypass.state.unusable import Unusable


class KeyRingWatch:
    """Watches the key ring's file of one data directory, and reloads a changed ring.

    `open_soon` runs a function on another thread and returns its future.
    """

    def __init__(
        self,
        data: NodeData,
        clock: Clock,
        open_soon: Callable[[Callable[[], OpenKeyRing]], "Future[OpenKeyRing]"],
    ) -> None:
        self._data = data
        self._clock = clock
        self._open_soon = open_soon
        self._opening: Future[OpenKeyRing] | None = None
        self._opening_since = 0.0
        self._next_attempt = 0.0
        self._failures = 0
        self._last_tried: tuple[int, int] | None = data.ring.file_version
        """The file's file_version at the last attempt: a ring that has changed again is opened
        at once."""
        self._last_message = ""

    def tick(self) -> str:
        """Begin to open a ring that has changed; return a line for the operator, usually empty.

        Called on the event loop, ten times a second.
        """
        line = self._finish_opening()
        self._data.seal_with_newest_shared_key()
        if self._opening is not None:
            return line
        file_version = self._data.ring_file.file_version()
        if file_version == self._data.ring.file_version:
            self._failures, self._last_message = 0, ""
        elif file_version != self._last_tried or self._clock() >= self._next_attempt:
            self._last_tried = file_version
            self._opening_since = self._clock()
            self._opening = self._open_soon(self._data.reopen_ring)
        return line

    def failure(self) -> str:
        """Return why sessions under a new key may be refused; empty if they are not."""
        if self._failures:
            return "it has changed and could not be opened"
        if (
            self._opening is not None
            and self._clock() - self._opening_since > limits.KEY_RING_SECONDS
        ):
            return "it has changed and is still being opened"
        return ""

    def _finish_opening(self) -> str:
        if self._opening is None or not self._opening.done():
            return ""
        opening, self._opening = self._opening, None
        try:
            self._data.adopt_ring(opening.result())
        except Unusable as error:
            return self._handle_failure(
                f"error: {error}" + (f" ({error.hint})" if error.hint else "")
            )
        except Exception as error:  # noqa: BLE001 - after any exception, the ring is not open
            return self._handle_failure(
                f"error: opening the key ring failed with {type(error).__name__}"
            )
        self._failures, self._last_message = 0, ""
        return "the key ring has changed: it is in use"

    def _handle_failure(self, message: str) -> str:
        """Schedule the next attempt.

        Return the line for the operator, empty if it repeats the last.
        """
        delay = limits.KEY_RING_AGAIN_SECONDS * 2**self._failures
        self._failures += 1
        self._next_attempt = self._clock() + min(delay, limits.KEY_RING_AGAIN_SECONDS_MAX)
        if message == self._last_message:
            return ""
        self._last_message = message
        return f"{message}; the key ring from before stays in use, the new one is tried again"
