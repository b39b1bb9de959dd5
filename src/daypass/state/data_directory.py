"""The data directory: lock, key ring, database and audit log, opened together or not at all.

One server at a time: it holds a lock on the directory for as long as it runs. `read_only` is for commands that stand beside a
running server.
"""

import os
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import msgspec

from daypass.core.domain.account import Account
from daypass.core.domain.organization import ALL
from daypass.core.domain.record import GLOBAL, Record
from daypass.core.domain.root_email import RootEmail
from daypass.core.keyring import KeyRing
from daypass.core.organizations import founding, ids, names
from daypass.state import (
    data_files,
    directory_lock,
    keys,
    opening_events,
    ring_name,
)
from daypass.state.attempts import Attempts
from daypass.state.changes import Changes, Put
from daypass.state.commits import Committer
from daypass.state.directory import Directory
from daypass.state.loading import Damaged
from daypass.state.nodes import Checkpoint, Event, Spoilt
from daypass.state.private_files import sync_directory
from daypass.state.sql import DATABASE_ERRORS, SqlStore, open_sqlite
from daypass.state.sql import explained as explained_database
from daypass.state.sqlite_file import SQLITE_BYTES_MIN
from daypass.state.steady_clock import SteadyClock
from daypass.state.unusable import Unusable, explained
from daypass.state.usage import Usage

Entropy = Callable[[int], bytes]
BOOT_BYTES = 8
ACCEPT = "daypass log verify shows what is left; daypass log accept-break lets the next start pass"
"""What to do about an audit log that is not what was written."""
FRESH_DATABASE = ".daypass.db.new"
HINTED_MAX = 5
"""How many damaged records a hint names."""


class Data:
    """An open data directory."""

    def __init__(  # what is open, handed over together
        self,
        path: Path,
        lock: int,
        store: SqlStore,
        ring: "Ring",
        directory: Directory,
        clocks: SteadyClock,
        environ: Mapping[str, str],
        remarks: Sequence[str],
    ) -> None:
        self.path = path
        self.remarks = tuple(remarks)
        """What the operator should be told at the start: that the authority is new, or that others can read it."""
        self.ring = ring
        """The key ring in use; whoever has opened a changed one puts it here."""
        self._environ = environ
        self.usage = Usage(store.usage())
        self.attempts = store.attempts()
        """The guesses of every subject that were written down when the directory was opened."""
        self.clocks = clocks
        self.committer = Committer(store, directory, now=clocks.wall)
        self._store = store
        self._lock = lock

    @property
    def keyring(self) -> KeyRing:
        """Return the key ring in use."""
        return self.ring.keys

    @property
    def audit_log(self) -> Path:
        """Return where the audit log is."""
        return audit_log_path(self.path)

    @property
    def default_account(self) -> str:
        """Return the account that was made at the first start."""
        return default_account(self.committer.directory)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return what was last known to be on disk of the audit log."""
        return self._store.checkpoint()

    @property
    def audit_breaks(self) -> tuple[str, ...]:
        """Return every break of the audit log that was found, the oldest first."""
        return self._store.audit_breaks()

    def add_audit_break(self, text: str) -> None:
        """Keep a break of the audit log for good."""
        self._store.add_audit_break(text)

    def accept_audit_breaks(self, texts: Sequence[str], checkpoint: Checkpoint) -> None:
        """Replace what is kept of all breaks, and the checkpoint, even if it is lower: an operator accepted them."""
        self._store.accept_audit_breaks(texts, checkpoint)

    def undrained(self, after: int) -> list[Event]:
        """Return the events of commits after that one, which the audit log may lack."""
        return self._store.undrained(after)

    def ring_stamp(self) -> tuple[int, int] | None:
        """Return what changes whenever the key ring's file does; None while there is no such file to be seen."""
        try:
            return keys.stamp(self.path)
        except OSError:
            return None

    def read_ring(self) -> "Ring":
        """Open the key ring's file again; raises `Unusable` where it does not open, or does not follow the ring in use.

        It takes as long as the operator's command for the master key: not to be called on an event loop.
        """
        with _explained(self.path):
            found = _open_ring(self.path, self._environ)
        if not found.keys.follows(self.keyring):
            raise Unusable(
                f"the key ring of {self.path} is not the one from before with further keys",
                f"put {self.path / data_files.KEY_RING} back: what is sealed now would not open any more",
            )
        self.committer.later(lambda: self._store.name_ring(ring_name.of(found.keys)))
        return found

    def keep_attempts(self, subject: str, counted: Attempts | None) -> "Future[None]":
        """Write down the guesses of a subject, or forget them; the future is done when that is durable."""
        return self.committer.run(lambda: self._store.write_attempts(subject, counted))

    def keep_time(self) -> None:
        """Have the newest time written down for the next start; nobody waits for it."""
        self.committer.later(self._keep_time)

    def flush(self, checkpoint: Checkpoint | None) -> None:
        """Have last uses, the time, and what is on disk of the audit log if that is given, written down; nobody waits for it."""
        uses = self.usage.drain()

        def write() -> None:
            self._store.write_usage(uses)
            if checkpoint is not None:
                self._store.write_checkpoint(checkpoint)
            self._keep_time()

        self.committer.later(write)

    def _keep_time(self) -> None:
        self._store.raise_mark(int(self.clocks()))

    def close(self) -> None:
        """Commit what waits and let go of everything."""
        self.committer.close()
        try:
            self._store.write_usage(self.usage.drain())
            self._keep_time()
        finally:
            self._store.close()
            os.close(self._lock)


