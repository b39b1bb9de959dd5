"""Batches of audit records: what one turn of the event loop decided is written together, before any of it is answered."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from daypass.server import limits
from daypass.server.audit_log import AuditLog, Entry, Unrecorded
from daypass.server.event import Event
from daypass.server.outbox import Outbox
from daypass.state.nodes import Checkpoint
from daypass.state.nodes import Event as Committed

SYNC_SECONDS = 0.01
"""How long what was written may wait to be forced to disk, so that a crowd of answers costs one forcing."""
UNFORCED = "lines could not be forced to disk"


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
        self._refused = refused or (lambda _reason: None)
        self._durable = durable
        self._batch: list[Event] = []
        self._waiting: asyncio.Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._unsynced = False
        self._syncing = False

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
        mark = self._log.mark
        return Checkpoint(self.outbox.drained(mark.seq), mark.seq, mark.hash, mark.position)

    def record(self, event: Event) -> "asyncio.Future[None]":
        """Return a future that is done when the event is written; it raises `Unrecorded` if it could not be."""
        self._batch.append(event)
        if self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            loop.call_soon(self._write)
        return self._waiting

    def _write(self) -> None:
        batch, waiting = self._batch, self._waiting
        self._batch, self._waiting = [], None
        try:
            is_new = self._append(batch)
        except Exception as error:  # noqa: BLE001 - whatever it was, whoever waits has to learn of it
            self._refused("the last lines could not be written")
            self._again_later()
            if waiting is not None:
                _settle(waiting, _unrecorded(error))
            return
        if waiting is not None and self._durable:
            self._sync_then(waiting)
            return
        if waiting is not None:
            _settle(waiting, None)
        if is_new:
            self._sync_soon()

    def _append(self, events: Sequence[Event]) -> bool:
        """Write the lines of commits, then those of events, all or none; say whether there were any."""
        first = self.outbox.waiting
        entries = [*first, *(Entry(event) for event in events)]
        if entries:
            self._log.append(entries)
        self.outbox.written(len(first), self._log.head.seq)
        return bool(entries)

    def _again_later(self) -> None:
        """Try again after a while what the file has refused of commits: they have happened."""
        if self._is_scheduled or not self.outbox.waiting:
            return

        def again() -> None:
            self._is_scheduled = False
            self._write()

        self._is_scheduled = True
        asyncio.get_running_loop().call_later(limits.RETRY_SECONDS, again)

    def _sync_then(self, waiting: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()

        def synced(done: "asyncio.Future[None]") -> None:
            error = done.exception()
            if error:
                self._refused(UNFORCED)
            _settle(waiting, Unrecorded("The audit log is not durable.") if error else None)

        loop.run_in_executor(self._pool, self._log.sync).add_done_callback(synced)

    def _sync_soon(self) -> None:
        """Force the file to disk behind the answers: one at a time, and once more for what came meanwhile."""
        self._unsynced = True
        if self._syncing:
            return
        self._syncing = True
        asyncio.get_running_loop().call_later(SYNC_SECONDS, self._sync)

    def _sync(self) -> None:
        self._unsynced = False

        def synced(done: "asyncio.Future[None]") -> None:
            self._syncing = False
            if done.exception() is not None:
                self._refused(UNFORCED)
            elif self._unsynced:
                self._sync_soon()

        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._pool, self._log.sync).add_done_callback(synced)

    def close(self) -> None:
        """Write what waits, force everything to disk, and let go of the file."""
        self._loop = None
        self._pool.shutdown()
        try:
            self._append(self._batch)
        finally:
            self._log.close()


def _unrecorded(error: Exception) -> Unrecorded:
    if isinstance(error, Unrecorded):
        return error
    return Unrecorded("The audit log cannot be written.", operator=type(error).__name__)


def _settle(waiting: "asyncio.Future[None]", fault: Unrecorded | None) -> None:
    if waiting.cancelled():
        return
    if fault is None:
        waiting.set_result(None)
        return
    waiting.set_exception(fault)
    # A request that went away asks for nothing; the failure is told by those that stayed.
    waiting.exception()
