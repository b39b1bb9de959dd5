"""What a request costs the processes of a server together: two workers beside one process, in
turns.

One signed request is sent again and again on connections that are kept, by `wrk`; of a pair of
rounds one is to each server. The processor time of all threads is counted, so that the figure is of
the work and not of the machine's neighbours; rates by the wall are told, and have no bound.
"""

import itertools
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.campaign._processes import cpu_seconds
from tests.campaign._server import serving

PAIRS = int(os.environ.get("CAMPAIGN_PAIRS", "9"))
ROUND_SECONDS = 3
CONNECTIONS = 32
IDLE_SECONDS = 10.0
LENGTH_MIN = 100
SCRIPT = """
local file = io.open(os.getenv("REQUEST"), "rb")
local raw = file:read("*a")
file:close()
request = function() return raw end
done = function(summary)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  print(string.format("SUMMARY %d %d %d", summary.requests, summary.duration, wrong))
end
"""


def why_not():
    """Return why no load can be made on this machine; empty if it can."""
    return "" if shutil.which("wrk") else "wrk is not installed"


class Side:
    """One of the servers, with its processes."""

    def __init__(self, server, folder):
        self.server, self.folder = server, Path(folder)
        self.script = self.folder / "script.lua"
        self.script.write_text(SCRIPT)

    def used(self):
        """Return the processor time of all processes so far."""
        return cpu_seconds(self.server.processes)

    def round(self, name, seconds=ROUND_SECONDS):
        """Return answers in a second of processor time, and in a second by the wall; an answer
        that is no 200 ends the campaign.
        """
        request = self.folder / name
        request.write_bytes(self.server.requests[name])
        processes, before = self.server.processes, self.used()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", self.script, f"http://127.0.0.1:{self.server.port}/"],
            env={**os.environ, "REQUEST": str(request)},
            capture_output=True,
            text=True,
            check=True,
        )  # fmt: skip
        used = self.used() - before
        line = next(each for each in done.stdout.splitlines() if each.startswith("SUMMARY"))
        answers, microseconds, wrong = map(int, line.split()[1:])
        if wrong or answers < LENGTH_MIN or self.server.processes != processes:
            raise SystemExit(
                f"a round of {name} is invalid: {wrong} of {answers} failed, {done.stdout}"
            )
        return answers / used, answers / microseconds * 1e6


def compared(one, two, name, pairs=PAIRS):
    """Return for each pair of rounds what each side answered, by its processor time and by the
    wall.
    """
    for side in (one, two):
        side.round(name, 1)
    found = []
    for at in range(pairs):
        # Who is first changes, so that what drifts is on both sides.
        first = {side: side.round(name) for side in ((one, two), (two, one))[at % 2]}
        found.append((first[one], first[two]))
    return found


def idle(sides, seconds=IDLE_SECONDS):
    """Return the processor time of each side in a second without any request, taken at the same
    time.
    """
    before = [side.used() for side in sides]
    time.sleep(seconds)
    return [(side.used() - used) / seconds for side, used in zip(sides, before, strict=True)]


def figures(pairs=PAIRS):
    """Yield the figures of two workers beside one process."""
    if why_not():
        yield f"not taken: {why_not()}", 0, ""
        return
    with (
        tempfile.TemporaryDirectory() as name,
        serving("--workers", "1", is_pinned=False) as alone,
        serving("--workers", "2", is_pinned=False) as several,
    ):
        folders = [Path(name) / each for each in "12"]
        for folder in folders:
            folder.mkdir()
        one, two = itertools.starmap(Side, zip((alone, several), folders, strict=True))
        for call in ("GetCallerIdentity", "AssumeRole"):
            rounds = compared(one, two, call, pairs)
            for what, at in (("second of processor time", 0), ("second by the wall", 1)):
                for side, number in (("one process", 0), ("two workers", 1)):
                    yield (
                        f"{call}: answers in a {what}, {side}, median",
                        statistics.median(each[number][at] for each in rounds),
                        "",
                    )
            ratios = sorted(two[0] / one[0] for one, two in rounds)
            yield f"{call}: lowest ratio of {pairs}", ratios[0], ""
            yield f"{call}: highest ratio of {pairs}", ratios[-1], ""
            yield (
                f"{call}: answers by processor time, two workers : one process, median of {pairs}",
                statistics.median(ratios),
                ">= 0.85",
            )
        rest = idle((one, two))
        yield "milliseconds of processor time in a second of rest, one process", rest[0] * 1000, ""
        yield "milliseconds of processor time in a second of rest, two workers", rest[1] * 1000, ""