@dataclass(frozen=True, slots=True)
class Ring:
    """A key ring that is open; `stamp` tells its file from every other state of it."""

    stamp: tuple[int, int]
    keys: KeyRing


@dataclass(frozen=True, slots=True)
class Beside:
    """What a command may know of a data directory that a server may be using."""

    keyring: KeyRing
    accounts: Mapping[str, Account]
    default_account: str
    checkpoint: Checkpoint | None
    audit_breaks: tuple[str, ...]
    """Breaks of the audit log that were found."""
    audit_log: Path
    directory: Directory
    mark: int
    """The newest time that the server kept, in seconds since 1970."""


def database_path(data: Path) -> Path:
    """Return where a data directory keeps its database."""
    return data / "daypass.db"


def audit_log_path(data: Path) -> Path:
    """Return where a data directory keeps its audit log."""
    return data / data_files.AUDIT_LOG


def default_account(directory: Directory) -> str:
    """Return the oldest account; of several that are as old, one that manages an organization."""

    def age(account: Account) -> tuple[int, bool, str]:
        above = directory.above(account.account)
        is_management = above is not None and above.management == account.account
        return account.created, not is_management, account.account

    return min(directory.accounts, key=age).account


def open_data(  # noqa: PLR0913 - all that a start is told
    path: Path,
    environ: Mapping[str, str],
    *,
    clock: Callable[[], float],
    entropy: Entropy,
    monotonic: Callable[[], float] = time.monotonic,
    account: str | None = None,
    email: str | None = None,
    base: Iterable[Record] = (),
    accept_damage: Sequence[str] = (),
    may_make: bool = True,
) -> Data:
    """Open a data directory, or make it; raises `Unusable` with one clear line, having changed nothing.

    `account` and `email` are the first account's id, random without it, and its root's address; `base` are records that the
    program brings along. `accept_damage` names what the disk has spoilt and the operator goes on without. `may_make` says whether
    an authority is made in a directory that is empty, or does not exist.
    """
    with _explained(path):
        if may_make:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as opened:
            lock = directory_lock.take(path)
            opened.callback(os.close, lock)
            is_new = data_files.is_new(path, has_master_key=keys.master_is_a_file(environ))
            if is_new and not may_make:
                raise Unusable(f"there is no authority in {path}", "daypass up makes one")
            if is_new:
                data_files.begin_first_start(path)
            ring = _ring(path, environ, now=int(clock()), entropy=entropy)
            boot = entropy(BOOT_BYTES).hex()
            if is_new and not _has_database(path):
                changes = first(account, email, now=int(clock()), entropy=entropy)
                changes.event = opening_events.first_start(changes, now=clock())
                _make_database(path, changes, ring.keys, now=int(clock()), boot=boot)
            remarks = _made_private(path, is_new=is_new)
            _check_size(path)
            store = open_sqlite(database_path(path), ring=ring.keys, boot=boot)
            opened.callback(store.close)
            if accept_damage:
                told = opening_events.damage_accepted(accept_damage, now=clock())
                store.accept_damage(accept_damage, base, event=told, now=int(clock()))
            directory = store.load(base)
            store.mend_indices()
            _check_has_accounts(path, directory)
            if is_new:
                remarks.insert(0, f"a new authority was made in {path}")
            data_files.end_first_start(path)
            _check_known(directory, account)
            clocks = SteadyClock(clock, monotonic, mark=store.mark)
            store.start(ring_name.of(ring.keys), metadata.version("daypass"))
            data = Data(path, lock, store, ring, directory, clocks, environ, remarks)
            opened.pop_all()
            return data


def read_only(path: Path, environ: Mapping[str, str], *, base: Iterable[Record] = ()) -> Beside:
    """Return what can be known without the lock; raises `Unusable`. `base` are records that the program brings along."""
    with _explained(path):
        if data_files.is_new(path, has_master_key=keys.master_is_a_file(environ)):
            raise Unusable(f"there is no authority in {path}", "daypass up makes one")
        ring = keys.open_ring(path, environ)
        _check_size(path)
        store = open_sqlite(database_path(path), read_only=True, ring=ring)
        try:
            directory = store.load(base)
            _check_has_accounts(path, directory)
            return Beside(
                ring,
                {each.account: each for each in directory.accounts},
                default_account(directory),
                store.checkpoint(),
                store.audit_breaks(),
                audit_log_path(path),
                directory,
                store.mark,
            )
        finally:
            store.close()


