"""What AssumeRole costs beside moto_server, and GetCallerIdentity beside servers that only echo."""

import contextlib
import itertools
import threading

from tests.bench import servers
from tests.bench.echoes import echo
from tests.bench.figures import (
    Figure,
    at_least,
    could_not_run,
    median_ratio,
    not_measured,
    readable,
)
from tests.bench.in_process import ACCOUNT
from tests.bench.load import Connection, one_answer
from tests.bench.rounds import Side, take_rounds
from tests.bench.signing import signed
from tests.bench.worlds import ROLES, USERS

PAIR = "AssumeRole, one pair: moto_server : daypass"
SPREAD = "AssumeRole, 1,000 users × 100 roles: moto_server : daypass"
WRITES = "AssumeRole, a write a second: moto_server : daypass"
P99 = "AssumeRole, p99 at 8 connections: moto_server : daypass"
ASGI = "GetCallerIdentity: share that an echo through ASGI needs"
PROTOCOL = "GetCallerIdentity: share that an echo in the protocol class needs"
BARE = "GetCallerIdentity: share that a bare echo needs"
GOALS = {
    PAIR: at_least(25, 50),
    SPREAD: at_least(20, 50),
    WRITES: at_least(20, 50),
    P99: at_least(15, 30),
    ASGI: at_least(45, 60),
    PROTOCOL: at_least(24, 35),
    BARE: None,
}
SIGNED_AT_ONCE = 5_000
WRITE_SECONDS = 1.0


class Writes:
    """While it is open, a user of the account is tagged anew every second."""

    def __init__(self, server, key):
        self._server, self._key = server, key
        self._value = itertools.count()
        self._is_over = threading.Event()

    def __enter__(self):
        self._is_over.clear()
        self._connection = Connection(self._server.port)
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()
        self._connection.socket.close()
        assert not self._refused, self._refused

    def _write(self):
        self._refused = b""
        while not self._refused:
            tag = {"Tags.member.1.Key": "at", "Tags.member.1.Value": str(next(self._value))}
            message = signed(self._server.port, self._key, "iam", "TagUser", UserName="writer", **tag)  # fmt: skip
            answer = one_answer(self._connection, message)
            self._refused = b"" if b" 200 " in answer[:20] else answer
            if self._is_over.wait(WRITE_SECONDS):
                return


def assuming(port, key, role, **fields):
    """Return the bytes of a call for a role."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    return signed(port, key, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="bench", **fields)


def one_pair(port, keys):
    """Return endless calls of one user for one role, which has conditions."""
    return itertools.cycle([assuming(port, keys["caller"], "role", ExternalId="xyz")])


def spread(port, keys):
    """Yield calls of every user for every role, each pair once before any comes again."""
    while True:
        for start in range(0, USERS * ROLES, SIGNED_AT_ONCE):
            yield from [
                assuming(port, keys[f"spread{at % USERS}"], f"spread{(at + at // USERS) % ROLES}")
                for at in range(start, start + SIGNED_AT_ONCE)
            ]


def identity(port, keys):
    """Return endless calls that ask who the caller is."""
    return itertools.cycle([signed(port, keys["caller"], "sts", "GetCallerIdentity")])


def figures(run):
    """Yield the rows of this group."""
    with contextlib.ExitStack() as opened:
        sides, failed = _sides(run, opened)
        take_rounds(list(sides.values()), run.rounds, run.seconds, run.say)
    ours = {PAIR: "pair", SPREAD: "spread", WRITES: "writes"}
    for row, name in ours.items():
        if not run.wants(row):
            continue
        if "moto" not in sides:
            yield not_measured(row, "moto_server is not installed")
            continue
        yield _ratio(row, sides["moto"], sides[name], f"moto_server {readable(sides['moto'].cost)} µs, daypass {readable(sides[name].cost)}")  # fmt: skip
    if run.wants(P99) and "moto" in sides:
        # The quietest rounds: a neighbour only ever makes answers later.
        theirs, mine = (min(sides[each].p99) for each in ("moto", "pair"))
        yield Figure(P99, theirs / mine, "×", GOALS[P99], f"moto_server {readable(theirs)} ms, daypass {readable(mine)}")  # fmt: skip
    for row, name in {ASGI: "asgi", PROTOCOL: "protocol", BARE: "bare"}.items():
        if name in failed:
            yield could_not_run(row, failed[name])
        elif run.wants(row):
            floor, call = sides[name], sides["identity"]
            value = 100 * median_ratio(floor.microseconds, call.microseconds)
            yield Figure(row, value, "%", GOALS[row], f"echo {readable(floor.cost)} µs, daypass {readable(call.cost)}")  # fmt: skip


def _ratio(row, theirs, ours, peer):
    value = median_ratio(theirs.microseconds, ours.microseconds)
    return Figure(row, value, "×", GOALS[row], peer)


def _sides(run, opened):
    """Start the servers and return the sides that the wanted rows need, by name, and the errors of
    echoes that could not start.
    """
    run.say("a directory of 1,000 users and 100 roles")
    data, keys = run.filled("calls")
    ours = opened.enter_context(servers.daypass(data))
    made, failed = {}, {}
    beside_moto = {PAIR: "pair", SPREAD: "spread", WRITES: "writes", P99: "pair"}
    needed = {name for row, name in beside_moto.items() if run.wants(row)}
    messages = {"pair": one_pair, "spread": spread, "writes": one_pair}
    for name in sorted(needed):
        within = Writes(ours, keys["writer"]) if name == "writes" else None
        made[name] = Side(name, ours, messages[name](ours.port, keys), within)
    if needed and servers.has_moto():
        theirs = opened.enter_context(servers.moto())
        made["moto"] = Side("moto", theirs, one_pair(theirs.port, keys))
    echoes = {ASGI: "asgi", PROTOCOL: "protocol", BARE: "bare"}
    kinds = [name for row, name in echoes.items() if run.wants(row)]
    if kinds:
        made["identity"] = Side("identity", ours, identity(ours.port, keys))
        connection = Connection(ours.port)
        answer = one_answer(connection, next(identity(ours.port, keys)))
        connection.socket.close()
        for kind in kinds:
            try:
                server = opened.enter_context(echo(kind, answer, run.folder))
            except servers.NotStarted as error:
                failed[kind] = error
            else:
                made[kind] = Side(kind, server, identity(server.port, keys))
    return made, failed
