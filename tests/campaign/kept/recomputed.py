"""One kept answer in a thousand, worked out anew by the server that keeps it, beside requests and
changes of every kind that it is kept through.

Policies, tags, keys, an organization's policies and the key ring change all the time, so that what
is kept has to go again and again. `CAMPAIGN_SECONDS` says for how long; some minutes by default.
"""

import contextlib
import itertools
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter

from tests.campaign.faults._node import HANGS, Kept, Node, running
from tests.campaign.faults._parts import Findings, load
from tests.campaign.kept import _launched
from tests.documents import allow, deny, policy, trust

SECONDS = float(os.environ.get("CAMPAIGN_SECONDS", "180"))
EVERY = 997
"""One in about a thousand; a prime, since clients go round and would else meet the same call."""
KINDS = (
    "claims",
    "control policies",
    "credentials",
    "decisions",
    "forms",
    "keys of roles' tags",
    "merged policies",
    "policies of principals",
    "signing keys",
)
"""What is kept, by the names that the server writes."""
ROTATION_TURNS = 25
"""After how many changes the root key is rotated."""
ASKING = 2
"""How many clients ask; one more changes what they ask about."""
CHANGE_SECONDS = 0.05
"""The pause after each change, so that something is kept between two."""
ALLOWED = (policy(allow()), policy(allow(["iam:*", "sts:*", "organizations:*"])))
SCPS = (policy(allow()), policy(allow(), deny("iam:DeleteRole")))
TAGS = tuple(
    json.dumps({"tags": {"team": {"tag_key": {"@@assign": each}}}}) for each in ("team", "TEAM")
)


class Watched(Node):
    """A server that compares one kept answer in `every`."""

    def __init__(self, folder, every, fault=""):
        super().__init__(folder)
        self.report = self.folder / "report"
        launched = (sys.executable, "-m", _launched.__name__)
        self.program = (*launched, str(every), self.report, fault)

    def organizations(self, action, **fields):
        """Return the signed request of a call of Organizations."""
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"AWSOrganizationsV20161128.{action}",
        }
        body = json.dumps(fields).encode()
        return self.signed("POST", "/", body, service="organizations", headers=headers)

    def organize(self, action, **fields):
        """Make a call of Organizations and return its answer, which has to be one."""
        with contextlib.closing(Kept(self)) as connection:
            answer = connection.ask(self.organizations(action, **fields))
        assert answer.is_ok, (action, answer)
        return json.loads(answer.body or "{}")


def report_of(path):
    """Return how much a server kept and compared, by kind, and the differences."""
    kept, compared, differences = Counter(), Counter(), []
    for line in path.read_text().splitlines():
        found = json.loads(line)
        if "difference" in found:
            differences.append(found["difference"])
        else:
            kept, compared = Counter(found["kept"]), Counter(found["compared"])
    return kept, compared, differences


