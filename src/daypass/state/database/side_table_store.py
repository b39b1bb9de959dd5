"""What a store keeps outside the order of commits, because it changes without any.

Last uses, leases of jobs, how far each node's audit log is, guesses, and whose database it is. Each
has its table in `state.side_tables`.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Engine

from daypass.core.faults import Throttled
from daypass.core.guesses import RecordedGuess
from daypass.state.database.database_lock import DatabaseLock, NoLock
from daypass.state.database.foreign_writes import DriverWriteDetector, FileWriteDetector
from daypass.state.database.transactions import Transactions
from daypass.state.last_uses import LastUse
from daypass.state.side_tables import (
    attempts,
    audit_breaks,
    last_uses,
    leases,
    leftovers,
    nodes,
    ring_identity,
)
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.side_tables.nodes import FIRST_NODE, Checkpoint, CommitEvent
from daypass.state.side_tables.ring_identity import RingIdentity


class SideTableStore(Transactions):
    """The part of a store that is beside its records."""

    def __init__(
        self,
        engine: Engine,
        *,
        boot: str = "",
        node: str = FIRST_NODE,
        lock: DatabaseLock | NoLock | None = None,
        writes: DriverWriteDetector | FileWriteDetector | None = None,
    ) -> None:
        """Name who starts."""
        super().__init__(engine, lock=lock, writes=writes)
        self._boot = boot
        self._node = node
        self._uses_seen = 0

    def last_uses(self) -> dict[str, LastUse]:
        """Return the last uses that were written; one that cannot be read is left out."""
        with self._read_transaction() as connection:
            found, self._uses_seen = (
                last_uses.read_last_uses(connection),
                last_uses.last_write_number(connection),
            )
        return found

    def new_last_uses(self) -> dict[str, LastUse]:
        """Return the last uses that anybody has written since this store was asked for all, or for new ones, the last time."""
        with self._read_transaction() as connection:
            written = last_uses.last_write_number(connection)
            if written == self._uses_seen:
                return {}
            # Fewer than were seen: a backup was put back, and what is in it is all new here.
            after = self._uses_seen if written > self._uses_seen else None
            found, self._uses_seen = last_uses.read_last_uses(connection, after=after), written
        return found

    def write_last_uses(self, uses: Mapping[str, LastUse]) -> None:
        """Write last uses; one that is older than what is there changes nothing."""
        if uses:
            with self._write_transaction() as connection:
                last_uses.write_last_uses(connection, uses)

    def leftovers(self) -> Leftovers:
        """Return what the storage holds that nobody needs any more."""
        with self._read_transaction() as connection:
            return leftovers.find_leftovers(connection)

    def take_lease(self, job: str, *, now: int, seconds: int) -> bool:
        """Take the lease of a job for this start of the node, or renew it; say whether it has it now. `now` is steady time."""
        with self._write_transaction() as connection:
            return leases.take_lease(connection, job, self._holder, now=now, seconds=seconds)

    def release_lease(self, job: str) -> None:
        """Let others do a job; a lease that somebody else has taken since stays theirs."""
        with self._write_transaction() as connection:
            leases.release_lease(connection, job, self._holder)

    @property
    def _holder(self) -> str:
        return f"{self._node}/{self._boot}"

    def started_nodes(self) -> dict[str, bool]:
        """Return every node that ever started, and whether its checkpoint says that lines of its audit log were on disk."""
        with self._read_transaction() as connection:
            return nodes.started_nodes(connection)

    def events_after(self, after: int, node: str | None = None) -> list[CommitEvent]:
        """Return the events of a node's commits after that one, in order; of this node's without a name."""
        with self._read_transaction() as connection:
            return nodes.events_after(connection, after, boot=self._boot, node=node or self._node)

    def checkpoint(self, node: str | None = None) -> Checkpoint | None:
        """Return what was last known to be on disk of a node's audit log, of this node's without a name.

        None if the node never started. Raises `DamagedCheckpoint` for a checkpoint that cannot be read.
        """
        with self._read_transaction() as connection:
            return nodes.read_checkpoint(connection, node or self._node)

    def write_checkpoint(self, checkpoint: Checkpoint, node: str | None = None) -> None:
        """Remember what is on disk of a node's audit log; a lower checkpoint than the one before is not written."""
        with self._write_transaction() as connection:
            nodes.raise_checkpoint(connection, node or self._node, checkpoint)

    def audit_breaks(self) -> tuple[str, ...]:
        """Return every break of the audit log that was found, the oldest first."""
        with self._read_transaction() as connection:
            return audit_breaks.read_breaks(connection)

    def add_audit_break(self, text: str) -> None:
        """Keep a break of the audit log for good."""
        with self._write_transaction() as connection:
            audit_breaks.add_break(connection, text)

    def accept_audit_breaks(
        self, texts: Sequence[str], checkpoints: Mapping[str, Checkpoint]
    ) -> None:
        """Replace what is kept of all breaks, and the checkpoints of nodes, even if they are lower: an operator accepted them."""
        with self._write_transaction() as connection:
            audit_breaks.replace_breaks(connection, texts)
            for node, checkpoint in checkpoints.items():
                nodes.replace_checkpoint(connection, node, checkpoint)

    def count_guess(self, subject: str, steady: int) -> RecordedGuess:
        """Count a guess that nobody has looked at yet; raises `Throttled`, and counts none, if it has to wait."""
        with self._write_transaction() as connection:
            found = attempts.count_guess(connection, subject, steady)
        if isinstance(found, Throttled):
            raise found
        return found

    def take_back_guess(self, guess: RecordedGuess) -> None:
        """Count a guess no more: nobody looked at it."""
        with self._write_transaction() as connection:
            attempts.take_back_guess(connection, guess)

    def forget_guesses(self, subject: str) -> None:
        """Forget the guesses of somebody whose last one was right."""
        with self._write_transaction() as connection:
            attempts.forget_guesses(connection, subject)

    def ring_identity(self) -> RingIdentity | None:
        """Return the name of the key ring that this database belongs to."""
        with self._read_transaction() as connection:
            return ring_identity.read_ring_identity(connection)

    def write_ring_identity(self, named: RingIdentity) -> None:
        """Write down which key ring this database belongs to."""
        with self._write_transaction() as connection:
            ring_identity.write_ring_identity(connection, named)
