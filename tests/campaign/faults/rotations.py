"""Root keys rotated and the master key changed under load: no request fails, and no session is
lost.
"""

import itertools
import tempfile
import threading

from tests.campaign.faults._node import Node, running
from tests.campaign.faults._parts import TWO_WORKERS, Findings, load, until

ROTATIONS = {"": 25, "two workers: ": 10}
"""Of each kind. Of two workers the one that is asked for it rotates; a session that one issues
is used at the other."""
REFRESH_SECONDS_MAX = 5.0


class Callers:
    """Clients that make sessions, use them, and make users."""

    def __init__(self, node):
        self.node = node
        self.findings = Findings()
        self.tried = itertools.count()
        self.session = node.root
        self._lock = threading.Lock()

    def work(self, number):
        """Make one request; whatever fails is found."""
        if number % 3 == 0:
            answer = self.node.call("GetCallerIdentity", "sts", keys=self.session)
        elif number % 3 == 1:
            answer = self.node.call("CreateUser", UserName=f"r{next(self.tried):05}")
        else:
            answer = self.node.call("GetSessionToken", "sts", keys=self.key)
            if answer.is_ok:
                self.session = answer.credentials()
        with self._lock:
            self.findings.count += 1
            if not answer.is_ok:
                self.findings.add(
                    "requests that failed", f"{answer.status} {answer.code} of kind {number % 3}"
                )


def campaign(node, rotations):
    """Rotate and change so often under load; return the findings."""
    node.call("CreateUser", UserName="caller")
    callers = Callers(node)
    made = node.call("CreateAccessKey", UserName="caller")
    callers.key = (made["AccessKeyId"], made["SecretAccessKey"])
    first = node.call("GetSessionToken", "sts", keys=callers.key).credentials()
    findings = callers.findings
    done = 0
    with load(callers.work, 3):
        for turn in range(2 * rotations):
            command = ("keys", "master") if turn % 2 else ("keys", "rotate")
            ended = node.told(*command)
            done += ended.returncode == 0
            if ended.returncode:
                findings.add("rotations that failed", ended.stderr.strip())
            # A session under the newest root key, made on this host, is accepted as soon as the
            # server has seen the ring.
            newest = node.mint()
            if not until(
                lambda: node.call("GetCallerIdentity", "sts", keys=newest).is_ok,  # noqa: B023 - called before the next turn
                REFRESH_SECONDS_MAX,
            ):
                findings.add("new root keys that the server misses", f"after rotation {turn + 1}")
    oldest = node.call("GetCallerIdentity", "sts", keys=first)
    if not oldest.is_ok:
        findings.add("sessions that were lost", f"{oldest.status} {oldest.code}")
    if node.ready() != 200:
        findings.add("servers that are not ready afterwards", node.said[-300:])
    return done, findings


KINDS = (
    "requests that failed",
    "rotations that failed",
    "new root keys that the server misses",
    "sessions that were lost",
    "servers that are not ready afterwards",
)


def figures():
    """Yield the figures of rotations under load."""
    for server, options in {"": (), "two workers: ": TWO_WORKERS}.items():
        with tempfile.TemporaryDirectory() as folder, running(Node(folder, *options)) as node:
            done, findings = campaign(node, ROTATIONS[server])
        yield (
            f"{server}rotations of root keys and changes of the master key",
            done,
            f">= {2 * ROTATIONS[server]}",
        )
        yield f"{server}requests beside them", findings.count, ">= 100"
        yield from findings.figures(KINDS, server)
