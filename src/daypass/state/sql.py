"""The store on SQL, through SQLAlchemy Core: SQLite now, in words that PostgreSQL understands too.

SQLite between 3.7.0 and 3.51.2 can corrupt a WAL file under several connections, so a rollback journal is used, with
`synchronous=FULL`: a commit that returned is on disk.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from daypass.core.domain.record import Record
from daypass.core.faults import Fault
from daypass.state import migrate
from daypass.state.changes import Changes, Put
from daypass.state.directory import KINDS, Directory
from daypass.state.store import Outcome, Stale, Unavailable
from daypass.state.tables import accounts, log, meta, records, tickets, usage
from daypass.state.usage import LastUse

_encoder = msgspec.msgpack.Encoder()
_decoders = {kind: msgspec.msgpack.Decoder(record) for kind, record in KINDS.items()}
_use_decoder = msgspec.msgpack.Decoder(LastUse)
CHECKPOINT = "audit checkpoint"
LOCK_SECONDS = 10  # how long a write waits for another process that writes; ours


class Damaged(Fault):
    """The database holds something that cannot be read: nothing is changed, nothing is served."""


class SqlStore:
    """Records, tickets and last uses in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._revision = 0
        self._base: tuple[Record, ...] = ()

    def load(self, base: Iterable[Record]) -> Directory:
        """Return everything that is known; raises `Damaged` for a record that cannot be read."""
        self._base = tuple(base)
        return self.reload()

    def reload(self) -> Directory:
        """Return everything that is known, read again: after a refusal nobody can say what of it is on disk."""
        known: list[Put] = [Put(record) for record in self._base]
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(records.c.account, records.c.kind, records.c.key, records.c.body)
            )
            known += [
                Put(_record(kind, body, f"{account}/{kind}/{key}"))
                for account, kind, key, body in rows
            ]
            found = connection.execute(sa.select(accounts.c.account, accounts.c.revision))
            revisions: dict[str, int] = {account: revision for account, revision in found}  # noqa: C416 - rows are no pairs to mypy
            self._revision = connection.scalar(sa.select(sa.func.max(log.c.revision))) or 0
        directory = Directory().changed(known, self._revision)
        for account in {change.record.account for change in known} | set(revisions):
            view = directory.partition(account)
            view.revision = revisions.get(account, 0)
        _check_membership(directory)
        return directory

    def commit(self, directory: Directory, batch: Sequence[Changes], *, now: int) -> list[Outcome]:
        """Commit a batch in one transaction; raises `Unavailable` where the storage refuses all of it."""
        outcomes: list[Outcome] = []
        revision = self._revision
        try:
            with self._engine.begin() as connection:
                for changes in batch:
                    outcome = self._apply(connection, directory, changes, revision + 1, now)
                    if isinstance(outcome, Directory):
                        directory, revision = outcome, outcome.revision
                    outcomes.append(outcome)
        except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
            self._engine.dispose()
            raise Unavailable(
                "The request could not be stored.",
                operator=f"{type(error).__name__}: {error.args[:1]}",
            ) from error
        self._revision = revision
        return outcomes

    def _apply(
        self,
        connection: Connection,
        directory: Directory,
        changes: Changes,
        revision: int,
        now: int,
    ) -> Outcome:
        """Apply one set of changes inside a savepoint; nothing of it stays unless all of it does."""
        with connection.begin_nested() as savepoint:
            refused = self._refused(connection, changes, now)
            if refused is not None:
                savepoint.rollback()
                return refused
            if not changes.records:
                return directory
            after = directory.changed(changes.records, revision)
            for change in changes.records:
                self._write(connection, change.record, revision, is_put=isinstance(change, Put))
            for account in {change.record.account for change in changes.records}:
                self._advance(connection, account, revision)
            return after

    def _refused(self, connection: Connection, changes: Changes, now: int) -> Outcome | None:
        for account, read in changes.read.items():
            found = connection.scalar(
                sa.select(accounts.c.revision).where(accounts.c.account == account)
            )
            if (found or 0) != read:
                return Stale()
        for take in changes.tickets:
            ticket = take.ticket
            same = (tickets.c.kind == ticket.kind) & (tickets.c.key == ticket.key)
            connection.execute(sa.delete(tickets).where(tickets.c.expires <= now))
            if connection.scalar(sa.select(tickets.c.key).where(same)) is not None:
                return take.refused
            connection.execute(
                sa.insert(tickets).values(kind=ticket.kind, key=ticket.key, expires=ticket.expires)
            )
        return None

    @staticmethod
    def _write(connection: Connection, record: Record, revision: int, *, is_put: bool) -> None:
        place = {"account": record.account, "kind": record.kind, "key": record.key}
        where = sa.and_(*(records.c[name] == value for name, value in place.items()))
        connection.execute(sa.delete(records).where(where))
        if is_put:
            body = _encoder.encode(record)
            connection.execute(sa.insert(records).values(**place, revision=revision, body=body))
        connection.execute(
            sa.insert(log).values(**place, revision=revision, change="put" if is_put else "remove")
        )

    @staticmethod
    def _advance(connection: Connection, account: str, revision: int) -> None:
        changed = connection.execute(
            sa.update(accounts).where(accounts.c.account == account).values(revision=revision)
        )
        if not changed.rowcount:
            connection.execute(sa.insert(accounts).values(account=account, revision=revision))

    def usage(self) -> dict[str, LastUse]:
        """Return the last uses that were written."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(usage.c.thing, usage.c.body))
            return {thing: _use_decoder.decode(body) for thing, body in rows}

    def write_usage(self, uses: Mapping[str, LastUse]) -> None:
        """Write last uses."""
        if not uses:
            return
        with self._engine.begin() as connection:
            connection.execute(sa.delete(usage).where(usage.c.thing.in_(list(uses))))
            rows = [{"thing": thing, "body": _encoder.encode(use)} for thing, use in uses.items()]
            connection.execute(sa.insert(usage), rows)

    def checkpoint(self) -> tuple[int, str] | None:
        """Return the head of the audit log that was seen last."""
        with self._engine.connect() as connection:
            text = connection.scalar(sa.select(meta.c.value).where(meta.c.name == CHECKPOINT))
        if text is None:
            return None
        seq, _, link = text.partition(" ")
        return int(seq), link

    def write_checkpoint(self, head: tuple[int, str]) -> None:
        """Remember the head of the audit log."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(meta).where(meta.c.name == CHECKPOINT))
            value = f"{head[0]} {head[1]}"
            connection.execute(sa.insert(meta).values(name=CHECKPOINT, value=value))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _check_membership(directory: Directory) -> None:
    """Raise `Damaged` for an account whose organization does not have it: nothing would stand above it any more."""
    for account in directory.accounts:
        if account.organization and directory.above(account.account) is None:
            raise Damaged(
                f"account {account.account} is in organization {account.organization},"
                " which does not have it"
            )


