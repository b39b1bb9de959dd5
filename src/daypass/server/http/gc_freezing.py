"""Freezes long-lived records, so that the garbage collector does not walk through them.

A full collection walks through every object that may be part of a cycle while all other threads
stand still: 60 ms for 5,000 users. Records make no cycles, so they are freed without a collection.

A start makes no cycles worth a collection either: modules and records stay. So the collector pauses
(`pause_during_start`) until the server listens.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from daypass.server import limits

YOUNG_OBJECTS = 10_000
"""After how many new objects the collector looks at them; 700 by default."""


@contextmanager
def pause_during_start() -> Iterator[None]:
    """Pause the collector in this block, or until `end_pause` inside it.

    Otherwise it walks two hundred times through modules that are being loaded, which is a tenth of
    a start, and through all records of a large directory.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def end_pause() -> None:
    """Freeze all objects that the start made, and let the collector look at later ones."""
    gc.freeze()
    # A request makes some hundred objects, of which none stays: looking after every few requests
    # whether there is a cycle among them finds none.
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
    gc.enable()


class GcFreezer:
    """Calls `gc.freeze` at the start and whenever many records were added.

    `records_put` returns how many records were put since the start.
    """

    def __init__(self, records_put: Callable[[], int]) -> None:
        self._records_put = records_put
        self._frozen_at = records_put()

    def freeze_start(self) -> None:
        """End the pause of a start, before the first request."""
        self._frozen_at = self._records_put()
        end_pause()

    def tick(self) -> None:
        """Freeze all objects if many records were put since the last time; this takes no walk."""
        if self._records_put() - self._frozen_at >= limits.RECORDS_FROZEN_TOGETHER:
            self._freeze()

    def _freeze(self) -> None:
        self._frozen_at = self._records_put()
        gc.freeze()
