"""Batches of audit records: what one turn of the event loop decided is written together, before any of it is answered.

Whatever goes wrong, every waiter learns of it: a request never waits for a line that will not be written.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from daypass.server import clock, limits
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.outbox import Outbox
from daypass.server.audit.unrecorded import Unrecorded
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.side_tables.nodes import Event as Committed

SYNC_SECONDS = 0.01
"""How long what was written may wait to be forced to disk, so that a crowd of answers costs one forcing."""

Waiter = asyncio.Future[None]


class Recorder:
    """Writes events in batches; with `durable` each batch is also on disk before it counts as written.

    `refused` is told in plain words whenever the file did not take something.
    """

    def __init__(
        self,
        log: AuditLog,
        *,
        durable: bool,
        refused: Callable[[str], None] | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        self._log = log
        self.outbox = Outbox() if outbox is None else outbox
        """The events of commits: their lines come before all others."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_scheduled = False
        self._tell = refused or (lambda _reason: None)
        self._durable = durable
        self._batch: list[tuple[Event, Waiter]] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._unsynced = False
        self._syncing = False
        self._refused = ""
        self._lost = 0
        self._not_durable = ""

    @property
    def trouble(self) -> str:
        """Return why the log's file took no line, or was not forced to disk, the last time; empty if it did and was."""
        return self._refused or self._not_durable

    def take(self, events: Sequence[Committed]) -> None:
        """Have the lines of commits written, in order, before whoever asked for them is answered; any thread may say so."""
        self.outbox.put(events)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._write)

    def start(self) -> None:
        """Write what the last start, and this one, have left to be written; from now on this event loop writes."""
        self._loop = asyncio.get_running_loop()
        self._write()

    def expect(self) -> None:
        """Be ready for the line of a commit; raises `Unavailable` where too many wait already."""
        self.outbox.check()
        self._loop = self._loop or asyncio.get_running_loop()

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what is known to be on disk of the log."""
        return self.outbox.checkpoint(self._log.mark)

    def record(self, event: Event) -> Waiter:
        """Return a future that is done when the event is written; it raises `Unrecorded` if it could not be.

        Each event has a future of its own: a request that is cancelled takes nobody else along.
        """
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        if not self._batch:
            loop.call_soon(self._write)
        self._batch.append((event, waiter))
        return waiter

    def retry(self) -> None:
        """Try the file again if it refused lines the last time, so that it is known to take them before somebody needs it."""
        if self._refused and not self._batch:
            with contextlib.suppress(Unrecorded):
                if self._append([]):
                    self._sync_soon(SYNC_SECONDS)

    def _write(self) -> None:
        batch, self._batch = self._batch, []
        waiters = [waiter for _, waiter in batch]
        try:
            is_new = self._append([event for event, _ in batch])
            if self._durable and waiters:
                self._sync_then(waiters)
                return
        except BaseException as error:
            self._again_later()
            _settle(waiters, _unrecorded(error))
            if not isinstance(error, Exception):
                raise
            return
        _settle(waiters, _not_durable(self._not_durable) if self._not_durable else None)
        if is_new:
            self._sync_soon(SYNC_SECONDS)

    def _append(self, events: Sequence[Event]) -> bool:
        """Write the lines of commits, then how many are missing if the file refused some, then those of events.

        All or none; says whether there were any.
        """
        first = self.outbox.waiting
        missing = [_missing(self._lost)] if self._lost else []
        try:
            self._log.append([*first, *missing, *events])
        except Exception as error:
            self._lost += len(events)
            self._refused = f"lines cannot be written: {_reason(error)}"
            self._tell(self._refused)
            raise
        self._lost, self._refused = 0, ""
        self.outbox.written(len(first), self._log.head.seq)
        return bool(first or missing or events)

    def _again_later(self) -> None:
        """Try again after a while what the file has refused of commits: they have happened."""
        if self._is_scheduled or not self.outbox.waiting:
            return

        def again() -> None:
            self._is_scheduled = False
            self._write()

        self._is_scheduled = True
        asyncio.get_running_loop().call_later(limits.RETRY_SECONDS, again)

    def _sync_then(self, waiters: Sequence[Waiter]) -> None:
        def synced(done: "asyncio.Future[None]") -> None:
            self._outcome(done)
            _settle(waiters, _not_durable(self._not_durable) if self._not_durable else None)
            if self._not_durable:
                self._sync_soon(limits.RETRY_SECONDS)

        asyncio.get_running_loop().run_in_executor(self._pool, self._log.sync).add_done_callback(
            synced
        )

    def _sync_soon(self, seconds: float) -> None:
        """Force the file to disk behind the answers: one at a time, and once more for what came meanwhile."""
        self._unsynced = True
        if self._syncing:
            return
        self._syncing = True
        asyncio.get_running_loop().call_later(seconds, self._sync)

    def _sync(self) -> None:
        self._unsynced = False

        def synced(done: "asyncio.Future[None]") -> None:
            self._syncing = False
            self._outcome(done)
            if self._not_durable:
                self._sync_soon(limits.RETRY_SECONDS)
            elif self._unsynced:
                self._sync_soon(SYNC_SECONDS)

        asyncio.get_running_loop().run_in_executor(self._pool, self._log.sync).add_done_callback(
            synced
        )

    def _outcome(self, done: "asyncio.Future[None]") -> None:
        """Note whether the file was forced to disk."""
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        self._not_durable = f"lines cannot be forced to disk: {_reason(error)}" if error else ""
        if self._not_durable:
            self._tell(self._not_durable)

    def close(self) -> None:
        """Write what waits, force everything to disk, and let go of the file; raises `Unrecorded` where that fails."""
        self._loop = None
        self._pool.shutdown()
        batch, self._batch = self._batch, []
        fault: Unrecorded | None = None
        try:
            if batch or self._lost or self.outbox.waiting:
                self._append([event for event, _ in batch])
        except Exception as error:
            fault = _unrecorded(error)
            raise fault from error
        finally:
            _settle([waiter for _, waiter in batch if not waiter.get_loop().is_closed()], fault)
            self._log.close()


def _reason(error: BaseException) -> str:
    """Return a failure in words without a path: everybody who reaches the port may read them."""
    if isinstance(error, Unrecorded):
        return error.reason
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _unrecorded(error: BaseException) -> Unrecorded:
    if isinstance(error, Unrecorded):
        return error
    return Unrecorded(
        "The audit log cannot be written.", operator=f"{type(error).__name__}: {error}"
    )


def _not_durable(why: str) -> Unrecorded:
    return Unrecorded("The audit log is not durable.", operator=why, reason=why)


def _missing(count: int) -> Event:
    """Return the event that stands for lines which the file refused."""
    return Event(
        time=clock.wall(),
        request="",
        service="daypass",
        operation="audit-log-resumed",
        outcome="LinesMissing",
        message=f"{count} decisions before this line are not in the log: its file refused them",
    )


def _settle(waiters: Sequence[Waiter], fault: Unrecorded | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue
        if fault is None:
            waiter.set_result(None)
            continue
        waiter.set_exception(fault)
        # A request that went away asks for nothing; the failure is told by those that stayed.
        waiter.exception()
