"""A parent over workers that do what a test needs: run as a program, so that it may be forked and sent signals."""

import os
import select
import signal
import sys
import time
from pathlib import Path

from daypass.server.process.signals import HangUps
from daypass.server.settings.config import Config
from daypass.server.workers.board import Board
from daypass.server.workers.channel import Word
from daypass.server.workers.parent import Parent


class Directory:
    """A data directory of which nothing is known."""

    def look(self):
        """Find that all is as before."""


def say(*words):
    # In one piece: several processes speak.
    os.write(1, f"{' '.join(words)}\n".encode())


def waits(member, parent):
    """Serve until the parent ends it."""
    member.place.enter()
    signal.signal(signal.SIGTERM, lambda *_: None)
    say("serves", member.name, member.ended)
    parent.say(Word.READY)
    heard = None
    while heard is None or heard[0] is not Word.FORCE:
        try:
            select.select([parent], [], [])
            heard = parent.heard()
        except EOFError:
            say("orphaned", member.name)
            return 0
        if heard is not None:
            say("hears", member.name, heard[0].name)
    return 0


def ends(member, parent):
    """Serve until the first signal."""
    member.place.enter()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    say("serves", member.name, member.ended)
    parent.say(Word.READY)
    select.select([parent], [], [])


def refuses(member, parent):
    """Not start."""
    say("refuses", member.name)
    return 4


def fails(member, parent):
    """Fail in a way that nobody foresaw."""
    raise ZeroDivisionError("never seen")


def exits(member, parent):
    """End as a server does that cannot listen."""
    sys.exit(3)


def holds(member, parent):
    """Serve, and the first time keep the others from the database for longer than it said."""
    if member.name == "2" and not member.ended:
        member.place.promise(0.1, now=time.monotonic())
    return ends(member, parent)


def main(data, serve):
    board = Board(["1", "2"])
    config = Config(data=Path(data), host="127.0.0.1", port=1, workers=2)
    hang_ups = HangUps()
    signal.signal(signal.SIGHUP, hang_ups.note)
    parent = Parent(config, Directory(), board, [[], []], hang_ups, serve=globals()[serve], ready=lambda: say("ready"))  # fmt: skip
    try:
        return parent.run()
    except KeyboardInterrupt:
        say("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
