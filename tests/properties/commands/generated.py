"""Generated requests with their policies: principals, kinds of credentials, calls, conditions."""

import random
from dataclasses import dataclass, field

from tests.documents import allow, deny, document
from tests.server.read_world import ID, MANAGEMENT, MEMBER, NOW, OTHER, ROOT, user_id

SESSION_NAME = "s"
ADDRESS, AGENT, REGION = "192.0.2.1", "agent/1", "us-east-1"
ALICE = f"arn:aws:iam::{MEMBER}:user/team/alice"
BOB = f"arn:aws:iam::{OTHER}:user/bob"
WORKER = f"arn:aws:iam::{MEMBER}:role/svc/worker"
WORKING = f"arn:aws:sts::{MEMBER}:assumed-role/worker/{SESSION_NAME}"
MEMBER_ROOT = f"arn:aws:iam::{MEMBER}:root"
TARGET = f"arn:aws:iam::{MEMBER}:role/target"
WORKER_ID = "AROAWORKER"


@dataclass(frozen=True)
class Who:
    """A principal with a kind of credential, and what `daypass policy` is told of it."""

    name: str
    principal: str
    account: str
    credential: str
    user_id: str


CALLERS = (
    Who("alice", ALICE, MEMBER, "access-key", user_id("alice")),
    Who("alice", ALICE, MEMBER, "session", user_id("alice")),
    Who("alice", ALICE, MEMBER, "mfa-session", user_id("alice")),
    Who("bob", BOB, OTHER, "access-key", user_id("bob")),
    Who("bob", BOB, OTHER, "mfa-session", user_id("bob")),
    Who("worker", WORKER, MEMBER, "session", f"{WORKER_ID}:{SESSION_NAME}"),
    Who("root", MEMBER_ROOT, MEMBER, "access-key", MEMBER),
    Who("root", MEMBER_ROOT, MEMBER, "session", MEMBER),
)


@dataclass(frozen=True)
class Call:
    """A call of an operation, and the action, the resource and its account that it asks for."""

    service: str
    operation: str
    fields: dict
    resource: str
    account: str

    @property
    def action(self):
        """Return the action, such as `iam:GetRole`."""
        return f"{self.service}:{self.operation}"


GET_ROLE = Call("iam", "GetRole", {"RoleName": "target"}, TARGET, MEMBER)
DESCRIBE = Call("organizations", "DescribeOrganization", {}, "*", MEMBER)
ASSUME = Call("sts", "AssumeRole", {"RoleArn": TARGET, "RoleSessionName": "made"}, TARGET, MEMBER)


@dataclass(frozen=True)
class Example:
    """A request, the policies that apply to it, and whether a command is told the circumstances."""

    who: Who
    call: Call
    is_secure: bool
    is_told: bool
    tags: dict
    source_identity: str
    identity: list
    boundary: dict | None
    session: dict | None
    trust: dict | None
    scps: list
    rcps: list
    known: dict = field(default_factory=dict)
    """The keys that every command is told: tags, and the call's own."""
    circumstances: dict = field(default_factory=dict)
    """The keys that only the server knows, unless the command is told them."""


def examples(seed, count, key=""):
    """Yield generated examples, the same for the same seed; every condition is on `key`, if any."""
    chosen = random.Random(seed)
    conditions = [each for each in CONDITIONS if key in {"", each[1]}]
    for _ in range(count):
        yield _example(chosen, conditions)


