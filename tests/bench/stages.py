"""`make stages`: what each stage of a call costs inside the process, in microseconds.

The real functions do the work; a clock around each of them charges its processor time to a stage.
`HOOKS` is the one place that says which function belongs to which stage. A function that is not
there is said below the table, so that a gap is never taken for a gain: what no hook covers stands
in the row "the rest". The sum is that of a call without hooks. Not here: HTTP, and the commit of a
change.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.in_process import ACCOUNT, InProcess
from tests.bench.servers import sources
from tests.bench.stage_clock import NotThere, StageClock, find, replaced
from tests.documents import policy

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.server.audit.log_file import AuditLog

AUTHORITY = "daypass.server.authority"
HOOKS = (
    ("claim: read Authorization", f"{AUTHORITY}.prove:Prover.read_claim"),
    ("identify, form", "daypass.server.http.api:_AwsCodec.find_known"),
    ("identify, form", "daypass.server.http.api:_AwsCodec.identify"),
    ("prove: find key, SigV4", f"{AUTHORITY}.prove:Prover.prove"),
    ("parse, validate", "daypass.server.http.api:_AwsCodec.parse"),
    ("parse, validate", "operation:validate"),
    ("context, request id", "daypass.server.http.api:Api.make_call"),
    ("context, request id", f"{AUTHORITY}.run:CallRunner._context"),
    ("authorize", f"{AUTHORITY}.run:_authorize"),
    ("handler (AssumeRole: decision and minting)", "implementation:handler"),
    ("serialize", "daypass.server.http.api:_AwsCodec.serialize"),
    ("uses, event", f"{AUTHORITY}.answer:event_of_call"),
    ("uses, event", f"{AUTHORITY}.answer:Answerer._count_success"),
)
"""Stage and function: `module:Class.method`; `operation:` is the model of the called operation,
`implementation:` this server's declaration of it."""
REST = "the rest"
LOG_ALONE, LOG_BATCH = "log, a line of its own", "log, a line in a batch of four"
WHOLE = "whole, without the log"
ROWS = (*dict.fromkeys(stage for stage, _ in HOOKS), REST, WHOLE, LOG_ALONE, LOG_BATCH)
BATCH = 4
TURNS = 3
"""How often each of two checkouts is measured."""
BLOCK = 100
"""Calls with hooks, and then as many without, so that what drifts is in both."""

TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "AIDACALLER"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "xyz"}, "Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip
USERS = {"Effect": "Allow", "Action": ["iam:GetUser", "iam:CreateUser"], "Resource": f"arn:aws:iam::{ACCOUNT}:user/*"}  # fmt: skip


def requests_of(world):
    """Return the requests that are timed, by operation."""
    role = f"arn:aws:iam::{ACCOUNT}:role/role"
    return {
        "AssumeRole": world.request("sts", "caller", Action="AssumeRole", RoleArn=role, RoleSessionName="bench", ExternalId="xyz"),
        "GetCallerIdentity": world.request("sts", "caller", Action="GetCallerIdentity"),
        "GetUser": world.request("iam", "caller", Action="GetUser", UserName="caller"),
        "CreateUser": world.request("iam", "caller", Action="CreateUser", UserName="another"),
    }  # fmt: skip


def open_world(folder):
    """Return an authority with a user who may assume a role, and get and create users."""
    world = InProcess(folder)
    world.user("caller", inline=(InlinePolicy("users", policy(USERS)),))
    world.role("role", policy(TRUST))
    world.open()
    return world


def _operations(runner):
    """Return the operations of a runner; in an older checkout they are not public."""
    return getattr(runner, "operations", None) or runner._operations


