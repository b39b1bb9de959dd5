"""`daypass` with another set-up than the real one, for what can be measured only so: `python _launched.py CHANGE[,CHANGE] up …`.

`fenceless`: the answer to a change waits for no worker, and nobody is rung, so that a worker learns of it when it looks by itself.
`tireless`: a worker is started again at once however soon it ended, so that hundreds of kills fit into one run.
"""

import sys

from daypass.cli import entry
from daypass.server import limits
from daypass.server.workers.board import Board
from daypass.server.workers.fence import Fence


async def _at_once(_fence, _seq):
    """Wait for nobody."""


def fenceless():
    Fence.passed = _at_once
    Board.ring = lambda _board, _places: None


def tireless():
    limits.WORKER_STEADY_SECONDS = 0.0


CHANGES = {"fenceless": fenceless, "tireless": tireless}

if __name__ == "__main__":
    for name in sys.argv.pop(1).split(","):
        CHANGES[name]()
    entry.main()
