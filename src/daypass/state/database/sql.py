"""The store on SQL, through SQLAlchemy Core: SQLite now, in words that PostgreSQL understands too.

One row, `head`, is read first by every commit and written last: it makes the one order. What was refused of a batch leaves no
trace; what was committed is there with its log, its checksums and its event, or not at all.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.core.domain.record import Record
from daypass.state.changes import Changes
from daypass.state.database import damage, loading, tail, writing
from daypass.state.database.database_lock import DatabaseLock, Unshared
from daypass.state.database.foreign_writes import ByDriver, ByFile
from daypass.state.database.loading import Damaged
from daypass.state.database.side_table_store import SideTableStore
from daypass.state.database.writing import Order
from daypass.state.schema import record_checksums
from daypass.state.schema.tables import commits, head
from daypass.state.side_tables import nodes, ring_name
from daypass.state.side_tables.nodes import NODE
from daypass.state.side_tables.ring_name import RingName
from daypass.state.snapshot.directory import NOWHERE, Directory
from daypass.state.store import Committed, Outcome, Then

DATABASE_ERRORS = (sa.exc.DatabaseError, sqlite3.Error)
"""What a database raises that is not to be used."""
LEVEL = 1
"""Which kinds of records, and fields of them, this program writes."""


class SqlStore(SideTableStore):
    """Records, tickets, last uses, and how far the audit log is, in one database."""

    def __init__(
        self,
        engine: Engine,
        *,
        boot: str = "",
        node: str = NODE,
        lock: DatabaseLock | Unshared | None = None,
        writes: ByDriver | ByFile | None = None,
    ) -> None:
        """Name who starts; `lock` is what several processes over one database take turns by, `writes` tells whether they wrote."""
        super().__init__(engine, boot=boot, node=node, lock=lock, writes=writes)
        self._seen = NOWHERE
        self._mark = 0
        self._base: tuple[Record, ...] = ()

    @property
    def mark(self) -> int:
        """Return the latest time, in epoch seconds, at which anything is known to have happened here."""
        return self._mark

    def load(self, base: Iterable[Record]) -> Directory:
        """Return everything that is known; raises `Damaged`, with the names of what is."""
        self._base = tuple(base)
        self._writes.are_new()
        with self._reading() as connection:
            self._writes.note()
            directory, mark = self._everything(connection)
        self._seen, self._mark = directory.position, mark
        return directory

    def go_on(self, base: Iterable[Record], known: Directory) -> Directory:
        """Return everything that is known, where another store of this database has loaded `known` before, over the same `base`."""
        self._base = tuple(base)
        return self.catch_up(known)

    def accept_damage(
        self, names: Sequence[str], base: Iterable[Record], *, event: bytes, now: int
    ) -> None:
        """Take out what an operator accepts as damaged, with the event that says so.

        Raises `Unusable` for a name that is not damaged, `Damaged` where more is than was accepted; all is as before then.
        """
        with self._writing() as connection:
            damage.accept(connection, names, base, event=event, now=now, boot=self._boot)

    def mend_indices(self) -> None:
        """Make the indices again if the disk has spoilt one of them; raises `Damaged` where that does not help.

        To be called when every record is known to be whole: an index holds no more than they do.
        """
        check = "PRAGMA integrity_check(1)"
        with self._writing() as connection:
            if connection.exec_driver_sql(check).scalar() == "ok":
                return
            connection.exec_driver_sql("REINDEX")
            verdict = connection.exec_driver_sql(check).scalar()
            if verdict != "ok":
                raise Damaged(f"the database is damaged: {verdict}")

    def catch_up(self, directory: Directory) -> Directory:
        """Return a directory with what was committed since, by anybody; itself if that is none."""
        is_changed = self._writes.are_new() or self._is_in_doubt
        if directory.position == self._seen and not is_changed:
            return directory
        with self._reading() as connection:
            self._writes.note()
            directory, mark = self._newest(connection, directory)
        self._seen, self._mark, self._is_in_doubt = directory.position, mark, False
        return directory

    def _newest(self, connection: Connection, directory: Directory) -> tuple[Directory, int]:
        """Return the directory of the last commit that a transaction sees, and the latest time that is known then."""
        found = None if self._is_in_doubt else tail.read(connection, directory.position)
        if found is None:
            return self._everything(connection)
        if found.position != directory.position:
            directory = directory.caught_up(found.records, found.revisions, found.position)
        return directory, max(found.mark, self._mark)

    def _everything(self, connection: Connection) -> tuple[Directory, int]:
        self._lock.hold_longer()
        found = loading.load(connection)
        return found.directory(self._base), max(found.mark, self._mark)

    def commit(
        self, directory: Directory, batch: Sequence[Changes], *, now: int, then: Then | None = None
    ) -> Committed:
        """Commit a batch in one transaction, behind everything that was committed before, by whomever; `then` gives the last of it.

        Raises `Unavailable` where the storage refuses all of it, `Diverged` where the database contradicts itself.
        """
        outcomes: list[Outcome] = []
        with self._writing(knows_all=True) as connection:
            directory, mark = self._newest(connection, directory)
            before, order = directory.position, Order(max(mark, now), now)

            def apply(changes: Changes) -> None:
                nonlocal directory
                outcome = self._apply(connection, directory, changes, order)
                if isinstance(outcome, Directory):
                    directory = outcome
                outcomes.append(outcome)

            for changes in batch:
                apply(changes)
            if then is not None and (last := then(directory)) is not None:
                apply(last)
            if directory.position != before:
                connection.execute(sa.update(head).values(seq=directory.revision, mark=order.mark))
        self._seen, self._mark, self._is_in_doubt = directory.position, order.mark, False
        return Committed(directory, outcomes)

    def _apply(
        self, connection: Connection, directory: Directory, changes: Changes, order: Order
    ) -> Outcome:
        """Apply one set of changes inside a savepoint: all of it stays, or none."""
        with connection.begin_nested() as savepoint:
            refused = writing.refused(connection, directory, changes, order)
            if refused is not None:
                savepoint.rollback()
                return refused
            if not changes:
                return directory
            seq = directory.revision + 1
            made = self._write_commit(connection, seq, order.at, changes.event)
            writing.write_records(connection, directory, changes, seq)
            writing.forget(connection, changes, seq, order.mark)
        return directory.changed(changes.records, seq, made)

    def _write_commit(self, connection: Connection, seq: int, at: int, event: bytes) -> str:
        """Write a commit with its event; return its id."""
        made = self._boot + record_checksums.of_commit(seq, self._boot, self._node, at, event)
        connection.execute(
            sa.insert(commits).values(seq=seq, id=made, node=self._node, at=at, event=event)
        )
        return made

    def raise_mark(self, now: int) -> int:
        """Remember that it is at least `now`, in epoch seconds; return the latest time that is known."""
        with self._writing() as connection:
            known = connection.scalar(sa.select(head.c.mark)) or 0
            if now > known:
                connection.execute(sa.update(head).values(mark=now))
        self._mark = max(known, now, self._mark)
        return self._mark

    def raise_level(self) -> None:
        """Let the database hold all that this program writes. To be called where no earlier program is beside this one."""
        with self._writing() as connection:
            lower = head.c.level < LEVEL
            connection.execute(sa.update(head).where(lower).values(level=LEVEL))

    def check_level(self, path: Path) -> None:
        """Raise `Damaged` for a database that holds records or fields which this version does not know, and would drop."""
        with self._reading() as connection:
            check_level(connection, path)

    def start(self, named: RingName, version: str) -> None:
        """Write down which key ring and which version of the program this node has started with."""
        with self._writing() as connection:
            ring_name.write(connection, named)
            nodes.start(
                connection,
                self._node,
                boot=self._boot,
                version=version,
                level=LEVEL,
                ring=named.version,
            )


def check_level(connection: Connection, path: Path) -> None:
    """Raise `Damaged` for a database that holds records or fields which this version does not know, and would drop."""
    if not sa.inspect(connection).has_table(head.name):
        return
    level = connection.scalar(sa.select(head.c.level))
    if isinstance(level, int) and level > LEVEL:
        raise Damaged(
            f"the database {path} was written by a newer version:"
            f" its level is {level}, this version knows {LEVEL}"
        )