def _example(chosen, conditions):
    who = chosen.choice(CALLERS)
    call = _call(chosen, who)
    is_assuming = call is ASSUME
    tags = {"team": chosen.choice(["red", "", "a b"])} if chosen.random() < 0.5 else {}
    if who.name == "root":
        tags = {}
    source_identity = ""
    if who.name == "worker" and not is_assuming and chosen.random() < 0.5:
        source_identity = "someone"
    known = {f"aws:PrincipalTag/{key}": value for key, value in tags.items()}
    if call is not DESCRIBE:
        known |= {"aws:ResourceTag/team": "red", "iam:ResourceTag/team": "red"}
    if is_assuming:
        known["sts:RoleSessionName"] = "made"
    if source_identity:
        known["aws:SourceIdentity"] = source_identity
    is_secure = chosen.random() < 0.3
    if is_secure:
        known["aws:SecureTransport"] = "true"
    documents = _Documents(chosen, call, conditions)
    return Example(
        who,
        call,
        is_secure,
        chosen.random() < 0.5,
        tags,
        source_identity,
        # Nobody can attach a policy to root.
        identity=[
            documents.identity()
            for _ in range(chosen.choice([0, 1, 1, 1, 2]) if who.name != "root" else 0)
        ],
        boundary=documents.identity()
        if who.name in {"alice", "worker"} and chosen.random() < 0.3
        else None,
        session=documents.identity() if who.name == "worker" and chosen.random() < 0.4 else None,
        trust=documents.trust() if is_assuming else None,
        scps=[documents.identity(), documents.identity()],
        rcps=[documents.rcp(), documents.rcp()],
        known=known,
        circumstances=_circumstances(who, call),
    )


def _call(chosen, who):
    """Return a call that this kind of credential may make if the policies allow it."""
    if who.name == "bob":
        return ASSUME
    if who.name == "root":
        return chosen.choice([GET_ROLE, DESCRIBE])
    if who.credential == "session" and who.name == "alice":
        return chosen.choice([DESCRIBE, ASSUME])
    return chosen.choice([GET_ROLE, DESCRIBE, ASSUME])


def _circumstances(who, call):
    """Return the keys of the connection and of what only a directory knows."""
    found = {
        "aws:SourceIp": ADDRESS,
        "aws:UserAgent": AGENT,
        "aws:RequestedRegion": REGION,
        "aws:userid": who.user_id,
    }
    if who.account == MEMBER:
        found |= {
            "aws:PrincipalOrgID": ID,
            "aws:PrincipalOrgMasterAccountId": MANAGEMENT,
            "aws:PrincipalOrgPaths": [f"{ID}/{ROOT}/"],
        }
    if call.resource != "*":
        found |= {"aws:ResourceOrgID": ID, "aws:ResourceOrgPaths": [f"{ID}/{ROOT}/"]}
    return found


class _Documents:
    """Makes the documents of one example: most allow everything, some have conditions.

    Were all of them narrow, nearly every request would be denied, whatever its keys.
    """

    def __init__(self, chosen, call, conditions):
        self._chosen = chosen
        self._call = call
        self._conditions = conditions

    def identity(self):
        """Return an identity policy, a boundary, a session policy or an SCP."""
        chosen, call = self._chosen, self._call
        if chosen.random() < 0.6:
            return document(allow())
        actions = ["*", f"{call.service}:*", call.action]
        resources = ["*", "*", "*", call.resource, "arn:aws:iam::*:role/${aws:username}"]
        statements = [allow(chosen.choice(actions), chosen.choice(resources), **self._maybe(0.5))]
        if chosen.random() < 0.5:
            statements.append(
                deny(chosen.choice(actions), chosen.choice(resources), **self._maybe(0.95))
            )
        return document(*statements)

    def trust(self):
        """Return a role's trust policy."""
        statements = [self._trusting("Allow", 0.3)]
        if self._chosen.random() < 0.3:
            statements.append(self._trusting("Deny", 0.95))
        return document(*statements)

    def rcp(self):
        """Return an RCP, which only denies."""
        statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*"}
        return document({**statement, **self._maybe(1)})

    def _trusting(self, effect, likelihood):
        principals = [{"AWS": ALICE}, {"AWS": [ALICE, BOB, WORKER]}, {"AWS": MEMBER}]
        principals += [{"AWS": [BOB, WORKING]}, "*", "*"]
        return {
            "Effect": effect,
            "Principal": self._chosen.choice(principals),
            "Action": "sts:AssumeRole",
            **self._maybe(likelihood),
        }

    def _maybe(self, likelihood):
        """Return a Condition element, or none."""
        if self._chosen.random() >= likelihood:
            return {}
        block = {}
        count = min(self._chosen.choice([1, 1, 2]), len(self._conditions))
        for operator, key, values in self._chosen.sample(self._conditions, count):
            block.setdefault(operator, {})[key] = self._chosen.choice(values)
        return {"Condition": block}


