"""A program: a parent over fake workers, which may be forked and sent signals."""

import os
import select
import signal
import sys
import time
from pathlib import Path

from daypass.server.process.signals import HangUpFlag
from daypass.server.settings.config import Config
from daypass.server.workers.channel import ChannelMessage
from daypass.server.workers.parent import Parent
from daypass.server.workers.scoreboard import Scoreboard


class Directory:
    """A data directory of which nothing is known."""

    def catch_up(self):
        """Find that all is as before."""


def say(*words):
    # In one piece: several processes speak.
    os.write(1, f"{' '.join(words)}\n".encode())


def waits(worker, parent):
    """Serve until the parent ends it."""
    worker.slot.mark_live()
    signal.signal(signal.SIGTERM, lambda *_: None)
    say("serves", worker.name, worker.last_exit)
    parent.send(ChannelMessage.READY)
    received = None
    while received is None or received[0] is not ChannelMessage.FORCE:
        try:
            select.select([parent], [], [])
            received = parent.receive()
        except EOFError:
            say("orphaned", worker.name)
            return 0
        if received is not None:
            say("hears", worker.name, received[0].name)
    return 0


def ends(worker, parent):
    """Serve until the first signal."""
    worker.slot.mark_live()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    say("serves", worker.name, worker.last_exit)
    parent.send(ChannelMessage.READY)
    select.select([parent], [], [])


def refuses(worker, parent):
    """Not start."""
    say("refuses", worker.name)
    return 4


def fails(worker, parent):
    """Fail in a way that nobody foresaw."""
    raise ZeroDivisionError("never seen")


def exits(worker, parent):
    """End as a server does that cannot listen."""
    sys.exit(3)


def holds(worker, parent):
    """Serve, and the first time keep the others from the database for longer than it said."""
    if worker.name == "2" and not worker.last_exit:
        worker.slot.set_lock_deadline(0.1, now=time.monotonic())
    return ends(worker, parent)


def main(data, serve):
    scoreboard = Scoreboard(["1", "2"])
    config = Config(data=Path(data), host="127.0.0.1", port=1, workers=2)
    hang_up_flag = HangUpFlag()
    signal.signal(signal.SIGHUP, hang_up_flag.set)
    parent = Parent(
        config,
        Directory(),
        scoreboard,
        [[], []],
        hang_up_flag,
        serve=globals()[serve],
        on_ready=lambda: say("ready"),
    )
    try:
        return parent.run()
    except KeyboardInterrupt:
        say("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