class Stages:
    """The stages of one operation's calls."""

    def __init__(self, world, request, service, operation):
        self._world, self._request = world, request
        self.clock = StageClock()
        self.wholes = []
        self.missing = []
        self._wrapped = list(self._wrappings(service, operation))
        result = world.run(request)
        assert result.response.status == 200, result.response.body
        self.event = result.event

    def _wrappings(self, service, operation):
        authority = self._world.authority
        holders = {
            "operation": lambda: authority.catalog.services[service].operations[operation],
            "implementation": lambda: _operations(authority.runner)[service][operation],
        }
        for stage, target in HOOKS:
            kind, _, name = target.partition(":")
            try:
                holder, name = (holders[kind](), name) if kind in holders else find(target)
                function = getattr(holder, name)
            except (NotThere, AttributeError, LookupError):
                self.missing.append((stage, target))
                continue
            yield holder, name, self.clock.wrap(stage, function)

    def take(self):
        """Time so many calls with hooks, and as many without."""
        run, request, clock = self._world.run, self._request, self.clock
        with replaced(self._wrapped):
            for _ in range(BLOCK):
                clock.begin()
                run(request)
                clock.end()
        spent = time.thread_time_ns
        for _ in range(BLOCK):
            before = spent()
            run(request)
            self.wholes.append(spent() - before)

    def microseconds(self):
        """Return the median microseconds by row, without the log's."""
        found = self.clock.medians()
        whole = statistics.median(self.wholes) / 1000
        return {**found, REST: whole - sum(found.values()), WHOLE: whole}


def log_costs(folder, event, rounds):
    """Return what a line of the log costs alone, and as one of four."""
    found = {1: [], BATCH: []}
    log = AuditLog(folder / "stages.log")
    spent = time.thread_time_ns
    with contextlib.closing(log):
        for _ in range(rounds):
            for size, costs in found.items():
                before = spent()
                log.append([event] * size)
                costs.append((spent() - before) / size)
    alone, batch = (statistics.median(costs) / 1000 for costs in found.values())
    return {LOG_ALONE: alone, LOG_BATCH: batch}


def measured(folder, blocks):
    """Return microseconds by operation and row, and the hooks that were not found."""
    world = open_world(folder / "data")
    with contextlib.closing(world.data):
        timed = {
            name: Stages(world, request, "iam" if "User" in name else "sts", name)
            for name, request in requests_of(world).items()
        }
        for block in range(blocks + 1):
            for each in timed.values():
                each.take()
                if block == 0:
                    # What is made on first use is no cost of a call.
                    each.clock.calls.clear()
                    each.wholes.clear()
        rows = {
            name: each.microseconds() | log_costs(folder, each.event, blocks * BLOCK)
            for name, each in timed.items()
        }
    missing = dict.fromkeys(gap for each in timed.values() for gap in each.missing)
    return rows, list(missing)


def table(rows, missing, before=None):
    """Return the figures as a Markdown table, with the hooks that were not found below.

    With `before`, the rows of another checkout, a cell is `before → now`.
    """
    lines = [
        f"| µs, median | {' | '.join(rows)} |",
        f"| --- | {' | '.join('---:' for _ in rows)} |",
    ]
    for stage in ROWS:
        cells = []
        for name, found in rows.items():
            values = [found, *([before[name]] if before else [])]
            cells.append(" → ".join(f"{each[stage]:.1f}" for each in reversed(values) if stage in each))  # fmt: skip
        lines.append(f"| {stage} | {' | '.join(cells)} |")
    for stage, target in missing:
        lines.append(f'\nnot found, so its time is in another row: `{target}` of "{stage}"')
    return "\n".join(lines)


def beside(checkout, blocks):
    """Return what was measured here and in another checkout, in turns, each in processes of its
    own; of each figure the median.
    """
    command = [sys.executable, "-m", "tests.bench.stages", "--json", "--blocks", str(blocks)]
    found = {None: [], checkout: []}
    for _ in range(TURNS):
        for place, taken in found.items():
            environ = {**os.environ, **sources(place)}
            done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
            taken.append(json.loads(done.stdout))
    here, there = (_medians([each["rows"] for each in taken]) for taken in found.values())
    return here, found[None][-1]["missing"], there


def _medians(taken):
    return {
        name: {stage: statistics.median(each[name][stage] for each in taken) for stage in first}
        for name, first in taken[0].items()
    }


def options(arguments):
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="make stages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--blocks", type=int, default=30, metavar="N", help=f"take N blocks of {BLOCK} calls of each operation (default 30)")  # fmt: skip
    parser.add_argument("--beside", metavar="FOLDER", help="measure another checkout in turns with this one, and show `before → now`")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args(arguments)


def main(arguments):
    """Print the table."""
    asked = options(arguments)
    if asked.beside:
        print(table(*beside(asked.beside, asked.blocks)))
        return
    with tempfile.TemporaryDirectory() as name:
        rows, missing = measured(Path(name), asked.blocks)
    print(json.dumps({"rows": rows, "missing": missing}) if asked.json else table(rows, missing))


if __name__ == "__main__":
    main(sys.argv[1:])
