"""How long a key still opens at one worker after another has acknowledged that it is deleted;
and without the commit barrier.

The connections are kept, so that it is known which worker answers. With the commit barrier the
first request that begins after the acknowledgement has to be refused, beside other requests as
well; without it, and without bells, a worker learns of the deletion when it looks by itself.
"""

import itertools
import sys
import tempfile
import time
from pathlib import Path

from tests.campaign.faults._node import Node, running
from tests.campaign.faults._parts import Findings, load
from tests.campaign.workers import _launched

TRIES = 500
BESIDE_LOAD = 250
"""How many of them beside other requests."""
BARRIERLESS_TRIES = 300
OPEN_SECONDS_MAX = 5.0


class Launched(Node):
    """A server that is started with a change, which `program` names."""

    def __init__(self, folder, change, *options, **more):
        super().__init__(folder, *options, **more)
        self.program = (sys.executable, Path(_launched.__file__), change)


class Key:
    """A key that was made at one worker, and a request that was signed with it for another one."""

    def __init__(self, node, here):
        made = here.ask(node.called("CreateAccessKey", UserName="holder"))
        self.node, self.pair = node, (made["AccessKeyId"], made["SecretAccessKey"])
        self.used = node.called("GetCallerIdentity", "sts", keys=self.pair)

    def deletion(self):
        """Return the request that deletes it."""
        return self.node.called("DeleteAccessKey", UserName="holder", AccessKeyId=self.pair[0])


def at_once(node, tries, findings):
    """Delete keys at one worker and use each at the other, in both directions in turn: it opens
    until then, and never after.
    """
    both = node.connections()
    for _, (here, there) in zip(range(tries), itertools.cycle((both, both[::-1])), strict=False):
        key = Key(node, here)
        deletion, findings.count = key.deletion(), findings.count + 1
        if not there.ask(key.used).is_ok:
            findings.add("new keys that the other worker refuses", key.pair[0])
        gone = here.ask(deletion)
        after = there.ask(key.used)
        if not gone.is_ok:
            findings.add("deletions that were refused", f"{gone.status} {gone.code}")
        elif after.is_ok:
            findings.add("deleted keys that open", key.pair[0])
        elif after.code != "InvalidClientTokenId":
            findings.add(
                "deleted keys that are refused in other words", f"{after.status} {after.code}"
            )
    for each in both:
        each.close()


def delays(node, tries):
    """Return for each deletion at one worker for how many seconds the other still answered
    requests of the key; 0 if it did not.
    """
    found = []
    here, there = node.connections()
    for _ in range(tries):
        key = Key(node, here)
        deletion = key.deletion()
        assert node.until_open(there, key.used)
        assert here.ask(deletion).is_ok
        acknowledged = last = time.monotonic()
        while there.ask(key.used).is_ok:
            last = time.monotonic()
            if last - acknowledged > OPEN_SECONDS_MAX:
                break
        found.append(last - acknowledged)
    return found


class Barrierless(Launched):
    """Two workers that do not wait for each other."""

    def __init__(self, folder):
        super().__init__(folder, "barrierless", "--workers", "2")

    def until_open(self, there, request):
        """Say whether a request is answered soon: who was not waited for may not know the key
        yet.
        """
        end = time.monotonic() + OPEN_SECONDS_MAX
        while not there.ask(request).is_ok:
            if time.monotonic() > end:
                return False
        return True


def campaign(folder, tries, beside_load):
    """Return what was found of so many keys, some of them beside other requests."""
    findings = Findings()
    with running(Node(folder, "--workers", "2")) as node:
        node.call("CreateUser", UserName="holder")
        at_once(node, tries - beside_load, findings)
        with load(lambda _: node.call("GetCallerIdentity", "sts"), 2):
            at_once(node, beside_load, findings)
    return findings


KINDS = (
    "deleted keys that open",
    "deletions that were refused",
    "new keys that the other worker refuses",
    "deleted keys that are refused in other words",
)


def figures():
    """Yield the figures of deleted keys."""
    with tempfile.TemporaryDirectory() as folder:
        findings = campaign(folder, TRIES, BESIDE_LOAD)
    yield "keys deleted at one worker and used at the other", findings.count, f">= {TRIES}"
    yield from findings.figures(KINDS)
    with tempfile.TemporaryDirectory() as folder, running(Barrierless(folder)) as node:
        node.call("CreateUser", UserName="holder")
        waits = sorted(each * 1000 for each in delays(node, BARRIERLESS_TRIES))
    yield "the same without the commit barrier", len(waits), f">= {BARRIERLESS_TRIES}"
    yield (
        "milliseconds for which a deleted key opens without the commit barrier, median",
        waits[len(waits) // 2],
        "",
    )
    yield (
        "milliseconds for which a deleted key opens without the commit barrier, p99",
        waits[int(len(waits) * 0.99)],
        "<= 50",
    )
    yield (
        "milliseconds for which a deleted key opens without the commit barrier, at most",
        waits[-1],
        "",
    )
