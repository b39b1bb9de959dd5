"""A job: a name, a period, and a function from a snapshot to changes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from daypass.state.changes import Changes
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.tracking_directory import TrackingDirectory


@dataclass(frozen=True, slots=True)
class JobInput:
    """The input of a job: everything that is known at a moment."""

    directory: TrackingDirectory
    """The directory, which records what the job reads."""
    now: int
    """Steady time, in seconds since 1970."""
    leftovers: Leftovers
    """How much the store holds that is no longer needed."""


@dataclass(frozen=True, slots=True)
class JobWork:
    """The changes that a job wants.

    With empty changes, nothing is committed and no event is recorded.
    """

    changes: Changes = field(default_factory=Changes)
    description: str = ""
    """What the changes do, in words for the audit log."""
    has_more: bool = False
    """Whether there may be more to do: the job is due again at once."""


Propose = Callable[[JobInput], JobWork]
"""Returns a job's work. It is called on any thread, and again if what it read has changed."""


@dataclass(frozen=True, slots=True)
class Job:
    """A clean-up that a server runs again and again."""

    name: str
    """The job's name in the audit log, the metrics and the lease."""
    period_seconds: float
    """The time from one run to the next."""
    propose: Propose