class World:
    """An organization with a member, a user, a role, and what changes about them."""

    def __init__(self, node):
        self.node = node
        self.findings = Findings()
        self.turn = itertools.count()
        self._lock = threading.Lock()
        user = node.call("CreateUser", UserName="caller")["Arn"]
        self._put(0)
        made = node.call("CreateAccessKey", UserName="caller")
        self.keys = made["AccessKeyId"], made["SecretAccessKey"]
        trusted = policy(trust(user, Condition={"StringLike": {"aws:ResourceTag/team": "*"}}))
        role = node.call("CreateRole", RoleName="worker", AssumeRolePolicyDocument=trusted)
        self.role = role["Arn"]
        self._tag(0)
        self._organize()

    def _organize(self):
        node = self.node
        # A new authority's first account is in an organization of its own.
        [root] = node.organize("ListRoots")["Roots"]
        enabled = {each["Type"] for each in root["PolicyTypes"]}
        self.policies = []
        for kind, text in (("SERVICE_CONTROL_POLICY", SCPS[0]), ("TAG_POLICY", TAGS[0])):
            if kind not in enabled:
                node.organize("EnablePolicyType", RootId=root["Id"], PolicyType=kind)
            named = {"Name": kind, "Description": "", "Type": kind, "Content": text}
            made = node.organize("CreatePolicy", **named)["Policy"]["PolicySummary"]["Id"]
            node.organize("AttachPolicy", PolicyId=made, TargetId=root["Id"])
            self.policies.append(made)

    def _put(self, turn):
        document = ALLOWED[turn % 2]
        named = {"UserName": "caller", "PolicyName": "own", "PolicyDocument": document}
        return self.node.call("PutUserPolicy", **named)

    def _tag(self, turn):
        tag = {"Tags.member.1.Key": "team", "Tags.member.1.Value": f"team{turn}"}
        return self.node.call("TagRole", RoleName="worker", **tag)

    def ask(self, connection, number):
        """Make one request of those that clients repeat."""
        calls = (
            ("GetCallerIdentity", "sts", {}),
            ("AssumeRole", "sts", {"RoleArn": self.role, "RoleSessionName": "campaign"}),
            ("GetRole", "iam", {"RoleName": "worker"}),
            ("ListUsers", "iam", {}),
        )
        if number % 5 == 4:
            asked = self.node.organizations("DescribeEffectivePolicy", PolicyType="TAG_POLICY")
        else:
            action, service, fields = calls[number % 5]
            asked = self.node.called(action, service, keys=self.keys, **fields)
        self._judge("requests", connection.ask(asked), number % 5)

    def change(self):
        """Change one thing that kept answers stand on."""
        turn = next(self.turn)
        kind = turn % 4
        if turn % ROTATION_TURNS == ROTATION_TURNS - 1:
            ended = self.node.told("keys", "rotate")
            if ended.returncode:
                self.findings.add("changes that failed", ended.stderr.strip())
        if kind == 0:
            self._judge("changes", self._put(turn // 4), kind)
        elif kind == 1:
            self._judge("changes", self._tag(turn), kind)
        else:
            text = (SCPS, TAGS)[kind - 2][turn // 4 % 2]
            self.node.organize("UpdatePolicy", PolicyId=self.policies[kind - 2], Content=text)

    def _judge(self, what, answer, kind):
        with self._lock:
            self.findings.count += 1
            if not answer.is_ok and answer.status < HANGS - 1:
                self.findings.add(f"{what} that failed", f"{answer.status} {answer.code} of {kind}")


def campaign(folder, *, every, seconds, fault=""):
    """Return the findings, and how much was kept and compared, by kind.

    `fault` names a deliberate one in what is kept, which has to be found.
    """
    node = Watched(folder, every, fault)
    with running(node):
        world = World(node)
        numbers, connections = itertools.count(), [Kept(node) for _ in range(ASKING)]

        def work(thread):
            if thread < ASKING:
                world.ask(connections[thread], next(numbers))
                return
            world.change()
            time.sleep(CHANGE_SECONDS)

        with load(work, ASKING + 1):
            time.sleep(seconds)
        for each in connections:
            each.close()
        if not node.stop():
            world.findings.add("servers that end badly", node.said[-300:])
    kept, compared, differences = report_of(node.report)
    for each in differences:
        world.findings.add("kept answers that differ", each)
    return world.findings, kept, compared


FOUND = (
    "kept answers that differ",
    "requests that failed",
    "changes that failed",
    "servers that end badly",
)


def figures(every=EVERY, seconds=SECONDS):
    """Yield how much was compared, by kind, and what differed."""
    with tempfile.TemporaryDirectory() as folder:
        findings, kept, compared = campaign(folder, every=every, seconds=seconds)
    yield "requests and changes", findings.count, ">= 100"
    for kind in KINDS:
        yield f"{kind}: kept", kept[kind], ""
        yield f"{kind}: worked out anew", compared[kind], ">= 1"
    yield from findings.figures(FOUND)
