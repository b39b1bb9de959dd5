"""Memory that all processes of one server share: a slot per worker, and an eventfd that wakes it.

Each slot is written by its worker alone. It says how far the worker is and whether it serves, so
that nobody has to query the database, which has the same facts a moment later. The scoreboard ends
with the server.
"""

import contextlib
import fcntl
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from daypass.state.database.database_lock import DatabaseLock

_LIVE, _APPLIED, _LOCK_DEADLINE, _READY, _WAITING, _ROOT_KEY = range(6)
_SLOT_WORDS = 8
"""Words per slot: 64 bytes, so that two workers never write the same cache line of a processor."""
_NANOSECONDS = 1_000_000_000


class WorkerSlot:
    """The state of one worker.

    A word is eight bytes at a multiple of eight, which a processor writes in one step.
    """

    def __init__(self, words: memoryview, name: str) -> None:
        self.name = name
        """The name of the worker's node."""
        self._words = words

    @property
    def is_live(self) -> bool:
        """Return whether the worker serves: a commit is answered once it is applied there."""
        return bool(self._words[_LIVE])

    @property
    def applied_commit(self) -> int:
        """Return the last commit that the worker has applied; 0 while it does not serve."""
        return int(self._words[_APPLIED])

    @applied_commit.setter
    def applied_commit(self, seq: int) -> None:
        self._words[_APPLIED] = seq

    @property
    def is_ready(self) -> bool:
        """Return whether all conditions of the worker's own held at its last check."""
        return bool(self._words[_READY])

    @is_ready.setter
    def is_ready(self, value: bool) -> None:
        self._words[_READY] = value

    @property
    def is_waiting(self) -> bool:
        """Return whether the worker is to be woken when others have applied a commit."""
        return bool(self._words[_WAITING])

    @is_waiting.setter
    def is_waiting(self, value: bool) -> None:
        self._words[_WAITING] = value

    @property
    def newest_root_key(self) -> int:
        """Return the newest root key whose seals the worker opens; 0 until it has set one."""
        return int(self._words[_ROOT_KEY])

    @newest_root_key.setter
    def newest_root_key(self, key_id: int) -> None:
        self._words[_ROOT_KEY] = key_id

    def set_lock_deadline(self, seconds: float, now: float) -> None:
        """Set for how many seconds at most the worker holds the database's lock; 0: it does not.

        `now` is monotonic time.
        """
        self._words[_LOCK_DEADLINE] = round((now + seconds) * _NANOSECONDS) if seconds else 0

    def is_lock_overdue(self, now: float) -> bool:
        """Return whether the worker holds the database's lock past its deadline.

        `now` is monotonic.
        """
        deadline = int(self._words[_LOCK_DEADLINE])
        return deadline != 0 and now * _NANOSECONDS > deadline

    def mark_live(self) -> None:
        """Mark the worker as serving: from now on commits of others wait for it."""
        self._words[_LIVE] = 1

    def clear(self) -> None:
        """Reset the slot; whoever finds a worker dead does it in the worker's place."""
        for word in range(_SLOT_WORDS):
            self._words[word] = 0


class Scoreboard:
    """The slots of all workers, in memory that every process forked from its creator inherits.

    Linux only.
    """

    def __init__(self, names: Sequence[str]) -> None:
        size = len(names) * _SLOT_WORDS * 8
        self._file = os.memfd_create("daypass")
        os.ftruncate(self._file, size)
        words = memoryview(mmap.mmap(self._file, size)).cast("Q")
        self.slots = [
            WorkerSlot(words[number * _SLOT_WORDS : (number + 1) * _SLOT_WORDS], name)
            for number, name in enumerate(names)
        ]
        self._eventfds = [os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) for _ in names]

    @property
    def newest_commit(self) -> int:
        """Return the last commit that any worker has applied."""
        return max(slot.applied_commit for slot in self.slots)

    def slots_behind(self, seq: int, *, other_than: WorkerSlot) -> list[WorkerSlot]:
        """Return the other workers that serve and have not applied a commit."""
        return [
            slot
            for slot in self.slots
            if slot is not other_than and slot.is_live and slot.applied_commit < seq
        ]

    def wakeup_descriptor(self, slot: WorkerSlot) -> int:
        """Return the descriptor that becomes readable when a worker is woken."""
        return self._eventfds[self.slots.index(slot)]

    def wake(self, slots: Iterable[WorkerSlot]) -> None:
        """Wake workers: something was committed, or applied."""
        for slot in slots:
            # A full counter cannot be increased, and is readable all the same.
            with contextlib.suppress(BlockingIOError):
                os.eventfd_write(self.wakeup_descriptor(slot), 1)

    def clear_wakeup(self, slot: WorkerSlot) -> None:
        """Make a worker's descriptor unreadable until it is woken again."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.wakeup_descriptor(slot))

    @contextlib.contextmanager
    def block_writers(self) -> Iterator[bool]:
        """Let no worker write in the block and yield True; yield False if one is writing already.

        Never waits for a writer.
        """
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def database_lock(self, promise: Callable[[float], None]) -> DatabaseLock:
        """Return the lock of the database for this process.

        It is taken on the scoreboard's memory: there is no file that could be removed or left
        behind. `promise` is called with the seconds for which the lock is going to be held at most,
        and 0 when it is released.
        """
        # Opened anew: a lock belongs to an open file description, which a forked process shares.
        return DatabaseLock(
            os.open(f"/proc/self/fd/{self._file}", os.O_RDWR | os.O_CLOEXEC), promise
        )
