"""Reading a data directory without its lock: its contents as last committed, for commands.

A server may be using the directory meanwhile.
"""

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
    """The path of a node's audit log, and its checkpoint."""

    node: str
    path: Path
    checkpoint: Checkpoint | None
    """None for a node that the database does not list."""


@dataclass(frozen=True, slots=True)
class UnlockedData:
    """The contents of a data directory as last committed, read without its lock."""

    keyring: KeyRing
    accounts: Mapping[str, Account]
    default_account_id: str
    node_logs: tuple[NodeLog, ...]
    """The log of each node that the database lists or that has a file; the first node's first."""
    audit_breaks: tuple[str, ...]
    """Breaks of any of these logs that were found."""
    directory: Directory
    mark: int
    """The newest time that the server stored, in seconds since 1970."""

    @property
    def audit_log(self) -> Path:
        """Return the path of the first node's audit log, to which operators' commands append."""
        return self.node_logs[0].path

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return the checkpoint of the first node's audit log."""
        return self.node_logs[0].checkpoint


def read_without_lock(
    path: Path, environ: Mapping[str, str], *, base: Iterable[Record] = ()
) -> UnlockedData:
    """Return the contents of a data directory, read without its lock; raises `Unusable`.

    `base` are records that are part of the program.
    """
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
    """Return the log and checkpoint of each node, the first node's first."""
    nodes = nodes_with_logs(path, store.started_nodes())
    return tuple(
        NodeLog(node, audit_log_path(path, node), store.checkpoint(node)) for node in nodes
    )


def read_audit_checkpoint(path: Path) -> Checkpoint | None:
    """Return the checkpoint of the first node's audit log, None if none was ever written.

    Needs neither the lock nor the key ring. Raises `Unusable`.
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
    """Return every node that ever started, and whether its audit log had lines on disk.

    Empty without a database. Needs neither the lock nor the key ring. Raises `Unusable`.
    """
    if not database_path(path).exists():
        return {}
    with errors_as_unusable(path):
        store = open_sqlite(database_path(path), read_only=True)
        try:
            return store.started_nodes()
        finally:
            store.close()
