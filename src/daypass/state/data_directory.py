"""The data directory: lock, key ring, database and audit log, opened together or not at all.

One server at a time: it holds a lock on a file in the directory for as long as it runs. `read_only` is for commands that
stand beside a running server.
"""

import errno
import fcntl
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
from daypass.core.faults import Fault
from daypass.core.keyring import KeyRing
from daypass.core.organizations import founding, ids, names
from daypass.state import keys, opening_events, ring_name
from daypass.state.attempts import Attempts
from daypass.state.changes import Changes, Put
from daypass.state.commits import Committer
from daypass.state.directory import Directory
from daypass.state.loading import Damaged
from daypass.state.nodes import Checkpoint, Event, Spoilt
from daypass.state.sql import DATABASE_ERRORS, SqlStore, explained, open_sqlite
from daypass.state.sqlite_file import SQLITE_BYTES_MIN
from daypass.state.steady_clock import SteadyClock
from daypass.state.unusable import Unusable
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
        ring: KeyRing,
        directory: Directory,
        clocks: SteadyClock,
        environ: Mapping[str, str],
    ) -> None:
        self.path = path
        self.keyring = ring
        self._environ = environ
        self._ring_stamp = keys.stamp(path)
        self.usage = Usage(store.usage())
        self.attempts = store.attempts()
        """The guesses of every subject that were written down when the directory was opened."""
        self.clocks = clocks
        self.committer = Committer(store, directory, now=clocks.wall)
        self._store = store
        self._lock = lock

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

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Remember at once what is on disk of the audit log, for a command that writes alone; never lowered."""
        self._store.write_checkpoint(checkpoint)

    def undrained(self, after: int) -> list[Event]:
        """Return the events of commits after that one, which the audit log may lack."""
        return self._store.undrained(after)

    def refresh_keyring(self) -> bool:
        """Read the key ring again if a command has changed its file, and say whether it had.

        Raises `Unusable` where the new file does not open; the ring that is held goes on opening and sealing.
        """
        with _explained(self.path):
            found = keys.stamp(self.path)
            if found == self._ring_stamp:
                return False
            self._ring_stamp = found
            changed = keys.open_ring(self.path, self._environ)
            wrong = ring_name.mismatch(changed, ring_name.of(self.keyring))
            if wrong:
                raise Unusable(wrong, "put the key ring back that this server was started with")
            self.keyring = changed
            self.committer.later(lambda: self._store.name_ring(ring_name.of(changed)))
            return True

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
        self._store.write_usage(self.usage.drain())
        self._keep_time()
        self._store.close()
        os.close(self._lock)


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
    return data / "audit.log"


def default_account(directory: Directory) -> str:
    """Return the oldest account; of several that are as old, one that manages an organization."""

    def age(account: Account) -> tuple[int, bool, str]:
        above = directory.above(account.account)
        is_management = above is not None and above.management == account.account
        return account.created, not is_management, account.account

    return min(directory.accounts, key=age).account


def open_data(
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
) -> Data:
    """Open a data directory, or make it; raises `Unusable` with one clear line, having changed nothing.

    `account` and `email` are the first account's id, random without it, and its root's address; `base` are records that the
    program brings along. `accept_damage` names what the disk has spoilt and the operator goes on without.
    """
    with _explained(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as opened:
            lock = _locked(path)
            opened.callback(os.close, lock)
            _check_size(path)
            ring = _ring(path, environ, now=int(clock()), entropy=entropy)
            boot = entropy(BOOT_BYTES).hex()
            if not database_path(path).exists():
                changes = first(account, email, now=int(clock()), entropy=entropy)
                changes.event = opening_events.first_start(changes, now=clock())
                _make_database(path, changes, ring, now=int(clock()), boot=boot)
            store = open_sqlite(database_path(path), ring=ring, boot=boot)
            opened.callback(store.close)
            if accept_damage:
                told = opening_events.damage_accepted(accept_damage, now=clock())
                store.accept_damage(accept_damage, base, event=told, now=int(clock()))
            directory = store.load(base)
            store.mend_indices()
            if not directory.accounts:
                raise Unusable(
                    f"the database {database_path(path)} has no account",
                    "put the database back that belongs to this directory",
                )
            _check_known(directory, account)
            clocks = SteadyClock(clock, monotonic, mark=store.mark)
            store.start(ring_name.of(ring), metadata.version("daypass"))
            data = Data(path, lock, store, ring, directory, clocks, environ)
            opened.pop_all()
            return data


def read_only(path: Path, environ: Mapping[str, str], *, base: Iterable[Record] = ()) -> Beside:
    """Return what can be known without the lock; raises `Unusable`. `base` are records that the program brings along."""
    with _explained(path):
        ring = keys.open_ring(path, environ)
        _check_size(path)
        store = open_sqlite(database_path(path), read_only=True, ring=ring)
        try:
            directory = store.load(base)
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
    try:
        yield
    except OSError as error:
        hints = {
            errno.ENOSPC: "free some space; nothing was changed",
            errno.EROFS: "the file system is read-only",
            errno.EACCES: "run it as the user that owns the directory",
            errno.EPERM: "run it as the user that owns the directory",
        }
        where = error.filename or path
        raise Unusable(f"{where}: {error.strerror}", hints.get(error.errno or 0, "")) from error
    except DATABASE_ERRORS as error:
        found = explained(error, database_path(path))
        if isinstance(found, Damaged):
            found = Unusable(found.message, _what_to_do(found))
        raise found from error
    except Damaged as error:
        raise Unusable(error.message, _what_to_do(error)) from error
    except Spoilt as error:
        raise Unusable(error.message, ACCEPT) from error
    except Fault as error:
        raise Unusable(error.operator or error.message, "is the disk full?") from error


def _what_to_do(error: Damaged) -> str:
    """Return a hint that destroys none of what is there."""
    if error.names:
        return (
            "a backup in another directory, given with --data, may have it whole; to go on without it:"
            + "".join(f" --accept-damage {shlex.quote(name)}" for name in error.names[:HINTED_MAX])
        )
    return "leave it as it is; start the version of daypass that wrote it, or a backup in another directory, given with --data"


def _check_size(path: Path) -> None:
    """Raise `Unusable` for a database that was cut to nearly nothing: SQLite would take it for a new one."""
    database = database_path(path)
    if database.exists() and database.stat().st_size < SQLITE_BYTES_MIN:
        raise Unusable(
            f"the database {database} is empty, but this is not a new directory",
            "put daypass.db back from a backup; for a new authority, give another directory with --data",
        )


def _make_database(path: Path, changes: Changes, ring: KeyRing, *, now: int, boot: str) -> None:
    """Make the database with its first account under another name, and rename it when all of it is on disk.

    A database that is there is a whole one, then: an empty one has been cut.
    """
    fresh = path / FRESH_DATABASE
    for leftover in (fresh, path / f"{FRESH_DATABASE}-journal"):
        leftover.unlink(missing_ok=True)
    store = open_sqlite(fresh, ring=ring, boot=boot)
    try:
        [outcome] = store.commit(store.load(()), [changes], now=now)
        assert isinstance(outcome, Directory)  # noqa: S101 - nobody else is here to be first
    finally:
        store.close()
    fresh.rename(database_path(path))
    keys.sync_directory(path)


def _locked(path: Path) -> int:
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        if not isinstance(error, BlockingIOError):
            raise
        raise Unusable(
            f"another daypass is using {path}",
            "stop it first, or give another directory with --data",
        ) from None
    return lock


def _ring(path: Path, environ: Mapping[str, str], *, now: int, entropy: Entropy) -> KeyRing:
    """Open the ring, or make it if there is nothing yet that another ring could have sealed."""
    if (path / "keyring").exists():
        return keys.open_ring(path, environ)
    if database_path(path).exists():
        raise Unusable(
            f"the key ring of {path} is missing",
            f"put {path / 'keyring'} back: without it the stored secrets cannot be opened",
        )
    return keys.create_ring(path, environ, now=now, entropy=entropy)


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
