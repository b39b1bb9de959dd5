"""A worker as its parent sees it: its process, its sockets, and when it is started again."""

import os
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, field

from daypass.server import limits
from daypass.server.workers.channel import Channel, ChannelMessage
from daypass.server.workers.scoreboard import WorkerSlot


@dataclass(slots=True)
class Worker:
    """One worker of the parent; times are monotonic."""

    slot: WorkerSlot
    sockets: list[socket.socket]
    """The worker's own listening sockets, which outlive its process."""
    pid: int = 0
    """The process id; 0 while there is no process."""
    channel: Channel | None = None
    has_served: bool = False
    """Whether the process has reported that it serves."""
    since: float = 0.0
    """When the process was started."""
    due: float = 0.0
    """When a process is to be started, while there is none."""
    last_exit: str = ""
    """How the previous process ended, as `was killed by SIGKILL`; empty if there was none."""
    is_condemned: bool = False
    """Whether the parent has killed the process, which has not ended yet: it may wait for a
    disk."""
    failures: int = field(default=0)
    """How often in a row a process has ended soon after its start."""

    @property
    def name(self) -> str:
        """Return the name of the worker's node."""
        return self.slot.name

    def mark_started(self, pid: int, channel: Channel, now: float) -> None:
        """Store the new process, and the parent's end of its channel."""
        self.pid, self.channel, self.since = pid, channel, now
        self.has_served = self.is_condemned = False

    def mark_ended(self, status: int, now: float) -> None:
        """Store that the process has ended, with a status of `os.waitpid`, and when to restart it.

        Its slot is cleared, so that commits of other workers wait for it no longer.
        """
        self.slot.clear()
        if self.channel is not None:
            self.channel.close()
        self.pid, self.channel, self.last_exit = 0, None, describe_exit(status)
        self.failures = 0 if now - self.since >= limits.WORKER_STEADY_SECONDS else self.failures + 1
        self.due = now + _restart_delay(self.failures)

    def send(self, message: ChannelMessage, file: int | None = None) -> bool:
        """Send a message to the worker; return whether its process could take it."""
        return self.channel is not None and self.channel.send(message, file)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker's process, if there is one."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _restart_delay(failures: int) -> float:
    """Return how many seconds to wait before the next start.

    None after a process that ran for long, and after the first that ended soon; then doubling.
    """
    if failures <= 1:
        return 0.0
    return min(limits.WORKER_AGAIN_SECONDS * 2.0 ** (failures - 2), limits.WORKER_AGAIN_SECONDS_MAX)


def describe_exit(status: int) -> str:
    """Return how a process ended, as a predicate that follows its name."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
