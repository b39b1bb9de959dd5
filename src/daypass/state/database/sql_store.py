"""The store on SQL, through SQLAlchemy Core: on SQLite now, in statements that PostgreSQL has too.

The one row of `head` is read first by every commit and written last, which makes the one order of
commits. Changes of a batch that are refused leave no trace; changes that are committed have their
log, checksums and event, or do not exist.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.core.domain.record import Record
from daypass.state.changes import Changes
from daypass.state.database import apply_changes, damage, loading, sqlite_file, tail
from daypass.state.database.commit_batch import CommitBatch
from daypass.state.database.commit_statements import CommitStatements
from daypass.state.database.database_lock import DatabaseLock, NoLock
from daypass.state.database.foreign_writes import DriverWriteDetector, FileWriteDetector
from daypass.state.database.loading import DamagedDatabase
from daypass.state.database.side_table_store import SideTableStore
from daypass.state.database.write_batch import write_batch
from daypass.state.schema.tables import head
from daypass.state.side_tables import nodes, ring_identity
from daypass.state.side_tables.nodes import FIRST_NODE
from daypass.state.side_tables.ring_identity import RingIdentity
from daypass.state.snapshot.directory import BEFORE_FIRST_COMMIT, Directory
from daypass.state.store import BatchResult, DecideLast, InconsistentStore

DRIVER_ERRORS = (sa.exc.DatabaseError, sqlite3.Error)
"""The errors of the driver that mean that a database cannot be used."""
LEVEL = 2
"""Which kinds of records, and fields of them, this program writes; 2: those of Identity Center."""


class SqlStore(SideTableStore):
    """Records, tickets, last uses and audit checkpoints of all nodes in one database."""

    def __init__(
        self,
        engine: Engine,
        *,
        boot: str = "",
        node: str = FIRST_NODE,
        lock: DatabaseLock | NoLock | None = None,
        writes: DriverWriteDetector | FileWriteDetector | None = None,
        has_intact_indices: bool = False,
    ) -> None:
        """Use `engine` as the node `node`; `boot` is random text of this start.

        `lock` takes turns between processes over one database, `writes` detects writes of
        others. `has_intact_indices` says that all indices were just found to match their rows.
        """
        super().__init__(engine, boot=boot, node=node, lock=lock, writes=writes)
        self._has_intact_indices = has_intact_indices
        self._position = BEFORE_FIRST_COMMIT
        self._mark = 0
        self._base: tuple[Record, ...] = ()

    @property
    def mark(self) -> int:
        """Return the latest time, in epoch seconds, that is recorded in the database."""
        return self._mark

    def load(self, base: Iterable[Record]) -> Directory:
        """Return all records as a directory; raises `DamagedDatabase` with the damaged names."""
        self._base = tuple(base)
        self._writes.has_new_writes()
        with self._read_transaction() as connection:
            self._writes.mark_seen()
            directory, mark = self._load_all(connection)
        self._position, self._mark = directory.position, mark
        return directory

    def resume(self, base: Iterable[Record], earlier: Directory) -> Directory:
        """Return the newest directory, from one that another store of this database loaded.

        `base` has to be the same as in that store.
        """
        self._base = tuple(base)
        return self.catch_up(earlier)

    def accept_damage(
        self, names: Sequence[str], base: Iterable[Record], *, event: bytes, now: int
    ) -> None:
        """Remove the damaged records that an operator accepts, with the event of that.

        Raises `Unusable` for a name that is not damaged, `DamagedDatabase` if more is
        damaged than was accepted; nothing is changed then.
        """
        self._has_intact_indices = False
        with self._write_transaction() as connection:
            damage.accept_damage(connection, names, base, event=event, now=now, boot=self._boot)

    def mend_indices(self) -> None:
        """Rebuild damaged indices; raises `DamagedDatabase` if that does not help.

        Must be called when every record is known to be intact: an index holds no more than
        they do.
        """
        if self._has_intact_indices:
            return
        with self._write_transaction() as connection:
            if sqlite_file.full_verdict(connection) == "ok":
                return
            connection.exec_driver_sql("REINDEX")
            verdict = sqlite_file.full_verdict(connection)
            if verdict != "ok":
                raise DamagedDatabase(f"the database is damaged: {verdict}")

    def catch_up(self, directory: Directory) -> Directory:
        """Return the directory with later commits of any node; the same object if none."""
        is_changed = self._writes.has_new_writes() or self._is_in_doubt
        if directory.position == self._position and not is_changed:
            return directory
        with self._read_transaction() as connection:
            self._writes.mark_seen()
            directory, mark = self._catch_up_in(connection, directory)
        self._position, self._mark, self._is_in_doubt = directory.position, mark, False
        return directory

    def _catch_up_in(self, connection: Connection, directory: Directory) -> tuple[Directory, int]:
        """Return the directory as of this transaction, and the latest time that is known then."""
        found = None if self._is_in_doubt else tail.read_tail(connection, directory.position)
        if found is None:
            return self._load_all(connection)
        if found.position != directory.position:
            directory = directory.after_commits(found.records, found.revisions, found.position)
        return directory, max(found.mark, self._mark)

    def _load_all(self, connection: Connection) -> tuple[Directory, int]:
        self._lock.expect_loading()
        found = loading.load_records(connection)
        return found.make_directory(self._base), max(found.mark, self._mark)

    def commit(
        self,
        directory: Directory,
        batch: Sequence[Changes],
        *,
        now: int,
        decide_last: DecideLast | None = None,
    ) -> BatchResult:
        """Commit a batch in one transaction, after all earlier commits of any node.

        `decide_last` makes the last set of changes. Raises `Unavailable` where the storage refuses
        all of it, `InconsistentStore` where the database contradicts itself.
        """
        with self._write_transaction(sees_all_commits=True) as connection:
            done = None
            if decide_last is None:
                done = self._commit_at_head(connection, directory, batch, now)
            if done is None:
                done = self._commit_after_others(connection, directory, batch, now, decide_last)
            found, mark = done
        self._position, self._mark, self._is_in_doubt = found.directory.position, mark, False
        return BatchResult(found.directory, found.outcomes)

    def _commit_at_head(
        self, connection: Connection, directory: Directory, batch: Sequence[Changes], now: int
    ) -> tuple[CommitBatch, int] | None:
        """Commit a batch if `directory` is the head, without reading first whether it is.

        That is the rule, and saves a statement. Returns the batch and the newest time known; None,
        having changed nothing, if the head has moved on, or if more has to be read: a set that is
        stale, or that takes a ticket.
        """
        applied = self._begin_batch(directory, now)
        for changes in batch:
            if changes.tickets or not changes or applied.directory.makes_stale(changes):
                return None
            applied.apply(changes)
        if self._is_in_doubt or not applied.applied:
            return None
        mark = self._write_batch(connection, applied, max(self._mark, now))
        return None if mark is None else (applied, mark)

    def _commit_after_others(
        self,
        connection: Connection,
        directory: Directory,
        batch: Sequence[Changes],
        now: int,
        decide_last: DecideLast | None,
    ) -> tuple[CommitBatch, int]:
        """Commit a batch after applying the commits of others that `directory` lacks."""
        directory, mark = self._catch_up_in(connection, directory)
        mark = max(mark, now)
        applied = self._begin_batch(directory, now)
        for changes in batch:
            self._apply(connection, applied, changes, mark)
        if decide_last is not None and (last := decide_last(applied.directory)) is not None:
            self._apply(connection, applied, last, mark)
        if applied.applied and self._write_batch(connection, applied, mark) is None:
            raise InconsistentStore
        return applied, mark

    def _begin_batch(self, directory: Directory, now: int) -> CommitBatch:
        return CommitBatch(directory, boot=self._boot, node=self._node, at=now)

    def _apply(
        self, connection: Connection, batch: CommitBatch, changes: Changes, mark: int
    ) -> None:
        """Add one set of changes to a batch if it is not refused: all of it, or nothing."""
        refused = apply_changes.take_tickets(connection, batch.directory, changes, mark)
        if refused is not None:
            batch.outcomes.append(refused)
        elif changes:
            batch.apply(changes)
        else:
            batch.outcomes.append(batch.directory)

    def _write_batch(self, connection: Connection, batch: CommitBatch, mark: int) -> int | None:
        """Write a batch as `write_batch` does, and delete what its changes say can be deleted."""
        written = write_batch(connection, self._statements, batch, mark)
        if written is not None:
            for seq, _, changes in batch.applied:
                apply_changes.delete_leftovers(connection, changes, seq, written)
        return written

    @cached_property
    def _statements(self) -> CommitStatements:
        # Not before the first connection, by which the driver's version is known.
        return CommitStatements(self._engine.dialect)

    def raise_mark(self, now: int) -> int:
        """Raise the stored time to `now` (epoch seconds) if lower; return the latest time known."""
        with self._write_transaction() as connection:
            known = connection.scalar(sa.select(head.c.mark)) or 0
            if now > known:
                connection.execute(sa.update(head).values(mark=now))
        self._mark = max(known, now, self._mark)
        return self._mark

    def raise_level(self) -> None:
        """Let the database hold all that this program writes.

        Must be called only where no earlier version of the program uses the database.
        """
        with self._write_transaction() as connection:
            lower = head.c.level < LEVEL
            connection.execute(sa.update(head).where(lower).values(level=LEVEL))

    def check_level(self, path: Path) -> None:
        """Raise `DamagedDatabase` if a newer version wrote records that this one would drop."""
        with self._read_transaction() as connection:
            check_level(connection, path)

    def record_start(self, identity: RingIdentity, version: str) -> None:
        """Record the key ring and the program version with which this node has started."""
        with self._write_transaction() as connection:
            ring_identity.write_ring_identity(connection, identity)
            nodes.record_start(
                connection,
                self._node,
                boot=self._boot,
                version=version,
                level=LEVEL,
                ring=identity.version,
            )


def check_level(connection: Connection, path: Path) -> None:
    """Raise `DamagedDatabase` if a newer version wrote records or fields unknown to this one."""
    if not sa.inspect(connection).has_table(head.name):
        return
    level = connection.scalar(sa.select(head.c.level))
    if isinstance(level, int) and level > LEVEL:
        raise DamagedDatabase(
            f"the database {path} was written by a newer version:"
            f" its level is {level}, this version knows {LEVEL}"
        )
