"""The committer: one thread that writes, everybody else waits for what they asked for and nothing more.

What arrives while a commit is on its way to disk goes into the next one together. The directory that others read is exchanged
only after its commit is durable.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

from daypass.state.changes import Changes
from daypass.state.directory import Directory
from daypass.state.store import Store, Unavailable

WAITING_MAX = 10_000
BATCH_MAX = 256

Job = tuple[Changes, "Future[Directory]"]


class Committer:
    """Commits changes in the order in which they come."""

    def __init__(self, store: Store, directory: Directory, *, now: Callable[[], float]) -> None:
        self._store = store
        self._directory = directory
        self._now = now
        self._jobs: queue.Queue[Job | Callable[[], None] | None] = queue.Queue(WAITING_MAX)
        self._refusal = ""
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def directory(self) -> Directory:
        """Return the snapshot of the last durable commit."""
        return self._directory

    @property
    def is_healthy(self) -> bool:
        """Say whether the last write was stored."""
        return not self.refusal

    @property
    def refusal(self) -> str:
        """Return in plain words why the last write was not stored; an empty string if it was."""
        return self._refusal if self._thread.is_alive() else "the thread that writes has ended"

    def submit(self, changes: Changes) -> "Future[Directory]":
        """Return a future of the directory after the changes.

        It raises `store.Stale` if what they were made from has moved, a ticket's own fault if somebody has taken it, and
        `Unavailable` if the storage refused.
        """
        future: Future[Directory] = Future()
        try:
            self._jobs.put_nowait((changes, future))
        except queue.Full:
            future.set_exception(Unavailable("Too many changes are waiting to be stored."))
        return future

    def later(self, task: Callable[[], None]) -> None:
        """Let the writing thread do something that may be lost, such as writing last uses."""
        try:
            self._jobs.put_nowait(task)
        except queue.Full:
            return

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
                self._refusal = _reason(error)
            future.set_result(self.refusal)

        try:
            self._jobs.put_nowait(attempt)
        except queue.Full:
            future.set_result("too many changes are waiting to be stored")
        return future

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
            if is_last:
                return

    def _gather(self) -> tuple[list[Job], list[Callable[[], None]], bool]:
        batch: list[Job] = []
        tasks: list[Callable[[], None]] = []
        job = self._jobs.get()
        while True:
            if job is None:
                return batch, tasks, True
            if isinstance(job, tuple):
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
            self._recover()
            outcomes = self._store.commit(
                self._directory, [changes for changes, _ in batch], now=int(self._now())
            )
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody is told that it is stored
            self._refusal = _reason(error)
            fault = error if isinstance(error, Unavailable) else _unavailable(error)
            for _, future in batch:
                future.set_exception(fault)
            return
        self._refusal = ""
        for outcome in outcomes:
            if isinstance(outcome, Directory):
                self._directory = outcome
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Directory):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)

    def _recover(self) -> None:
        """Read again what is known after a refusal: what the storage refused may be on disk all the same."""
        if self._refusal:
            self._directory = self._store.reload()

    def _quietly(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - it may be lost, but the writer may not
            self._refusal = _reason(error)


def _reason(error: Exception) -> str:
    """Return in plain words why a write was not stored; never empty."""
    if isinstance(error, Unavailable):
        return error.operator or error.message
    return f"a write failed with {type(error).__name__}"


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable("The request could not be stored.", operator=type(error).__name__)
