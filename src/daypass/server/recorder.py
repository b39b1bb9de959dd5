"""Batches of audit records: what one turn of the event loop decided is written together, before any of it is answered."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from daypass.server.audit_log import AuditLog, Unrecorded
from daypass.server.event import Event

SYNC_SECONDS = 0.01
"""How long what was written may wait to be forced to disk, so that a crowd of answers costs one forcing."""


class Recorder:
    """Writes events in batches; with `durable` each batch is also on disk before it counts as written."""

    def __init__(self, log: AuditLog, *, durable: bool) -> None:
        self._log = log
        self._durable = durable
        self._batch: list[Event] = []
        self._waiting: asyncio.Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="audit")
        self._unsynced = False
        self._syncing = False

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
        assert waiting is not None  # noqa: S101 - set by whoever scheduled this
        try:
            self._log.append(batch)
        except Unrecorded as fault:
            _settle(waiting, fault)
            return
        if self._durable:
            self._sync_then(waiting)
        else:
            _settle(waiting, None)
            self._sync_soon()

    def _sync_then(self, waiting: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()

        def synced(done: "asyncio.Future[None]") -> None:
            error = done.exception()
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
            if self._unsynced and done.exception() is None:
                self._sync_soon()

        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._pool, self._log.sync).add_done_callback(synced)

    def close(self) -> None:
        """Write what waits, force everything to disk, and let go of the file."""
        self._pool.shutdown()
        if self._batch:
            self._log.append(self._batch)
        self._log.close()


def _settle(waiting: "asyncio.Future[None]", fault: Unrecorded | None) -> None:
    if waiting.cancelled():
        return
    if fault is None:
        waiting.set_result(None)
        return
    waiting.set_exception(fault)
    # A request that went away asks for nothing; the failure is told by those that stayed.
    waiting.exception()
