"""Batches of audit records: the events of one turn of the event loop are written together.

A turn's lines are written before any of its answers is sent. Every failure reaches every waiter: a
request never waits for a line that will not be written.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from daypass.server import clock, limits
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog, Unrecorded
from daypass.server.audit.outbox import Outbox
from daypass.state.side_tables.nodes import Checkpoint, CommitEvent

SYNC_SECONDS = 0.05
"""How long written lines may wait to be forced to disk, so that a crowd of answers costs one
sync."""

Waiter = Callable[[Unrecorded | None], None]
"""Called once an event is written, or could not be for that reason."""


class Recorder:
    """Writes events in batches.

    With `durable` each batch is also forced to disk before it counts as written. `on_refusal` is
    called with the reason in plain words whenever the file refuses lines or a sync.
    """

    def __init__(
        self,
        log: AuditLog,
        *,
        durable: bool,
        on_refusal: Callable[[str], None] | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        self._log = log
        self.outbox = Outbox() if outbox is None else outbox
        """The events of commits: their lines come before all others."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_scheduled = False
        self._on_refusal = on_refusal or (lambda _reason: None)
        self._durable = durable
        self._batch: list[tuple[Event, Waiter]] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._has_unsynced = False
        self._is_syncing = False
        self._append_failure = ""
        self._refused_count = 0
        self._sync_failure = ""

    @property
    def failure(self) -> str:
        """Return why the last append or sync of the log's file failed; empty if neither did."""
        return self._append_failure or self._sync_failure

    def add_commits(self, events: Sequence[CommitEvent]) -> None:
        """Add the events of commits, to be written before their callers are answered.

        Thread-safe.
        """
        self.outbox.add(events)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._write)

    def start(self) -> None:
        """Write the waiting events of the last start and of this one.

        From now on this event loop writes.
        """
        self._loop = asyncio.get_running_loop()
        self._write()

    def expect_commit(self) -> None:
        """Prepare for the event of a commit.

        Raises `Unavailable` if too many events wait already.
        """
        self.outbox.check_capacity()
        self._loop = self._loop or asyncio.get_running_loop()

    @property
    def checkpoint(self) -> Checkpoint:
        """Return how far the log is known to be on disk, for the store."""
        return self.outbox.checkpoint(self._log.durable_point)

    def record(self, event: Event) -> asyncio.Future[None]:
        """Return a future that is done when the event is written.

        It raises `Unrecorded` if the event could not be written. Each event has a future of its
        own: cancelling one request does not cancel another's.
        """
        future = asyncio.get_running_loop().create_future()
        self.record_then(event, partial(_complete_future, future))
        return future

    def record_then(self, event: Event, waiter: Waiter) -> None:
        """Have an event written, and `waiter` called afterwards; it must not raise."""
        if not self._batch:
            asyncio.get_running_loop().call_soon(self._write)
        self._batch.append((event, waiter))

    def retry(self) -> None:
        """Try the file again if it refused lines the last time.

        So its recovery is known before the next event needs it.
        """
        if self._append_failure and not self._batch:
            with contextlib.suppress(Unrecorded):
                if self._append([]):
                    self._sync_soon(SYNC_SECONDS)

    def _write(self) -> None:
        batch, self._batch = self._batch, []
        waiters = [waiter for _, waiter in batch]
        try:
            is_new = self._append([event for event, _ in batch])
            if self._durable and waiters:
                self._sync_for(waiters)
                return
        except BaseException as error:
            self._schedule_retry()
            _complete_waiters(waiters, _as_unrecorded(error))
            if not isinstance(error, Exception):
                raise
            return
        _complete_waiters(
            waiters, _not_durable_fault(self._sync_failure) if self._sync_failure else None
        )
        if is_new:
            self._sync_soon(SYNC_SECONDS)

    def _append(self, events: Sequence[Event]) -> bool:
        """Write the lines of commits, then one that counts refused lines, then those of events.

        All or none. Returns whether there were any. Raises what the log raises.
        """
        committed = self.outbox.entries
        missing = [_missing_lines_event(self._refused_count)] if self._refused_count else []
        try:
            self._log.append([*committed, *missing, *events])
        except Exception as error:
            self._refused_count += len(events)
            self._append_failure = f"lines cannot be written: {_plain_reason(error)}"
            self._on_refusal(self._append_failure)
            raise
        self._refused_count, self._append_failure = 0, ""
        self.outbox.mark_written(len(committed), self._log.head.seq)
        return bool(committed or missing or events)

    def _schedule_retry(self) -> None:
        """Schedule another write if events of commits wait, since their changes have happened."""
        if self._is_scheduled or not self.outbox.entries:
            return

        def again() -> None:
            self._is_scheduled = False
            self._write()

        self._is_scheduled = True
        asyncio.get_running_loop().call_later(limits.RETRY_SECONDS, again)

    def _sync_for(self, waiters: Sequence[Waiter]) -> None:
        """Force the file to disk, then complete the waiters of durable events."""

        def synced(done: "asyncio.Future[None]") -> None:
            self._store_sync_result(done)
            _complete_waiters(
                waiters, _not_durable_fault(self._sync_failure) if self._sync_failure else None
            )
            if self._sync_failure:
                self._sync_soon(limits.RETRY_SECONDS)

        asyncio.get_running_loop().run_in_executor(self._pool, self._log.sync).add_done_callback(
            synced
        )

    def _sync_soon(self, seconds: float) -> None:
        """Force the file to disk without delaying answers.

        One sync runs at a time; lines written meanwhile get another.
        """
        self._has_unsynced = True
        if self._is_syncing:
            return
        self._is_syncing = True
        asyncio.get_running_loop().call_later(seconds, self._sync)

    def _sync(self) -> None:
        self._has_unsynced = False

        def synced(done: "asyncio.Future[None]") -> None:
            self._is_syncing = False
            self._store_sync_result(done)
            if self._sync_failure:
                self._sync_soon(limits.RETRY_SECONDS)
            elif self._has_unsynced:
                self._sync_soon(SYNC_SECONDS)

        asyncio.get_running_loop().run_in_executor(self._pool, self._log.sync).add_done_callback(
            synced
        )

    def _store_sync_result(self, done: "asyncio.Future[None]") -> None:
        """Store whether a sync succeeded, and report a failure."""
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        self._sync_failure = (
            f"lines cannot be forced to disk: {_plain_reason(error)}" if error else ""
        )
        if self._sync_failure:
            self._on_refusal(self._sync_failure)

    def close(self) -> None:
        """Write the waiting events, force them to disk, and close the file.

        Raises `Unrecorded` if any of that fails.
        """
        self._loop = None
        self._pool.shutdown()
        batch, self._batch = self._batch, []
        fault: Unrecorded | None = None
        try:
            if batch or self._refused_count or self.outbox.entries:
                self._append([event for event, _ in batch])
        except Exception as error:
            fault = _as_unrecorded(error)
            raise fault from error
        finally:
            _complete_waiters([waiter for _, waiter in batch], fault)
            self._log.close()


