"""Opening a data directory: lock, key ring, database and audit log, all or none.

One server at a time: it holds a lock on the directory for as long as it runs. A server has one node
or several, each with a store, a committer and an audit log of its own over the one database.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Required, TypedDict, Unpack

from daypass.core.domain.record import Record
from daypass.core.identity_center.reserved_roles import FIRST_REGION
from daypass.core.sources import Clock, Entropy
from daypass.state.committer import Committer
from daypass.state.data_directory import database_file, opening_events
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.database_file import database_path
from daypass.state.data_directory.directory_errors import errors_as_unusable
from daypass.state.data_directory.first_start import first_start_changes
from daypass.state.data_directory.key_ring import KeyRingFile, OpenKeyRing
from daypass.state.data_directory.node_data import NodeData
from daypass.state.database.database_lock import DatabaseLock
from daypass.state.database.sql_store import SqlStore
from daypass.state.database.sqlite_store import (
    open_sqlite,
    open_sqlite_for_node,
    open_sqlite_read_only,
)
from daypass.state.files import data_files, directory_lock, key_ring_file
from daypass.state.last_uses import LastUses
from daypass.state.side_tables import ring_identity
from daypass.state.side_tables.nodes import FIRST_NODE
from daypass.state.snapshot.directory import Directory
from daypass.state.steady_clock import SteadyClock
from daypass.state.unusable import Unusable

BOOT_BYTES = 8
VERSION = metadata.version("daypass")


class DataDirectory:
    """A data directory that this process owns: locked, upgraded, with its key ring open."""

    def __init__(
        self,
        path: Path,
        lock: int,
        ring: OpenKeyRing,
        ring_file: KeyRingFile,
        clocks: Callable[[float], SteadyClock],
        entropy: Entropy,
        base: tuple[Record, ...],
    ) -> None:
        """Own the descriptor `lock`; `clocks` makes a node's clocks from the newest stored time."""
        self.path = path
        self.ring = ring
        self.latest = Directory()
        """The newest directory that was loaded, from which a further node starts."""
        self.remarks: Sequence[str] = ()
        """What to tell the operator at start: a new authority was made, or others can read it."""
        self._lock = lock
        self._ring_file = ring_file
        self._make_clocks = clocks
        self._entropy = entropy
        self._base = base

    def open_store(self, boot: str, node: str = FIRST_NODE) -> SqlStore:
        """Return the first node's store, checked and upgraded, with nothing loaded yet.

        `boot` is random text. Raises `Unusable`.
        """
        return open_sqlite(database_path(self.path), ring=self.ring.keys, boot=boot, node=node)

    def open_node(
        self, name: str, *, poll_seconds: float | None, lock: DatabaseLock | None = None
    ) -> NodeData:
        """Return the data of one more node, which polls for commits of others; raises `Unusable`.

        `lock` takes turns between nodes in several processes; it is closed with the node.
        """
        with errors_as_unusable(self.path), ExitStack() as opened:
            boot = self._entropy(BOOT_BYTES).hex()
            store = open_sqlite_for_node(database_path(self.path), boot=boot, node=name, lock=lock)
            opened.callback(store.close)
            self._reload_ring()
            latest = store.resume(self._base, self.latest)
            data = self.start_node(store, latest, name, poll_seconds=poll_seconds)
            opened.pop_all()
            return data

    def _reload_ring(self) -> None:
        """Read the key ring again if its file changed: an old ring would not open what others seal.

        A ring that cannot be opened is ignored: the node's key ring watch reports it and
        tries again.
        """
        if self._ring_file.file_version() != self.ring.file_version:
            with suppress(Unusable):
                self.ring = self._ring_file.reopen(self.ring)

    def catch_up(self) -> None:
        """Load later commits into `latest`, for further nodes to start from; raises `Unusable`."""
        with errors_as_unusable(self.path):
            store = open_sqlite_read_only(database_path(self.path))
            try:
                self.latest = store.resume(self._base, self.latest)
            finally:
                store.close()

    def start_node(
        self,
        store: SqlStore,
        directory: Directory,
        name: str = FIRST_NODE,
        *,
        poll_seconds: float | None = None,
    ) -> NodeData:
        """Record the start of a node whose store has loaded `directory`; return the node's data."""
        store.record_start(ring_identity.ring_identity_of(self.ring.keys), VERSION)
        clocks = self._make_clocks(store.mark)
        usage = LastUses(store.last_uses())
        # From here on the committer's thread alone uses the store.
        committer = Committer(store, directory, now=clocks.wall, poll_seconds=poll_seconds)
        audit = AuditFile(self.path, name, store, committer.run_and_wait)
        return NodeData(
            self.path, name, store, committer, self.ring, self._ring_file, audit, usage, clocks
        )

    def close(self) -> None:
        """Release the lock; another server can take it once no forked process holds it either."""
        os.close(self._lock)


