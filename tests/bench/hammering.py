"""How long one caller waits for an answer while another one is refused all the time.

Both call AssumeRole over eight connections each. Twice as many calls wait in turn, so that answers
take twice as long, unless a refusal costs more than what it refuses: that is what the figure shows. Of
each side the quietest round counts, because a neighbour only ever makes answers later.
The other one sends from a process of its own: `python -m tests.bench.hammering PORT SECONDS STATUS`
sends the request on its standard input.
"""

import itertools
import subprocess
import sys
import time

from tests.bench import servers
from tests.bench.calls import assuming, one_pair
from tests.bench.figures import Figure, at_most, readable
from tests.bench.load import CONNECTIONS, Load
from tests.bench.rounds import Side, take_rounds

ALONE = "one caller's p99, refusals hammered : without"
ALLOWED = "one caller's p99, refusals hammered : as many allowed calls"
GOALS = {ALONE: at_most(2), ALLOWED: None}
LEAD_SECONDS = 0.3
"""How long the other one sends before and after the victim's calls are timed."""


class Hammer:
    """While it is open, another process sends one request over eight connections."""

    def __init__(self, port, message, status, seconds):
        self._command = [sys.executable, "-m", "tests.bench.hammering", port, seconds, status]
        self._message = message

    def __enter__(self):
        self._process = subprocess.Popen(
            [str(each) for each in self._command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._process.stdin.write(self._message)
        self._process.stdin.close()
        self._process.stdout.readline()
        time.sleep(LEAD_SECONDS)

    def __exit__(self, *_):
        self._process.stdout.close()
        if self._process.wait():
            raise RuntimeError("the hammering process met another answer than it expects")


def figures(run):
    """Yield the rows of this group."""
    data, keys = run.filled("calls")
    seconds = run.seconds + 2 * LEAD_SECONDS
    with servers.daypass(data) as server:
        refused = assuming(server.port, keys["nobody"], "role", ExternalId="xyz")
        allowed = assuming(server.port, keys["spread0"], "spread0")
        sides = [
            Side(name, server, one_pair(server.port, keys), within)
            for name, within in (
                ("alone", None),
                ("refused", Hammer(server.port, refused, 403, seconds)),
                ("allowed", Hammer(server.port, allowed, 200, seconds)),
            )
        ]
        take_rounds(sides, run.rounds, run.seconds, run.say)
    alone, refused, allowed = sides
    for row, other in ((ALONE, alone), (ALLOWED, allowed)):
        told = " against ".join(readable(min(each.p99)) for each in (refused, other))
        yield Figure(row, min(refused.p99) / min(other.p99), "×", GOALS[row], f"{told} ms")


def hammer(port, seconds, status):
    """Send the request on the standard input for so many seconds; each answer has the status."""
    messages = itertools.repeat(sys.stdin.buffer.read())
    with Load(port, CONNECTIONS) as load:
        print("begun", flush=True)
        load.run(messages, seconds, status=status)


if __name__ == "__main__":
    hammer(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
