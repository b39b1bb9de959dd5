"""The committer: one thread that writes, everybody else waits for what they asked for and nothing more.

What arrives while a commit is on its way to disk goes into the next one together. The directory that others read is exchanged
only after its commit is durable.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from time import monotonic
from typing import TypeVar

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
"""Takes the events of commits that are durable, in order, on the committer's own thread."""


class Committer:
    """Commits changes in the order in which they come."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        *,
        now: Clock,
        poll_seconds: float | None = None,
    ) -> None:
        """Begin with the directory of a store; `poll_seconds` is how often to look for commits of others, None if there are none."""
        self.on_events: EventSink = _discard
        """Is told of every own commit before whoever asked for it; of one whose answer was lost when it is found."""
        self.on_publish: Callable[[Directory], None] = _discard
        """Is told of every directory that requests are answered from, on the thread that commits, before anybody's change is answered."""
        self.records_put = 0
        """How many records were put, or removed, since the start."""
        self._store = store
        self._directory = directory
        self._now = now
        self._look_seconds = poll_seconds
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
        """Return the snapshot of the last durable commit."""
        return self._directory

    @property
    def is_alone(self) -> bool:
        """Say whether no other node writes to the store."""
        return self._look_seconds is None

    @property
    def is_healthy(self) -> bool:
        """Say whether the last write was stored."""
        return not self.write_failure

    @property
    def write_failure(self) -> str:
        """Return in plain words why the last write was not stored; an empty string if it was."""
        return (
            self._write_failure if self._thread.is_alive() else "the thread that writes has ended"
        )

    def submit(self, changes: Changes, event: bytes) -> "Future[Directory]":
        """Return a future of the directory after the changes, which are durable together with their event.

        The directory's revision is the number of the commit. The future raises `store.Stale` if what the changes were made from
        has moved, a ticket's own fault if somebody has taken it, and `Unavailable` if the storage refused.
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
        """Return the next commit, kept for who decides on it when it has begun; see `commit_reserved`."""
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
        """Return the future of changes that were made while a reservation holds, as `submit` does; `Stale` if it held no longer."""
        job = PendingCommit(replace(changes, event=event), monotonic(), Future())
        if not reservation.use(job):
            job.future.set_exception(Stale())
        return job.future

    def run_later(self, task: Callable[[], None]) -> None:
        """Let the writing thread do something that may be lost, such as writing last uses."""
        try:
            self._jobs.put_nowait(task)
        except queue.Full:
            return

    def run(self, task: Callable[[], T]) -> "Future[T]":
        """Return a future of what the writing thread made of a task, between two commits; it raises what the task raised."""
        future: Future[T] = Future()

        def settle() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(task())
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                future.set_exception(error)

        try:
            self._jobs.put_nowait(settle)
        except queue.Full:
            future.set_exception(queue_full())
        return future

    def run_and_wait(self, task: Callable[[], T]) -> T:
        """Return what the writing thread made of a task, or raise what it raised; on that thread itself, without waiting.

        Not to be called on an event loop. Once the committer is closed the caller runs it.
        """
        if not self._thread.is_alive() or threading.current_thread() is self._thread:
            return task()
        return self.run(task).result()

    def probe_write(self) -> "Future[str]":
        """Return a future of why a write is refused now, an empty string if it is taken.

        After a write_failure what is known is read again first, so that the next change is made from what is stored.
        """
        future: Future[str] = Future()

        def attempt() -> None:
            try:
                self._store.try_write()
                self._recover()
                self._write_failure = ""
            except Exception as error:  # noqa: BLE001 - whatever it was, a write is not taken
                self._write_failure = failure_reason(error)
            if future.set_running_or_notify_cancel():
                future.set_result(self.write_failure)

        try:
            self._jobs.put_nowait(attempt)
        except queue.Full:
            future.set_result("too many changes are waiting to be stored")
        return future

    def catch_up(self) -> "Future[Directory]":
        """Return a future of the directory with everything that was committed before this was asked, by anybody."""
        return self.run(self._poll)

    def close(self) -> None:
        """Commit what waits, then stop."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            batch, tasks, is_last = self._gather()
            if batch:
                self._commit(batch)
            for task in tasks:
                self._run_guarded(task)
            if (
                self._look_seconds is not None
                and monotonic() - self._polled_at >= self._look_seconds
            ):
                self._run_guarded(self._poll)
            if is_last:
                self._refuse_remaining()
                return

    def _refuse_remaining(self) -> None:
        """Settle what came after the end: there is nobody left to do it."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if isinstance(job, PendingCommit) and job.future.set_running_or_notify_cancel():
                refuse_all([job], Unavailable("The store is closed."))

    def _gather(self) -> tuple[list[PendingCommit], list[Callable[[], None]], bool]:
        batch: list[PendingCommit] = []
        tasks: list[Callable[[], None]] = []
        try:
            job = self._jobs.get(timeout=self._look_seconds)
        except queue.Empty:
            return batch, tasks, False
        while True:
            if job is None:
                return batch, tasks, True
            if isinstance(job, PendingCommit):
                # From here on nobody can cancel it: whoever went away before wants no change, later it is made all the same.
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
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody is told that it is stored
            self._write_failure = failure_reason(error)
            refuse_all(batch, error if isinstance(error, Unavailable) else storage_failure(error))
            return
        self._settle(batch, committed)

    def _commit_reserved(self, reservation: "CommitReservation[PendingCommit]") -> None:
        """Have somebody decide while nobody else commits, then commit that."""
        if not reservation.ready.set_running_or_notify_cancel():
            return
        batch: list[PendingCommit] = []

        def then(directory: Directory) -> Changes | None:
            self._adopt(directory)
            reservation.ready.set_result(None)
            job = reservation.job()
            if job is None or not job.future.set_running_or_notify_cancel():
                return None
            batch.append(job)
            return job.changes

        try:
            self._recover()
            committed = self._store.commit(self._directory, (), now=int(self._now()), then=then)
        except Exception as error:  # noqa: BLE001 - as above
            self._write_failure = failure_reason(error)
            fault = error if isinstance(error, Unavailable) else storage_failure(error)
            if not reservation.ready.done():
                reservation.ready.set_exception(fault)
            refuse_all(batch, fault)
            return
        self._settle(batch, committed)

    def _settle(self, batch: Sequence[PendingCommit], committed: BatchResult) -> None:
        """Take over what was committed, and tell everybody what became of theirs."""
        self._write_failure = ""
        self._publish(batch, committed)
        for job, outcome in zip(batch, committed.outcomes, strict=True):
            if isinstance(outcome, Directory):
                job.future.set_result(outcome)
            else:
                job.future.set_exception(outcome)

    def _publish(self, batch: Sequence[PendingCommit], committed: BatchResult) -> None:
        """Exchange the directory for the one after a batch, and tell the audit log before anybody else."""
        self._exchange(committed.directory)
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
        """Catch up with what others have committed, while own writes are refused too: others may have revoked something."""
        self._polled_at = monotonic()
        if self._write_failure:
            self._recover()
            return self._directory
        directory = self._store.catch_up(self._directory)
        self._adopt(directory)
        return directory

    def _adopt(self, directory: Directory) -> None:
        """Answer from a directory that differs by commits of others alone."""
        if directory is not self._directory:
            # A commit of another node has some records: how many does not matter much.
            self.records_put += directory.revision - self._directory.revision
            self._exchange(directory)
            self._events_sent_to = directory.revision

    def _exchange(self, directory: Directory) -> None:
        self._directory = directory
        self.on_publish(directory)

    def _recover(self) -> None:
        """Read again what is known after a write_failure: what the storage refused may be on disk all the same, with its event."""
        if not self._write_failure:
            return
        directory = self._store.catch_up(self._directory)
        found = self._store.events_after(self._events_sent_to)
        self._exchange(directory)
        self._events_sent_to = directory.revision
        if found:
            self.on_events(found)

    def _run_guarded(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - it may be lost, but the writer may not
            self._write_failure = failure_reason(error)


def _discard(_events_sent_to: object) -> None:
    """Tell nobody: events stay in the store until the next start."""
