"""SIGKILL under load, at any moment and inside a commit: what was acknowledged is there, whole,
and in the log.

After each kill, before the next start, the operator's reading commands are tried; after the start
everything is compared:
users with what was acknowledged, the log with the users, both ways. Of two workers the one that is
inside a commit dies, the other goes on and nobody starts the server again; at any moment all die,
as in a power cut. `workers.kills` kills one at any moment.
"""

import collections
import itertools
import random
import re
import tempfile
import threading
import time

from tests.campaign import _processes
from tests.campaign.faults import _shim
from tests.campaign.faults._node import ENDED, Node
from tests.campaign.faults._parts import TWO_WORKERS, Findings, load, until

KILLS = {"": 40, "two workers: ": 20}
SECONDS_MAX = {"": 150, "two workers: ": 90}
LOADED_SECONDS_MAX = 0.5
DEATH_SECONDS_MAX = 30.0
AGAIN_SECONDS_MAX = 30.0
AIMS = {
    "before a line of the log": (_shim.Call.WRITE, _shim.File.LOG),
    "before the end of a commit": (_shim.Call.NAME, _shim.File.DATABASE),
    "before a page of the database": (_shim.Call.WRITE, _shim.File.DATABASE),
    "before a commit is on disk": (_shim.Call.SYNC, _shim.File.DATABASE),
}
"""Kinds of calls and files; before one of the next three of them the process dies."""
TAGS = {
    "Tags.member.1.Key": "team",
    "Tags.member.1.Value": "a",
    "Tags.member.2.Key": "whole",
    "Tags.member.2.Value": "b",
}
NAME = re.compile(r"user/(k[0-9]+)$")


class Writers:
    """Clients that make users and sessions of a role, and what of it they were told is done."""

    def __init__(self, node):
        self.node = node
        self.users, self.sessions = set(), set()
        self.tried = itertools.count()
        self.wrong = []
        self._lock = threading.Lock()

    def prepare(self):
        """Make the role that sessions are of."""
        trust = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}'
        made = self.node.call("CreateRole", RoleName="role", AssumeRolePolicyDocument=trust)
        self.role = made["Arn"]
        self.node.call("CreateUser", UserName="assumer")
        key = self.node.call("CreateAccessKey", UserName="assumer")
        self.key = (key["AccessKeyId"], key["SecretAccessKey"])
        allow = (
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
        )
        self.node.call("PutUserPolicy", UserName="assumer", PolicyName="all", PolicyDocument=allow)

    def work(self, number):
        """Make one user or, in every second thread, one session."""
        if not self.node.is_running:
            time.sleep(0.01)
        elif number % 2:
            self.assume()
        else:
            self.make()

    def assume(self):
        """Make one session; say whether that was acknowledged."""
        answer = self.node.call(
            "AssumeRole", "sts", keys=self.key, RoleArn=self.role, RoleSessionName="kill"
        )
        return self._noted(answer, self.sessions, answer["AccessKeyId"] if answer.is_ok else "")

    def make(self):
        """Make one user; say whether that was acknowledged."""
        name = f"k{next(self.tried):05}"
        return self._noted(self.node.call("CreateUser", UserName=name, **TAGS), self.users, name)

    def _noted(self, answer, kept, what):
        with self._lock:
            if answer.is_ok:
                kept.add(what)
            elif answer.status != ENDED:
                self.wrong.append(f"{answer.status} {answer.code}")
        return answer.is_ok


def killed(node, writers, aim, dice):
    """Kill a loaded server before a call of a kind on a file, or at some moment if `aim` is
    None.
    """
    # One thread alone makes users and no sessions: what is written next to the log is then a
    # change's line.
    with load(writers.work, 4 if aim is None else 1):
        if aim is None:
            time.sleep(dice.uniform(0.01, LOADED_SECONDS_MAX))
            node.kill()
        else:
            before = node.processes[1:] or node.processes
            node.shim.die_in(dice.randrange(1, 4), *AIMS[aim])
            assert until(lambda: not all(map(_processes.lives, before)), DEATH_SECONDS_MAX), aim
    if node.shim:
        node.shim.heal()


