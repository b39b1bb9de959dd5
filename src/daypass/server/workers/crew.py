"""The workers as their parent sees them: who is there, since when, and when one that died is started again."""

import os
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, field

from daypass.server import limits
from daypass.server.workers.board import Place
from daypass.server.workers.channel import Channel, Word


@dataclass(slots=True)
class Member:
    """One worker; times are monotonic."""

    place: Place
    sockets: list[socket.socket]
    """The worker's own listening sockets, which outlive its process."""
    pid: int = 0
    """Its process; 0 while there is none."""
    channel: Channel | None = None
    has_served: bool = False
    """Whether its process has said that it serves."""
    since: float = 0.0
    """When its process was started."""
    due: float = 0.0
    """When a process is to be started, while there is none."""
    ended: str = ""
    """How its process before this one has ended, as `was killed by SIGKILL`; empty if there was none."""
    is_condemned: bool = False
    """Whether its process was killed by the parent, and has not ended yet: it may wait for a disk."""
    failures: int = field(default=0)
    """How often in a row its process has ended soon."""

    @property
    def name(self) -> str:
        """Return the name of the worker's node."""
        return self.place.name

    def started(self, pid: int, channel: Channel, now: float) -> None:
        """Take note of a new process."""
        self.pid, self.channel, self.since = pid, channel, now
        self.has_served = self.is_condemned = False

    def lost(self, status: int, now: float) -> None:
        """Take note that the process has ended, with a status as `os.waitpid` gives it; others wait for it no longer."""
        self.place.leave()
        if self.channel is not None:
            self.channel.close()
        self.pid, self.channel, self.ended = 0, None, how(status)
        self.failures = 0 if now - self.since >= limits.WORKER_STEADY_SECONDS else self.failures + 1
        self.due = now + _pause(self.failures)

    def say(self, word: Word, file: int | None = None) -> bool:
        """Say something to the worker, and say whether it was taken."""
        return self.channel is not None and self.channel.say(word, file)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the worker's process, if there is one."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _pause(failures: int) -> float:
    """Return how many seconds to wait before the next start: none after a life that was not short, or after the first short one."""
    if failures <= 1:
        return 0.0
    return min(limits.WORKER_AGAIN_SECONDS * 2.0 ** (failures - 2), limits.WORKER_AGAIN_SECONDS_MAX)


def how(status: int) -> str:
    """Return how a process has ended, in words that go on after its name."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
