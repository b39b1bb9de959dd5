"""The contract of a store: load everything, commit all or nothing, never say yes to what is not durable."""

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
    """What the changes were made from has moved: run again."""


class InconsistentStore(Exception):
    """The storage does not hold what its own order says: a defect. Nothing of the batch was committed."""


CommitOutcome = Directory | Stale | Fault
"""Of one set of changes: the directory after it, or why it did not happen."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: the directory with everybody's commits up to its end, and the outcome of each set of changes."""

    directory: Directory
    outcomes: list[CommitOutcome]


DecideLast = Callable[[Directory], Changes | None]
"""Makes changes from a directory that nobody else can change meanwhile, or none."""


class Store(Protocol):
    """What holds the records, the tickets and the last uses."""

    def load(self, base: Iterable[Record]) -> Directory:
        """Return everything that is known; `base` is known unless the store knows better."""

    def catch_up(self, directory: Directory) -> Directory:
        """Return a directory of this store with what was committed since, by anybody; itself if that is none.

        After a refusal of the storage nobody knows what of it is durable: this tells.
        """

    def commit(
        self,
        directory: Directory,
        batch: Sequence[Changes],
        *,
        now: int,
        then: DecideLast | None = None,
    ) -> BatchResult:
        """Commit each set of changes, all of it or nothing, in one durable step, behind everything committed before.

        With `then` the last set is made when all others are applied and no node can commit before it; it is not stale, then.

        Raises `Unavailable` where the storage refuses all of it, `InconsistentStore` where it contradicts itself.
        """

    def try_write(self) -> None:
        """Write durably what means nothing; raises `Unavailable` where a commit would be refused now."""

    def count_guess(self, subject: str, steady: int) -> RecordedGuess:
        """Count a guess that nobody has looked at yet, by whichever node; raises `Throttled`, and counts none, if it has to wait."""

    def take_back_guess(self, guess: RecordedGuess) -> None:
        """Count a guess no more: nobody looked at it."""

    def forget_guesses(self, subject: str) -> None:
        """Forget the guesses of somebody whose last one was right."""

    def last_uses(self) -> dict[str, LastUse]:
        """Return the last uses that were written."""

    def new_last_uses(self) -> dict[str, LastUse]:
        """Return the last uses that anybody has written since this store was asked for all, or for new ones, the last time.

        It reads these alone, however old they are, and misses none.
        """

    def write_last_uses(self, uses: Mapping[str, LastUse]) -> None:
        """Write last uses; one that is older than what is there changes nothing. They may be lost in a crash: nobody waits for them."""

    def leftovers(self) -> Leftovers:
        """Return what the storage holds that nobody needs any more."""

    def take_lease(self, job: str, *, now: int, seconds: int) -> bool:
        """Take the lease of a job for so many seconds, or renew it; say whether this node, as it was started, has it now.

        `now` is steady time, in epoch seconds. A lease that ran out may be taken by anybody.
        """

    def release_lease(self, job: str) -> None:
        """Let others do a job; a lease that somebody else has taken since stays theirs."""

    def started_nodes(self) -> dict[str, bool]:
        """Return every node that ever started, and whether its checkpoint says that lines of its audit log were on disk."""

    def events_after(self, after: int, node: str | None = None) -> list[CommitEvent]:
        """Return the events of a node's commits after that one, in order; of this node's without a name."""

    def checkpoint(self, node: str | None = None) -> Checkpoint | None:
        """Return what was last known to be on disk of a node's audit log, of this node's without a name."""

    def write_checkpoint(self, checkpoint: Checkpoint, node: str | None = None) -> None:
        """Remember what is on disk of a node's audit log; a lower checkpoint than the one before is not written."""

    def close(self) -> None:
        """Let go of the storage."""