def open_sqlite(path: Path, *, read_only: bool = False) -> SqlStore:
    """Return the store in a SQLite file, brought to the newest schema unless it is only read.

    Raises `Damaged` for a file that is not whole or comes from a newer version.
    """
    engine = _engine(path, read_only=read_only)
    try:
        _check(engine, path)
        if not read_only:
            migrate.upgrade(engine)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, migrate.Newer):
            raise Damaged(str(error)) from error
        if isinstance(error, sa.exc.DatabaseError | sqlite3.Error):
            reason = getattr(error, "orig", None) or error
            raise Damaged(f"the database {path} cannot be used: {reason}") from error
        raise
    return SqlStore(engine)


def _check(engine: Engine, path: Path) -> None:
    """Raise `Damaged` for a database that SQLite does not find whole."""
    with engine.connect() as connection:
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if verdict != "ok":
            raise Damaged(f"the database {path} is damaged: {verdict}")


def _engine(path: Path, *, read_only: bool) -> Engine:
    query = {"mode": "ro", "uri": "true"} if read_only else {}
    database = f"file:{path}" if read_only else str(path)
    engine = sa.create_engine(
        URL.create("sqlite", database=database, query=query),
        # The writer's thread and the loading one share the connection in turn, never at once.
        connect_args={"check_same_thread": False, "timeout": LOCK_SECONDS},
        poolclass=sa.pool.NullPool if read_only else sa.pool.StaticPool,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy begins transactions by itself: with the driver's own habit savepoints would not hold.
        connection.isolation_level = None
        if not read_only:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _record(kind: str, body: bytes, place: str) -> Record:
    decoder = _decoders.get(kind)
    if decoder is None:
        raise Damaged(f"the record {place} is of a kind that this version does not know")
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise Damaged(f"the record {place} cannot be read: {error}") from error
