"""The contract of a store: load everything, commit atomically, acknowledge only what is durable."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from daypass.core.domain.record import Record
from daypass.core.faults import Fault
from daypass.core.guesses import RecordedGuess
from daypass.state.changes import Changes
from daypass.state.last_uses import LastUse
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.side_tables.nodes import Checkpoint, CommitEvent
from daypass.state.snapshot.directory import Directory


class Unavailable(Fault):
    """The storage refused; nothing was acknowledged."""


class Stale(Exception):
    """A partition that the changes were made from has changed; the operation must be run again."""


class InconsistentStore(Exception):
    """The store contradicts its own order of commits: a defect. The batch was not committed."""


CommitOutcome = Directory | Stale | Fault
"""The result of one set of changes: the directory after it, or why it was not committed."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of a batch: the directory after all of it, and the outcome of each set."""

    directory: Directory
    outcomes: list[CommitOutcome]


DecideLast = Callable[[Directory], Changes | None]
"""Makes changes from a directory that nobody else can change meanwhile; None for no changes."""


class Store(Protocol):
    """The storage of records, tickets, last uses, guesses, leases and audit checkpoints."""

    def load(self, base: Iterable[Record]) -> Directory:
        """Return all records as a directory; `base` are records that the store need not hold.

        A record of the store replaces the one in `base` of the same key.
        """

    def catch_up(self, directory: Directory) -> Directory:
        """Return the directory with later commits of any node; the same object if there are none.

        After a refusal of the storage this also tells which of the refused changes are
        durable.
        """

    def commit(
        self,
        directory: Directory,
        batch: Sequence[Changes],
        *,
        now: int,
        decide_last: DecideLast | None = None,
    ) -> BatchResult:
        """Commit each set of changes atomically, in one durable step, after all earlier commits.

        With `decide_last` the last set is made when all others are applied and no node can commit
        before it, so it is never stale.

        Raises `Unavailable` where the storage refuses all of it, `InconsistentStore` where
        it contradicts itself.
        """

    def try_write(self) -> None:
        """Make a durable write without effect; raises `Unavailable` if the storage refuses it."""

    def count_guess(self, subject: str, steady: int) -> RecordedGuess:
        """Count a guess, of any node, before it is checked.

        Raises `Throttled`, and counts nothing, if the subject has to wait. `steady` is in
        epoch seconds.
        """

    def take_back_guess(self, guess: RecordedGuess) -> None:
        """Undo the count of a guess that was not checked."""

    def forget_guesses(self, subject: str) -> None:
        """Delete the count of a subject whose last guess was right."""

    def last_uses(self) -> dict[str, LastUse]:
        """Return all stored last uses, by the id of an access key or role."""

    def new_last_uses(self) -> dict[str, LastUse]:
        """Return the last uses written, by any node, since this or `last_uses` was last called.

        It reads these alone, however old the uses are, and misses none.
        """

    def write_last_uses(self, uses: Mapping[str, LastUse]) -> None:
        """Write last uses, unless older than the stored ones. They may be lost in a crash."""

    def leftovers(self) -> Leftovers:
        """Return the expired tickets and old commits that can be deleted."""

    def take_lease(self, job: str, *, now: int, seconds: int) -> bool:
        """Take or renew the lease of a job for `seconds`; return whether this node has it now.

        A restarted node is another holder. `now` is steady time, in epoch seconds. An
        expired lease can be taken by any node.
        """

    def release_lease(self, job: str) -> None:
        """Release the lease of a job; a lease that another node has taken since is not changed."""

    def started_nodes(self) -> dict[str, bool]:
        """Return every node that ever started, and whether its audit log had lines on disk."""

    def events_after(self, after: int, node: str | None = None) -> list[CommitEvent]:
        """Return the events of a node's commits after `after`, in order; by default this node's."""

    def checkpoint(self, node: str | None = None) -> Checkpoint | None:
        """Return a node's checkpoint of its audit log; without a name, this node's."""

    def write_checkpoint(self, checkpoint: Checkpoint, node: str | None = None) -> None:
        """Write a node's checkpoint of its audit log unless it is lower than the stored one."""

    def close(self) -> None:
        """Close the storage."""