_LATER, _EARLIER = "2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z"
CONDITIONS = (
    ("Bool", "aws:MultiFactorAuthPresent", ["true", "false"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ["true", "false"]),
    ("Null", "aws:MultiFactorAuthPresent", ["true", "false"]),
    ("NumericLessThan", "aws:MultiFactorAuthAge", ["3600"]),
    ("Null", "aws:MultiFactorAuthAge", ["true", "false"]),
    ("Bool", "aws:SecureTransport", ["true", "false"]),
    ("Bool", "aws:ViaAWSService", ["true", "false"]),
    ("Bool", "aws:PrincipalIsAWSService", ["true", "false"]),
    ("Null", "aws:PrincipalServiceName", ["true", "false"]),
    ("DateLessThan", "aws:CurrentTime", [_LATER, _EARLIER]),
    ("NumericGreaterThan", "aws:EpochTime", [str(NOW - 100), str(NOW + 100)]),
    ("DateLessThan", "aws:TokenIssueTime", [_LATER, _EARLIER]),
    ("Null", "aws:TokenIssueTime", ["true", "false"]),
    ("StringEquals", "aws:PrincipalType", ["User", "AssumedRole", "Account"]),
    ("StringNotEquals", "aws:PrincipalAccount", [MEMBER, OTHER]),
    ("ArnLike", "aws:PrincipalArn", [ALICE, WORKER, WORKING, MEMBER_ROOT, BOB]),
    ("ArnNotEquals", "aws:PrincipalArn", [ALICE, WORKER]),
    ("StringEquals", "aws:username", ["alice", "bob"]),
    ("StringNotEquals", "aws:username", ["alice"]),
    ("StringEquals", "aws:ResourceAccount", [MEMBER, OTHER, "${aws:PrincipalAccount}"]),
    ("StringEquals", "aws:PrincipalTag/team", ["red", "", "${aws:ResourceTag/team}"]),
    ("StringNotEqualsIfExists", "aws:PrincipalTag/team", ["red", ""]),
    ("StringEquals", "aws:ResourceTag/team", ["red", "blue"]),
    ("StringEquals", "aws:SourceIdentity", ["someone"]),
    ("Null", "aws:SourceIdentity", ["true", "false"]),
    ("StringEquals", "sts:RoleSessionName", ["made", "other"]),
    ("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "10.0.0.0/8"]),
    ("NotIpAddress", "aws:SourceIp", ["192.0.2.0/24", "10.0.0.0/8"]),
    ("StringLike", "aws:UserAgent", ["agent*", "other"]),
    ("StringNotEquals", "aws:RequestedRegion", [REGION, "eu-west-1"]),
    ("StringLike", "aws:userid", ["AIDA*", "*:s", MEMBER]),
    ("StringEquals", "aws:PrincipalOrgID", [ID]),
    ("StringNotEqualsIfExists", "aws:PrincipalOrgID", [ID]),
    ("StringNotEquals", "aws:ResourceOrgID", [ID, "${aws:PrincipalOrgID}"]),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", [f"{ID}/*", "o-other/*"]),
    ("ForAllValues:StringLike", "aws:ResourceOrgPaths", [f"{ID}/*", "o-other/*"]),
    ("Null", "aws:referer", ["true", "false"]),
)
"""Operators with a key and the values that one is chosen from."""