class OpenOptions(TypedDict, total=False):
    """The keyword arguments of `open_directory`."""

    clock: Required[Clock]
    entropy: Required[Entropy]
    monotonic: Clock
    account: str | None
    email: str | None
    region: str
    base: Iterable[Record]
    accept_damage: Sequence[str]
    may_create: bool
    poll_seconds: float | None


def open_data(path: Path, environ: Mapping[str, str], **how: Unpack[OpenOptions]) -> NodeData:
    """Open a data directory as `open_directory` does; return its first node, which closes it.

    `NodeData.start_node` starts one more node, in this process.
    """
    directory, data = open_directory(path, environ, **how)
    data.on_close = directory.close
    data.holds_directory = True
    data.start_node = partial(directory.open_node, poll_seconds=how.get("poll_seconds") or 0.0)
    return data


def open_directory(  # noqa: PLR0913 - the options of a start
    path: Path,
    environ: Mapping[str, str],
    *,
    clock: Clock,
    entropy: Entropy,
    monotonic: Clock = time.monotonic,
    account: str | None = None,
    email: str | None = None,
    region: str = FIRST_REGION,
    base: Iterable[Record] = (),
    accept_damage: Sequence[str] = (),
    may_create: bool = True,
    poll_seconds: float | None = None,
) -> tuple[DataDirectory, NodeData]:
    """Open or create a data directory; return it with its first node, which is closed first.

    `account` and `email` are the first account's id, random without it, and its root's address;
    `region` is the primary region of the first organization's Identity Center instance; `base`
    are records that are part of the program. `accept_damage` names damaged records that the
    operator gives up. `may_create` says whether an authority is created in a directory that is
    empty, or does not exist. `poll_seconds` is how often to look for commits of other nodes,
    None where there is no other. Raises `Unusable` with one clear line, having changed nothing.
    """
    with errors_as_unusable(path), ExitStack() as opened:
        if may_create:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = directory_lock.lock_directory(path)
        opened.callback(os.close, lock)
        is_new = data_files.is_new(path, has_master_key=key_ring_file.is_master_key_a_file(environ))
        if is_new and not may_create:
            raise Unusable(f"there is no authority in {path}", "daypass up makes one")
        if is_new:
            data_files.begin_first_start(path)
        ring_file = KeyRingFile(path, environ)
        ring = ring_file.open_or_create(now=int(clock()), entropy=entropy)
        boot = entropy(BOOT_BYTES).hex()
        if is_new and not database_file.has_database(path):
            changes = first_start_changes(
                account, email, region=region, now=int(clock()), entropy=entropy
            )
            changes.event = opening_events.first_start_event(changes, now=clock())
            database_file.create_database(path, changes, ring.keys, now=int(clock()), boot=boot)
        remarks = data_files.make_data_private(path, is_new=is_new)
        database_file.check_not_truncated(path)
        clocks = partial(_make_clocks, clock, monotonic)
        directory = DataDirectory(path, lock, ring, ring_file, clocks, entropy, tuple(base))
        store = directory.open_store(boot)
        opened.callback(store.close)
        if accept_damage:
            event = opening_events.damage_accepted_event(accept_damage, now=clock())
            store.accept_damage(accept_damage, base, event=event, now=int(clock()))
        directory.latest = store.load(base)
        store.mend_indices()
        database_file.check_has_accounts(path, directory.latest)
        if is_new:
            remarks.insert(0, f"a new authority was made in {path}")
        data_files.end_first_start(path)
        _check_account_exists(directory.latest, account)
        store.raise_level()
        data = directory.start_node(store, directory.latest, poll_seconds=poll_seconds)
        directory.remarks = data.remarks = tuple(remarks)
        opened.pop_all()
        return directory, data


def _make_clocks(wall: Clock, monotonic: Clock, mark: float) -> SteadyClock:
    """Return the clocks of a node, which start at `mark` or later."""
    return SteadyClock(wall, monotonic, mark=mark)


def _check_account_exists(directory: Directory, account: str | None) -> None:
    """Raise `Unusable` if `--account` names an account that does not exist."""
    if account is not None and directory.account(account).record is None:
        raise Unusable(f"there is no account {account}", "--account is for the first start alone")
