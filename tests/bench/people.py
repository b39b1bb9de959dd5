"""What grows with the people of an identity store: CreateUser, and a first page of ListUsers.

Two servers, one with a hundred people and one with a hundred thousand, whose quota of people is
lifted. The calls take turns, so that what a write leaves to the next page is in the page's cost.
"""

import contextlib
import itertools
import json
import statistics

from tests.bench import servers
from tests.bench.figures import Figure, at_most, median_ratio, readable
from tests.bench.load import Connection, Wrong, one_answer
from tests.bench.signing import signed_json

FEW, MANY, MANY_IF_QUICK = 100, 100_000, 5_000
ROWS = {
    "CreateUser": f"CreateUser, {MANY:,} people : {FEW} people",
    "ListUsers": f"ListUsers, a first page, {MANY:,} people : {FEW} people",
}
PAGE = 100
"""How many people a page has: both stores fill one."""
WARM = 10
TWICE = at_most(2, 1.2)
COMMAND = f"from daypass.core import quotas; quotas.PEOPLE_MAX = 10 * {MANY}; {servers.COMMAND}"
"""Starts the server without the quota of people of a store."""


class Store:
    """The identity store of a server, with the costs of its calls in microseconds, by round."""

    def __init__(self, server, key):
        self.costs = {name: [] for name in ROWS}
        self._server, self._key = server, key
        self._number = itertools.count()
        self._connection = Connection(server.port)
        instances = json.loads(self._call("sso", "SWBExternalService.ListInstances"))["Instances"]
        self._id = instances[0]["IdentityStoreId"]
        # What is made on first use is not counted.
        self.take(WARM)
        for each in self.costs.values():
            each.clear()

    def close(self):
        """Close the connection."""
        self._connection.socket.close()

    def take(self, count):
        """Take a round: so many new people, each with a first page right after it."""
        found = {name: [] for name in ROWS}
        for _ in range(count):
            name = f"new{next(self._number)}"
            found["CreateUser"].append(self._cost("CreateUser", **_new_person(name)))
            found["ListUsers"].append(self._cost("ListUsers", MaxResults=PAGE))
        for name, costs in found.items():
            self.costs[name].append(statistics.median(costs))

    def _cost(self, operation, **fields):
        before = self._server.cpu_seconds()
        self._call("identitystore", f"AWSIdentityStore.{operation}", IdentityStoreId=self._id, **fields)  # fmt: skip
        return (self._server.cpu_seconds() - before) * 1e6

    def _call(self, service, target, **fields):
        """Return the body of the answer to a call; raises `Wrong` for a refusal."""
        message = signed_json(self._server.port, self._key, service, target, **fields)
        answer = one_answer(self._connection, message)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise Wrong(f"{target} was refused: {answer[:600]!r}")
        return answer.partition(b"\r\n\r\n")[2]


def _new_person(name):
    return {
        "UserName": name,
        "DisplayName": f"{name} Example",
        "Name": {"GivenName": name, "FamilyName": "Example"},
        "Emails": [{"Value": f"{name}@example.com", "Type": "work", "Primary": True}],
    }


def figures(run):
    """Yield the rows of this module."""
    wanted = [name for name, row in ROWS.items() if run.wants(row)]
    if not wanted:
        return
    many, count = (MANY_IF_QUICK, 30) if run.is_quick else (MANY, 100)
    note = f"with {MANY_IF_QUICK:,} people: a quick run" if run.is_quick else ""
    with contextlib.ExitStack() as opened:
        stores = []
        for size in (FEW, many):
            data, keys = run.filled("people", size)
            server = opened.enter_context(servers.daypass(data, command=COMMAND))
            store = opened.enter_context(contextlib.closing(Store(server, keys["writer"])))
            stores.append(store)
        for at in range(run.rounds):
            run.say(f"round {at + 1} of {run.rounds}")
            for each in stores if at % 2 else reversed(stores):
                each.take(count)
    for name in wanted:
        few, large = (each.costs[name] for each in stores)
        told = f"{readable(statistics.median(large))} µs against {readable(statistics.median(few))}"
        yield Figure(ROWS[name], median_ratio(large, few), "×", TWICE, told, note)
