"""What grows with the number of users: a write, a first page after it, memory and start.

Three servers: one with a hundred users, one with a hundred thousand in a thousand accounts, one
with a hundred thousand in one account. All writes go to one account, where the quota of users is
lifted.
"""

import contextlib
import itertools
import statistics
from dataclasses import dataclass, field

from tests.bench import servers
from tests.bench.figures import Figure, at_most, median_ratio, not_measured, readable
from tests.bench.load import Connection, Wrong, one_answer
from tests.bench.signing import signed

FEW, MANY, MANY_IF_QUICK, ACCOUNTS = 100, 100_000, 5_000, 1_000
WRITE = "a write, 100,000 users {} : 100 users"
PAGE = "a page after a write, 100,000 users {} : 100 users"
MEMORY = "memory with 100,000 users in 1,000 accounts"
START = "processor time of a start with 100,000 users"
PLACES = {"spread": "in 1,000 accounts", "one": "in one account"}
STARTS, WARM = 3, 10
TWICE = at_most(2, 1.2)
COMMAND = f"from daypass.core import quotas; quotas.USERS_MAX = 10 * {MANY}; {servers.COMMAND}"
"""Starts the server without the quota of users of an account."""


@dataclass
class Directory:
    """A server with the costs of its writes and pages in microseconds, by round."""

    server: servers.Server
    key: tuple
    writes: list = field(default_factory=list)
    pages: list = field(default_factory=list)
    number: itertools.count = field(default_factory=itertools.count)

    def warm(self):
        """Have made what is made on first use."""
        self.take(WARM)
        self.writes.clear()
        self.pages.clear()

    def take(self, count):
        """Take a round: so many writes, each with a first page right after it."""
        found = [], []
        connection = Connection(self.server.port)
        with contextlib.closing(connection.socket):
            for _ in range(count):
                calls = (("CreateUser", {"UserName": f"new{next(self.number)}"}), ("ListUsers", {}))
                for costs, (action, fields) in zip(found, calls, strict=True):
                    message = signed(self.server.port, self.key, "iam", action, **fields)
                    before = self.server.cpu_seconds()
                    answer = one_answer(connection, message)
                    costs.append((self.server.cpu_seconds() - before) * 1e6)
                    if not answer.startswith(b"HTTP/1.1 200"):
                        raise Wrong(f"{action} was refused: {answer[:600]!r}")
        for kept, costs in zip((self.writes, self.pages), found, strict=True):
            kept.append(statistics.median(costs))


def figures(run):
    """Yield the rows of this group."""
    many = MANY_IF_QUICK if run.is_quick else MANY
    counts = {"few": (FEW, 1), "spread": (many, ACCOUNTS), "one": (many, 1)}
    wanted = {place for place, text in PLACES.items() if any(run.wants(row.format(text)) for row in (WRITE, PAGE))}  # fmt: skip
    starts = not run.is_quick and (run.wants(MEMORY) or run.wants(START))
    needed = {*wanted, *({"few"} if wanted else ()), *({"spread"} if starts else ())}
    folders = {}
    for name in sorted(needed):
        users, accounts = counts[name]
        run.say(f"a directory of {users:,} users in {accounts:,} accounts")
        folders[name] = run.filled("growth", users, accounts)
    if run.is_quick:
        yield not_measured(MEMORY, "filling a directory takes longer than a quick run")
        yield not_measured(START, "filling a directory takes longer than a quick run")
    if starts:
        yield from _starts(run, folders["spread"][0])
    if wanted:
        yield from _growth(run, folders, wanted)


def _starts(run, data):
    seconds, resident = [], []
    for _ in range(STARTS):
        run.say("a start")
        with servers.daypass(data) as server:
            seconds.append(server.cpu_seconds())
            resident.append(server.resident_bytes() / 1e6)
    yield Figure(MEMORY, statistics.median(resident), "MB", at_most(250, 150))
    yield Figure(START, statistics.median(seconds), "s", at_most(2.5, 1))


def _growth(run, folders, wanted):
    count = 30 if run.is_quick else 100
    note = f"with {MANY_IF_QUICK:,} users: a quick run" if run.is_quick else ""
    with contextlib.ExitStack() as opened:
        found = {}
        for name, (data, keys) in folders.items():
            server = opened.enter_context(servers.daypass(data, command=COMMAND))
            found[name] = Directory(server, keys["writer"])
            found[name].warm()
        for at in range(run.rounds):
            for name, each in found.items():
                run.say(f"round {at + 1} of {run.rounds}: {name}")
                each.take(count)
    for place in sorted(wanted):
        for row, costs in ((WRITE, "writes"), (PAGE, "pages")):
            many, few = getattr(found[place], costs), getattr(found["few"], costs)
            told = f"{readable(statistics.median(many))} µs against {readable(statistics.median(few))}"  # fmt: skip
            yield Figure(row.format(PLACES[place]), median_ratio(many, few), "×", TWICE, told, note)
