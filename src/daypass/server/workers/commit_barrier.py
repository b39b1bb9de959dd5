"""The commit barrier: the answer to a change waits until every worker that serves has applied it.

So a right that was revoked at one worker is revoked at all. Wake-ups only make this fast; what
guarantees it is that every worker looks at the database every few milliseconds. A worker that does
not apply the commit is waited for one second at most, and reported.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from daypass.server import limits
from daypass.server.health.metrics import Aggregation, Metrics
from daypass.server.workers.scoreboard import Scoreboard, WorkerSlot
from daypass.state.snapshot.directory import Directory

RefreshDirectory = Callable[[], "Future[Directory]"]
"""Applies what others have committed, on another thread; the future has the new directory."""
ReportEarlyAnswer = Callable[[int, Sequence[str]], None]
"""Called with a commit that was answered before the workers of these names had applied it."""


class CommitBarrier:
    """The barrier in one worker.

    All methods but `report_applied` run on the worker's event loop.
    """

    def __init__(
        self,
        scoreboard: Scoreboard,
        slot: WorkerSlot,
        refresh: RefreshDirectory,
        report_early_answer: ReportEarlyAnswer,
    ) -> None:
        self._scoreboard = scoreboard
        self._slot = slot
        self._refresh = refresh
        self._report_early_answer = report_early_answer
        self._waiting: dict[asyncio.Future[None], int] = {}
        """The commit that each waiting answer waits for."""
        self._reported: set[str] = set()
        """Workers that were reported since all workers last were in time."""
        self._refreshing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.early_answers = 0
        """How many changes were answered before every worker had applied them."""

    @property
    def is_behind(self) -> bool:
        """Return whether another worker has applied a commit that this one has not."""
        return self._scoreboard.newest_commit > self._slot.applied_commit

    def add_metric_to(self, metrics: Metrics) -> None:
        """Add the count of early answers to the metrics."""
        metrics.add_gauge(
            "daypass_changes_answered_early",
            "Changes that were answered before every worker had applied them.",
            Aggregation.SUM,
            lambda: self.early_answers,
        )

    def join(self) -> None:
        """Let commits of other workers wait for this one, and refresh the directory when woken."""
        descriptor = self._scoreboard.wakeup_descriptor(self._slot)
        asyncio.get_running_loop().add_reader(descriptor, self._handle_wakeup)
        self._slot.mark_live()

    def leave(self) -> None:
        """Let other workers wait for this one no longer."""
        self._slot.clear()
        descriptor = self._scoreboard.wakeup_descriptor(self._slot)
        asyncio.get_running_loop().remove_reader(descriptor)

    def report_applied(self, directory: Directory) -> None:
        """Tell the other workers that requests here are answered from this directory from now on.

        Called by the thread that commits and refreshes the directory.
        """
        self._slot.applied_commit = directory.revision
        self._scoreboard.wake(
            slot for slot in self._scoreboard.slots if slot is not self._slot and slot.is_waiting
        )

    async def wait_until_applied(self, seq: int) -> None:
        """Return when every other worker that serves has applied a commit, or after a second."""
        behind = self._scoreboard.slots_behind(seq, other_than=self._slot)
        if not behind:
            self._reported.clear()
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting[waiter] = seq
        self._slot.is_waiting = True
        self._scoreboard.wake(behind)
        if self._timer is None:
            self._timer = loop.call_later(limits.BARRIER_LOOK_SECONDS, self._poll)
        try:
            async with asyncio.timeout(limits.BARRIER_SECONDS_MAX):
                await waiter
        except TimeoutError:
            self._count_early_answer(seq)
        finally:
            self._waiting.pop(waiter, None)
            self._slot.is_waiting = bool(self._waiting)

    async def catch_up(self) -> None:
        """Return when this worker has applied the commits that others had applied at the call.

        Returns after a second even if it has not.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.BARRIER_SECONDS_MAX):
                # A refresh that is running may have begun before the call; the next one has not.
                for _ in range(2):
                    if self.is_behind:
                        await asyncio.shield(self._begin_refresh())

    def _count_early_answer(self, seq: int) -> None:
        slots = self._scoreboard.slots_behind(seq, other_than=self._slot)
        behind = [slot.name for slot in slots]
        if not behind:
            return
        self.early_answers += 1
        if not self._reported.issuperset(behind):
            self._reported.update(behind)
            self._report_early_answer(seq, behind)

    def _handle_wakeup(self) -> None:
        self._scoreboard.clear_wakeup(self._slot)
        self._complete_waiters()
        if self.is_behind:
            self._begin_refresh()

    def _begin_refresh(self) -> "asyncio.Task[None]":
        """Return the task that applies the commits of others: the running one if there is one."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.get_running_loop().create_task(self._run_refresh())
        return self._refreshing

    async def _run_refresh(self) -> None:
        # The thread that refreshes the directory reports its own failures.
        with suppress(Exception):
            await asyncio.wrap_future(self._refresh())

    def _poll(self) -> None:
        """Complete the waiters whose commit is applied though no wake-up arrived; poll again."""
        self._timer = None
        self._complete_waiters()
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(limits.BARRIER_LOOK_SECONDS, self._poll)

    def _complete_waiters(self) -> None:
        for waiter, seq in list(self._waiting.items()):
            if not self._scoreboard.slots_behind(seq, other_than=self._slot):
                del self._waiting[waiter]
                if not waiter.done():
                    waiter.set_result(None)
        self._slot.is_waiting = bool(self._waiting)
