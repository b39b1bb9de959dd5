"""What a start with 100,000 people and their 200,000 memberships costs beside one with 100,000 IAM
users.

All are told beyond a start over an empty directory: what a server needs in any case would hide
what the records need. A person is three records. A user is two with a key, as in the other groups of
the bench, or one without.
"""

import statistics

from tests.bench import servers
from tests.bench.figures import Figure, at_most, median_ratio, not_measured, readable

COUNT, STARTS = 100_000, 5
WORLDS = {
    "people": ("people", COUNT),
    "users": ("users", COUNT, 1),
    "users without keys": ("users", COUNT, 0),
    "empty": ("users", 0, 0),
}
UNITS = {"time": "s", "memory": "MB"}
GOALS = {("time", "users"): at_most(4), ("memory", "users"): at_most(2.5)}


def row_name(measure, beside):
    """Return the name of the row that compares people with the users of a world."""
    return f"{measure} to load {COUNT:,} people, two groups each : {beside}"


ROWS = {
    row_name(measure, beside): (measure, beside)
    for beside in ("users", "users without keys")
    for measure in UNITS
}


def figures(run):
    """Yield the rows of this module."""
    wanted = {row: what for row, what in ROWS.items() if run.wants(row)}
    if run.is_quick:
        for row in wanted:
            yield not_measured(row, "filling a directory takes longer than a quick run")
    elif wanted:
        found = _starts(run, {"people", "empty", *(beside for _, beside in wanted.values())})
        for row, (measure, beside) in wanted.items():
            yield _figure(row, found[measure], measure, beside)


def _figure(row, costs, measure, beside):
    net = [
        [each - empty for each, empty in zip(costs[name], costs["empty"], strict=True)]
        for name in ("people", beside)
    ]
    unit = UNITS[measure]
    people, users, empty = (
        f"{readable(statistics.median(each))} {unit}" for each in (*net, costs["empty"])
    )
    told = f"{people} against {users}, beyond {empty}"
    return Figure(row, median_ratio(*net), "×", GOALS.get((measure, beside)), told)


def _starts(run, names):
    """Return what starts took: by measure and world, a figure for each start."""
    folders = {name: run.filled(*world)[0] for name, world in WORLDS.items() if name in names}
    found = {measure: {name: [] for name in folders} for measure in UNITS}
    for at in range(STARTS):
        for name, data in folders.items():
            run.say(f"start {at + 1} of {STARTS}: {name}")
            with servers.daypass(data) as server:
                found["time"][name].append(server.cpu_seconds())
                found["memory"][name].append(server.resident_bytes() / 1e6)
    return found
