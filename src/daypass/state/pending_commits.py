"""Changes that wait to be committed, with their futures, and the faults that refuse them."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic

from daypass.state.changes import Changes
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Unavailable

OVERDUE_SECONDS = 1.0
"""How long a change may have waited when the storage is known to refuse."""


@dataclass(frozen=True, slots=True)
class PendingCommit:
    """Changes that wait to be committed, the monotonic time of submission, and their future."""

    changes: Changes
    since: float
    future: "Future[Directory]"


def queue_full() -> Unavailable:
    """Return the fault of a change for which the queue has no room."""
    return Unavailable("Too many changes are waiting to be stored.")


def refuse_overdue(batch: list[PendingCommit]) -> list[PendingCommit]:
    """Return the jobs that have not waited too long, and fail the others.

    So that no caller waits while one write after the other fails.
    """
    now = monotonic()
    overdue = [job for job in batch if now - job.since > OVERDUE_SECONDS]
    refuse_all(overdue, Unavailable("The request could not be stored in time."))
    return [job for job in batch if now - job.since <= OVERDUE_SECONDS]


def refuse_all(batch: Iterable[PendingCommit], fault: Exception) -> None:
    """Set a fault as the outcome of each job of a batch."""
    for job in batch:
        job.future.set_exception(fault)


def failure_reason(error: Exception) -> str:
    """Return in plain words why a write was not stored; never empty."""
    if isinstance(error, Unavailable):
        return error.operator or error.message
    return f"a write failed with {type(error).__name__}"


def storage_failure(error: Exception) -> Unavailable:
    """Return the fault of changes that an unexpected error kept from being stored."""
    return Unavailable("The request could not be stored.", operator=type(error).__name__)
