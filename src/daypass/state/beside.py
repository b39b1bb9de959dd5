"""What a command may know of a data directory that a server may be using: everything as it was last committed, and no lock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from daypass.core.domain.account import Account
from daypass.core.domain.record import Record
from daypass.core.keyring import KeyRing
from daypass.state import data_files, database_file, keys
from daypass.state.audit_file import audit_log_path
from daypass.state.database_file import database_path
from daypass.state.directory import Directory
from daypass.state.explaining import explained
from daypass.state.first_start import default_account
from daypass.state.nodes import Checkpoint
from daypass.state.sql import open_sqlite
from daypass.state.unusable import Unusable


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


def read_only(path: Path, environ: Mapping[str, str], *, base: Iterable[Record] = ()) -> Beside:
    """Return what can be known without the lock; raises `Unusable`. `base` are records that the program brings along."""
    with explained(path):
        if data_files.is_new(path, has_master_key=keys.master_is_a_file(environ)):
            raise Unusable(f"there is no authority in {path}", "daypass up makes one")
        ring = keys.open_ring(path, environ)
        database_file.check_size(path)
        store = open_sqlite(database_path(path), read_only=True, ring=ring)
        try:
            directory = store.load(base)
            database_file.check_has_accounts(path, directory)
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
    with explained(path):
        store = open_sqlite(database_path(path), read_only=True)
        try:
            return store.checkpoint()
        finally:
            store.close()
