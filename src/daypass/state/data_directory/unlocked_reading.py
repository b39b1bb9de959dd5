"""What a command may know of a data directory that a server may be using: everything as it was last committed, and no lock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from daypass.core.domain.account import Account
from daypass.core.domain.record import Record
from daypass.core.keyring import KeyRing
from daypass.state.data_directory import database_file
from daypass.state.data_directory.audit_file import audit_log_path, nodes_with_logs
from daypass.state.data_directory.database_file import database_path
from daypass.state.data_directory.directory_errors import errors_as_unusable
from daypass.state.data_directory.first_start import default_account_id
from daypass.state.database.sql_store import SqlStore
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.files import data_files, key_ring_file
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.snapshot.directory import Directory
from daypass.state.unusable import Unusable


class NodeLog(NamedTuple):
    """A node's audit log and how far it was."""

    node: str
    path: Path
    checkpoint: Checkpoint | None
    """None for a node that the database does not know."""


@dataclass(frozen=True, slots=True)
class UnlockedData:
    """What a command may know of a data directory that a server may be using."""

    keyring: KeyRing
    accounts: Mapping[str, Account]
    default_account_id: str
    node_logs: tuple[NodeLog, ...]
    """The audit log of each node that the database knows, or that a file is there of; the first node's is the first."""
    audit_breaks: tuple[str, ...]
    """Breaks of any of them that were found."""
    directory: Directory
    mark: int
    """The newest time that the server kept, in seconds since 1970."""

    @property
    def audit_log(self) -> Path:
        """Return where the first node's audit log is, into which operators write."""
        return self.node_logs[0].path

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return what was last known to be on disk of the first node's audit log."""
        return self.node_logs[0].checkpoint


def read_without_lock(
    path: Path, environ: Mapping[str, str], *, base: Iterable[Record] = ()
) -> UnlockedData:
    """Return what can be known without the lock; raises `Unusable`. `base` are records that the program brings along."""
    with errors_as_unusable(path):
        if data_files.is_new(path, has_master_key=key_ring_file.is_master_key_a_file(environ)):
            raise Unusable(f"there is no authority in {path}", "daypass up makes one")
        ring = key_ring_file.open_ring(path, environ)
        database_file.check_not_truncated(path)
        store = open_sqlite(database_path(path), read_only=True, ring=ring)
        try:
            directory = store.load(base)
            database_file.check_has_accounts(path, directory)
            return UnlockedData(
                ring,
                {each.account: each for each in directory.accounts},
                default_account_id(directory),
                _read_node_logs(path, store),
                store.audit_breaks(),
                directory,
                store.mark,
            )
        finally:
            store.close()


def _read_node_logs(path: Path, store: SqlStore) -> tuple[NodeLog, ...]:
    nodes = nodes_with_logs(path, store.started_nodes())
    return tuple(
        NodeLog(node, audit_log_path(path, node), store.checkpoint(node)) for node in nodes
    )


def read_audit_checkpoint(path: Path) -> Checkpoint | None:
    """Return what was last known to be on disk of the first node's audit log, None if that was never written down.

    Neither the lock nor the key ring is needed. Raises `Unusable`.
    """
    if not database_path(path).exists():
        return None
    with errors_as_unusable(path):
        store = open_sqlite(database_path(path), read_only=True)
        try:
            return store.checkpoint()
        finally:
            store.close()


def read_started_nodes(path: Path) -> Mapping[str, bool]:
    """Return every node that ever started, and whether lines of its audit log were on disk; empty without a database.

    Neither the lock nor the key ring is needed. Raises `Unusable`.
    """
    if not database_path(path).exists():
        return {}
    with errors_as_unusable(path):
        store = open_sqlite(database_path(path), read_only=True)
        try:
            return store.started_nodes()
        finally:
            store.close()
