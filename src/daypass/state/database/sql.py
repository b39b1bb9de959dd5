"""The store on SQL, through SQLAlchemy Core: SQLite now, in words that PostgreSQL understands too.

One row, `head`, is read first by every commit and written last: it makes the one order. What was refused of a batch leaves no
trace; what was committed is there with its log, its checksums and its event, or not at all.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from daypass.core.domain.record import Record
from daypass.core.faults import Throttled
from daypass.core.guesses import Guess
from daypass.state import database_errors
from daypass.state.changes import Changes
from daypass.state.database import damage, loading, tail, writing
from daypass.state.database.database_lock import DatabaseLock, Unshared
from daypass.state.database.foreign_writes import ByDriver, ByFile
from daypass.state.database.loading import Damaged
from daypass.state.database.writing import Order
from daypass.state.schema import record_checksums
from daypass.state.schema.tables import commits, head
from daypass.state.side_tables import (
    attempts,
    audit_breaks,
    last_uses,
    leases,
    leftovers,
    nodes,
    ring_name,
)
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.side_tables.nodes import NODE, Checkpoint, Event
from daypass.state.side_tables.ring_name import RingName
from daypass.state.snapshot.directory import NOWHERE, Directory
from daypass.state.store import Committed, Diverged, Outcome, Then, Unavailable
from daypass.state.usage import LastUse

DATABASE_ERRORS = (sa.exc.DatabaseError, sqlite3.Error)
"""What a database raises that is not to be used."""
LEVEL = 1
"""Which kinds of records, and fields of them, this program writes."""


class SqlStore:
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
        self._engine = engine
        self._lock = lock or Unshared()
        self._writes = writes or ByDriver(engine)
        self._reader = engine.execution_options(reads=True)
        self._boot = boot
        self._node = node
        self._seen = NOWHERE
        self._mark = 0
        self._uses_seen = 0
        self._is_in_doubt = False
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

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give a transaction that sees one state of the database; whoever writes waits until it ends."""
        with self._lock.held(alone=False), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self, *, knows_all: bool = False) -> Iterator[Connection]:
        """Give a transaction that is durable at the end; raises `Unavailable` where the storage refuses it.

        `knows_all` says that everything that was committed before is going to be known here.
        """
        try:
            with self._lock.held(alone=True):
                with self._engine.begin() as connection:
                    yield connection
                if knows_all:
                    self._writes.note()
        except Diverged:
            # What is known here, or what is there, is wrong: it is loaded again before anybody decides on it.
            self._is_in_doubt = True
            raise
        except database_errors.ERRORS as error:
            # What it holds open may be broken: the next transaction begins on a connection of its own.
            self._engine.dispose()
            self._writes.forget()
            raise Unavailable(
                "The request could not be stored.",
                operator=f"the database refuses writes: {database_errors.cause(error).words}",
            ) from error

    def try_write(self) -> None:
        """Write a row again as it is, durably; raises `Unavailable` where a commit would be refused now."""
        with self._writing() as connection:
            connection.execute(sa.update(head).values(level=head.c.level))

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

    def usage(self) -> dict[str, LastUse]:
        """Return the last uses that were written; one that cannot be read is left out."""
        with self._reading() as connection:
            found, self._uses_seen = last_uses.read(connection), last_uses.written(connection)
        return found

    def new_usage(self) -> dict[str, LastUse]:
        """Return the last uses that anybody has written since this store was asked for all, or for new ones, the last time."""
        with self._reading() as connection:
            written = last_uses.written(connection)
            if written == self._uses_seen:
                return {}
            # Fewer than were seen: a backup was put back, and what is in it is all new here.
            after = self._uses_seen if written > self._uses_seen else None
            found, self._uses_seen = last_uses.read(connection, after=after), written
        return found

    def write_usage(self, uses: Mapping[str, LastUse]) -> None:
        """Write last uses; one that is older than what is there changes nothing."""
        if uses:
            with self._writing() as connection:
                last_uses.write(connection, uses)

    def leftovers(self) -> Leftovers:
        """Return what the storage holds that nobody needs any more."""
        with self._reading() as connection:
            return leftovers.read(connection)

    def take_lease(self, job: str, *, now: int, seconds: int) -> bool:
        """Take the lease of a job for this start of the node, or renew it; say whether it has it now. `now` is steady time."""
        with self._writing() as connection:
            return leases.take(connection, job, self._holder, now=now, seconds=seconds)

    def give_back_lease(self, job: str) -> None:
        """Let others do a job; a lease that somebody else has taken since stays theirs."""
        with self._writing() as connection:
            leases.give_back(connection, job, self._holder)

    @property
    def _holder(self) -> str:
        return f"{self._node}/{self._boot}"

    def begun_nodes(self) -> dict[str, bool]:
        """Return every node that ever started, and whether its checkpoint says that lines of its audit log were on disk."""
        with self._reading() as connection:
            return nodes.begun(connection)

    def undrained(self, after: int, node: str | None = None) -> list[Event]:
        """Return the events of a node's commits after that one, in order; of this node's without a name."""
        with self._reading() as connection:
            return nodes.undrained(connection, after, boot=self._boot, node=node or self._node)

    def checkpoint(self, node: str | None = None) -> Checkpoint | None:
        """Return what was last known to be on disk of a node's audit log, of this node's without a name.

        None if the node never started. Raises `Spoilt` for a checkpoint that cannot be read.
        """
        with self._reading() as connection:
            return nodes.read(connection, node or self._node)

    def write_checkpoint(self, checkpoint: Checkpoint, node: str | None = None) -> None:
        """Remember what is on disk of a node's audit log; a lower checkpoint than the one before is not written."""
        with self._writing() as connection:
            nodes.advance(connection, node or self._node, checkpoint)

    def audit_breaks(self) -> tuple[str, ...]:
        """Return every break of the audit log that was found, the oldest first."""
        with self._reading() as connection:
            return audit_breaks.read(connection)

    def add_audit_break(self, text: str) -> None:
        """Keep a break of the audit log for good."""
        with self._writing() as connection:
            audit_breaks.add(connection, text)

    def accept_audit_breaks(
        self, texts: Sequence[str], checkpoints: Mapping[str, Checkpoint]
    ) -> None:
        """Replace what is kept of all breaks, and the checkpoints of nodes, even if they are lower: an operator accepted them."""
        with self._writing() as connection:
            audit_breaks.replace(connection, texts)
            for node, checkpoint in checkpoints.items():
                nodes.replace(connection, node, checkpoint)

    def count_guess(self, subject: str, steady: int) -> Guess:
        """Count a guess that nobody has looked at yet; raises `Throttled`, and counts none, if it has to wait."""
        with self._writing() as connection:
            found = attempts.count(connection, subject, steady)
        if isinstance(found, Throttled):
            raise found
        return found

    def take_back_guess(self, guess: Guess) -> None:
        """Count a guess no more: nobody looked at it."""
        with self._writing() as connection:
            attempts.take_back(connection, guess)

    def forget_guesses(self, subject: str) -> None:
        """Forget the guesses of somebody whose last one was right."""
        with self._writing() as connection:
            attempts.forget(connection, subject)

    def raise_mark(self, now: int) -> int:
        """Remember that it is at least `now`, in epoch seconds; return the latest time that is known."""
        with self._writing() as connection:
            known = connection.scalar(sa.select(head.c.mark)) or 0
            if now > known:
                connection.execute(sa.update(head).values(mark=now))
        self._mark = max(known, now, self._mark)
        return self._mark

    def ring_name(self) -> RingName | None:
        """Return the name of the key ring that this database belongs to."""
        with self._reading() as connection:
            return ring_name.read(connection)

    def name_ring(self, named: RingName) -> None:
        """Write down which key ring this database belongs to."""
        with self._writing() as connection:
            ring_name.write(connection, named)

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

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        self._lock.close()


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
