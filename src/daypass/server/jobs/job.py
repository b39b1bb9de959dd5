"""A job: a name, a period, and a function from what is known to changes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from daypass.state.changes import Changes
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.recording import Recording


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a job is given: everything that is known at a moment."""

    directory: Recording
    """The directory, which records what the job reads."""
    now: int
    """Steady time, in seconds since 1970."""
    leftovers: Leftovers
    """What the store holds that nobody needs any more."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a job wants done; without changes it is nothing, and nobody is told."""

    changes: Changes = field(default_factory=Changes)
    what: str = ""
    """What was done then, in words for the audit log."""
    has_more: bool = False
    """Whether there may be more to do at once: the job is due again."""


Propose = Callable[[Snapshot], Work]
"""Returns what is to be done. It is called on any thread, and again if what it read has moved."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that a server does by itself, again and again."""

    name: str
    """What the audit log, the metrics and the lease call it."""
    seconds: float
    """From one look to the next."""
    propose: Propose
