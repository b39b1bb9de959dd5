"""Measures several servers in turns: what an answer costs each of them, round by round.

Of a round every side has its turn, and who is first changes, so that what drifts is on all sides.
Figures are made of rounds, never of sums: see `figures.median_ratio`.
"""

import statistics
from dataclasses import dataclass, field

from tests.bench.load import CONNECTIONS, Load, percentile


@dataclass
class Side:
    """A server with the requests that it is sent, and what each round found."""

    name: str
    server: object
    messages: object
    """An iterator of requests that does not end."""
    within: object = None
    """A context manager that is open while the load runs; None for none."""
    status: int = 200
    connections: int = CONNECTIONS
    microseconds: list = field(default_factory=list)
    """Processor time for an answer, by round."""
    p99: list = field(default_factory=list)
    """Milliseconds within which 99 of a hundred answers came, by round."""

    def take(self, seconds):
        """Take a round."""
        with Load(self.server.port, self.connections) as load:
            load.warm(self.messages)
            if self.within is None:
                self._run(load, seconds)
            else:
                with self.within:
                    self._run(load, seconds)

    def _run(self, load, seconds):
        before = self.server.cpu_seconds()
        found = load.run(self.messages, seconds, status=self.status)
        used = self.server.cpu_seconds() - before
        self.microseconds.append(used * 1e6 / found.count)
        self.p99.append(percentile(found.latencies, 0.99) / 1e6)

    @property
    def cost(self):
        """Return the median microseconds for an answer."""
        return statistics.median(self.microseconds)


def take_rounds(sides, rounds, seconds, say=lambda _text: None):
    """Take so many rounds of every side, of so many seconds each."""
    for at in range(rounds):
        turn = at % len(sides)
        for side in (*sides[turn:], *sides[:turn]):
            say(f"round {at + 1} of {rounds}: {side.name}")
            side.take(seconds)
