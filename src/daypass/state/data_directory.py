"""The data directory: lock, key ring, database and audit log, opened together or not at all.

One server at a time: it holds a lock on a file in the directory for as long as it runs. `read_only` is for commands that
stand beside a running server.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from daypass.core.domain.account import Account
from daypass.core.domain.record import Record
from daypass.core.faults import Fault
from daypass.core.keyring import KeyRing
from daypass.state import keys
from daypass.state.changes import Changes, Put
from daypass.state.commits import Committer
from daypass.state.directory import Directory
from daypass.state.sql import Damaged, SqlStore, open_sqlite
from daypass.state.unusable import Unusable
from daypass.state.usage import Usage

Entropy = Callable[[int], bytes]
_ACCOUNT_DIGITS = 12


class Data:
    """An open data directory."""

    def __init__(  # what is open, handed over together
        self,
        path: Path,
        lock: int,
        store: SqlStore,
        ring: KeyRing,
        directory: Directory,
        clock: Callable[[], float],
        environ: Mapping[str, str],
    ) -> None:
        self.path = path
        self.keyring = ring
        self._environ = environ
        self._ring_stamp = keys.stamp(path)
        self.usage = Usage(store.usage())
        self.committer = Committer(store, directory, now=clock)
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
    def checkpoint(self) -> tuple[int, str] | None:
        """Return the head of the audit log that was written down last."""
        return self._store.checkpoint()

    def refresh_keyring(self) -> bool:
        """Read the key ring again if a command has changed its file, and say whether it had.

        Raises `Unusable` where the new file does not open; the ring that is held goes on opening and sealing.
        """
        with _explained(self.path):
            found = keys.stamp(self.path)
            if found == self._ring_stamp:
                return False
            self._ring_stamp = found
            self.keyring = keys.open_ring(self.path, self._environ)
            return True

    def flush(self, checkpoint: tuple[int, str]) -> None:
        """Have last uses and the audit log's head written down; nobody waits for it."""
        uses = self.usage.drain()

        def write() -> None:
            self._store.write_usage(uses)
            self._store.write_checkpoint(checkpoint)

        self.committer.later(write)

    def close(self) -> None:
        """Commit what waits and let go of everything."""
        self.committer.close()
        self._store.write_usage(self.usage.drain())
        self._store.close()
        os.close(self._lock)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a command may know of a data directory that a server may be using."""

    keyring: KeyRing
    accounts: frozenset[str]
    default_account: str
    checkpoint: tuple[int, str] | None
    audit_log: Path


def audit_log_path(data: Path) -> Path:
    """Return where a data directory keeps its audit log."""
    return data / "audit.log"


def default_account(directory: Directory) -> str:
    """Return the oldest account."""
    return min(directory.accounts, key=lambda account: (account.created, account.account)).account


def open_data(
    path: Path,
    environ: Mapping[str, str],
    *,
    clock: Callable[[], float],
    entropy: Entropy,
    account: str | None = None,
    base: Iterable[Record] = (),
) -> Data:
    """Open a data directory, or make it; raises `Unusable` with one clear line, having changed nothing.

    `account` is the id of the first account, random without it; `base` are records that the program brings along.
    """
    with _explained(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _locked(path)
        try:
            ring = _ring(path, environ, now=int(clock()), entropy=entropy)
            store = open_sqlite(path / "daypass.db")
            directory = store.load(base)
            directory = _with_account(store, directory, account, now=int(clock()), entropy=entropy)
        except BaseException:
            os.close(lock)
            raise
    return Data(path, lock, store, ring, directory, clock, environ)


def read_only(path: Path, environ: Mapping[str, str]) -> Beside:
    """Return what can be known without the lock; raises `Unusable`."""
    with _explained(path):
        ring = keys.open_ring(path, environ)
        store = open_sqlite(path / "daypass.db", read_only=True)
        try:
            directory = store.load(())
            if not directory.accounts:
                raise Unusable(f"{path} has no account yet", "start it once with daypass up")
            return Beside(
                ring,
                frozenset(each.account for each in directory.accounts),
                default_account(directory),
                store.checkpoint(),
                audit_log_path(path),
            )
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
    except Damaged as error:
        raise Unusable(
            error.message, "restore a backup, or ask for the version that wrote it"
        ) from error
    except Fault as error:
        raise Unusable(error.operator or error.message, "is the disk full?") from error


def _locked(path: Path) -> int:
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Unusable(
            f"another daypass is using {path}",
            "stop it first, or give another directory with --data",
        ) from None
    return lock


def _ring(path: Path, environ: Mapping[str, str], *, now: int, entropy: Entropy) -> KeyRing:
    """Open the ring, or make it if there is nothing yet that another ring could have sealed."""
    if (path / "keyring").exists():
        return keys.open_ring(path, environ)
    if (path / "daypass.db").exists():
        raise Unusable(
            f"the key ring of {path} is missing",
            f"put {path / 'keyring'} back: without it the stored secrets cannot be opened",
        )
    return keys.create_ring(path, environ, now=now, entropy=entropy)


def _with_account(
    store: SqlStore, directory: Directory, account: str | None, *, now: int, entropy: Entropy
) -> Directory:
    """Return the directory with its first account, made now if there is none."""
    if not directory.accounts:
        return _first_account(store, directory, account, now=now, entropy=entropy)
    if account is not None and account not in {each.account for each in directory.accounts}:
        raise Unusable(f"there is no account {account}", "--account is for the first start alone")
    return directory


def _first_account(
    store: SqlStore, directory: Directory, account: str | None, *, now: int, entropy: Entropy
) -> Directory:
    number = int.from_bytes(entropy(8), "big") % 10**_ACCOUNT_DIGITS
    record = Account(
        account=account or f"{number:012d}",
        name="first",
        created=now,
        canonical_user=entropy(32).hex(),
    )
    outcome = store.commit(directory, [Changes(records=[Put(record)])], now=now)[0]
    assert isinstance(outcome, Directory)  # noqa: S101 - nobody else is here to be first
    return outcome