def becomes_whole(node):
    """Say whether both workers of a server, one of which was killed, soon serve again."""
    return until(lambda: len(node.workers) == 2, AGAIN_SECONDS_MAX) and node.becomes_ready(
        seconds=AGAIN_SECONDS_MAX
    )


def compare(node, writers, findings, *, unsure_max=3):
    """Compare what was acknowledged with what is there, and what is there with the log; look
    closely at so many of the rest.
    """
    users = {name for name in node.users() if name.startswith("k")}
    for name in writers.users - users:
        findings.add("acknowledged users that are gone", name)
    logged, issued = collections.Counter(), set()
    for event in node.log():
        if event.get("outcome", "ok") != "ok":
            continue
        if event["operation"] == "CreateUser" and (found := NAME.search(event.get("resource", ""))):
            logged[found[1]] += 1
        issued |= set(re.findall(r"ASIA[A-Z0-9]{16}", str(event)))
    for name in users - set(logged):
        findings.add("changes without a line in the log", name)
    for name in set(logged) - users:
        findings.add("lines without their change", name)
    for name, lines in logged.items():
        if lines > 1:
            findings.add("changes with two lines in the log", name)
    if issued >= {writers.key[0]} or issued & writers.sessions:
        for session in writers.sessions - issued:
            findings.add("sessions without a line in the log", session)
    for name in sorted(users - writers.users)[-unsure_max:]:
        tags = node.call("ListUserTags", UserName=name).every("Value")
        if tags != ["a", "b"]:
            findings.add("half changes", name)


def campaign(node, aims, *, seconds=60, dice=None):
    """Kill a server at each aim, or until the time is up; return the findings, with what was
    acknowledged.
    """
    findings, dice = Findings(), dice or random.Random(1)
    writers = Writers(node)
    end = time.monotonic() + seconds
    node.start()
    writers.prepare()
    for aim in aims:
        if time.monotonic() > end:
            break
        killed(node, writers, aim, dice)
        findings.count += 1
        for command in (("log", "verify"), ("root", "--endpoint", "http://127.0.0.1:8090")):
            done = node.told(*command)
            if done.returncode:
                findings.add(
                    f"`{' '.join(command)}` refused before the next start", done.stderr.strip()
                )
        if not node.is_running:
            node.start()
        elif not becomes_whole(node):
            findings.add("workers that do not come again", node.said[-300:])
        compare(node, writers, findings)
    for wrong in writers.wrong:
        findings.add("requests that failed while the server lived", wrong)
    verified = node.told("log", "verify")
    if verified.returncode or not node.stop():
        findings.add(
            "logs that are not whole, or servers that do not stop", verified.stderr.strip()
        )
    findings.acknowledged = len(writers.users) + len(writers.sessions)
    return findings


KINDS = (
    "acknowledged users that are gone",
    "half changes",
    "changes without a line in the log",
    "lines without their change",
    "changes with two lines in the log",
    "sessions without a line in the log",
    "`log verify` refused before the next start",
    "`root` refused before the next start",
    "workers that do not come again",
    "requests that failed while the server lived",
    "logs that are not whole, or servers that do not stop",
)


def figures():
    """Yield the figures of a server that is killed again and again."""
    for server, options in {"": (), "two workers: ": TWO_WORKERS}.items():
        with tempfile.TemporaryDirectory() as folder:
            shim, aims = None, itertools.repeat(None)
            if not _shim.why_not():
                shim = _shim.Shim(_shim.compiled(folder), folder, root=f"{folder}/data")
                aims = itertools.cycle([None, *AIMS])
            node = Node(folder, *options, shim=shim)
            try:
                findings = campaign(
                    node, itertools.islice(aims, KILLS[server]), seconds=SECONDS_MAX[server]
                )
            finally:
                node.kill()
        yield f"{server}kills", findings.count, f">= {KILLS[server]}"
        yield (
            f"{server}changes and sessions that were acknowledged",
            findings.acknowledged,
            ">= 100",
        )
        yield from findings.figures(KINDS, server)
