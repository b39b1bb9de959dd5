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
from daypass.state.reservation import Reservation
from daypass.state.side_tables.nodes import Event
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Committed, Stale, Store, Unavailable
from daypass.state.waiting_changes import Job, fail, in_time, reason_of, too_many, unavailable

T = TypeVar("T")
WAITING_MAX = 10_000
BATCH_MAX = 256


Tell = Callable[[Sequence[Event]], None]
"""Takes the events of commits that are durable, in order, on the committer's own thread."""


class Committer:
    """Commits changes in the order in which they come."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        *,
        now: Clock,
        look_seconds: float | None = None,
    ) -> None:
        """Begin with the directory of a store; `look_seconds` is how often to look for commits of others, None if there are none."""
        self.tell: Tell = _nobody
        """Is told of every own commit before whoever asked for it; of one whose answer was lost when it is found."""
        self.published: Callable[[Directory], None] = _nobody
        """Is told of every directory that requests are answered from, on the thread that commits, before anybody's change is answered."""
        self.records_put = 0
        """How many records were put, or removed, since the start."""
        self._store = store
        self._directory = directory
        self._now = now
        self._look_seconds = look_seconds
        self._looked = monotonic()
        self._jobs: queue.Queue[Job | Callable[[], None] | None] = queue.Queue(WAITING_MAX)
        self._refusal = ""
        self._told = directory.revision
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
        return not self.refusal

    @property
    def refusal(self) -> str:
        """Return in plain words why the last write was not stored; an empty string if it was."""
        return self._refusal if self._thread.is_alive() else "the thread that writes has ended"

    def submit(self, changes: Changes, event: bytes) -> "Future[Directory]":
        """Return a future of the directory after the changes, which are durable together with their event.

        The directory's revision is the number of the commit. The future raises `store.Stale` if what the changes were made from
        has moved, a ticket's own fault if somebody has taken it, and `Unavailable` if the storage refused.
        """
        future: Future[Directory] = Future()
        try:
            self._jobs.put_nowait(Job(replace(changes, event=event), monotonic(), future))
        except queue.Full:
            future.set_exception(too_many())
        if not self._thread.is_alive():
            self._refuse_the_rest()
        return future

    def reserve(self) -> "Reservation[Job]":
        """Return the next commit, kept for who decides on it when it has begun; see `commit_reserved`."""
        reservation: Reservation[Job] = Reservation()
        if not self._thread.is_alive():
            reservation.begun.set_exception(Unavailable("The store is closed."))
            return reservation
        try:
            self._jobs.put_nowait(lambda: self._commit_reserved(reservation))
        except queue.Full:
            reservation.begun.set_exception(too_many())
        return reservation

    def commit_reserved(
        self, reservation: "Reservation[Job]", changes: Changes, event: bytes
    ) -> "Future[Directory]":
        """Return the future of changes that were made while a reservation holds, as `submit` does; `Stale` if it held no longer."""
        job = Job(replace(changes, event=event), monotonic(), Future())
        if not reservation.use(job):
            job.future.set_exception(Stale())
        return job.future

    def later(self, task: Callable[[], None]) -> None:
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
            future.set_exception(too_many())
        return future

    def at_once(self, task: Callable[[], T]) -> T:
        """Return what the writing thread made of a task, or raise what it raised; on that thread itself, without waiting.

        Not to be called on an event loop. Once the committer is closed the caller runs it.
        """
        if not self._thread.is_alive() or threading.current_thread() is self._thread:
            return task()
        return self.run(task).result()

    def probe(self) -> "Future[str]":
        """Return a future of why a write is refused now, an empty string if it is taken.

        After a refusal what is known is read again first, so that the next change is made from what is stored.
        """
        future: Future[str] = Future()

        def attempt() -> None:
            try:
                self._store.try_write()
                self._recover()
                self._refusal = ""
            except Exception as error:  # noqa: BLE001 - whatever it was, a write is not taken
                self._refusal = reason_of(error)
            if future.set_running_or_notify_cancel():
                future.set_result(self.refusal)

        try:
            self._jobs.put_nowait(attempt)
        except queue.Full:
            future.set_result("too many changes are waiting to be stored")
        return future

    def fresh(self) -> "Future[Directory]":
        """Return a future of the directory with everything that was committed before this was asked, by anybody."""
        return self.run(self._look)

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
                self._quietly(task)
            if self._look_seconds is not None and monotonic() - self._looked >= self._look_seconds:
                self._quietly(self._look)
            if is_last:
                self._refuse_the_rest()
                return

    def _refuse_the_rest(self) -> None:
        """Settle what came after the end: there is nobody left to do it."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if isinstance(job, Job) and job.future.set_running_or_notify_cancel():
                fail([job], Unavailable("The store is closed."))

    def _gather(self) -> tuple[list[Job], list[Callable[[], None]], bool]:
        batch: list[Job] = []
        tasks: list[Callable[[], None]] = []
        try:
            job = self._jobs.get(timeout=self._look_seconds)
        except queue.Empty:
            return batch, tasks, False
        while True:
            if job is None:
                return batch, tasks, True
            if isinstance(job, Job):
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

    def _commit(self, batch: list[Job]) -> None:
        try:
            if self._refusal:
                batch = in_time(batch)
            self._recover()
            changes = [job.changes for job in batch]
            committed = self._store.commit(self._directory, changes, now=int(self._now()))
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody is told that it is stored
            self._refusal = reason_of(error)
            fail(batch, error if isinstance(error, Unavailable) else unavailable(error))
            return
        self._settle(batch, committed)

    def _commit_reserved(self, reservation: "Reservation[Job]") -> None:
        """Have somebody decide while nobody else commits, then commit that."""
        if not reservation.begun.set_running_or_notify_cancel():
            return
        batch: list[Job] = []

        def then(directory: Directory) -> Changes | None:
            self._take_over(directory)
            reservation.begun.set_result(None)
            job = reservation.job()
            if job is None or not job.future.set_running_or_notify_cancel():
                return None
            batch.append(job)
            return job.changes

        try:
            self._recover()
            committed = self._store.commit(self._directory, (), now=int(self._now()), then=then)
        except Exception as error:  # noqa: BLE001 - as above
            self._refusal = reason_of(error)
            fault = error if isinstance(error, Unavailable) else unavailable(error)
            if not reservation.begun.done():
                reservation.begun.set_exception(fault)
            fail(batch, fault)
            return
        self._settle(batch, committed)

    def _settle(self, batch: Sequence[Job], committed: Committed) -> None:
        """Take over what was committed, and tell everybody what became of theirs."""
        self._refusal = ""
        self._publish(batch, committed)
        for job, outcome in zip(batch, committed.outcomes, strict=True):
            if isinstance(outcome, Directory):
                job.future.set_result(outcome)
            else:
                job.future.set_exception(outcome)

    def _publish(self, batch: Sequence[Job], committed: Committed) -> None:
        """Exchange the directory for the one after a batch, and tell the audit log before anybody else."""
        self._exchange(committed.directory)
        events = []
        for job, outcome in zip(batch, committed.outcomes, strict=True):
            if not (isinstance(outcome, Directory) and job.changes):
                continue
            self.records_put += len(job.changes.records)
            if job.changes.event:
                events.append(Event(outcome.revision, job.changes.event))
        self._told = committed.directory.revision
        if events:
            self._quietly(lambda: self.tell(events))

    def _look(self) -> Directory:
        """Catch up with what others have committed, while own writes are refused too: others may have revoked something."""
        self._looked = monotonic()
        if self._refusal:
            self._recover()
            return self._directory
        directory = self._store.catch_up(self._directory)
        self._take_over(directory)
        return directory

    def _take_over(self, directory: Directory) -> None:
        """Answer from a directory that differs by commits of others alone."""
        if directory is not self._directory:
            # A commit of another node has some records: how many does not matter much.
            self.records_put += directory.revision - self._directory.revision
            self._exchange(directory)
            self._told = directory.revision

    def _exchange(self, directory: Directory) -> None:
        self._directory = directory
        self.published(directory)

    def _recover(self) -> None:
        """Read again what is known after a refusal: what the storage refused may be on disk all the same, with its event."""
        if not self._refusal:
            return
        directory = self._store.catch_up(self._directory)
        found = self._store.undrained(self._told)
        self._exchange(directory)
        self._told = directory.revision
        if found:
            self.tell(found)

    def _quietly(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - it may be lost, but the writer may not
            self._refusal = reason_of(error)


def _nobody(_told: object) -> None:
    """Tell nobody: events stay in the store until the next start."""
