"""The committer: the one thread of a node that writes to the store.

Callers wait for their own changes alone. Changes that arrive while a commit is being written to
disk go into the next commit together. The directory that requests read is replaced only after its
commit is durable.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import TypeVar

from msgspec.structs import replace

from daypass.core.sources import Clock
from daypass.state.changes import Changes
from daypass.state.commit_reservation import CommitReservation
from daypass.state.pending_commits import (
    PendingCommit,
    failure_reason,
    queue_full,
    refuse_all,
    refuse_overdue,
    storage_failure,
)
from daypass.state.side_tables.nodes import CommitEvent
from daypass.state.snapshot.directory import Directory
from daypass.state.store import BatchResult, Stale, Store, Unavailable

T = TypeVar("T")
WAITING_MAX = 10_000
BATCH_MAX = 256


EventSink = Callable[[Sequence[CommitEvent]], None]
"""Receives the events of durable commits, in order, on the committer's own thread."""


class Committer:
    """Commits changes in the order in which they are submitted."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        *,
        now: Clock,
        poll_seconds: float | None = None,
    ) -> None:
        """Start the thread, with the directory that was loaded from the store.

        `poll_seconds` is how often to look for commits of other nodes, None if there is no
        other node.
        """
        self.on_events: EventSink = _discard
        """Receives the event of each own commit before the commit's future is set.

        It also receives the event of a commit whose outcome was lost, once the commit is
        found.
        """
        self.on_publish: Callable[[Directory], None] = _discard
        """Receives each new directory, on the committer's thread.

        The futures of the commits that made it are set only then.
        """
        self.records_put = 0
        """How many records were put or removed since the start."""
        self._store = store
        self._directory = directory
        self._now = now
        self._poll_seconds = poll_seconds
        self._polled_at = monotonic()
        self._jobs: queue.Queue[PendingCommit | Callable[[], None] | None] = queue.Queue(
            WAITING_MAX
        )
        self._write_failure = ""
        self._events_sent_to = directory.revision
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def directory(self) -> Directory:
        """Return the directory as of the last durable commit."""
        return self._directory

    @property
    def is_alone(self) -> bool:
        """Return whether no other node writes to the store."""
        return self._poll_seconds is None

    @property
    def is_healthy(self) -> bool:
        """Return whether the last write was stored."""
        return not self.write_failure

    @property
    def write_failure(self) -> str:
        """Return in plain words why the last write was not stored; an empty string if it was."""
        return (
            self._write_failure if self._thread.is_alive() else "the thread that writes has ended"
        )

    def submit(self, changes: Changes, event: bytes) -> "Future[Directory]":
        """Commit changes and their event together; return a future of the directory after them.

        The directory's revision is the number of the commit. The future raises
        `store.Stale` if a partition that was read has changed, the fault that a one-time
        ticket names if another commit took it, and `Unavailable` if the storage refused.
        """
        future: Future[Directory] = Future()
        try:
            self._jobs.put_nowait(PendingCommit(replace(changes, event=event), monotonic(), future))
        except queue.Full:
            future.set_exception(queue_full())
        if not self._thread.is_alive():
            self._refuse_remaining()
        return future

    def reserve(self) -> "CommitReservation[PendingCommit]":
        """Return a reservation of the next commit, for a caller that was overtaken too often.

        Once its `ready` is done, nobody else commits until it is used (`commit_reserved`),
        cancelled, or times out.
        """
        reservation: CommitReservation[PendingCommit] = CommitReservation()
        if not self._thread.is_alive():
            reservation.ready.set_exception(Unavailable("The store is closed."))
            return reservation
        try:
            self._jobs.put_nowait(lambda: self._commit_reserved(reservation))
        except queue.Full:
            reservation.ready.set_exception(queue_full())
        return reservation

    def commit_reserved(
        self, reservation: "CommitReservation[PendingCommit]", changes: Changes, event: bytes
    ) -> "Future[Directory]":
        """Commit changes in a reserved commit, as `submit` does.

        The future raises `Stale` if the reservation has ended.
        """
        job = PendingCommit(replace(changes, event=event), monotonic(), Future())
        if not reservation.use(job):
            job.future.set_exception(Stale())
        return job.future

    def run_later(self, task: Callable[[], None]) -> None:
        """Run a task on the writing thread, without a result; dropped if the queue is full.

        For writes that may be lost, such as those of last uses.
        """
        try:
            self._jobs.put_nowait(task)
        except queue.Full:
            return

    def run(self, task: Callable[[], T]) -> "Future[T]":
        """Run a task on the writing thread, between two commits; return a future of its result."""
        future: Future[T] = Future()

        def settle() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(task())
            except Exception as error:  # noqa: BLE001 - the future carries it
                future.set_exception(error)

        try:
            self._jobs.put_nowait(settle)
        except queue.Full:
            future.set_exception(queue_full())
        return future

    def run_and_wait(self, task: Callable[[], T]) -> T:
        """Run a task on the writing thread and wait; return its result or raise its exception.

        Called on the writing thread itself, or after the committer is closed, it runs the
        task directly. Must not be called on an event loop.
        """
        if not self._thread.is_alive() or threading.current_thread() is self._thread:
            return task()
        return self.run(task).result()

    def probe_write(self) -> "Future[str]":
        """Try a write; return a future of why it is refused, an empty string if it is not.

        After a failed write the directory is read again first, so that the next changes are
        made from what is stored.
        """
        future: Future[str] = Future()

        def attempt() -> None:
            try:
                self._store.try_write()
                self._recover()
                self._write_failure = ""
            except Exception as error:  # noqa: BLE001 - with any error, a write is refused
                self._write_failure = failure_reason(error)
            if future.set_running_or_notify_cancel():
                future.set_result(self.write_failure)

        try:
            self._jobs.put_nowait(attempt)
        except queue.Full:
            future.set_result("too many changes are waiting to be stored")
        return future

    def catch_up(self) -> "Future[Directory]":
        """Return a future of the directory with all commits, of any node, made before this call."""
        return self.run(self._poll)

    def close(self) -> None:
        """Commit the queued changes, then stop the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        """Run on the thread: commit batches, run tasks and poll, until the queue ends."""
        while True:
            batch, tasks, is_last = self._gather()
            if batch:
                self._commit(batch)
            for task in tasks:
                self._run_guarded(task)
            if (
                self._poll_seconds is not None
                and monotonic() - self._polled_at >= self._poll_seconds
            ):
                self._run_guarded(self._poll)
            if is_last:
                self._refuse_remaining()
                return

    def _refuse_remaining(self) -> None:
        """Fail changes that were queued after the end, because the thread no longer takes any."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if isinstance(job, PendingCommit) and job.future.set_running_or_notify_cancel():
                refuse_all([job], Unavailable("The store is closed."))

    def _gather(self) -> tuple[list[PendingCommit], list[Callable[[], None]], bool]:
        """Return the queued changes, the queued tasks, and whether the queue ended."""
        batch: list[PendingCommit] = []
        tasks: list[Callable[[], None]] = []
        try:
            job = self._jobs.get(timeout=self._poll_seconds)
        except queue.Empty:
            return batch, tasks, False
        while True:
            if job is None:
                return batch, tasks, True
            if isinstance(job, PendingCommit):
                # A cancelled change is dropped; from here on its future cannot be cancelled.
                if job.future.set_running_or_notify_cancel():
                    batch.append(job)
            else:
                tasks.append(job)
            if len(batch) >= BATCH_MAX:
                return batch, tasks, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, tasks, False

    def _commit(self, batch: list[PendingCommit]) -> None:
        try:
            if self._write_failure:
                batch = refuse_overdue(batch)
            self._recover()
            changes = [job.changes for job in batch]
            committed = self._store.commit(self._directory, changes, now=int(self._now()))
        except Exception as error:  # noqa: BLE001 - with any error, no future may succeed
            self._write_failure = failure_reason(error)
            refuse_all(batch, error if isinstance(error, Unavailable) else storage_failure(error))
            return
        self._settle(batch, committed)

    def _commit_reserved(self, reservation: "CommitReservation[PendingCommit]") -> None:
        """Let the holder of a reservation decide while nobody else commits; commit its changes."""
        if not reservation.ready.set_running_or_notify_cancel():
            return
        batch: list[PendingCommit] = []

        def decide_last(directory: Directory) -> Changes | None:
            self._adopt(directory)
            reservation.ready.set_result(None)
            job = reservation.wait_for_job()
            if job is None or not job.future.set_running_or_notify_cancel():
                return None
            batch.append(job)
            return job.changes

        try:
            self._recover()
            committed = self._store.commit(
                self._directory, (), now=int(self._now()), decide_last=decide_last
            )
        except Exception as error:  # noqa: BLE001 - as above
            self._write_failure = failure_reason(error)
            fault = error if isinstance(error, Unavailable) else storage_failure(error)
            if not reservation.ready.done():
                reservation.ready.set_exception(fault)
            refuse_all(batch, fault)
            return
        self._settle(batch, committed)

    def _settle(self, batch: Sequence[PendingCommit], committed: BatchResult) -> None:
        """Publish a batch that was committed, then set the future of each of its changes."""
        self._write_failure = ""
        self._publish(batch, committed)
        for job, outcome in zip(batch, committed.outcomes, strict=True):
            if isinstance(outcome, Directory):
                job.future.set_result(outcome)
            else:
                job.future.set_exception(outcome)

    def _publish(self, batch: Sequence[PendingCommit], committed: BatchResult) -> None:
        """Replace the directory by the one after a batch; its events go to the audit log first."""
        self._replace_directory(committed.directory)
        events = []
        for job, outcome in zip(batch, committed.outcomes, strict=True):
            if not (isinstance(outcome, Directory) and job.changes):
                continue
            self.records_put += len(job.changes.records)
            if job.changes.event:
                events.append(CommitEvent(outcome.revision, job.changes.event))
        self._events_sent_to = committed.directory.revision
        if events:
            self._run_guarded(lambda: self.on_events(events))

    def _poll(self) -> Directory:
        """Catch up with commits of other nodes, which may have revoked something.

        Own writes that fail are no reason to wait.
        """
        self._polled_at = monotonic()
        if self._write_failure:
            self._recover()
            return self._directory
        directory = self._store.catch_up(self._directory)
        self._adopt(directory)
        return directory

    def _adopt(self, directory: Directory) -> None:
        """Answer from a directory that differs only by commits of other nodes."""
        if directory is not self._directory:
            # An estimate: the number of records in a commit of another node is not known here.
            self.records_put += directory.revision - self._directory.revision
            self._replace_directory(directory)
            self._events_sent_to = directory.revision

    def _replace_directory(self, directory: Directory) -> None:
        self._directory = directory
        self.on_publish(directory)

    def _recover(self) -> None:
        """After a failed write, read the directory again.

        The commit that the storage refused may be on disk nevertheless, with its event.
        """
        if not self._write_failure:
            return
        directory = self._store.catch_up(self._directory)
        found = self._store.events_after(self._events_sent_to)
        self._replace_directory(directory)
        self._events_sent_to = directory.revision
        if found:
            self.on_events(found)

    def _run_guarded(self, task: Callable[[], object]) -> None:
        """Run a task whose failure is noted as a failed write, and does not end the thread."""
        try:
            task()
        except Exception as error:  # noqa: BLE001 - the task may be lost, the thread must go on
            self._write_failure = failure_reason(error)


def _discard(_events_sent_to: object) -> None:
    """Ignore the argument: events stay in the store until the next start."""
