"""`daypass` with another set-up than the real one, for what can be measured only so:
`python _launched.py CHANGE[,CHANGE] up …`.

`barrierless`: the answer to a change waits for no worker, and nobody is woken, so that a worker
learns of it when it looks by itself. `tireless`: a worker is started again at once however soon it
ended, so that hundreds of kills fit into one run.
"""

import sys

from daypass.cli import entry
from daypass.server import limits
from daypass.server.workers.commit_barrier import CommitBarrier
from daypass.server.workers.scoreboard import Scoreboard


async def _at_once(_barrier, _seq):
    """Wait for nobody."""


def barrierless():
    CommitBarrier.wait_until_applied = _at_once
    Scoreboard.wake = lambda _scoreboard, _slots: None


def tireless():
    limits.WORKER_STEADY_SECONDS = 0.0


CHANGES = {"barrierless": barrierless, "tireless": tireless}

if __name__ == "__main__":
    for name in sys.argv.pop(1).split(","):
        CHANGES[name]()
    entry.main()