def audit_checkpoint(path: Path) -> Checkpoint | None:
    """Return what was last known to be on disk of a directory's audit log, None if that was never written down.

    Neither the lock nor the key ring is needed. Raises `Unusable`.
    """
    if not database_path(path).exists():
        return None
    with _explained(path):
        store = open_sqlite(database_path(path), read_only=True)
        try:
            return store.checkpoint()
        finally:
            store.close()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the operating system and the database say into one line with a hint."""
    with explained(path):
        try:
            yield
        except DATABASE_ERRORS as error:
            found = explained_database(error, database_path(path))
            if found is error:
                raise
            if isinstance(found, Damaged):
                found = Unusable(found.message, _what_to_do(found))
            raise found from error
        except Damaged as error:
            raise Unusable(error.message, _what_to_do(error)) from error
        except Spoilt as error:
            raise Unusable(error.message, ACCEPT) from error


def _what_to_do(error: Damaged) -> str:
    """Return a hint that destroys none of what is there."""
    if error.names:
        return (
            "a backup in another directory, given with --data, may have it whole; to go on without it:"
            + "".join(f" --accept-damage {shlex.quote(name)}" for name in error.names[:HINTED_MAX])
        )
    return "leave it as it is; start the version of daypass that wrote it, or a backup in another directory, given with --data"


def _has_database(path: Path) -> bool:
    database = database_path(path)
    return database.exists() and database.stat().st_size >= SQLITE_BYTES_MIN


def _check_size(path: Path) -> None:
    """Raise `Unusable` for a database that was cut to nearly nothing: SQLite would take it for a new one."""
    if database_path(path).exists() and not _has_database(path):
        raise Unusable(
            f"the database {database_path(path)} is empty, but this is not a new directory",
            "put daypass.db back from a backup; for a new authority, give another directory with --data",
        )


def _make_database(path: Path, changes: Changes, ring: KeyRing, *, now: int, boot: str) -> None:
    """Make the database with its first account under another name, and rename it when all of it is on disk.

    A database that is there is a whole one, then: an empty one has been cut.
    """
    fresh = path / FRESH_DATABASE
    for leftover in (fresh, path / f"{FRESH_DATABASE}-journal"):
        leftover.unlink(missing_ok=True)
    data_files.make_private(fresh, create=True)
    store = open_sqlite(fresh, ring=ring, boot=boot)
    try:
        committed = store.commit(store.load(()), [changes], now=now)
        assert isinstance(committed.outcomes[0], Directory)  # noqa: S101 - nobody else is here to be first
    finally:
        store.close()
    fresh.rename(database_path(path))
    sync_directory(path)


def _made_private(path: Path, *, is_new: bool) -> list[str]:
    """Make sure that nobody else reads the database and the log, and return what the operator should know of it."""
    names = (data_files.DATABASE, data_files.AUDIT_LOG)
    was_open = [name for name in names if data_files.make_private(path / name, create=is_new)]
    said = [f"others could read {path / name}: it is its owner's alone now" for name in was_open]
    return [*said, *data_files.remarks(path)]


def _ring(path: Path, environ: Mapping[str, str], *, now: int, entropy: Entropy) -> Ring:
    """Open the ring, or make it in a first start that has none yet."""
    if not (path / data_files.KEY_RING).exists():
        keys.create_ring(path, environ, now=now, entropy=entropy)
    return _open_ring(path, environ)


def _open_ring(path: Path, environ: Mapping[str, str]) -> Ring:
    # The stamp comes first: a ring that is replaced meanwhile counts as changed once more.
    stamp = keys.stamp(path)
    return Ring(stamp, keys.open_ring(path, environ))


def _check_has_accounts(path: Path, directory: Directory) -> None:
    if not directory.accounts:
        raise Unusable(
            f"the database of {path} holds no account: it is not the one that was here",
            "put the database back that belongs to the key ring and the audit log beside it",
        )


def _check_known(directory: Directory, account: str | None) -> None:
    if account is not None and directory.account(account).record is None:
        raise Unusable(f"there is no account {account}", "--account is for the first start alone")


def first(account: str | None, email: str | None, *, now: int, entropy: Entropy) -> Changes:
    """Return the changes of the first start: an account, and an organization with all features that it manages."""
    record = Account(
        account=account or ids.account(entropy(ids.ENTROPY_BYTES)),
        name="first",
        created=now,
        canonical_user=entropy(32).hex(),
    )
    records: list[Record] = []
    if email:
        record = msgspec.structs.replace(record, email=email)
        records.append(RootEmail(account=GLOBAL, address=names.folded(email), owner=record.account))
    records += founding.founded(record, features=ALL, now=now, entropy=entropy)[2]
    return Changes(records=list(map(Put, records)))
