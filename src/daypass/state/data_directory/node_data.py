"""An open data directory as one node has it: what is known, who commits, the key ring in use, the node's audit log."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from daypass.core.guesses import RecordedGuess
from daypass.core.keyring import KeyRing
from daypass.state.commits import Committer
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.first_start import default_account
from daypass.state.data_directory.key_ring import Ring, RingFile
from daypass.state.database.sql import SqlStore
from daypass.state.side_tables import ring_name
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.side_tables.nodes import NODE, Checkpoint
from daypass.state.steady_clock import SteadyClock
from daypass.state.unusable import Unusable
from daypass.state.usage import Usage


class Data:
    """The data of one node."""

    def __init__(
        self,
        path: Path,
        node: str,
        store: SqlStore,
        committer: Committer,
        ring: Ring,
        ring_file: RingFile,
        audit: AuditFile,
        usage: Usage,
        clocks: SteadyClock,
    ) -> None:
        self.path = path
        self.is_first = node == NODE
        """Whether this is the node that does for all of them what is done once."""
        self.holds_directory = False
        """Whether this is the data that was opened together with the directory's lock: no other node runs but those it starts."""
        self.remarks: Sequence[str] = ()
        """What the operator should be told at the start: that the authority is new, or that others can read it."""
        self.ring = ring
        """The key ring in use; whoever has opened a changed one gives it to `take_over`."""
        self.opened_by_all: Callable[[int], int] = _alone
        """Is told the newest root key that this node opens, and returns the newest that all nodes open."""
        self.ring_file = ring_file
        self.audit = audit
        self.usage = usage
        self.clocks = clocks
        self.committer = committer
        self.also_close: Callable[[], None] = _none
        """Lets go of what was opened for this data alone, such as the lock of the directory."""
        self.another: Callable[[str], Data] = _no_other
        """Starts one more node, by its name, over the same data; its own data is closed before this one."""
        self._store = store

    @property
    def keyring(self) -> KeyRing:
        """Return the key ring in use."""
        return self.ring.keys

    @property
    def default_account(self) -> str:
        """Return the account that was made at the first start."""
        return default_account(self.committer.directory)

    def take_over(self, ring: Ring) -> None:
        """Open with a changed key ring from now on, and seal with its newest key as soon as all nodes open that."""
        self.ring = Ring(ring.stamp, ring.keys.sealing_up_to(self.ring.keys.sealing_key_id))
        self.seal()

    def seal(self) -> None:
        """Seal with the newest root key that all nodes open: who is given a session may use it at any of them."""
        keys = self.ring.keys
        sealing = keys.sealing_up_to(self.opened_by_all(keys.keys[-1].id))
        if sealing is not keys:
            self.ring = Ring(self.ring.stamp, sealing)

    def read_ring(self) -> Ring:
        """Open the key ring's file again; raises `Unusable` where it does not open, or does not follow the ring in use.

        It takes as long as the operator's command for the master key: not to be called on an event loop.
        """
        found = self.ring_file.after(self.ring)
        self.committer.later(lambda: self._store.name_ring(ring_name.of(found.keys)))
        return found

    def count_guess(self, subject: str, steady: int) -> "Future[RecordedGuess]":
        """Count a guess at a code; the future is done when that is durable, and raises `Throttled` if it has to wait."""
        return self.committer.run(lambda: self._store.count_guess(subject, steady))

    def take_back_guess(self, guess: RecordedGuess) -> None:
        """Count a guess no more; nobody waits for that."""
        self.committer.later(lambda: self._store.take_back_guess(guess))

    def forget_guesses(self, subject: str) -> None:
        """Forget the guesses of a subject whose last one was right; nobody waits for that."""
        self.committer.later(lambda: self._store.forget_guesses(subject))

    def leftovers(self) -> "Future[Leftovers]":
        """Return a future of what the database holds that nobody needs any more."""
        return self.committer.run(self._store.leftovers)

    def take_lease(self, job: str, *, seconds: int) -> "Future[bool]":
        """Return a future of whether this node has the lease of a job, for so many seconds from now."""
        now = int(self.clocks())
        return self.committer.run(lambda: self._store.take_lease(job, now=now, seconds=seconds))

    def give_back_lease(self, job: str) -> "Future[None]":
        """Let other nodes do a job; the future is done when they may."""
        return self.committer.run(lambda: self._store.give_back_lease(job))

    def keep_time(self) -> None:
        """Have the newest time written down for the next start; nobody waits for it."""
        self.committer.later(self._keep_time)

    def flush(self, checkpoint: Checkpoint | None) -> None:
        """Have last uses, the time, and what is on disk of the audit log if that is given, written down; nobody waits for it.

        What other nodes have written down of last uses since is learnt then.
        """

        def write() -> None:
            self._write_usage()
            if checkpoint is not None:
                self._store.write_checkpoint(checkpoint)
            self._keep_time()
            if not self.committer.is_alone:
                self.usage.learn(self._store.new_usage())

        self.committer.later(write)

    def _write_usage(self) -> None:
        """Write last uses; what the storage refuses is written at the next flush."""
        uses = self.usage.drain()
        try:
            self._store.write_usage(uses)
        except BaseException:
            self.usage.put_back(uses)
            raise

    def _keep_time(self) -> None:
        self.clocks.raise_to(self._store.raise_mark(int(self.clocks())))

    def close(self) -> None:
        """Commit what waits and let go of everything."""
        self.committer.close()
        try:
            self._write_usage()
            self._keep_time()
        finally:
            self._store.close()
            self.also_close()


def _alone(newest: int) -> int:
    """Return what a node opens that has no others."""
    return newest


def _none() -> None:
    """Let go of nothing more."""


def _no_other(name: str) -> Data:
    raise Unusable(f"node {name} cannot be started here: this one is not the first")
