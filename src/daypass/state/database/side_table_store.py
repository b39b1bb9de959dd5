"""The tables of a store that change outside the order of commits.

Last uses, leases of jobs, checkpoints of audit logs, guesses, and the key ring's identity. Each has
its file in `state.side_tables`.
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
    """The part of a store without its records: one method per read or write of a side table."""

    def __init__(
        self,
        engine: Engine,
        *,
        boot: str = "",
        node: str = FIRST_NODE,
        lock: DatabaseLock | NoLock | None = None,
        writes: DriverWriteDetector | FileWriteDetector | None = None,
    ) -> None:
        """Use `engine` as the node `node`; `boot` is random text of this start."""
        super().__init__(engine, lock=lock, writes=writes)
        self._boot = boot
        self._node = node
        self._last_write_read = 0

    def last_uses(self) -> dict[str, LastUse]:
        """Return all stored last uses by id; those that cannot be read are left out."""
        with self._read_transaction() as connection:
            found, self._last_write_read = (
                last_uses.read_last_uses(connection),
                last_uses.last_write_number(connection),
            )
        return found

    def new_last_uses(self) -> dict[str, LastUse]:
        """Return the last uses written, by any node, since this or `last_uses` was last called."""
        with self._read_transaction() as connection:
            written = last_uses.last_write_number(connection)
            if written == self._last_write_read:
                return {}
            # A lower number than the last one: a backup was put back, and all of it is new here.
            after = self._last_write_read if written > self._last_write_read else None
            found, self._last_write_read = (
                last_uses.read_last_uses(connection, after=after),
                written,
            )
        return found

    def write_last_uses(self, uses: Mapping[str, LastUse]) -> None:
        """Write last uses; a use older than the stored one changes nothing."""
        if uses:
            with self._write_transaction() as connection:
                last_uses.write_last_uses(connection, uses)

    def leftovers(self) -> Leftovers:
        """Return how many tickets have expired, and which range of commits can be deleted."""
        with self._read_transaction() as connection:
            return leftovers.find_leftovers(connection)

    def take_lease(self, job: str, *, now: int, seconds: int) -> bool:
        """Take or renew the lease of a job for this start of the node; return whether it has it.

        `now` is steady time, in epoch seconds.
        """
        with self._write_transaction() as connection:
            return leases.take_lease(connection, job, self._holder, now=now, seconds=seconds)

    def release_lease(self, job: str) -> None:
        """Release the lease of a job; one that another holder has taken since is not changed."""
        with self._write_transaction() as connection:
            leases.release_lease(connection, job, self._holder)

    @property
    def _holder(self) -> str:
        return f"{self._node}/{self._boot}"

    def started_nodes(self) -> dict[str, bool]:
        """Return every node that ever started, and whether its audit log had lines on disk."""
        with self._read_transaction() as connection:
            return nodes.started_nodes(connection)

    def events_after(self, after: int, node: str | None = None) -> list[CommitEvent]:
        """Return the events of a node's commits after `after`, in order; by default this node's."""
        with self._read_transaction() as connection:
            return nodes.events_after(connection, after, boot=self._boot, node=node or self._node)

    def checkpoint(self, node: str | None = None) -> Checkpoint | None:
        """Return the checkpoint of a node's audit log, by default this node's.

        None if the node never started. Raises `DamagedCheckpoint` for a checkpoint that
        cannot be read.
        """
        with self._read_transaction() as connection:
            return nodes.read_checkpoint(connection, node or self._node)

    def write_checkpoint(self, checkpoint: Checkpoint, node: str | None = None) -> None:
        """Write the checkpoint of a node's audit log unless it is lower than the stored one."""
        with self._write_transaction() as connection:
            nodes.advance_checkpoint(connection, node or self._node, checkpoint)

    def audit_breaks(self) -> tuple[str, ...]:
        """Return every break of the audit log that was found, as text, the oldest first."""
        with self._read_transaction() as connection:
            return audit_breaks.read_breaks(connection)

    def add_audit_break(self, text: str) -> None:
        """Store a break of the audit log forever."""
        with self._write_transaction() as connection:
            audit_breaks.add_break(connection, text)

    def accept_audit_breaks(
        self, texts: Sequence[str], checkpoints: Mapping[str, Checkpoint]
    ) -> None:
        """Overwrite all breaks, and checkpoints by node, even lower ones, for an operator."""
        with self._write_transaction() as connection:
            audit_breaks.replace_breaks(connection, texts)
            for node, checkpoint in checkpoints.items():
                nodes.replace_checkpoint(connection, node, checkpoint)

    def count_guess(self, subject: str, steady: int) -> RecordedGuess:
        """Count a guess before it is checked; raises `Throttled`, uncounted, if it has to wait."""
        with self._write_transaction() as connection:
            found = attempts.count_guess(connection, subject, steady)
        if isinstance(found, Throttled):
            raise found
        return found

    def take_back_guess(self, guess: RecordedGuess) -> None:
        """Undo the count of a guess that was not checked."""
        with self._write_transaction() as connection:
            attempts.take_back_guess(connection, guess)

    def forget_guesses(self, subject: str) -> None:
        """Delete the count of a subject whose last guess was right."""
        with self._write_transaction() as connection:
            attempts.forget_guesses(connection, subject)

    def ring_identity(self) -> RingIdentity | None:
        """Return the identity of the key ring that this database is sealed with, if recorded."""
        with self._read_transaction() as connection:
            return ring_identity.read_ring_identity(connection)

    def write_ring_identity(self, identity: RingIdentity) -> None:
        """Record which key ring this database is sealed with."""
        with self._write_transaction() as connection:
            ring_identity.write_ring_identity(connection, identity)
