"""Memory that all processes of one server share: a place for each worker, which it alone writes, and a bell that rings it.

It says what the database says a moment later, so that nobody has to ask the database for it: how far each worker is, and whether
it is there at all. None of it outlives the server.
"""

import contextlib
import fcntl
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from daypass.state.database.database_lock import DatabaseLock

_LIVE, _APPLIED, _PROMISED, _READY, _WAITING, _OPENS = range(6)
_WORDS = 8
"""Of a place: 64 bytes, so that two workers never write one line of a processor's cache."""
_NANOSECONDS = 1_000_000_000


class Place:
    """What one worker says of itself. A word of it is eight bytes at a multiple of eight, which a processor writes in one step."""

    def __init__(self, words: memoryview, name: str) -> None:
        self.name = name
        """The name of the worker's node."""
        self._words = words

    @property
    def is_live(self) -> bool:
        """Say whether the worker serves: what is committed is to be applied there before it is answered."""
        return bool(self._words[_LIVE])

    @property
    def applied(self) -> int:
        """Return the last commit that the worker has applied; 0 while it is not there."""
        return int(self._words[_APPLIED])

    @applied.setter
    def applied(self, seq: int) -> None:
        self._words[_APPLIED] = seq

    @property
    def is_ready(self) -> bool:
        """Say whether every condition of the worker's own held when it last looked."""
        return bool(self._words[_READY])

    @is_ready.setter
    def is_ready(self, is_so: bool) -> None:
        self._words[_READY] = is_so

    @property
    def is_waiting(self) -> bool:
        """Say whether the worker wants to be rung when others have applied something."""
        return bool(self._words[_WAITING])

    @is_waiting.setter
    def is_waiting(self, is_so: bool) -> None:
        self._words[_WAITING] = is_so

    @property
    def opens(self) -> int:
        """Return the newest root key whose seals the worker opens; 0 while it has not said so."""
        return int(self._words[_OPENS])

    @opens.setter
    def opens(self, key_id: int) -> None:
        self._words[_OPENS] = key_id

    def promise(self, seconds: float, now: float) -> None:
        """Say that the database's lock is held for so many seconds at most; with 0 that it is not. `now` is monotonic time."""
        self._words[_PROMISED] = round((now + seconds) * _NANOSECONDS) if seconds else 0

    def is_overdue(self, now: float) -> bool:
        """Say whether the worker holds the database's lock for longer than it said; `now` is monotonic time."""
        promised = int(self._words[_PROMISED])
        return promised != 0 and now * _NANOSECONDS > promised

    def enter(self) -> None:
        """Be there from now on: whoever commits waits for this worker."""
        self._words[_LIVE] = 1

    def leave(self) -> None:
        """Be there no longer; whoever finds a worker dead says it for it."""
        for word in range(_WORDS):
            self._words[word] = 0


class Board:
    """The places of all workers. It is made once, and inherited by every process that is forked from its maker. Linux alone."""

    def __init__(self, names: Sequence[str]) -> None:
        size = len(names) * _WORDS * 8
        self._file = os.memfd_create("daypass")
        os.ftruncate(self._file, size)
        words = memoryview(mmap.mmap(self._file, size)).cast("Q")
        self.places = [
            Place(words[number * _WORDS : (number + 1) * _WORDS], name)
            for number, name in enumerate(names)
        ]
        self._bells = [os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) for _ in names]

    @property
    def newest(self) -> int:
        """Return the last commit that any worker has applied."""
        return max(place.applied for place in self.places)

    def lagging(self, seq: int, *, beside: Place) -> list[Place]:
        """Return the other workers that serve and have not applied a commit."""
        return [
            place
            for place in self.places
            if place is not beside and place.is_live and place.applied < seq
        ]

    def bell(self, place: Place) -> int:
        """Return the descriptor that can be read when a worker was rung."""
        return self._bells[self.places.index(place)]

    def ring(self, places: Iterable[Place]) -> None:
        """Wake workers: something was committed, or applied."""
        for place in places:
            # A bell that was rung so often that it counts no further rings all the same.
            with contextlib.suppress(BlockingIOError):
                os.eventfd_write(self.bell(place), 1)

    def silence(self, place: Place) -> None:
        """Take note that the bell has rung."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.bell(place))

    @contextlib.contextmanager
    def reading(self) -> Iterator[bool]:
        """Let no worker write meanwhile, and say so; no where one is writing already, which is not waited for."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def lock(self, promise: Callable[[float], None]) -> DatabaseLock:
        """Return the lock of the database as this process has it; no file of it can be removed, and none is left behind."""
        # Opened anew: a lock belongs to an opening of a file, which a forked process shares.
        return DatabaseLock(
            os.open(f"/proc/self/fd/{self._file}", os.O_RDWR | os.O_CLOEXEC), promise
        )
