"""SIGKILL of one worker after the other, under load, in one life of the server; then of the parent.

Nobody waits for a new worker: the next one may be killed while it starts, and both may be gone at
once. What was acknowledged is there, whole, and has one line in one of the logs; the next write is
answered soon, and the parent goes on. Workers whose parent is killed end by themselves, and the
next server goes on with what they left.
"""

import random
import tempfile
import threading
import time

from tests.campaign import _processes
from tests.campaign.faults._parts import Findings, load, tracebacks, until
from tests.campaign.faults.kills import Writers, becomes_whole, compare
from tests.campaign.workers.revocation import Launched

KILLS = 300
PARENTS = 5
SECONDS_MAX = 150
LOADED_SECONDS_MAX = 0.15
USERS_PER_KILL = 12
"""What an account may have, over all kills, with room for the writes that are asked for
afterwards."""
WRITE_SECONDS_MAX = 5.0
READY_SECONDS_MAX = 30.0
END_SECONDS_MAX = 35.0
"""Past what a server may take to end."""


class Sparing(Writers):
    """Writers that make a few users at full speed and then sessions alone, until they may make
    users again.
    """

    def __init__(self, node):
        super().__init__(node)
        self.permits = threading.Semaphore(0)

    def work(self, number):
        """Make one user, if one may be made, or one session."""
        if number % 2 or self.permits.acquire(timeout=0.05):
            super().work(number)


def killed(node, writers, findings, dice):
    """Kill a worker at some moment; return after how many seconds a write was answered."""
    writers.permits.release(USERS_PER_KILL)
    time.sleep(dice.uniform(0.0, LOADED_SECONDS_MAX))
    if not until(lambda: node.workers, READY_SECONDS_MAX) or not (alive := node.workers):
        findings.add("kills after which no worker came again", findings.count)
        return READY_SECONDS_MAX
    _processes.kill(dice.choice(alive))
    findings.count += 1
    began = time.monotonic()
    if not until(writers.make, WRITE_SECONDS_MAX):
        findings.add("kills without an answered write within 5 s", findings.count)
    return time.monotonic() - began


def settled(node, writers, findings):
    """Compare everything, once all workers are there again."""
    if not becomes_whole(node):
        findings.add("servers that are not ready afterwards", node.said[-300:])
    compare(node, writers, findings, unsure_max=1_000)
    verified = node.told("log", "verify")
    if verified.returncode:
        findings.add("logs that are not whole", verified.stderr.strip())


def workers(node, writers, findings, kills, seconds, dice):
    """Kill so many workers, or until the time is up; return the seconds after which writes were
    answered.
    """
    end, waits = time.monotonic() + seconds, []
    with load(writers.work):
        while findings.count < kills and time.monotonic() < end:
            waits.append(killed(node, writers, findings, dice))
            if not node.is_running:
                findings.add("parents that ended", node.said[-300:])
                break
    settled(node, writers, findings)
    return waits


def parents(node, writers, findings, kills, dice):
    """Kill the parent so often: its workers end by themselves; return the seconds that they
    took.
    """
    waits = []
    for _ in range(kills):
        with load(writers.work):
            writers.permits.release(USERS_PER_KILL)
            time.sleep(dice.uniform(0.0, LOADED_SECONDS_MAX))
            left = node.workers
            node.process.kill()
            began = time.monotonic()
            node.process.wait()
            if not _processes.all_gone(left, END_SECONDS_MAX):
                findings.add("workers that outlive their parent", f"{END_SECONDS_MAX} s")
                for each in left:
                    _processes.kill(each)
            waits.append(time.monotonic() - began)
        node.start()
        settled(node, writers, findings)
    return waits


def campaign(
    folder, *, kills=KILLS, parent_kills=PARENTS, seconds=SECONDS_MAX, dice=None, change="tireless"
):
    """Kill workers, then parents; return the findings, what was acknowledged, and both kinds of
    waits.
    """
    findings, dice = Findings(), dice or random.Random(7)
    node = Launched(folder, change, "--workers", "2")
    writers = Sparing(node)
    try:
        node.start()
        writers.prepare()
        after = workers(node, writers, findings, kills, seconds, dice)
        ends = parents(node, writers, findings, parent_kills, dice)
        if not node.stop():
            findings.add("servers that do not stop", node.said[-300:])
    finally:
        node.kill()
    for wrong in writers.wrong:
        findings.add("requests that failed while the server lived", wrong)
    for line in tracebacks(node.said):
        findings.add("tracebacks", line)
    return findings, len(writers.users) + len(writers.sessions), after, ends


KINDS = (
    "acknowledged users that are gone",
    "half changes",
    "changes without a line in the log",
    "lines without their change",
    "changes with two lines in the log",
    "sessions without a line in the log",
    "kills without an answered write within 5 s",
    "kills after which no worker came again",
    "parents that ended",
    "servers that are not ready afterwards",
    "workers that outlive their parent",
    "requests that failed while the server lived",
    "logs that are not whole",
    "servers that do not stop",
    "tracebacks",
)


def figures():
    """Yield the figures of workers that are killed again and again, and of their parent."""
    with tempfile.TemporaryDirectory() as folder:
        findings, acknowledged, after, ends = campaign(folder)
    yield "kills of a worker", findings.count, f">= {KILLS}"
    yield "kills of the parent", len(ends), f">= {PARENTS}"
    yield "changes and sessions that were acknowledged", acknowledged, ">= 1000"
    yield (
        "seconds after a kill until a write is answered, median",
        sorted(after)[len(after) // 2],
        "",
    )
    yield "seconds after a kill until a write is answered, at most", max(after), "<= 5"
    yield "seconds after the parent's end until its workers have ended, at most", max(ends), ""
    yield from findings.figures(KINDS)
