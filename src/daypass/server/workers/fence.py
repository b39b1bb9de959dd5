"""The answer to a change waits until every worker that serves has it: what was revoked here is revoked everywhere.

Bells only wake; that every worker looks at the database every few milliseconds is what can be relied upon. A worker that does
not come along is waited for one second at most, and told of.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from daypass.server import limits
from daypass.server.health.metrics import Combine, Metrics
from daypass.server.workers.board import Board, Place
from daypass.state.snapshot.directory import Directory

Fresh = Callable[[], "Future[Directory]"]
Missed = Callable[[int, Sequence[str]], None]
"""Is told of a commit that was answered before it was applied by workers of these names."""


class Fence:
    """The fence as one worker has it; all of it but `published` runs on the worker's event loop."""

    def __init__(self, board: Board, place: Place, fresh: Fresh, missed: Missed) -> None:
        self._board = board
        self._place = place
        self._fresh = fresh
        self._missed = missed
        self._waiting: dict[asyncio.Future[None], int] = {}
        """Who waits, and for which commit."""
        self._told: set[str] = set()
        """Workers that did not come along the last time, and were told of."""
        self._looking: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.passed_late = 0
        """How many changes were answered before every worker had them."""

    @property
    def is_behind(self) -> bool:
        """Say whether another worker knows of a commit that this one has not applied."""
        return self._board.newest > self._place.applied

    def show(self, metrics: Metrics) -> None:
        """Show how often somebody was not waited for."""
        metrics.gauge(
            "daypass_changes_answered_early",
            "Changes that were answered before every worker had applied them.",
            Combine.SUM,
            lambda: self.passed_late,
        )

    def begin(self) -> None:
        """Be waited for from now on, and come along when rung."""
        asyncio.get_running_loop().add_reader(self._board.bell(self._place), self._rung)
        self._place.enter()

    def end(self) -> None:
        """Be waited for no longer."""
        self._place.leave()
        asyncio.get_running_loop().remove_reader(self._board.bell(self._place))

    def published(self, directory: Directory) -> None:
        """Say that requests are answered from this directory from now on; called by the thread that commits and looks."""
        self._place.applied = directory.revision
        self._board.ring(
            place for place in self._board.places if place is not self._place and place.is_waiting
        )

    async def passed(self, seq: int) -> None:
        """Return when every other worker that serves has applied a commit, or after a second."""
        late = self._board.lagging(seq, beside=self._place)
        if not late:
            self._told.clear()
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting[waiter] = seq
        self._place.is_waiting = True
        self._board.ring(late)
        if self._timer is None:
            self._timer = loop.call_later(limits.FENCE_LOOK_SECONDS, self._look)
        try:
            async with asyncio.timeout(limits.FENCE_SECONDS_MAX):
                await waiter
        except TimeoutError:
            self._miss(seq)
        finally:
            self._waiting.pop(waiter, None)
            self._place.is_waiting = bool(self._waiting)

    async def caught_up(self) -> None:
        """Return when this worker has applied what others had when this was asked, or cannot within a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.FENCE_SECONDS_MAX):
                # A look that is under way may have begun before: the next one has not.
                for _ in range(2):
                    if self.is_behind:
                        await asyncio.shield(self._look_at_database())

    def _miss(self, seq: int) -> None:
        late = [place.name for place in self._board.lagging(seq, beside=self._place)]
        if not late:
            return
        self.passed_late += 1
        if not self._told.issuperset(late):
            self._told.update(late)
            self._missed(seq, late)

    def _rung(self) -> None:
        self._board.silence(self._place)
        self._settle()
        if self.is_behind:
            self._look_at_database()

    def _look_at_database(self) -> "asyncio.Task[None]":
        """Have this worker apply what others have committed: one look at a time, which whoever comes meanwhile shares."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._looked())
        return self._looking

    async def _looked(self) -> None:
        # Whatever refuses it, the thread that looks says so itself.
        with suppress(Exception):
            await asyncio.wrap_future(self._fresh())

    def _look(self) -> None:
        """Look whether what is waited for has happened though no bell was heard."""
        self._timer = None
        self._settle()
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(limits.FENCE_LOOK_SECONDS, self._look)

    def _settle(self) -> None:
        for waiter, seq in list(self._waiting.items()):
            if not self._board.lagging(seq, beside=self._place):
                del self._waiting[waiter]
                if not waiter.done():
                    waiter.set_result(None)
        self._place.is_waiting = bool(self._waiting)
