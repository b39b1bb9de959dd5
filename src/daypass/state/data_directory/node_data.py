"""The data of one node in an open data directory: its committer, key ring, audit log and clocks."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from daypass.core.guesses import RecordedGuess
from daypass.core.keyring import KeyRing
from daypass.state.committer import Committer
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.first_start import default_account_id
from daypass.state.data_directory.key_ring import KeyRingFile, OpenKeyRing
from daypass.state.database.sql_store import SqlStore
from daypass.state.last_uses import LastUses
from daypass.state.side_tables import ring_identity
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.side_tables.nodes import FIRST_NODE, Checkpoint
from daypass.state.steady_clock import SteadyClock
from daypass.state.unusable import Unusable


class NodeData:
    """One node's committer, store, key ring, audit log, last uses and clocks."""

    def __init__(
        self,
        path: Path,
        node: str,
        store: SqlStore,
        committer: Committer,
        ring: OpenKeyRing,
        ring_file: KeyRingFile,
        audit: AuditFile,
        usage: LastUses,
        clocks: SteadyClock,
    ) -> None:
        self.path = path
        self.is_first = node == FIRST_NODE
        """Whether this node does the tasks that are done once for all nodes."""
        self.holds_directory = False
        """Whether this data holds the directory's lock, so that it starts all other nodes."""
        self.remarks: Sequence[str] = ()
        """What to tell the operator at start: a new authority was made, or others can read it."""
        self.ring = ring
        """The key ring in use; a changed one comes in by `adopt_ring`."""
        self.newest_key_opened_by_all: Callable[[int], int] = _newest_key_of_one_node
        """Takes the newest root key that this node opens; returns the newest that all open."""
        self.ring_file = ring_file
        self.audit = audit
        """The audit log of this node, as the database describes it."""
        self.usage = usage
        """Last uses of access keys and roles."""
        self.clocks = clocks
        self.committer = committer
        self.on_close: Callable[[], None] = _close_nothing
        """Closes what was opened for this data alone, such as the lock of the directory."""
        self.start_node: Callable[[str], NodeData] = _refuse_start
        """Starts one more node, by name, over the same data; its data is closed before this one."""
        self._store = store

    @property
    def keyring(self) -> KeyRing:
        """Return the key ring in use."""
        return self.ring.keys

    @property
    def default_account_id(self) -> str:
        """Return the id of the account that was made at the first start."""
        return default_account_id(self.committer.directory)

    def adopt_ring(self, ring: OpenKeyRing) -> None:
        """Open with a changed ring from now on; seal with its newest key once all nodes open it."""
        self.ring = OpenKeyRing(
            ring.file_version, ring.keys.sealing_up_to(self.ring.keys.sealing_key_id)
        )
        self.seal_with_newest_shared_key()

    def seal_with_newest_shared_key(self) -> None:
        """Seal with the newest root key that all nodes open: a session may be used at any node."""
        keys = self.ring.keys
        sealing = keys.sealing_up_to(self.newest_key_opened_by_all(keys.keys[-1].id))
        if sealing is not keys:
            self.ring = OpenKeyRing(self.ring.file_version, sealing)

    def reopen_ring(self) -> OpenKeyRing:
        """Open the key ring's file again.

        Raises `Unusable` if it cannot be opened, or is not a later state of the ring in
        use. It may take as long as the operator's command for the master key, so it must
        not be called on an event loop.
        """
        ring = self.ring_file.reopen(self.ring)
        self.committer.run_later(
            lambda: self._store.write_ring_identity(ring_identity.ring_identity_of(ring.keys))
        )
        return ring

    def count_guess(self, subject: str, steady: int) -> "Future[RecordedGuess]":
        """Count a guess at a code; the future is done when that is durable.

        It raises `Throttled` if the subject has to wait.
        """
        return self.committer.run(lambda: self._store.count_guess(subject, steady))

    def take_back_guess(self, guess: RecordedGuess) -> None:
        """Undo the count of a guess that was not checked, later."""
        self.committer.run_later(lambda: self._store.take_back_guess(guess))

    def forget_guesses(self, subject: str) -> None:
        """Delete the count of a subject whose last guess was right, later."""
        self.committer.run_later(lambda: self._store.forget_guesses(subject))

    def leftovers(self) -> "Future[Leftovers]":
        """Return a future of the expired tickets and old commits that can be deleted."""
        return self.committer.run(self._store.leftovers)

    def take_lease(self, job: str, *, seconds: int) -> "Future[bool]":
        """Take or renew a job's lease for `seconds`; return whether this node has it now."""
        now = int(self.clocks())
        return self.committer.run(lambda: self._store.take_lease(job, now=now, seconds=seconds))

    def release_lease(self, job: str) -> "Future[None]":
        """Release the lease of a job; the future is done when other nodes can take it."""
        return self.committer.run(lambda: self._store.release_lease(job))

    def save_time(self) -> None:
        """Write the newest time for the next start, later."""
        self.committer.run_later(self._save_time)

    def flush(self, checkpoint: Checkpoint | None) -> None:
        """Write last uses, the time, and the audit log's checkpoint unless it is None, later.

        Also reads the last uses that other nodes have written since.
        """

        def write() -> None:
            self._write_last_uses()
            if checkpoint is not None:
                self._store.write_checkpoint(checkpoint)
            self._save_time()
            if not self.committer.is_alone:
                self.usage.merge(self._store.new_last_uses())

        self.committer.run_later(write)

    def _write_last_uses(self) -> None:
        """Write last uses; those that the storage refuses are written at the next flush."""
        uses = self.usage.take_unwritten()
        try:
            self._store.write_last_uses(uses)
        except BaseException:
            self.usage.restore_unwritten(uses)
            raise

    def _save_time(self) -> None:
        self.clocks.raise_to(self._store.raise_mark(int(self.clocks())))

    def close(self) -> None:
        """Commit the queued changes and close everything."""
        self.committer.close()
        try:
            self._write_last_uses()
            self._save_time()
        finally:
            self._store.close()
            self.on_close()


def _newest_key_of_one_node(newest: int) -> int:
    """Return the newest root key of a node that has no others."""
    return newest


def _close_nothing() -> None:
    """Do nothing."""


def _refuse_start(name: str) -> NodeData:
    """Raise `Unusable`: only the node that holds the directory can start others."""
    raise Unusable(f"node {name} cannot be started here: this one is not the first")