def _plain_reason(error: BaseException) -> str:
    """Return why an operation failed, without a path: anybody who reaches the port may read it."""
    if isinstance(error, Unrecorded):
        return error.reason
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _as_unrecorded(error: BaseException) -> Unrecorded:
    """Return an error as `Unrecorded`, with the error's type and text for the operator."""
    if isinstance(error, Unrecorded):
        return error
    return Unrecorded(
        "The audit log cannot be written.", operator=f"{type(error).__name__}: {error}"
    )


def _not_durable_fault(why: str) -> Unrecorded:
    return Unrecorded("The audit log is not durable.", operator=why, reason=why)


def _missing_lines_event(count: int) -> Event:
    """Return the event that counts the lines which the file refused."""
    return Event(
        time=clock.wall(),
        request="",
        service="daypass",
        operation="audit-log-resumed",
        outcome="LinesMissing",
        message=f"{count} decisions before this line are not in the log: its file refused them",
    )


def _complete_waiters(waiters: Sequence[Waiter], fault: Unrecorded | None) -> None:
    """Tell all that wait: with `fault`, or None if their events were written."""
    for waiter in waiters:
        waiter(fault)


def _complete_future(future: asyncio.Future[None], fault: Unrecorded | None) -> None:
    if future.done() or future.get_loop().is_closed():
        return
    if fault is None:
        future.set_result(None)
        return
    future.set_exception(fault)
    # Marks the exception as retrieved: a request that went away never awaits its future.
    future.exception()
